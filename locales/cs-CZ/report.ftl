# Texts of the page that `dispatch-failure report` writes, in Czech.
# The event's own texts are those of event-4031.ftl.

language-name = Čeština
report-title = Neúspěšná odeslání
language = Jazyk
appearance = Vzhled
appearance-auto = Automaticky
appearance-light = Světlý
appearance-dark = Tmavý
failures = Chyby
period = Období (UTC)
median = Medián doby trvání
longest = Nejdelší doba trvání
over-time = Chyby v čase
by-cause = Podle příčiny
by-span = Podle spanu
by-field = Podle pole
durations = Doba trvání
records = Záznamy
search = Hledat ve všech textech
clear = Zrušit filtry
remove-filter = Odebrat filtr
matching = { $shown } z { $total }
newest = Nejnovější záznamy: { $shown } z { $total }
no-match = Žádný záznam neodpovídá.
unknown = Neznámá
others = Ostatní
close = Zavřít
previous = Předchozí záznam
next = Další záznam
without-scripts = Skripty jsou vypnuté, proto je zde přehled a nejnovější záznamy.
