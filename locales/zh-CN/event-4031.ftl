# Texts of event 4031 (DispatchSessionFailed) in Simplified Chinese (mainland).
# Both parts are ours, in the terms of Microsoft's documentation and Event Viewer;
# the names of the keyword and the channel stay as identifiers.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = 属性
id-label = ID
keywords-label = 关键字
keyword-name = ActivationServices
level-label = 级别
level-name = 错误
channel-label = 通道
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = 说明
description = 会话调度失败时，会发出此事件。
message-heading = 消息
message = 会话调度失败。
details-heading = 详细信息

## Details of one occurrence

time-label = 日期和时间
error-label = 错误
error-type-label = 错误类型
signal-label = 检测规则
duration-label = 持续时间 (ms)
activity-id-label = 活动 ID
span-label = Span
target-label = 目标 (tracing)
source-label = 源代码
parents-label = 父 Span
fields-label = 字段
app-label = 应用程序
host-label = 主机
process-label = 进程 ID
thread-label = 线程
suppressed-label = 未显示的同类失败次数
