//! The smallest HTTP server that a real client can talk to: one request for each connection, on loopback.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Such as `GET`.
    pub(crate) method: String,
    /// Path and query as sent.
    pub(crate) target: String,
    /// Names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

/// Status and body; none to hang up without a word.
pub(crate) type Reply = Option<(u16, String)>;

/// An answer with headers of its own.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    /// Such as 200.
    pub(crate) status: u16,
    /// Beside those of every answer.
    pub(crate) headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl From<(u16, String)> for Answer {
    fn from((status, body): (u16, String)) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.into_bytes(),
        }
    }
}

/// Serves on a free port of loopback as long as the test's runtime lives. Returns the base address.
pub(crate) async fn serve<A: Into<Answer> + Send + 'static>(
    answer: impl Fn(&Request) -> Option<A> + Send + Sync + 'static,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let address = listener.local_addr().expect("an address");
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let answer = answer.clone();
            tokio::spawn(async move {
                // A client that hangs up is its own affair.
                let _ = handle(stream, &*answer).await;
            });
        }
    });
    format!("http://{address}")
}

async fn handle<A: Into<Answer> + Send>(
    stream: TcpStream,
    answer: &(impl Fn(&Request) -> Option<A> + Send + Sync),
) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let mut line = String::new();
    stream.read_line(&mut line).await?;
    let mut words = line.split(' ').map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers
        .get("content-length")
        .and_then(|length| length.parse().ok())
        .unwrap_or(0);
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let request = Request {
        method,
        target,
        headers,
        body,
    };
    if let Some(answer) = answer(&request).map(Into::<Answer>::into) {
        let mut head = format!("HTTP/1.1 {} -\r\nconnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&[name, ": ", value, "\r\n"].concat());
        }
        if answer.status != 204 {
            let length = answer.body.len().to_string();
            head.push_str(&["content-length: ", &length, "\r\n"].concat());
        }
        head.push_str("\r\n");
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&answer.body).await?;
    }
    stream.shutdown().await
}
