# The Japanese message of the example custom_messages. Japanese nouns have no plural.
message = セッション { $session_id } を { $worker } にディスパッチできませんでした（試行 { $attempts } 回）: { $error }
