// Tests the report in a real browser: what it shows, what it does, and what it must not do.
//
//     node page.mjs CHROMIUM FOLDER
//
// FOLDER has ordinary.html (3,000 records), hostile.html and large.html (100,000 records), and gets
// the screenshots.

import assert from "node:assert/strict";
import { readFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";

const [chromium, folder] = process.argv.slice(2);
const { chromium: browserType } = createRequire(join(process.cwd(), "x.js"))("playwright-core");
const flags = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync"];

let tests = 0;
async function test(name, page, options, run) {
  const profile = mkdtempSync(join(tmpdir(), "report-"));
  const context = await browserType.launchPersistentContext(profile, {
    executablePath: chromium, headless: true, args: flags, locale: "en-US", viewport: { width: 1280, height: 900 }, ...options,
  });
  try {
    const tab = context.pages()[0];
    const seen = { errors: [], requests: [], dialogs: [] };
    const address = pathToFileURL(resolve(folder, page)).href;
    tab.on("console", (message) => ["error", "warning"].includes(message.type()) && seen.errors.push(message.text()));
    tab.on("pageerror", (error) => seen.errors.push(String(error)));
    tab.on("dialog", (dialog) => { seen.dialogs.push(dialog.message()); dialog.dismiss(); });
    context.on("request", (request) => {
      if (request.url().split("#")[0] !== address && !request.url().startsWith("data:")) seen.requests.push(request.url());
    });
    await tab.goto(address);
    await run(tab, (file) => tab.screenshot({ path: join(folder, file) }), seen);
    assert.deepEqual(seen, { errors: [], requests: [], dialogs: [] }, `${name}: console, network or dialogs`);
    console.log(`ok   ${name}`);
    tests += 1;
  } catch (error) {
    console.error(`FAIL ${name}`);
    throw error;
  } finally {
    await context.close();
  }
}

const texts = (tab, selector) => tab.locator(selector).allTextContents();
const count = async (tab) => (await tab.locator("#matching").textContent()).replace(/\D*/, "");

await test("charts are drawn, in light and dark", "ordinary.html", { colorScheme: "light" }, async (tab, shot) => {
  assert.ok(await tab.locator("#over-time .part").count() > 20, "columns over time");
  assert.ok(await tab.locator("#durations .part").count() > 8, "columns of durations");
  assert.ok((await texts(tab, "#by-cause .name"))[0].startsWith("worker refused the connection"));
  assert.equal((await texts(tab, "#by-span .name")).length, 3);
  assert.ok((await texts(tab, "#by-field .name")).length >= 3);
  assert.equal(await tab.locator("#tiles dd").first().textContent(), "3,000");
  // The counts of the columns add up to all records.
  const labels = await tab.locator("#over-time [role=button]").evaluateAll((all) => all.map((one) => one.getAttribute("aria-label")));
  const sum = labels.reduce((sum, label) => sum + Number(label.split(": ").pop().replace(/,/g, "")), 0);
  assert.equal(sum, 3000);
  await shot("light.png");
  const light = await tab.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await tab.emulateMedia({ colorScheme: "dark" });
  assert.notEqual(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), light);
  await shot("dark.png");
  await tab.selectOption("#appearance", "light");
  assert.equal(await tab.evaluate(() => getComputedStyle(document.body).backgroundColor), light);
});

await test("the language changes without reloading the page", "ordinary.html", {}, async (tab, shot) => {
  await tab.evaluate(() => { window.isSame = true; });
  assert.equal(await tab.locator("#language option").count(), 14);
  for (const [tag, title, message, cause] of [
    ["ja-JP", "失敗したディスパッチ", "セッション ディスパッチに失敗しました。", "エラーの種類"],
    ["ru-RU", "Ошибки диспетчеризации", "Ошибка диспетчеризации сеанса.", "Тип ошибки"],
  ]) {
    await tab.selectOption("#language", tag);
    assert.equal(await tab.locator("h1").textContent(), title);
    assert.equal(await tab.locator("html").getAttribute("lang"), tag);
    await shot(`${tag}.png`);
    await tab.locator(".record", { hasText: "refused" }).first().click();
    const page = await tab.locator("#record-page").innerText();
    assert.ok(page.includes(message) && page.includes(cause), page);
    await shot(`record-${tag}.png`);
    await tab.keyboard.press("Escape");
  }
  assert.ok(await tab.evaluate(() => window.isSame));
});

await test("every language has its own headings", "ordinary.html", {}, async (tab) => {
  const seen = new Set();
  for (const tag of await tab.locator("#language option").evaluateAll((all) => all.map((one) => one.value))) {
    await tab.selectOption("#language", tag);
    const headings = (await texts(tab, "h1, h2")).join("|");
    assert.ok(!headings.includes("by-") && !seen.has(headings), tag);
    seen.add(headings);
  }
});

await test("searching and clicking narrow the charts and the list", "ordinary.html", {}, async (tab, shot) => {
  await tab.fill("#search", "worker-c");
  await tab.waitForFunction(() => !document.querySelector("#matching").textContent.startsWith("3,000"));
  const searched = await count(tab);
  for (const row of await texts(tab, ".record .rest")) assert.ok(row.includes("worker=worker-c"), row);
  const bar = tab.locator("#by-cause button").nth(1);
  const number = await bar.locator(".count").textContent();
  const cause = await bar.locator(".name").textContent();
  await bar.click();
  assert.ok((await count(tab)).startsWith(number), "a bar shows the number of records behind it");
  assert.ok((await texts(tab, ".record .cause")).every((shown) => shown === cause));
  await shot("filtered.png");
  await tab.locator("#filters button").first().click();
  assert.equal(await count(tab), searched);
  await tab.locator("#filters .clear").click();
  assert.ok((await count(tab)).startsWith("3,000"));
  // A column filters as well.
  const column = tab.locator("#over-time [role=button]").nth(30);
  const behind = (await column.getAttribute("aria-label")).split(": ").pop();
  await column.locator(".hit").click();
  assert.ok((await count(tab)).startsWith(behind + " "));
  await tab.fill("#search", "nothing has this text");
  await tab.locator("#empty").waitFor();
});

await test("the keyboard reaches every control", "ordinary.html", {}, async (tab) => {
  await tab.focus("#list");
  for (const key of ["ArrowDown", "ArrowDown", "PageDown", "ArrowUp"]) await tab.keyboard.press(key);
  await tab.keyboard.press("Home");
  await tab.keyboard.press("ArrowDown");
  await tab.keyboard.press("Enter");
  assert.equal(await tab.locator("#record").getAttribute("open"), "");
  const position = () => tab.locator("#position").textContent();
  assert.equal(await position(), "2 of 3,000");
  await tab.keyboard.press("ArrowRight");
  assert.equal(await position(), "3 of 3,000");
  assert.ok(tab.url().endsWith("#record-3"));
  await tab.keyboard.press("Escape");
  assert.equal(await tab.locator("#record").getAttribute("open"), null);
  assert.equal(await tab.evaluate(() => document.activeElement.id), "list");
  await tab.keyboard.press("End");
  await tab.keyboard.press("Enter");
  assert.equal(await position(), "3,000 of 3,000");
  await tab.keyboard.press("Escape");
  const all = await count(tab);
  await tab.locator("#over-time [role=button]").nth(3).focus();
  await tab.keyboard.press("Enter");
  assert.notEqual(await count(tab), all);
  // Every control can be reached by Tab, in the order of the page.
  await tab.locator("#language").focus();
  const reached = new Set();
  for (let step = 0; step < 120; step += 1) {
    reached.add(await tab.evaluate(() => document.activeElement.id || document.activeElement.closest("[id]")?.id));
    await tab.keyboard.press("Tab");
  }
  for (const id of ["language", "appearance", "over-time", "by-cause", "by-span", "by-field", "field", "durations", "search", "filters", "list"]) {
    assert.ok(reached.has(id), `${id} is not reached by Tab`);
  }
});

await test("the page fits the width of a phone", "ordinary.html", { viewport: { width: 390, height: 844 }, hasTouch: true }, async (tab, shot) => {
  assert.ok(await tab.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "nothing is wider than the screen");
  await shot("phone.png");
  await tab.locator("#list").scrollIntoViewIfNeeded();
  await shot("phone-list.png");
  await tab.locator(".record").first().click();
  await shot("phone-record.png");
});

await test("without scripts the page shows the counts and the newest records", "ordinary.html", { javaScriptEnabled: false }, async (tab, shot) => {
  assert.ok((await texts(tab, "noscript h2")).length >= 3);
  assert.equal(await tab.locator("noscript details").count(), 500);
  assert.ok(await tab.locator("noscript progress").first().isVisible());
  await tab.locator("noscript summary").first().click();
  assert.ok(await tab.locator("noscript details table").first().isVisible());
  await shot("without-scripts.png");
});

const hostile = readFileSync(join(folder, "hostile.jsonl"), "utf8").trim().split("\n").map((line) => JSON.parse(line));
/** A text as the page shows it, with escapes for characters that would reorder it or are invisible. */
const escaped = (text) => text.replace(/[\\\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g, (c) =>
  ({ "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t" })[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`);

await test("hostile records run nothing and show their text", "hostile.html", {}, async (tab, shot) => {
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  for (let index = 0; index < hostile.length; index += 1) {
    await tab.goto(tab.url().split("#")[0] + `#record-${hostile.length - index}`);
    await tab.locator("#record[open]").waitFor();
    const page = await tab.locator("#record-page").evaluate((element) => element.textContent);
    const { error, error_type, span, fields, app, host, thread } = hostile[index];
    for (const text of [error, error_type, span.name, span.target, app, host, thread, ...Object.entries(fields).flat()]) {
      assert.ok(page.includes(escaped(text)), `record ${index} shows ${JSON.stringify(text)}:\n${page}`);
    }
    if (index === 0) await shot("hostile.png");
  }
  await tab.keyboard.press("Escape");
  // Every place that shows a text: bars, filters, the language switch, the search.
  for (const id of ["#by-cause", "#by-span", "#by-field"]) await tab.locator(`${id} button`).first().click();
  await tab.selectOption("#language", "ja-JP");
  await tab.locator("#filters .clear").click();
  await tab.fill("#search", "<script>");
  await tab.waitForFunction(() => /件中 4 件/.test(document.querySelector("#matching").textContent));
  for (const cause of await texts(tab, ".record .cause")) assert.ok(cause.toLowerCase().includes("<script>"), cause);
  await shot("hostile-list.png");
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  // Nothing of a record became an element or an attribute.
  assert.equal(await tab.locator("img, iframe, object, form, base, a, [onerror], [onload], [onclick]").count(), 0);
  assert.equal(await tab.locator("script").count(), 2);
});

await test("hostile records stay text without scripts", "hostile.html", { javaScriptEnabled: false }, async (tab) => {
  assert.equal(await tab.locator("img, iframe, object, form, base, a").count(), 0);
  assert.equal(await tab.locator("noscript details").count(), hostile.length);
});

await test("the policy blocks foreign scripts and the network", "ordinary.html", {}, async (tab, _, seen) => {
  await tab.evaluate(() => {
    const script = document.createElement("script");
    try { script.textContent = "window.ran = true"; } catch { /* trusted types */ }
    document.body.append(script);
    const image = document.createElement("img");
    image.src = "https://example.invalid/pixel.png";
    document.body.append(image);
  });
  const isRefused = await tab.evaluate(() => fetch("https://example.invalid/").then(() => false, () => true));
  assert.ok(isRefused);
  assert.equal(await tab.evaluate(() => window.ran), undefined);
  assert.ok(seen.errors.length >= 2 && seen.errors.every((error) => /Content Security Policy|TrustedScript|violates/.test(error)), seen.errors.join("\n"));
  seen.errors = [];
  // The browser reports blocked requests as failed; they never leave it.
  seen.requests = seen.requests.filter((address) => !address.startsWith("https://example.invalid/"));
});

await test("a hundred thousand records scroll smoothly", "large.html", {}, async (tab, shot) => {
  assert.ok((await count(tab)).startsWith("100,000"));
  assert.ok(await tab.locator(".record").count() < 60, "only visible records are in the page");
  await tab.focus("#list");
  await tab.keyboard.press("End");
  assert.equal(await tab.locator(".record").last().getAttribute("aria-posinset"), "100000");
  await tab.locator(".record").last().click();
  assert.equal(await tab.locator("#position").textContent(), "100,000 of 100,000");
  await tab.keyboard.press("Escape");
  await tab.fill("#search", "ワーカー");
  await tab.waitForFunction(() => !document.querySelector("#matching").textContent.startsWith("100,000"));
  assert.ok((await texts(tab, ".record .cause")).every((cause) => cause === "ワーカーが応答しません"));
  // While the list scrolls, it holds few rows, and the place that it scrolls to is never empty.
  await tab.fill("#search", "");
  await tab.waitForFunction(() => document.querySelector("#matching").textContent.startsWith("100,000"));
  const nodes = await tab.evaluate(async () => {
    const list = document.getElementById("list");
    let most = 0;
    for (let step = 0; step < 60; step += 1) {
      list.scrollTop = (list.scrollHeight * step) / 60;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      most = Math.max(most, document.querySelectorAll(".record").length);
      const middle = list.getBoundingClientRect();
      const there = document.elementFromPoint(middle.left + 60, middle.top + middle.height / 2).closest(".record");
      if (there === null) throw new Error("the list is empty where it was scrolled to");
    }
    return most;
  });
  assert.ok(nodes < 60, `${nodes} rows`);
  await shot("large.png");
});

console.log(`${tests} tests of the page passed; screenshots are in ${folder}`);
