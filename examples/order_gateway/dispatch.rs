//! Dispatches a session to its backend. This is the span that event 4031 reports.

use crate::backends::Backend;
use std::{fmt, io, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::TcpStream,
    time::timeout,
};
use tracing::{Span, field::Empty, instrument};

/// A session that a customer opens on a backend.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) id: u64,
    pub(crate) order: u64,
}

/// Why a session did not reach its backend.
#[derive(Debug)]
pub(crate) enum DispatchError {
    Connect(SocketAddr, io::Error),
    Exchange(io::Error),
    TimedOut(Duration),
}

/// Dispatches a session, and returns the backend's answer.
#[instrument(
    name = "dispatch_session",
    skip_all,
    fields(
        session.id = session.id,
        order = session.order,
        backend = backend.name,
        server.port = backend.address.port(),
        error.type = Empty,
        otel.status_code = Empty,
        otel.status_description = Empty,
    ),
    err
)]
pub(crate) async fn dispatch(
    session: &Session,
    backend: &Backend,
    time_limit: Duration,
) -> Result<String, DispatchError> {
    let Ok(answer) = timeout(time_limit, exchange(session, backend.address)).await else {
        // An explicit status has priority over the `err` above. The failure is still reported only once.
        let error = DispatchError::TimedOut(time_limit);
        Span::current()
            .record("error.type", "timeout")
            .record("otel.status_code", "ERROR")
            .record("otel.status_description", error.to_string());
        return Err(error);
    };
    answer
}

async fn exchange(session: &Session, address: SocketAddr) -> Result<String, DispatchError> {
    let mut stream =
        TcpStream::connect(address).await.map_err(|error| DispatchError::Connect(address, error))?;
    talk(session, &mut stream).await.map_err(DispatchError::Exchange)
}

async fn talk(session: &Session, stream: &mut TcpStream) -> io::Result<String> {
    stream.write_all(format!("session {} of order {}\n", session.id, session.order).as_bytes()).await?;
    let mut answer = String::new();
    if BufReader::new(stream).read_line(&mut answer).await? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(answer.trim_end().to_owned())
}

/// `#[instrument(err)]` records the `Display` of an error without its sources, so this includes the cause.
impl fmt::Display for DispatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connect(address, error) => write!(f, "no connection to {address}: {error}"),
            Self::Exchange(error) => write!(f, "the backend broke off: {error}"),
            Self::TimedOut(limit) => write!(f, "no answer within {limit:?}"),
        }
    }
}

impl std::error::Error for DispatchError {}
