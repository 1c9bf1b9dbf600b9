//! The sink `etw`: writes the event to Event Tracing for Windows, in up to three schemas.
//!
//! `wcf` writes the original event 4031, `tracelogging` a self-describing event, and `manifest_event` the event
//! that the generated `manifest` describes. They encode a record on every system, for tests; only Windows has
//! an API to write it.

mod guid;
mod manifest;
mod manifest_template;
mod options;

#[cfg(any(windows, test))]
mod event_data;
#[cfg(any(windows, test))]
mod manifest_event;
#[cfg(any(windows, test))]
mod tracelogging;
#[cfg(any(windows, test))]
mod wcf;

pub use manifest::etw_manifest;
pub(crate) use options::EtwOptions;
pub use options::{EtwProvider, EtwSchema};
#[cfg(windows)]
mod sink {
    use super::{
        EtwOptions, EtwSchema, event_data::Event, manifest_event, manifest_template, tracelogging, wcf,
    };
    use crate::{
        platform::windows::{EtwError, Provider},
        record::event_definition::DISPATCH_SESSION_FAILED as EVENT,
        sink::{Sink, SinkRecord},
    };
    use std::io;

    /// The registered providers of the configured schemas.
    #[derive(Debug)]
    pub(crate) struct EtwSink {
        providers: Vec<(EtwSchema, Provider)>,
        /// The name of the crate's own provider.
        name: String,
    }

    impl EtwSink {
        /// Registers the providers.
        pub(crate) fn open(options: &EtwOptions) -> io::Result<Self> {
            let open = |schema: &EtwSchema| {
                let provider = match schema {
                    // Any number of processes may register Microsoft's provider at the same time.
                    EtwSchema::Wcf => Provider::register(EVENT.provider_guid, wcf::DESCRIPTOR)?,
                    EtwSchema::TraceLogging => {
                        let provider = Provider::register(options.provider.guid(), tracelogging::DESCRIPTOR)?;
                        // Decoders take the name of a self-describing provider from its traits.
                        provider.set_traits(&tracelogging::traits(options.provider.name()))?;
                        provider
                    }
                    EtwSchema::Manifest => {
                        // A second provider: one provider cannot have both self-describing events and a
                        // manifest.
                        Provider::register(
                            options.provider.manifested().guid(),
                            manifest_template::DESCRIPTOR,
                        )?
                    }
                };
                Ok((*schema, provider))
            };
            // In a fixed order and without duplicates, however they were configured.
            let wanted = EtwSchema::ALL.iter().filter(|schema| options.schemas.contains(schema));
            let providers = wanted.map(open).collect::<io::Result<_>>()?;
            Ok(Self { providers, name: options.provider.name().to_owned() })
        }
    }

    impl Sink for EtwSink {
        fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
            // A schema without listeners is not encoded.
            let listening = self.providers.iter().filter(|(_, provider)| provider.is_listening());
            // If one schema fails, the others are still written. The result is the first error.
            listening
                .map(|(schema, provider)| self.write_as(*schema, provider, record))
                .fold(Ok(()), io::Result::and)
        }

        fn is_listening(&self) -> bool {
            self.providers.iter().any(|(_, provider)| provider.is_listening())
        }
    }

    impl EtwSink {
        /// Writes an event in one schema. If Windows rejects it as too large, it is written again with
        /// shorter texts.
        fn write_as(
            &self,
            schema: EtwSchema,
            provider: &Provider,
            record: &SinkRecord<'_>,
        ) -> io::Result<()> {
            let failure = record.failure();
            let mut event = Event::default();
            let mut limit = super::event_data::Limit::MAX;
            loop {
                match schema {
                    EtwSchema::Wcf => wcf::encode(record, limit, &mut event),
                    EtwSchema::TraceLogging => tracelogging::encode(record, limit, &mut event, &self.name),
                    EtwSchema::Manifest => manifest_event::encode(record, limit, &mut event),
                }
                let related = failure.related_activity_id();
                let written = provider.write(
                    event.parts().map(|(kind, bytes)| (kind as u32, bytes)),
                    failure.activity_id().as_u128(),
                    related.map(|id| id.as_u128()),
                );
                match (written, limit.halve()) {
                    (Ok(()), _) => return Ok(()),
                    (Err(EtwError::TooLarge(_)), Some(halved)) => limit = halved,
                    // Either the smallest event is still too large, or shorter texts would not help.
                    (Err(EtwError::TooLarge(error) | EtwError::Other(error)), _) => return Err(error),
                }
            }
        }
    }
}

#[cfg(not(windows))]
mod sink {
    use super::EtwOptions;
    use crate::sink::{Sink, SinkRecord};
    use std::{convert::Infallible, io};

    /// A type without values: the sink cannot be opened on this system.
    #[derive(Debug)]
    pub(crate) struct EtwSink(Infallible);

    impl EtwSink {
        /// Returns an error.
        pub(crate) fn open(_: &EtwOptions) -> io::Result<Self> {
            Err(io::Error::new(
                io::ErrorKind::Unsupported,
                "Event Tracing for Windows (ETW) is only available on Windows",
            ))
        }
    }

    impl Sink for EtwSink {
        fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
            // Without a value, this is never called.
            match self.0 {}
        }
    }
}

pub(crate) use sink::EtwSink;
