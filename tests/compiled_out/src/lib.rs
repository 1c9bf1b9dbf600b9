//! A program from which `tracing` compiles out DEBUG and TRACE, by the feature `max_level_info`.

#[cfg(test)]
mod tests {
    use tracing_dispatch_failure::{MemorySink, Reporter};
    use tracing_subscriber::prelude::*;

    /// Fails a job at INFO and one at DEBUG; returns the error of `verify`, or the number of records.
    fn verify_and_count_records(spans: &str) -> Result<usize, String> {
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
    fn verify_reports_a_level_that_is_compiled_out() {
        let error = verify_and_count_records("[job]=debug").unwrap_err();
        assert!(error.contains("the level DEBUG is compiled out by a `max_level_*`"), "{error}");
    }

    #[test]
    fn failures_at_the_remaining_levels_are_recorded() {
        assert_eq!(verify_and_count_records("[job]"), Ok(1));
    }
}
