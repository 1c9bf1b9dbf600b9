// The tiles and charts above the list.

function showTiles() {
  const took = found.map((index) => rows[index][TOOK]).sort((a, b) => a - b);
  const last = found.length - 1;
  // The rows are sorted by time, the newest first.
  const period = last < 0 ? "–"
    : format(Intl.DateTimeFormat, { timeZone: "UTC", dateStyle: "medium", timeStyle: "short" })
        .formatRange(rows[found[last]][TIME] / 1000, rows[found[0]][TIME] / 1000);
  const tile = (id, value, name) => make("div", {}, make("dt", {}, text(id)), make("dd", name ? { class: name } : {}, value));
  byId("tiles").replaceChildren(
    tile("failures", number(found.length)),
    tile("period", period, "small"),
    tile("median", last < 0 ? "–" : duration(took[last >> 1])),
    tile("longest", last < 0 ? "–" : duration(took[last])),
  );
}

/** A column chart; each column is a button. */
function showColumns(id, buckets, choose) {
  const element = byId(id);
  const [width, height] = [Math.max(element.clientWidth, 100), element.clientHeight];
  const [left, bottom, top] = [38, 22, 8];
  const most = Math.max(1, ...buckets.map((bucket) => bucket.all));
  // Round steps, and at most four of them, so that the labels have room.
  const power = 10 ** Math.floor(Math.log10(most));
  const step = Math.max(1, [0.2, 0.5, 1, 2].map((one) => one * power).find((one) => most / one <= 4) ?? most);
  const scale = Math.ceil(most / step) * step;
  const y = (count) => top + (height - top - bottom) * (1 - count / scale);
  const svg = draw("svg", { role: "group", "aria-label": text(id) });
  for (let count = 0; count <= scale; count += step) {
    svg.append(draw("line", { class: "grid", x1: left, x2: width, y1: y(count), y2: y(count) }));
    svg.append(draw("text", { x: left - 8, y: y(count) + 4, "text-anchor": "end" },
      format(Intl.NumberFormat, { notation: "compact" }).format(count)));
  }
  const each = (width - left) / buckets.length;
  const gap = Math.min(3, each * 0.2);
  const every = Math.ceil(buckets.length / Math.max(1, Math.floor((width - left) / 120)));
  buckets.forEach((bucket, index) => {
    const x = left + index * each;
    const bar = (name, count) => draw("rect", {
      class: name, x: x + gap / 2, y: y(count), width: Math.max(each - gap, 0.5), height: y(0) - y(count), rx: Math.min(3, each / 4),
    });
    const title = bucket.title + ": " + number(bucket.part);
    const button = draw("g", { role: "button", tabindex: 0, "aria-label": title, "aria-pressed": bucket.isChosen });
    button.append(draw("title", {}, title));
    if (bucket.all > bucket.part) button.append(bar("all", bucket.all));
    if (bucket.part > 0) button.append(bar("part", bucket.part));
    // A low column would be hard to hit, so a click counts in the whole height.
    button.append(draw("rect", { class: "hit", x, y: top, width: each, height: height - top - bottom }));
    button.addEventListener("click", () => choose(bucket));
    button.addEventListener("keydown", (key) => {
      if (key.key === "Enter" || key.key === " ") {
        // The space bar would scroll the page.
        key.preventDefault();
        choose(bucket);
        // The chart was drawn again, and the button that had the focus is gone.
        byId(id).querySelectorAll("[role=button]")[index]?.focus();
      }
    });
    svg.append(button);
    if (index % every === 0) {
      svg.append(draw("text", { x, y: height - 5, class: "label" }, bucket.label));
    }
  });
  element.replaceChildren(svg);
  // Remove labels that would stick out.
  for (const label of svg.querySelectorAll(".label")) {
    if (Number(label.getAttribute("x")) + label.getComputedTextLength() > width) label.remove();
  }
}

const SECOND = 1e6, MINUTE = 6e7, HOUR = 3.6e9, DAY = 8.64e10;
const STEPS = [1e3, 5e3, 1e4, 5e4, 1e5, 5e5, SECOND, 5 * SECOND, 15 * SECOND, 30 * SECOND, MINUTE, 5 * MINUTE, 15 * MINUTE,
  30 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 7 * DAY, 30 * DAY, 90 * DAY, 365 * DAY];

function showTimes() {
  if (rows.length === 0) return byId("over-time").replaceChildren();
  const [first, last] = [rows[rows.length - 1][TIME], rows[0][TIME]];
  const step = STEPS.find((one) => (last - first) / one < 72) ?? 3650 * DAY;
  const start = Math.floor(first / step) * step;
  const buckets = Array.from({ length: Math.floor((last - start) / step) + 1 }, (_, index) => {
    const from = start + index * step;
    const label = step >= DAY ? time(from, { dateStyle: "medium" })
      : last - first >= DAY ? time(from, { month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" })
      : time(from, { timeStyle: step >= MINUTE ? "short" : "medium" });
    return { all: 0, part: 0, from, label, title: time(from, LONG_TIME), isChosen: filters.get("time")?.value === from };
  });
  for (const row of rows) buckets[Math.floor((row[TIME] - start) / step)].all += 1;
  for (const row of matching("time")) buckets[Math.floor((row[TIME] - start) / step)].part += 1;
  showColumns("over-time", buckets, (bucket) => {
    const title = time(bucket.from, LONG_TIME) + " + " + duration(step);
    setFilter("time", () => title, bucket.from, (row) => row[TIME] >= bucket.from && row[TIME] < bucket.from + step);
  });
}

function showDurations() {
  if (rows.length === 0) return byId("durations").replaceChildren();
  // A logarithmic axis in steps of 1, 2 and 5.
  const edges = [0];
  let longest = 0;
  // A loop, because `Math.max(...)` takes fewer arguments than there may be rows.
  for (const row of rows) longest = Math.max(longest, row[TOOK]);
  for (let edge = 1; edges.length < 60; edge *= 10) {
    edges.push(edge, 2 * edge, 5 * edge);
    if (5 * edge > longest) break;
  }
  const bucketOf = (took) => {
    let index = edges.length - 1;
    while (edges[index] > took) index -= 1;
    return index;
  };
  let buckets = edges.map((from, index) => ({
    all: 0, part: 0, from, to: edges[index + 1] ?? Infinity, label: duration(from),
    title: duration(from) + (index + 1 < edges.length ? " – " + duration(edges[index + 1]) : " –"),
    isChosen: filters.get("duration")?.value === from,
  }));
  for (const row of rows) buckets[bucketOf(row[TOOK])].all += 1;
  for (const row of matching("duration")) buckets[bucketOf(row[TOOK])].part += 1;
  // One empty column on each side shows where the values end.
  const used = buckets.findIndex((bucket) => bucket.all > 0);
  const end = buckets.findLastIndex((bucket) => bucket.all > 0);
  buckets = buckets.slice(Math.max(0, used - 1), end + 2);
  showColumns("durations", buckets, (bucket) =>
    setFilter("duration", () => bucket.title, bucket.from, (row) => row[TOOK] >= bucket.from && row[TOOK] < bucket.to));
}

const KINDS = 8;

/** A bar chart, the most frequent value first; each bar is a button. */
function showBars(id, name, kind, title, hasKind = () => true) {
  const counts = new Map();
  for (const row of matching(name)) {
    if (hasKind(row)) counts.set(kind(row), (counts.get(kind(row)) ?? 0) + 1);
  }
  const sorted = [...counts].sort((a, b) => b[1] - a[1]);
  const most = sorted[0]?.[1] ?? 1;
  const bars = sorted.slice(0, KINDS).map(([one, count]) => {
    const filled = make("span", { class: "fill" });
    // The policy forbids the attribute `style`, but not this property.
    filled.style.width = (100 * count) / most + "%";
    const shown = title(one);
    const button = make("button", { type: "button", title: shown, "aria-pressed": filters.get(name)?.value === one },
      filled, make("span", { class: "name" }, shown), make("span", { class: "count" }, number(count)));
    button.addEventListener("click", () => {
      const isName = name === "by-field" ? string(field) + "=" : "";
      setFilter(name, () => isName + title(one), one, (row) => hasKind(row) && kind(row) === one);
      // The bars were drawn again, and the button that had the focus is gone.
      [...byId(id).querySelectorAll("button")].find((other) => other.title === shown)?.focus();
    });
    return button;
  });
  const others = sorted.slice(KINDS).reduce((sum, [, count]) => sum + count, 0);
  if (others > 0) {
    bars.push(make("div", { class: "quiet" }, make("span", { class: "name" }, text("others")), make("span", { class: "count" }, number(others))));
  }
  byId(id).replaceChildren(...bars);
}

// The fields that group records best: many records have them, and their values repeat.
const fields = (() => {
  const seen = new Map();
  for (const row of rows) {
    for (let index = 0; index < row[FIELDS].length; index += 2) {
      const name = row[FIELDS][index];
      if (!seen.has(name)) seen.set(name, { count: 0, values: new Set() });
      const one = seen.get(name);
      one.count += 1;
      // Enough to rank the field, whatever the number of rows.
      if (one.values.size < 5000) one.values.add(row[FIELDS][index + 1]);
    }
  }
  return [...seen].sort(([, a], [, b]) => b.count / b.values.size ** 0.7 - a.count / a.values.size ** 0.7).map(([name]) => name);
})();
let field = fields[0];
function showField() {
  byId("field").hidden = fields.length === 0;
  // A filter keeps the function below, and `field` may change later.
  const of = field;
  const value = (row) => { for (let index = 0; index < row[FIELDS].length; index += 2) if (row[FIELDS][index] === of) return row[FIELDS][index + 1]; };
  showBars("by-field", "by-field", value, string, (row) => value(row) !== undefined);
}
