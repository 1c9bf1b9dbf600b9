# Texts of event 4031 (DispatchSessionFailed) in Traditional Chinese (Taiwan).
# Under the first heading: verbatim from
# dotnet/docs, 4031 - DispatchSessionFailed, zh-TW.
# Under the second heading: ours.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = 屬性
id-label = 識別碼
keywords-label = 關鍵字
keyword-name = ActivationServices
level-label = 層級
level-name = 錯誤
channel-label = 通路
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = 描述
description = 當工作階段分派失敗時，就會發出此事件。
message-heading = 訊息
message = 工作階段分派失敗。
details-heading = 詳細資料

## Details of one occurrence

time-label = 日期和時間
error-label = 錯誤
error-type-label = 錯誤類型
signal-label = 偵測規則
duration-label = 持續時間 (ms)
activity-id-label = 活動識別碼
span-label = Span
target-label = 目標 (tracing)
source-label = 原始程式碼
parents-label = 父 Span
fields-label = 欄位
app-label = 應用程式
host-label = 主機
process-label = 處理程序識別碼
thread-label = 執行緒
suppressed-label = 未顯示的類似失敗次數
