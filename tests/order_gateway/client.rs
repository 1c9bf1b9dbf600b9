//! A minimal HTTP/1.1 client for the gateway.

use super::programs::PATIENCE;
use serde_json::Value;
use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
};

/// A connection that is kept alive between requests.
pub(crate) struct Client {
    stream: BufReader<TcpStream>,
}

/// The gateway's answer to a request.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: Value,
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Sends a request without reading its answer.
    pub(crate) fn send(&mut self, method: &str, path: &str) {
        let request = format!("{method} {path} HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n");
        self.stream.get_mut().write_all(request.as_bytes()).unwrap();
    }

    /// Reads the answer to the oldest unanswered request.
    pub(crate) fn receive(&mut self) -> Answer {
        let status = self.read_line().split(' ').nth(1).unwrap().parse().unwrap();
        let mut length = 0;
        loop {
            let header = self.read_line().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body).unwrap();
        Answer { status, body: serde_json::from_slice(&body).unwrap_or(Value::Null) }
    }

    pub(crate) fn post(&mut self, path: &str) -> Answer {
        self.send("POST", path);
        self.receive()
    }

    fn read_line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
