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
// The heights of `.record` in style.css.
const rowHeight = () => (phone.matches ? 82 : 62);

function showList() {
  const list = byId("list");
  const height = rowHeight();
  byId("rows").style.height = found.length * height + "px";
  byId("empty").hidden = found.length > 0;
  list.hidden = found.length === 0;
  // Six more rows above and below, so that no gap shows before the next frame.
  const from = Math.max(0, Math.floor(list.scrollTop / height) - 6);
  const to = Math.min(found.length, Math.ceil((list.scrollTop + list.clientHeight) / height) + 6);
  const shown = [];
  for (let index = from; index < to; index += 1) {
    const row = rows[found[index]];
    const rest = [string(row[SPAN])];
    for (let at = 0; at < row[FIELDS].length; at += 2) rest.push(string(row[FIELDS][at]) + "=" + string(row[FIELDS][at + 1]));
    const element = make("div", {
      class: "record", role: "option", id: "record-at-" + index, "aria-selected": index === selected,
      // A screen reader cannot count rows that are not in the page.
      "aria-setsize": found.length, "aria-posinset": index + 1,
    },
      make("span", { class: "time" }, time(row[TIME], LONG_TIME)),
      // One line is visible, so a long text would only cost time.
      make("span", { class: "cause" }, (string(row[ERROR]) ?? text("unknown")).slice(0, 500)),
      make("span", { class: "took" }, duration(row[TOOK])),
      make("span", { class: "rest" }, rest.join("  ").slice(0, 500)));
    element.style.top = index * height + "px";
    element.addEventListener("click", () => { selected = index; openRecord(); });
    shown.push(element);
  }
  byId("rows").replaceChildren(...shown);
  if (found.length > 0) list.setAttribute("aria-activedescendant", "record-at-" + selected);
  else list.removeAttribute("aria-activedescendant");
}

function select(index) {
  selected = Math.max(0, Math.min(found.length - 1, index));
  const list = byId("list");
  const height = rowHeight();
  const top = selected * height;
  if (top < list.scrollTop) list.scrollTop = top;
  if (top + height > list.scrollTop + list.clientHeight) list.scrollTop = top + height - list.clientHeight;
  showList();
}
