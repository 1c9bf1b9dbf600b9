# Texts of event 4031 (DispatchSessionFailed) in Japanese.
# Under the first heading: verbatim from
# dotnet/docs, 4031 - DispatchSessionFailed, ja-JP, except for
# keywords-label, level-label, description-heading, message-heading,
# which that document leaves in English.
# Under the second heading: ours.

## The documentation page

title = 4031 - DispatchSessionFailed
properties-heading = プロパティ
id-label = ID
keywords-label = キーワード
keyword-name = ActivationServices
level-label = レベル
level-name = エラー
channel-label = チャネル
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = 説明
description = このイベントは、セッション ディスパッチに失敗したときに生成されます。
message-heading = メッセージ
message = セッション ディスパッチに失敗しました。
details-heading = 詳細

## Details of one occurrence

time-label = 日付と時刻
error-label = エラー
error-type-label = エラーの種類
signal-label = 検出ルール
duration-label = 所要時間 (ms)
activity-id-label = アクティビティ ID
span-label = スパン
target-label = ターゲット (tracing)
source-label = ソース コード
parents-label = 親スパン
fields-label = フィールド
app-label = アプリケーション
host-label = ホスト
process-label = プロセス ID
thread-label = スレッド
suppressed-label = 表示を省略した同種の失敗
