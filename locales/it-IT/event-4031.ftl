# Texts of event 4031 (DispatchSessionFailed) in Italian.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Proprietà
id-label = ID
keywords-label = Parole chiave
keyword-name = ActivationServices
level-label = Livello
level-name = Errore
channel-label = Canale
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Descrizione
description = Questo evento viene generato quando l’invio della sessione non è riuscito.
message-heading = Messaggio
message = Invio della sessione non riuscito.
details-heading = Dettagli

## Details of one occurrence

time-label = Data e ora
error-label = Errore
error-type-label = Tipo di errore
signal-label = Rilevato da
duration-label = Durata (ms)
activity-id-label = ID attività
span-label = Span
target-label = Target (tracing)
source-label = Codice sorgente
parents-label = Span padre
fields-label = Campi
app-label = Applicazione
host-label = Host
process-label = ID processo
thread-label = Thread
suppressed-label = Errori simili non visualizzati
