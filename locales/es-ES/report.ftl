# Texts of the page that `dispatch-failure report` writes, in Spanish.
# The event's own texts are those of event-4031.ftl.

language-name = Español
report-title = Distribuciones con error
language = Idioma
appearance = Apariencia
appearance-auto = Automática
appearance-light = Clara
appearance-dark = Oscura
failures = Errores
period = Período (UTC)
median = Duración mediana
longest = Duración máxima
over-time = Errores a lo largo del tiempo
by-cause = Por causa
by-span = Por span
by-field = Por campo
durations = Duraciones
records = Registros
search = Buscar en todos los textos
clear = Borrar los filtros
remove-filter = Quitar el filtro
matching = { $shown } de { $total }
newest = Los { $shown } registros más recientes de { $total }
no-match = Ningún registro coincide.
unknown = Desconocida
others = Otros
close = Cerrar
previous = Registro anterior
next = Registro siguiente
without-scripts = Los scripts están desactivados: se muestran un resumen y los registros más recientes.
