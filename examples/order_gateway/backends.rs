//! The backends that receive the sessions.

use std::{io, net::SocketAddr};
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpSocket, TcpStream},
};

/// A backend, as the gateway knows it.
#[derive(Debug)]
pub(crate) struct Backend {
    pub(crate) name: &'static str,
    pub(crate) address: SocketAddr,
}

/// The three backends. They run as long as this value and the runtime exist.
pub(crate) struct Backends {
    all: [Backend; 3],
    /// The port of the refusing backend: bound, so that nobody else gets it, but without a listener.
    _refusing: TcpSocket,
}

impl Backends {
    /// Starts the backends on free ports.
    pub(crate) async fn start() -> io::Result<Self> {
        let healthy = TcpListener::bind("127.0.0.1:0").await?;
        let slow = TcpListener::bind("127.0.0.1:0").await?;
        let refusing = TcpSocket::new_v4()?;
        refusing.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
        let all = [
            Backend { name: "healthy", address: healthy.local_addr()? },
            Backend { name: "refusing", address: refusing.local_addr()? },
            Backend { name: "slow", address: slow.local_addr()? },
        ];
        tokio::spawn(serve(healthy, accept_session));
        tokio::spawn(serve(slow, keep_waiting));
        Ok(Self { all, _refusing: refusing })
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Backend> {
        self.all.iter().find(|backend| backend.name == name)
    }
}

/// Serves every connection in its own task.
async fn serve<F>(listener: TcpListener, answer: impl Fn(TcpStream) -> F)
where
    F: Future<Output = io::Result<()>> + Send + 'static,
{
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream));
    }
}

/// Confirms the session in the first line.
async fn accept_session(mut stream: TcpStream) -> io::Result<()> {
    let mut line = String::new();
    BufReader::new(&mut stream).read_line(&mut line).await?;
    stream.write_all(format!("accepted {}\n", line.trim_end()).as_bytes()).await
}

/// Reads until the gateway closes the connection, and never answers.
async fn keep_waiting(mut stream: TcpStream) -> io::Result<()> {
    tokio::io::copy(&mut stream, &mut tokio::io::sink()).await.map(|_| ())
}
