# Texts of the page that `dispatch-failure report` writes, in Japanese.
# The event's own texts are those of event-4031.ftl.

language-name = 日本語
report-title = 失敗したディスパッチ
language = 言語
appearance = 外観
appearance-auto = 自動
appearance-light = ライト
appearance-dark = ダーク
failures = 失敗
period = 期間 (UTC)
median = 所要時間の中央値
longest = 最長の所要時間
over-time = 失敗の推移
by-cause = 原因別
by-span = スパン別
by-field = フィールド別
durations = 所要時間の分布
records = レコード
search = すべてのテキストを検索
clear = フィルターを解除
remove-filter = フィルターを外す
matching = { $total } 件中 { $shown } 件
newest = { $total } 件中、最新の { $shown } 件
no-match = 該当するレコードはありません。
unknown = 不明
others = その他
close = 閉じる
previous = 前のレコード
next = 次のレコード
without-scripts = スクリプトが無効なため、概要と最新のレコードを表示しています。
