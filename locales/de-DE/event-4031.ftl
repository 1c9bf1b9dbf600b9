# Texts of event 4031 (DispatchSessionFailed) in German.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Eigenschaften
id-label = ID
keywords-label = Schlüsselwörter
keyword-name = ActivationServices
level-label = Ebene
level-name = Fehler
channel-label = Kanal
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Beschreibung
description = Dieses Ereignis wird ausgelöst, wenn die Sitzungsverteilung fehlgeschlagen ist.
message-heading = Meldung
message = Die Sitzungsverteilung ist fehlgeschlagen.
details-heading = Details

## Details of one occurrence

time-label = Datum und Uhrzeit
error-label = Fehler
error-type-label = Fehlertyp
signal-label = Erkannt durch
duration-label = Dauer (ms)
activity-id-label = Aktivitäts-ID
span-label = Span
target-label = Ziel (tracing)
source-label = Quellcode
parents-label = Übergeordnete Spans
fields-label = Felder
app-label = Anwendung
host-label = Host
process-label = Prozess-ID
thread-label = Thread
suppressed-label = Nicht angezeigte ähnliche Fehler
