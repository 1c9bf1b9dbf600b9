//! The HTTP interface of the gateway.

use crate::{
    backends::Backends,
    dispatch::{DispatchError, Session, dispatch},
};
use axum::{
    Json, Router,
    extract::{Path, State},
    http::StatusCode,
    routing::post,
};
use serde_json::{Value, json};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tower_http::trace::TraceLayer;

/// The state of the gateway.
pub(crate) struct Gateway {
    backends: Backends,
    time_limit: Duration,
    sessions: AtomicU64,
}

impl Gateway {
    pub(crate) fn new(backends: Backends, time_limit: Duration) -> Arc<Self> {
        Arc::new(Self { backends, time_limit, sessions: AtomicU64::new(0) })
    }

    fn open_session(&self, order: u64) -> Session {
        Session { id: self.sessions.fetch_add(1, Ordering::Relaxed) + 1, order }
    }
}

/// The gateway's only route, traced by tower-http.
pub(crate) fn router(gateway: Arc<Gateway>) -> Router {
    Router::new()
        .route("/orders/{order}/sessions/{backend}", post(open_session))
        .layer(TraceLayer::new_for_http())
        .with_state(gateway)
}

async fn open_session(
    State(gateway): State<Arc<Gateway>>,
    Path((order, backend)): Path<(u64, String)>,
) -> (StatusCode, Json<Value>) {
    let Some(backend) = gateway.backends.get(&backend) else {
        return (StatusCode::NOT_FOUND, Json(json!({ "error": "no such backend" })));
    };
    let session = gateway.open_session(order);
    match dispatch(&session, backend, gateway.time_limit).await {
        Ok(answer) => (StatusCode::CREATED, Json(json!({ "session": session.id, "answer": answer }))),
        Err(error) => {
            let answer = json!({ "session": session.id, "error": error.to_string() });
            (status(&error), Json(answer))
        }
    }
}

fn status(error: &DispatchError) -> StatusCode {
    match error {
        DispatchError::Connect(..) | DispatchError::Exchange(_) => StatusCode::BAD_GATEWAY,
        DispatchError::TimedOut(_) => StatusCode::GATEWAY_TIMEOUT,
    }
}
