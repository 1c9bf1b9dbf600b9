# Texts of the page that `dispatch-failure report` writes, in Traditional Chinese.
# The event's own texts are those of event-4031.ftl.

language-name = 繁體中文
report-title = 失敗的分派
language = 語言
appearance = 外觀
appearance-auto = 自動
appearance-light = 淺色
appearance-dark = 深色
failures = 失敗
period = 期間 (UTC)
median = 持續時間中位數
longest = 最長持續時間
over-time = 失敗時間分布
by-cause = 依原因
by-span = 依 Span
by-field = 依欄位
durations = 持續時間分布
records = 記錄
search = 搜尋所有文字
clear = 清除篩選
remove-filter = 移除篩選
matching = { $total } 筆中的 { $shown } 筆
newest = { $total } 筆記錄中最新的 { $shown } 筆
no-match = 沒有符合的記錄。
unknown = 不明
others = 其他
close = 關閉
previous = 上一筆記錄
next = 下一筆記錄
without-scripts = 指令碼已停用，因此只顯示摘要與最新的記錄。
