//! The builder's methods that select spans, signals and values.

use super::Builder;
use crate::{
    config::Diagnose,
    observe::{directive::Directives, redact::Redact},
    record::signal::Signals,
};

/// # Selection of spans and values
impl Builder {
    /// Selects the dispatch spans. The default is `[dispatch_session]`. (`DISPATCH_FAILURE_SPANS`)
    ///
    /// # Example: the requests of an HTTP server
    ///
    /// ```
    /// use tracing_dispatch_failure::Reporter;
    ///
    /// // tower-http opens its span at DEBUG. Health checks are left out.
    /// let spans = "tower_http[request]=debug,shop::health=off".parse()?;
    /// let reporter = Reporter::builder().sinks([]).spans(spans).build()?;
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spans(mut self, spans: Directives) -> Self {
        self.settings.spans = spans;
        self
    }

    /// Selects the context spans, which give a record its parents and further fields. By default there are none.
    /// (`DISPATCH_FAILURE_CONTEXT`)
    ///
    /// # Example: the tenant of the request around the dispatch
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter, Value};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder()
    ///     .sinks([])
    ///     .add_sink("memory", memory.clone())
    ///     .context("[request]".parse()?)
    ///     .build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// tracing::info_span!("request", tenant = "blue").in_scope(|| {
    ///     tracing::info_span!("dispatch_session", error = "refused").in_scope(|| {});
    /// });
    /// # });
    /// assert_eq!(memory.take()[0].failure().field("tenant"), Some(Value::Str("blue")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn context(mut self, context: Directives) -> Self {
        self.settings.context = context;
        self
    }

    /// Selects the signals by which a failure is recognised. The default is every signal but
    /// [`ErrorEvent`](crate::Signal::ErrorEvent) and [`Unfinished`](crate::Signal::Unfinished).
    /// (`DISPATCH_FAILURE_SIGNALS`)
    ///
    /// # Example: a cancelled dispatch is a failure too
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Reporter, Signal, Signals};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder()
    ///     .sinks([])
    ///     .add_sink("memory", memory.clone())
    ///     .signals(Signals::default().with(Signal::Unfinished))
    ///     .build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// // A span that closes without the status `OK`, like the span of a dropped future.
    /// drop(tracing::info_span!("dispatch_session"));
    /// # });
    /// assert_eq!(memory.take()[0].failure().signal(), Signal::Unfinished);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn signals(mut self, signals: Signals) -> Self {
        self.settings.signals = signals;
        self
    }

    /// Selects the fields whose values become `[redacted]` as soon as the span records them. The default covers
    /// passwords, secrets, tokens and the like; see [`Redact`]. (`DISPATCH_FAILURE_REDACT`)
    ///
    /// # Example: card numbers stay out of the records
    ///
    /// ```
    /// use tracing_dispatch_failure::{MemorySink, Redact, Reporter, Value};
    /// # use tracing_subscriber::prelude::*;
    ///
    /// let memory = MemorySink::new();
    /// let reporter = Reporter::builder()
    ///     .sinks([])
    ///     .add_sink("memory", memory.clone())
    ///     .redact(format!("{},card.*", Redact::default()).parse()?)
    ///     .build()?;
    /// # let stack = tracing_subscriber::registry().with(reporter.layer());
    /// # tracing::subscriber::with_default(stack, || {
    /// drop(tracing::info_span!("dispatch_session", card.number = 4111, error = "refused"));
    /// # });
    /// assert_eq!(memory.take()[0].failure().field("card.number"), Some(Value::Str("[redacted]")));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn redact(mut self, redact: Redact) -> Self {
        self.settings.redact = redact;
        self
    }

    /// Sets what to do about directives that select no span. The default is [`Diagnose::Auto`].
    /// (`DISPATCH_FAILURE_DIAGNOSE`)
    ///
    /// # Example: no advice on stderr
    ///
    /// ```
    /// use tracing_dispatch_failure::{Diagnose, Reporter};
    ///
    /// let reporter = Reporter::builder().sinks([]).diagnose(Diagnose::Off).build()?;
    /// // The advice is still here:
    /// assert_eq!(reporter.diagnose().directives[0].callsites, 0);
    /// # Ok::<(), tracing_dispatch_failure::Error>(())
    /// ```
    pub fn diagnose(mut self, diagnose: Diagnose) -> Self {
        self.settings.diagnose = diagnose;
        self
    }
}
