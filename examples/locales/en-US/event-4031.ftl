# What the example custom_messages says in English. Every field of the dispatch
# span is a variable: `session.id` is $session_id. A file names what it changes;
# all other texts stay those of the crate.
message = Session { $session_id } could not be handed to { $worker } after { $attempts ->
        [one] { $attempts } attempt
       *[other] { $attempts } attempts
    }: { $error }
