# Texts of the page that `dispatch-failure report` writes, in German.
# The event's own texts are those of event-4031.ftl.

language-name = Deutsch
report-title = Fehlgeschlagene Verteilungen
language = Sprache
appearance = Darstellung
appearance-auto = Automatisch
appearance-light = Hell
appearance-dark = Dunkel
failures = Fehler
period = Zeitraum (UTC)
median = Mittlere Dauer (Median)
longest = Längste Dauer
over-time = Fehler im Zeitverlauf
by-cause = Nach Ursache
by-span = Nach Span
by-field = Nach Feld
durations = Dauer
records = Einträge
search = Alle Texte durchsuchen
clear = Filter aufheben
remove-filter = Filter entfernen
matching = { $shown } von { $total }
newest = Die neuesten { $shown } von { $total } Einträgen
no-match = Kein Eintrag passt.
unknown = Unbekannt
others = Andere
close = Schließen
previous = Voriger Eintrag
next = Nächster Eintrag
without-scripts = Skripte sind abgeschaltet, daher eine Übersicht mit den neuesten Einträgen.
