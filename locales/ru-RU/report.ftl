# Texts of the page that `dispatch-failure report` writes, in Russian.
# The event's own texts are those of event-4031.ftl.

language-name = Русский
report-title = Ошибки диспетчеризации
language = Язык
appearance = Оформление
appearance-auto = Авто
appearance-light = Светлое
appearance-dark = Тёмное
failures = Ошибки
period = Период (UTC)
median = Медиана длительности
longest = Наибольшая длительность
over-time = Ошибки по времени
by-cause = По причинам
by-span = По спанам
by-field = По полям
durations = Длительность
records = Записи
search = Поиск по всем текстам
clear = Сбросить фильтры
remove-filter = Убрать фильтр
matching = { $shown } из { $total }
newest = Последние записи: { $shown } из { $total }
no-match = Подходящих записей нет.
unknown = Неизвестно
others = Прочее
close = Закрыть
previous = Предыдущая запись
next = Следующая запись
without-scripts = Сценарии отключены, поэтому здесь показаны сводка и последние записи.
