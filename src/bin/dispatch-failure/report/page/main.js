// Draws the page, and connects the controls.

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
  // A search goes through all texts, so it waits for a pause in typing.
  typing = setTimeout(() => {
    query = input.target.value;
    matchesSearch = searched();
    update();
  }, 120);
});
byId("list").addEventListener("scroll", () => requestAnimationFrame(showList), { passive: true });
byId("list").addEventListener("keydown", (key) => {
  const page = Math.max(1, Math.floor(byId("list").clientHeight / rowHeight()) - 1);
  const targets = {
    ArrowDown: selected + 1, ArrowUp: selected - 1, PageDown: selected + page, PageUp: selected - page, Home: 0, End: found.length - 1,
  };
  if (key.key in targets) select(targets[key.key]);
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
  // Removes the fragment without a new entry in the history.
  history.replaceState(null, "", location.pathname + location.search);
  byId("list").focus();
});
addEventListener("hashchange", openAddressed);
phone.addEventListener("change", showList);

// First, because a hidden element has no width, which the charts need.
byId("app").hidden = false;
show();
openAddressed();
let width = innerWidth;
addEventListener("resize", () => {
  // On phones, scrolling changes the height, on which the charts do not depend.
  if (width !== innerWidth) { width = innerWidth; showTimes(); showDurations(); }
  showList();
});
