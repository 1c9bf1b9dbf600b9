// The dialog with one record.

function openRecord() {
  if (found.length === 0) return;
  // So that the URL leads to this record.
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

/** Opens the record that the URL fragment names. */
function openAddressed() {
  const index = Number(/^#record-(\d+)$/.exec(location.hash)?.[1] ?? 0) - 1;
  const position = found.indexOf(index);
  if (position < 0) return byId("record").open ? byId("record").close() : undefined;
  // `openRecord` sets the fragment itself, and the event for that comes here too.
  if (byId("record").open && selected === position) return undefined;
  select(position);
  openRecord();
}
