# The English message of the example custom_messages. Every field of the dispatch
# span is a variable: `session.id` is $session_id. This file contains only the
# texts that it changes; all others are the crate's own.
message = Session { $session_id } could not be handed to { $worker } after { $attempts ->
        [one] { $attempts } attempt
       *[other] { $attempts } attempts
    }: { $error }
