# Texts of event 4031 (DispatchSessionFailed) in Russian.
# Under the first heading: verbatim from
# dotnet/docs, 4031 - DispatchSessionFailed, ru-RU, except for
# keywords-label, level-label,
# which that document leaves in English.
# Under the second heading: ours.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = Свойства
id-label = ID
keywords-label = Ключевые слова
keyword-name = Службы активации
level-label = Уровень
level-name = Ошибка
channel-label = Канал
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Описание
description = Это событие создается при ошибке диспетчеризации сеанса.
message-heading = Сообщение
message = Ошибка диспетчеризации сеанса.
details-heading = Подробнее

## Details of one occurrence

time-label = Дата и время
error-label = Ошибка
error-type-label = Тип ошибки
signal-label = Правило обнаружения
duration-label = Длительность (мс)
activity-id-label = ID действия
span-label = Спан
target-label = Цель (tracing)
source-label = Исходный код
parents-label = Родительские спаны
fields-label = Поля
app-label = Приложение
host-label = Узел
process-label = ID процесса
thread-label = Поток
suppressed-label = Не показано аналогичных сбоев
