//! A program whose more verbose spans `tracing` leaves out when it is compiled, by the feature `max_level_info`.

#[cfg(test)]
mod tests {
    use tracing_dispatch_failure::{MemorySink, Reporter};
    use tracing_subscriber::prelude::*;

    fn verified(spans: &str) -> Result<usize, String> {
        let memory = MemorySink::new();
        let reporter =
            Reporter::builder().sinks([]).add_sink("memory", memory.clone()).spans(spans.parse().unwrap());
        let reporter = reporter.build().unwrap();
        let stack = tracing_subscriber::registry().with(reporter.layer());
        tracing::subscriber::with_default(stack, || {
            drop(tracing::info_span!("job", error = "refused"));
            drop(tracing::debug_span!("job", error = "refused"));
            reporter.verify().map_err(|error| error.to_string())
        })?;
        Ok(memory.take().len())
    }

    #[test]
    fn verify_says_that_a_level_is_compiled_out() {
        let said = verified("[job]=debug").unwrap_err();
        assert!(said.contains("the level DEBUG is compiled out by a `max_level_*`"), "{said}");
    }

    #[test]
    fn levels_that_are_left_are_reported() {
        assert_eq!(verified("[job]"), Ok(1));
    }
}
