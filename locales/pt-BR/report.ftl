# Texts of the page that `dispatch-failure report` writes, in Brazilian Portuguese.
# The event's own texts are those of event-4031.ftl.

language-name = Português (Brasil)
report-title = Distribuições com falha
language = Idioma
appearance = Aparência
appearance-auto = Automática
appearance-light = Clara
appearance-dark = Escura
failures = Falhas
period = Período (UTC)
median = Duração mediana
longest = Maior duração
over-time = Falhas ao longo do tempo
by-cause = Por causa
by-span = Por span
by-field = Por campo
durations = Durações
records = Registros
search = Pesquisar em todos os textos
clear = Limpar filtros
remove-filter = Remover filtro
matching = { $shown } de { $total }
newest = Os { $shown } registros mais recentes de { $total }
no-match = Nenhum registro corresponde.
unknown = Desconhecida
others = Outros
close = Fechar
previous = Registro anterior
next = Próximo registro
without-scripts = Os scripts estão desativados; este é um resumo com os registros mais recentes.
