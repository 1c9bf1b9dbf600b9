//! The subscriber of the whole process.

use tracing::Subscriber;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn set(subscriber: impl Subscriber + Send + Sync) {
    // With the bridge from `log`, as in most applications.
    subscriber.init();
}
