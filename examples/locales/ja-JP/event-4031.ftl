# What the example custom_messages says in Japanese, whose nouns have no plural.
message = セッション { $session_id } を { $worker } にディスパッチできませんでした（試行 { $attempts } 回）: { $error }
