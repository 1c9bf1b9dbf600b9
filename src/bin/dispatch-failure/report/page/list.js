// The list of records: it holds only the rows that are visible, so that its length does not matter.

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
      matchesSearch = searched();
      update();
      byId("search").focus();
    });
    chips.push(clear);
  }
  byId("filters").replaceChildren(...chips);
}

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
