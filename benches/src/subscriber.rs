//! The global subscriber.

use tracing::Subscriber;
use tracing_subscriber::util::SubscriberInitExt;

pub(crate) fn set(subscriber: impl Subscriber + Send + Sync) {
    // `init` also installs the bridge from `log`, as in most applications.
    subscriber.init();
}
