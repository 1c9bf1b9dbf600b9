# Texts of the page that `dispatch-failure report` writes, in Polish.
# The event's own texts are those of event-4031.ftl.

language-name = Polski
report-title = Nieudane dystrybucje
language = Język
appearance = Wygląd
appearance-auto = Automatyczny
appearance-light = Jasny
appearance-dark = Ciemny
failures = Błędy
period = Okres (UTC)
median = Mediana czasu trwania
longest = Najdłuższy czas trwania
over-time = Błędy w czasie
by-cause = Według przyczyny
by-span = Według spanu
by-field = Według pola
durations = Czas trwania
records = Rekordy
search = Szukaj we wszystkich tekstach
clear = Wyczyść filtry
remove-filter = Usuń filtr
matching = { $shown } z { $total }
newest = Najnowsze rekordy: { $shown } z { $total }
no-match = Brak pasujących rekordów.
unknown = Nieznana
others = Inne
close = Zamknij
previous = Poprzedni rekord
next = Następny rekord
without-scripts = Skrypty są wyłączone, dlatego widać podsumowanie i najnowsze rekordy.
