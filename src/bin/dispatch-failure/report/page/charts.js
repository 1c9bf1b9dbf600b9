
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const { strings, rows, event } = data;

  // What stands where in a row.
  const [TIME, TOOK, ERROR, TYPE, SIGNAL, SPAN, TARGET, FILE, APP, HOST, THREAD, ACTIVITY, LINE, PID, SUPPRESSED, PARENTS, FIELDS] =
    Array.from({ length: 17 }, (_, index) => index);
  const TEXTS = [ERROR, TYPE, SIGNAL, SPAN, TARGET, FILE, APP, HOST, THREAD, ACTIVITY];

  let language = data.languages.find((one) => one.tag === data.locale) ?? data.languages[0];
  const text = (id) => language.page[id] ?? id;
  const label = (id) => language.event[id] ?? id;
  const string = (number) => (number < 0 ? null : strings[number]);
  const fill = (id, shown, total) =>
    text(id).replace("{shown}", () => number(shown)).replace("{total}", () => number(total));

  // Numbers and times in the language; a tag that the browser does not know leaves its own.
  const formats = new Map();
  function format(kind, options) {
    const key = kind.name + language.tag + JSON.stringify(options);
    if (!formats.has(key)) {
      try {
        formats.set(key, new kind(language.tag, options));
      } catch {
        formats.set(key, new kind(undefined, options));
      }
    }
    return formats.get(key);
  }
  const number = (value) => format(Intl.NumberFormat, {}).format(value);
  const time = (micros, options) => format(Intl.DateTimeFormat, { timeZone: "UTC", ...options }).format(micros / 1000);
  const LONG_TIME = { dateStyle: "medium", timeStyle: "medium" };
  function duration(micros) {
    const [unit, value] =
      micros < 1000 ? ["microsecond", micros]
      : micros < 1e6 ? ["millisecond", micros / 1e3]
      : micros < 6e7 ? ["second", micros / 1e6]
      : micros < 3.6e9 ? ["minute", micros / 6e7]
      : ["hour", micros / 3.6e9];
    const digits = { style: "unit", unit, unitDisplay: "short", maximumSignificantDigits: 3 };
    return format(Intl.NumberFormat, digits).format(value);
  }
  const exactTime = (micros) =>
    new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1) + String(micros % 1000).padStart(3, "0") + "Z";
  const milliseconds = (micros) => Math.floor(micros / 1000) + "." + String(micros % 1000).padStart(3, "0");

  /** Makes an element; all text goes in as text. */
  function make(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children.filter((child) => child !== null));
    return element;
  }
  function draw(name, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  // ---- What is wanted ----

  // Each filter has a name, by which charts leave their own out, and a test.
  const filters = new Map();
  let query = "";
  let found = rows.map((_, index) => index);
  let selected = 0;

  function setFilter(name, title, value, test) {
    if (filters.get(name)?.value === value) filters.delete(name);
    else filters.set(name, { title, value, test });
    update();
  }

  /** The rows that hold the text that is searched for. */
  function searched() {
    const wanted = query.trim().toLowerCase();
    if (wanted === "") return () => true;
    const hits = new Uint8Array(strings.length);
    strings.forEach((one, index) => { hits[index] = one.toLowerCase().includes(wanted) ? 1 : 0; });
    const hit = (index) => index >= 0 && hits[index] === 1;
    return (row) => TEXTS.some((place) => hit(row[place])) || row[PARENTS].some(hit) || row[FIELDS].some(hit);
  }
  let isSearched = searched();

  function matching(without) {
    const tests = [...filters].filter(([name]) => name !== without).map(([, filter]) => filter.test);
    return rows.filter((row) => isSearched(row) && tests.every((test) => test(row)));
  }

  function update() {
    const tests = [...filters.values()].map((filter) => filter.test);
    found = [];
    rows.forEach((row, index) => {
      if (isSearched(row) && tests.every((test) => test(row))) found.push(index);
    });
    selected = 0;
    byId("list").scrollTop = 0;
    show();
  }

  // ---- What is shown ----

  function show() {
    document.documentElement.lang = language.tag;
    document.title = text("report-title");
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = text(element.dataset.text);
    for (const element of document.querySelectorAll("[data-label]")) {
      element.setAttribute("aria-label", text(element.dataset.label));
      if (element.tagName === "BUTTON") element.title = text(element.dataset.label);
    }
    byId("search").placeholder = text("search");
    byId("newest").hidden = rows.length === data.total;
    byId("newest").textContent = fill("newest", rows.length, data.total);
    byId("matching").textContent = fill("matching", found.length, rows.length);
    const apps = [...new Set(rows.map((row) => row[APP]))];
    byId("about").textContent = apps.slice(0, 5).map(string).join(", ") + (apps.length > 5 ? ", …" : "");
    showTiles();
    showTimes();
    showDurations();
    showBars("by-cause", "by-cause", (row) => row[ERROR], (one) => string(one) ?? text("unknown"));
    showBars("by-span", "by-span", (row) => row[SPAN], string);
    showField();
    showFilters();
    showList();
    if (byId("record").open) showRecord();
  }

  function showTiles() {
    const took = found.map((index) => rows[index][TOOK]).sort((a, b) => a - b);
    const last = found.length - 1;
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

  /** Bars that stand side by side, each a button. */
  function showColumns(id, buckets, choose) {
    const place = byId(id);
    const [width, height] = [Math.max(place.clientWidth, 100), place.clientHeight];
    const [left, bottom, top] = [38, 22, 8];
    const most = Math.max(1, ...buckets.map((bucket) => bucket.all));
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
      button.append(draw("rect", { class: "hit", x, y: top, width: each, height: height - top - bottom }));
      button.addEventListener("click", () => choose(bucket));
      button.addEventListener("keydown", (key) => {
        if (key.key === "Enter" || key.key === " ") {
          key.preventDefault();
          choose(bucket);
          byId(id).querySelectorAll("[role=button]")[index]?.focus();
        }
      });
      svg.append(button);
      if (index % every === 0) {
        svg.append(draw("text", { x, y: height - 5, class: "label" }, bucket.label));
      }
    });
    place.replaceChildren(svg);
    // A label that would stick out is none.
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
    // Twice as long is one step to the right, in steps of 1, 2 and 5.
    const edges = [0];
    let longest = 0;
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
    const used = buckets.findIndex((bucket) => bucket.all > 0);
    const end = buckets.findLastIndex((bucket) => bucket.all > 0);
    buckets = buckets.slice(Math.max(0, used - 1), end + 2);
    showColumns("durations", buckets, (bucket) =>
      setFilter("duration", () => bucket.title, bucket.from, (row) => row[TOOK] >= bucket.from && row[TOOK] < bucket.to));
  }

  const KINDS = 8;

  /** Bars that lie below each other, the most frequent first. */
  function showBars(id, name, kind, title, hasKind = () => true) {
    const counts = new Map();
    for (const row of matching(name)) {
      if (hasKind(row)) counts.set(kind(row), (counts.get(kind(row)) ?? 0) + 1);
    }
    const sorted = [...counts].sort((a, b) => b[1] - a[1]);
    const most = sorted[0]?.[1] ?? 1;
    const bars = sorted.slice(0, KINDS).map(([one, count]) => {
      const filled = make("span", { class: "fill" });
      filled.style.width = (100 * count) / most + "%";
      const shown = title(one);
      const button = make("button", { type: "button", title: shown, "aria-pressed": filters.get(name)?.value === one },
        filled, make("span", { class: "name" }, shown), make("span", { class: "count" }, number(count)));
      button.addEventListener("click", () => {
        const isName = name === "by-field" ? string(field) + "=" : "";
        setFilter(name, () => isName + title(one), one, (row) => hasKind(row) && kind(row) === one);
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

  // The fields that group records best: those that many have, and with values that come again.
  const fields = (() => {
    const seen = new Map();
    for (const row of rows) {
      for (let index = 0; index < row[FIELDS].length; index += 2) {
        const name = row[FIELDS][index];
        if (!seen.has(name)) seen.set(name, { count: 0, values: new Set() });
        const one = seen.get(name);
        one.count += 1;
        if (one.values.size < 5000) one.values.add(row[FIELDS][index + 1]);
      }
    }
    return [...seen].sort(([, a], [, b]) => b.count / b.values.size ** 0.7 - a.count / a.values.size ** 0.7).map(([name]) => name);
  })();
  let field = fields[0];
  function showField() {
    byId("field").hidden = fields.length === 0;
    const of = field;
    const value = (row) => { for (let index = 0; index < row[FIELDS].length; index += 2) if (row[FIELDS][index] === of) return row[FIELDS][index + 1]; };
    showBars("by-field", "by-field", value, string, (row) => value(row) !== undefined);
  }

  function showFilters() {
    const chips = [...filters].map(([name, filter]) => {
      const chip = make("button", { type: "button", title: text("remove-filter") }, filter.title() + " ×");
      chip.addEventListener("click", () => { filters.delete(name); update(); byId("search").focus(); });
      return chip;
    });
    if (chips.length > 0 || query !== "") {
      const clear = make("button", { type: "button", class: "clear" }, text("clear"));
      clear.addEventListener("click", () => {
        filters.clear();
        byId("search").value = query = "";
        isSearched = searched();
        update();
        byId("search").focus();
      });
      chips.push(clear);
    }
    byId("filters").replaceChildren(...chips);
  }

  // ---- The list: only what can be seen is there ----

  const phone = matchMedia("(max-width: 760px)");
  const rowHeight = () => (phone.matches ? 82 : 62);

  function showList() {
    const list = byId("list");
    const height = rowHeight();
    byId("rows").style.height = found.length * height + "px";
    byId("empty").hidden = found.length > 0;
    list.hidden = found.length === 0;
    const from = Math.max(0, Math.floor(list.scrollTop / height) - 6);
    const to = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 6);
    const shown = [];
    for (let place = from; place < to; place += 1) {
      const row = rows[found[place]];
      const rest = [string(row[SPAN])];
      for (let index = 0; index < row[FIELDS].length; index += 2) rest.push(string(row[FIELDS][index]) + "=" + string(row[FIELDS][index + 1]));
      const element = make("div", {
        class: "record", role: "option", id: "record-at-" + place, "aria-selected": place === selected,
        "aria-setsize": found.length, "aria-posinset": place + 1,
      },
        make("span", { class: "time" }, time(row[TIME], LONG_TIME)),
        make("span", { class: "cause" }, (string(row[ERROR]) ?? text("unknown")).slice(0, 500)),
        make("span", { class: "took" }, duration(row[TOOK])),
        make("span", { class: "rest" }, rest.join("  ").slice(0, 500)));
      element.style.top = place * height + "px";
      element.addEventListener("click", () => { selected = place; openRecord(); });
      shown.push(element);
    }
    byId("rows").replaceChildren(...shown);
    if (found.length > 0) list.setAttribute("aria-activedescendant", "record-at-" + selected);
    else list.removeAttribute("aria-activedescendant");
  }

  function select(place) {
    selected = Math.max(0, Math.min(found.length - 1, place));
    const list = byId("list");
    const height = rowHeight();
    const top = selected * height;
    if (top < list.scrollTop) list.scrollTop = top;
    if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
    showList();
  }

  // ---- The page of one record ----

  function openRecord() {
    if (found.length === 0) return;
    location.hash = "record-" + (found[selected] + 1);
    showRecord();
    showList();
    if (!byId("record").open) byId("record").showModal();
    byId("record-page").focus();
    byId("record").scrollTop = 0;
  }

  function showRecord() {
    const index = found[selected];
    const row = rows[index];
    const line = (name, value) => (value === null ? null : make("tr", {}, make("th", { scope: "row" }, name), make("td", {}, value)));
    const table = (...lines) => make("table", {}, make("tbody", {}, ...lines));
    const named = (name, identifier) => (label(name) === identifier ? identifier : label(name) + " (" + identifier + ")");
    const messages = language.messages;
    const source = row[FILE] < 0 ? null : string(row[FILE]) + (row[LINE] < 0 ? "" : ":" + row[LINE]);
    const values = [];
    for (let at = 0; at < row[FIELDS].length; at += 2) values.push(line(string(row[FIELDS][at]), string(row[FIELDS][at + 1])));
    byId("record-page").replaceChildren(...[
      make("h2", { id: "record-title" }, label("title")),
      make("p", { class: "lead" }, typeof messages === "string" ? messages : string(messages[index])),
      row[ERROR] < 0 ? null : make("div", { class: "error" }, string(row[ERROR])),
      make("h3", {}, label("details-heading")),
      table(
        line(label("time-label"), exactTime(row[TIME])),
        line(label("error-type-label"), string(row[TYPE])),
        line(label("signal-label"), string(row[SIGNAL])),
        row[SUPPRESSED] < 0 ? null : line(label("suppressed-label"), number(row[SUPPRESSED])),
        line(label("duration-label"), milliseconds(row[TOOK])),
        line(label("activity-id-label"), string(row[ACTIVITY])),
        line(label("span-label"), string(row[SPAN])),
        line(label("target-label"), string(row[TARGET])),
        line(label("source-label"), source),
        row[PARENTS].length === 0 ? null : line(label("parents-label"), row[PARENTS].map(string).join(" / ")),
        line(label("app-label"), string(row[APP])),
        line(label("host-label"), string(row[HOST])),
        line(label("process-label"), String(row[PID])),
        line(label("thread-label"), string(row[THREAD])),
      ),
      values.length === 0 ? null : make("h3", {}, label("fields-label")),
      values.length === 0 ? null : table(...values),
      make("h3", {}, label("description-heading")),
      make("p", {}, label("description")),
      make("h3", {}, label("properties-heading")),
      table(
        line(label("id-label"), String(event.id)),
        line(label("keywords-label"), named("keyword-name", event.keyword)),
        line(label("level-label"), label("level-name")),
        line(label("channel-label"), named("channel-name", event.channel)),
      ),
    ].filter((part) => part !== null));
    byId("position").textContent = fill("matching", selected + 1, found.length);
    byId("previous").disabled = selected === 0;
    byId("next").disabled = selected === found.length - 1;
  }

  function turn(by) {
    const before = selected;
    select(selected + by);
    if (selected !== before) openRecord();
  }

  /** Opens the record that the address names. */
  function openAddressed() {
    const index = Number(/^#record-(\d+)$/.exec(location.hash)?.[1] ?? 0) - 1;
    const place = found.indexOf(index);
    if (place < 0) return byId("record").open ? byId("record").close() : undefined;
    if (byId("record").open && selected === place) return undefined;
    select(place);
    openRecord();
  }

  // ---- What the reader does ----

  for (const one of data.languages) byId("language").append(make("option", { value: one.tag, lang: one.tag }, one.page["language-name"] ?? one.tag));
  byId("language").value = language.tag;
  byId("language").addEventListener("change", (change) => {
    language = data.languages.find((one) => one.tag === change.target.value) ?? language;
    show();
  });
  byId("appearance").addEventListener("change", (change) => {
    if (change.target.value === "") delete document.documentElement.dataset.appearance;
    else document.documentElement.dataset.appearance = change.target.value;
  });
  for (const name of fields.slice(0, 200)) byId("field").append(make("option", { value: name }, string(name)));
  byId("field").addEventListener("change", (change) => {
    field = Number(change.target.value);
    filters.delete("by-field");
    update();
  });
  let typing;
  byId("search").addEventListener("input", (input) => {
    clearTimeout(typing);
    typing = setTimeout(() => {
      query = input.target.value;
      isSearched = searched();
      update();
    }, 120);
  });
  byId("list").addEventListener("scroll", () => requestAnimationFrame(showList), { passive: true });
  byId("list").addEventListener("keydown", (key) => {
    const page = Math.max(1, Math.floor(byId("list").clientHeight / rowHeight()) - 1);
    const places = {
      ArrowDown: selected + 1, ArrowUp: selected - 1, PageDown: selected + page, PageUp: selected - page, Home: 0, End: found.length - 1,
    };
    if (key.key in places) select(places[key.key]);
    else if (key.key === "Enter" || key.key === " ") openRecord();
    else return;
    key.preventDefault();
  });
  byId("previous").addEventListener("click", () => turn(-1));
  byId("next").addEventListener("click", () => turn(1));
  byId("close").addEventListener("click", () => byId("record").close());
  byId("record").addEventListener("keydown", (key) => {
    if (key.key === "ArrowLeft") turn(-1);
    if (key.key === "ArrowRight") turn(1);
  });
  byId("record").addEventListener("click", (click) => { if (click.target === byId("record")) byId("record").close(); });
  byId("record").addEventListener("close", () => {
    history.replaceState(null, "", location.pathname + location.search);
    byId("list").focus();
  });
  addEventListener("hashchange", openAddressed);
  phone.addEventListener("change", showList);

  byId("app").hidden = false;
  show();
  openAddressed();
  let width = innerWidth;
  addEventListener("resize", () => {
    if (width !== innerWidth) { width = innerWidth; showTimes(); showDurations(); }
    showList();
  });
})();
