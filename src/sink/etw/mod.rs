//! Event Tracing for Windows: the event on its own channel, and its cause under a provider of ours.
//!
//! Each schema is a shape of the same event: `wcf` is what Windows knows as 4031, `tracelogging`
//! describes itself, `manifested` is what the generated `manifest` describes. They turn a record into
//! bytes on every system; only Windows takes them.

mod guid;
mod manifest;
mod options;
mod template;

#[cfg(any(windows, test))]
mod manifested;
#[cfg(any(windows, test))]
mod payload;
#[cfg(any(windows, test))]
mod tracelogging;
#[cfg(any(windows, test))]
mod wcf;

pub use manifest::etw_manifest;
pub(crate) use options::EtwOptions;
pub use options::{EtwProvider, EtwSchema};
#[cfg(windows)]
#[cfg(windows)]
mod sink {
    use super::{EtwOptions, EtwSchema, manifested, payload::Event, template, tracelogging, wcf};
    use crate::{
        platform::windows::{EtwError, Provider},
        record::event::DISPATCH_SESSION_FAILED as EVENT,
        sink::{Sink, SinkRecord},
    };
    use std::io;

    /// The providers of the chosen schemas.
    #[derive(Debug)]
    pub(crate) struct EtwSink {
        providers: Vec<(EtwSchema, Provider)>,
        /// The name of our own provider.
        name: String,
    }

    impl EtwSink {
        pub(crate) fn open(options: &EtwOptions) -> io::Result<Self> {
            let open = |schema: &EtwSchema| {
                let provider = match schema {
                    EtwSchema::Wcf => Provider::register(EVENT.provider_guid, wcf::DESCRIPTOR)?,
                    EtwSchema::TraceLogging => {
                        let provider = Provider::register(options.provider.guid(), tracelogging::DESCRIPTOR)?;
                        provider.set_traits(&tracelogging::traits(options.provider.name()))?;
                        provider
                    }
                    EtwSchema::Manifest => {
                        Provider::register(options.provider.manifested().guid(), template::DESCRIPTOR)?
                    }
                };
                Ok((*schema, provider))
            };
            // In their order, and each once, however they are given.
            let wanted = EtwSchema::ALL.iter().filter(|schema| options.schemas.contains(schema));
            let providers = wanted.map(open).collect::<io::Result<_>>()?;
            Ok(Self { providers, name: options.provider.name().to_owned() })
        }
    }

    impl Sink for EtwSink {
        fn write(&self, record: &SinkRecord<'_>) -> io::Result<()> {
            let listening = self.providers.iter().filter(|(_, provider)| provider.is_listening());
            // One schema's failure keeps no other from being written.
            listening
                .map(|(schema, provider)| self.write_as(*schema, provider, record))
                .fold(Ok(()), io::Result::and)
        }

        fn is_listening(&self) -> bool {
            self.providers.iter().any(|(_, provider)| provider.is_listening())
        }
    }

    impl EtwSink {
        /// Writes an event; what the system finds too large is written again with ever shorter texts.
        fn write_as(
            &self,
            schema: EtwSchema,
            provider: &Provider,
            record: &SinkRecord<'_>,
        ) -> io::Result<()> {
            let failure = record.failure();
            let mut event = Event::default();
            let mut limit = super::payload::Limit::WHOLE;
            loop {
                match schema {
                    EtwSchema::Wcf => wcf::encode(record, limit, &mut event),
                    EtwSchema::TraceLogging => tracelogging::encode(record, limit, &mut event, &self.name),
                    EtwSchema::Manifest => manifested::encode(record, limit, &mut event),
                }
                let related = failure.related_activity_id();
                let written = provider.write(
                    event.parts().map(|(kind, bytes)| (kind as u32, bytes)),
                    failure.activity_id().as_u128(),
                    related.map(|id| id.as_u128()),
                );
                match (written, limit.halved()) {
                    (Ok(()), _) => return Ok(()),
                    (Err(EtwError::TooLarge(_)), Some(halved)) => limit = halved,
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

    /// What there is no value of on this system.
    #[derive(Debug)]
    pub(crate) struct EtwSink(Infallible);

    impl EtwSink {
        pub(crate) fn open(_: &EtwOptions) -> io::Result<Self> {
            Err(io::Error::new(io::ErrorKind::Unsupported, "ETW is for Windows only"))
        }
    }

    impl Sink for EtwSink {
        fn write(&self, _: &SinkRecord<'_>) -> io::Result<()> {
            match self.0 {}
        }
    }
}

pub(crate) use sink::EtwSink;
