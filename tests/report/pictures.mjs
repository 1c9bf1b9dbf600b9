// Takes the pictures of docs/dispatch-failure.md.
//
//     node pictures.mjs CHROMIUM REPORT TERMINAL FOLDER
//
// REPORT is the page of a report. TERMINAL is the coloured output of the program.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [chromium, report, terminal, folder] = process.argv.slice(2);
const { chromium: browserType } = createRequire(join(process.cwd(), "x.js"))("playwright-core");
const browser = await browserType.launch({ executablePath: chromium, headless: true, args: ["--no-sandbox", "--disable-gpu"] });

const page = await browser.newPage({ viewport: { width: 1200, height: 1130 }, colorScheme: "light" });
await page.goto(pathToFileURL(resolve(report)).href);
await page.screenshot({ path: join(folder, "report.png") });

const html = readFileSync(terminal, "utf8")
  .replace(/&/g, "&amp;").replace(/</g, "&lt;")
  .replace(/\x1b\[0m/g, "</b>").replace(/\x1b\[31m\x1b\[1m/g, "<b class=red>").replace(/\x1b\[31m/g, "<b class=red>")
  .replace(/\x1b\[1m/g, "<b>").replace(/\x1b\[2m/g, "<b class=dim>");
const shell = await browser.newPage({ viewport: { width: 1000, height: 400 } });
await shell.setContent(`<!doctype html><meta charset=utf-8><style>
  body { margin: 0; background: #12161d; } pre { display: inline-block; min-width: 952px; margin: 0; padding: 20px 24px; color: #d9dee7;
  font: 14px/1.5 "Noto Sans Mono CJK JP", monospace; white-space: pre-wrap; width: 952px; word-break: break-all; }
  b { color: #fff; } .red { color: #ff7389; } .dim { color: #8390a5; font-weight: normal; }
</style><pre>${html}</pre>`);
await shell.locator("pre").screenshot({ path: join(folder, "render.png") });
await browser.close();
