# Texts of event 4031 (DispatchSessionFailed) in Polish.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Właściwości
id-label = Identyfikator
keywords-label = Słowa kluczowe
keyword-name = ActivationServices
level-label = Poziom
level-name = Błąd
channel-label = Kanał
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Opis
description = To zdarzenie jest emitowane, gdy dystrybucja sesji zakończyła się niepowodzeniem.
message-heading = Komunikat
message = Dystrybucja sesji zakończyła się niepowodzeniem.
details-heading = Szczegóły

## Details of one occurrence

time-label = Data i godzina
error-label = Błąd
error-type-label = Typ błędu
signal-label = Wykryto przez
duration-label = Czas trwania (ms)
activity-id-label = Identyfikator działania
span-label = Span
target-label = Cel (tracing)
source-label = Kod źródłowy
parents-label = Spany nadrzędne
fields-label = Pola
app-label = Aplikacja
host-label = Host
process-label = Identyfikator procesu
thread-label = Wątek
suppressed-label = Niewyświetlone podobne błędy
