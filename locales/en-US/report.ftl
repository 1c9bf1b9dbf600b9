# Texts of the page that `dispatch-failure report` writes, in English.
# The event's own texts are those of event-4031.ftl.

language-name = English
report-title = Failed dispatches
language = Language
appearance = Appearance
appearance-auto = Automatic
appearance-light = Light
appearance-dark = Dark
failures = Failures
period = Period (UTC)
median = Median duration
longest = Longest duration
over-time = Failures over time
by-cause = By cause
by-span = By span
by-field = By field
durations = Durations
records = Records
search = Search all texts
clear = Clear filters
remove-filter = Remove filter
matching = { $shown } of { $total }
newest = The newest { $shown } of { $total } records
no-match = No record matches.
unknown = Unknown
others = Others
close = Close
previous = Previous record
next = Next record
without-scripts = Scripts are switched off, so this is a summary with the newest records.
