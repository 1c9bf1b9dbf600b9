// The records as the program wrote them: each row is an array of numbers and indexes into `strings`.

const data = JSON.parse(byId("data").textContent);
const { strings, rows, event } = data;

// The columns of a row.
const [TIME, TOOK, ERROR, TYPE, SIGNAL, SPAN, TARGET, FILE, APP, HOST, THREAD, ACTIVITY, LINE, PID, SUPPRESSED, PARENTS, FIELDS] =
  Array.from({ length: 17 }, (_, index) => index);
const TEXTS = [ERROR, TYPE, SIGNAL, SPAN, TARGET, FILE, APP, HOST, THREAD, ACTIVITY];
