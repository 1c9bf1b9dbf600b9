# Texts of event 4031 (DispatchSessionFailed) in English.
# Under the first heading: verbatim from the English original of
# dotnet/docs, 4031 - DispatchSessionFailed.
# Under the second heading: ours. This file is the reference for translators;
# only it carries comments on single messages.

## The documentation page

# Number and symbolic name of the event; the name is an identifier.
title = 4031 - DispatchSessionFailed
properties-heading = Properties
id-label = ID
keywords-label = Keywords
# Display name of the ETW keyword. Keep the identifier unless Windows itself
# translates it; the identifier is always recorded as well.
keyword-name = ActivationServices
# Severity of the event.
level-label = Level
# The severity level, as Event Viewer names it.
level-name = Error
# The event log channel.
channel-label = Channel
# Display name of the event log channel. The same rule as for keyword-name.
channel-name = Microsoft-Windows-Application Server-Applications/Analytic
description-heading = Description
# Explains when the event is written. "Session dispatch" is the handing over of
# a session to the worker that is to serve it.
description = This event is emitted when the session dispatch has failed.
# Heading above the text of the event (message below), not a mail or chat message.
message-heading = Message
# The text of the event, as a log viewer shows it.
message = Session dispatch failed.
# Heading above further particulars; a plural noun.
details-heading = Details

## Details of one occurrence

# Date and time at which the dispatch span closed.
time-label = Time
# The cause of the failure, as text.
error-label = Error
# Type of the error value, such as a Rust type name.
error-type-label = Error type
# Which rule saw the failure. "By" refers to that rule, not to a person.
signal-label = Detected by
# How long the dispatch span was open. "ms": milliseconds.
duration-label = Duration (ms)
# Id that correlates the events of one activity (ETW ActivityId).
activity-id-label = Activity ID
# A tracing span: a named unit of work with a start and an end.
span-label = Span
# Target in the sense of the tracing crate: usually the module path of the code.
# Not the destination of the dispatch.
target-label = Target
# File and line of the span in the source code.
source-label = Source code
# The spans that enclose the dispatch span.
parents-label = Parent spans
# Names and values recorded on the span.
fields-label = Fields
# The program in which the dispatch failed.
app-label = Application
# Name of the computer.
host-label = Host
process-label = Process ID
# Thread of execution.
thread-label = Thread
# A count: further failures of the same kind that were summed up instead of
# written one by one.
suppressed-label = Similar failures not shown
