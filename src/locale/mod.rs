//! Languages: negotiation, and the messages.
//!
//! The languages that a sink asks for come from `Settings::languages_of` in `config/`; this module finds the best
//! available ones.
//!
//! `environment` reads which languages are requested, and `negotiate` chooses the best available ones.
//! `catalog` contains the languages; `precheck`, `language` and `pattern` load them from Fluent files;
//! `messages` writes.

mod built_in;
pub(crate) mod catalog;
pub(crate) mod environment;
mod language;
mod locales;
mod message_variable;
mod messages;
pub(crate) mod negotiate;
mod pattern;
mod precheck;

pub use catalog::Catalog;
pub use locales::Locales;
pub(crate) use messages::LocalizedMessage;
pub use messages::Messages;

/// Declares the texts of `locales/<tag>/event-4031.ftl` with their ids.
macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident = $id:literal,)*) => {
        /// A text of event 4031 that is translated into every language.
        ///
        /// Its id in the Fluent file `<tag>/event-4031.ftl` is [`Text::id`].
        ///
        /// # Example: the template of an overlay file
        ///
        /// ```
        /// use tracing_dispatch_failure::{Messages, Text};
        ///
        /// let english = Messages::new(&"en-US".parse()?);
        /// let template: String = Text::ALL
        ///     .iter()
        ///     .map(|text| {
        ///         let mut line = format!("# {} = ", text.id());
        ///         english.write(*text, &mut line);
        ///         line + "\n"
        ///     })
        ///     .collect();
        /// assert!(template.contains("# message = Session dispatch failed.\n"));
        /// # Ok::<(), tracing_dispatch_failure::ParseError>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Text {
            $($(#[$doc])* $name,)*
        }

        impl Text {
            /// All texts, in the order of the file.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            /// Returns the text's id in the Fluent files.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self { $(Self::$name => $id,)* }
            }
        }
    };
}

texts! {
    /// Title of the page.
    Title = "title",
    /// Heading of the properties.
    PropertiesHeading = "properties-heading",
    /// Label of the event's id.
    IdLabel = "id-label",
    /// Label of the keywords.
    KeywordsLabel = "keywords-label",
    /// Name of the keyword.
    KeywordName = "keyword-name",
    /// Label of the level.
    LevelLabel = "level-label",
    /// Name of the level.
    LevelName = "level-name",
    /// Label of the channel.
    ChannelLabel = "channel-label",
    /// Name of the channel.
    ChannelName = "channel-name",
    /// Heading of the description.
    DescriptionHeading = "description-heading",
    /// Description of the event.
    Description = "description",
    /// Heading of the message.
    MessageHeading = "message-heading",
    /// The message of a record. It is the only text that can use variables.
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
    /// Label of the source file and line.
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
    /// Label of the number of failures that a summary record stands for.
    SuppressedLabel = "suppressed-label",
}
