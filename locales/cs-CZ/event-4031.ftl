# Texts of event 4031 (DispatchSessionFailed) in Czech.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Vlastnosti
id-label = ID
keywords-label = Klíčová slova
keyword-name = ActivationServices
level-label = Úroveň
level-name = Chyba
channel-label = Kanál
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Popis
description = Tato událost se vygeneruje, když odeslání relace selže.
message-heading = Zpráva
message = Odeslání relace selhalo.
details-heading = Podrobnosti

## Details of one occurrence

time-label = Datum a čas
error-label = Chyba
error-type-label = Typ chyby
signal-label = Zjištěno pravidlem
duration-label = Doba trvání (ms)
activity-id-label = ID aktivity
span-label = Span
target-label = Cíl (tracing)
source-label = Zdrojový kód
parents-label = Nadřazené spany
fields-label = Pole
app-label = Aplikace
host-label = Hostitel
process-label = ID procesu
thread-label = Vlákno
suppressed-label = Nezobrazené podobné chyby
