# Texts of the page that `dispatch-failure report` writes, in Simplified Chinese.
# The event's own texts are those of event-4031.ftl.

language-name = 简体中文
report-title = 失败的调度
language = 语言
appearance = 外观
appearance-auto = 自动
appearance-light = 浅色
appearance-dark = 深色
failures = 失败
period = 时间段 (UTC)
median = 持续时间中位数
longest = 最长持续时间
over-time = 失败时间分布
by-cause = 按原因
by-span = 按 Span
by-field = 按字段
durations = 持续时间分布
records = 记录
search = 搜索所有文本
clear = 清除筛选
remove-filter = 移除筛选
matching = { $total } 条中的 { $shown } 条
newest = { $total } 条记录中最新的 { $shown } 条
no-match = 没有匹配的记录。
unknown = 未知
others = 其他
close = 关闭
previous = 上一条记录
next = 下一条记录
without-scripts = 脚本已禁用，因此只显示摘要和最新的记录。
