// Which records are shown: the filters, the search, and the selected record.

// The filters by name, each with a test. A chart leaves out the filter of its own name.
const filters = new Map();
let query = "";
let found = rows.map((_, index) => index);
let selected = 0;

function setFilter(name, title, value, test) {
  if (filters.get(name)?.value === value) filters.delete(name);
  else filters.set(name, { title, value, test });
  update();
}

/** A test for the rows that contain the searched text. */
function searched() {
  const wanted = query.trim().toLowerCase();
  if (wanted === "") return () => true;
  // Each text is searched once, however many rows have it.
  const hits = new Uint8Array(strings.length);
  strings.forEach((one, index) => { hits[index] = one.toLowerCase().includes(wanted) ? 1 : 0; });
  const hit = (index) => index >= 0 && hits[index] === 1;
  return (row) => TEXTS.some((column) => hit(row[column])) || row[PARENTS].some(hit) || row[FIELDS].some(hit);
}
let matchesSearch = searched();

function matching(without) {
  const tests = [...filters].filter(([name]) => name !== without).map(([, filter]) => filter.test);
  return rows.filter((row) => matchesSearch(row) && tests.every((test) => test(row)));
}

function update() {
  const tests = [...filters.values()].map((filter) => filter.test);
  found = [];
  rows.forEach((row, index) => {
    if (matchesSearch(row) && tests.every((test) => test(row))) found.push(index);
  });
  selected = 0;
  byId("list").scrollTop = 0;
  show();
}
