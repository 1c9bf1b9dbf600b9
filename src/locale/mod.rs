//! Languages: which one a sink writes, and its messages.
//!
//! `environment` says which languages are wanted, `negotiate` which of those that there are serve
//! best, `catalog` holds them, `gate` and `pattern` load them, `messages` writes.

mod built_in;
pub(crate) mod catalog;
pub(crate) mod environment;
mod gate;
mod language;
mod locales;
mod messages;
pub(crate) mod negotiate;
mod pattern;
mod variable;

pub use catalog::Catalog;
pub use locales::Locales;
pub(crate) use messages::LocalizedMessage;
pub use messages::Messages;

/// A message of `locales/<tag>/event-4031.ftl`.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// One of the texts that every language has.
        ///
        /// Its id in `locales/<tag>/event-4031.ftl` is [`Text::id`].
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Text {
            $($(#[$doc])* $name,)*
        }

        impl Text {
            /// All texts, in the order of the file.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// The text's id in the Fluent files.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

texts! {
    /// The page's title.
    Title = "title",
    /// Heading of the properties.
    PropertiesHeading = "properties-heading",
    /// Label of the event's id.
    IdLabel = "id-label",
    /// Label of the keywords.
    KeywordsLabel = "keywords-label",
    /// The keyword's display name.
    KeywordName = "keyword-name",
    /// Label of the level.
    LevelLabel = "level-label",
    /// The level's display name.
    LevelName = "level-name",
    /// Label of the channel.
    ChannelLabel = "channel-label",
    /// The channel's display name.
    ChannelName = "channel-name",
    /// Heading of the description.
    DescriptionHeading = "description-heading",
    /// What the event means.
    Description = "description",
    /// Heading of the message.
    MessageHeading = "message-heading",
    /// The message itself.
    Message = "message",
    /// Heading of the details.
    DetailsHeading = "details-heading",
    /// Label of the time.
    TimeLabel = "time-label",
    /// Label of the cause.
    ErrorLabel = "error-label",
    /// Label of the cause's type.
    ErrorTypeLabel = "error-type-label",
    /// Label of the signal.
    SignalLabel = "signal-label",
    /// Label of the duration.
    DurationLabel = "duration-label",
    /// Label of the activity id.
    ActivityIdLabel = "activity-id-label",
    /// Label of the span.
    SpanLabel = "span-label",
    /// Label of the target.
    TargetLabel = "target-label",
    /// Label of the place in the source code.
    SourceLabel = "source-label",
    /// Label of the enclosing spans.
    ParentsLabel = "parents-label",
    /// Label of the fields.
    FieldsLabel = "fields-label",
    /// Label of the application.
    AppLabel = "app-label",
    /// Label of the host.
    HostLabel = "host-label",
    /// Label of the process id.
    ProcessLabel = "process-label",
    /// Label of the thread.
    ThreadLabel = "thread-label",
    /// Label of the number of failures that were summed up.
    SuppressedLabel = "suppressed-label",
}
