# Texts of event 4031 (DispatchSessionFailed) in Brazilian Portuguese.
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Propriedades
id-label = ID
keywords-label = Palavras-chave
keyword-name = ActivationServices
level-label = Nível
level-name = Erro
channel-label = Canal
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Descrição
description = Este evento é emitido quando ocorre uma falha ao distribuir a sessão.
message-heading = Mensagem
message = Falha ao distribuir a sessão.
details-heading = Detalhes

## Details of one occurrence

time-label = Data e hora
error-label = Erro
error-type-label = Tipo de erro
signal-label = Detectado por
duration-label = Duração (ms)
activity-id-label = ID da atividade
span-label = Span
target-label = Destino (tracing)
source-label = Código-fonte
parents-label = Spans pai
fields-label = Campos
app-label = Aplicativo
host-label = Host
process-label = ID do processo
thread-label = Thread
suppressed-label = Falhas semelhantes não exibidas
