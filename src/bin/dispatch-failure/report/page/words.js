// Texts, numbers and times in the language of the page.

let language = data.languages.find((one) => one.tag === data.locale) ?? data.languages[0];
const text = (id) => language.page[id] ?? id;
const label = (id) => language.event[id] ?? id;
const string = (number) => (number < 0 ? null : strings[number]);
const fill = (id, shown, total) =>
  text(id).replace("{shown}", () => number(shown)).replace("{total}", () => number(total));

// Formats numbers and times for the language; if the browser does not know the tag, for its own language.
const formats = new Map();
function format(kind, options) {
  const key = kind.name + language.tag + JSON.stringify(options);
  // Creating a format takes much longer than using one.
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
// In UTC, as in the records themselves.
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
// `Date` ends at milliseconds, so the microseconds are appended.
const exactTime = (micros) =>
  new Date(Math.floor(micros / 1000)).toISOString().slice(0, -1) + String(micros % 1000).padStart(3, "0") + "Z";
const milliseconds = (micros) => Math.floor(micros / 1000) + "." + String(micros % 1000).padStart(3, "0");
