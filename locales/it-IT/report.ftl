# Texts of the page that `dispatch-failure report` writes, in Italian.
# The event's own texts are those of event-4031.ftl.

language-name = Italiano
report-title = Invii non riusciti
language = Lingua
appearance = Aspetto
appearance-auto = Automatico
appearance-light = Chiaro
appearance-dark = Scuro
failures = Errori
period = Periodo (UTC)
median = Durata mediana
longest = Durata massima
over-time = Errori nel tempo
by-cause = Per causa
by-span = Per span
by-field = Per campo
durations = Durate
records = Record
search = Cerca in tutti i testi
clear = Azzera i filtri
remove-filter = Rimuovi il filtro
matching = { $shown } di { $total }
newest = I { $shown } record più recenti di { $total }
no-match = Nessun record corrisponde.
unknown = Sconosciuta
others = Altri
close = Chiudi
previous = Record precedente
next = Record successivo
without-scripts = Gli script sono disattivati: ecco un riepilogo con i record più recenti.
