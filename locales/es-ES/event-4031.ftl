# Texts of event 4031 (DispatchSessionFailed) in Spanish (Spain).
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Propiedades
id-label = Id.
keywords-label = Palabras clave
keyword-name = ActivationServices
level-label = Nivel
level-name = Error
channel-label = Canal
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Descripción
description = Este evento se emite cuando se produce un error al distribuir la sesión.
message-heading = Mensaje
message = Error al distribuir la sesión.
details-heading = Detalles

## Details of one occurrence

time-label = Fecha y hora
error-label = Error
error-type-label = Tipo de error
signal-label = Detectado por
duration-label = Duración (ms)
activity-id-label = Id. de actividad
span-label = Span
target-label = Destino (tracing)
source-label = Código fuente
parents-label = Spans padre
fields-label = Campos
app-label = Aplicación
host-label = Host
process-label = Id. de proceso
thread-label = Subproceso
suppressed-label = Errores similares no mostrados
