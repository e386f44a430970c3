//! A real server on a free port with a desk that counts, and requests written by hand.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use local_agent::clock::SystemClock;
use local_agent::http::{
    Answer, Begin, Check, Desk, Limits, PAGE_HEADER, Pages, State, Trouble, listen,
};
use local_agent::log::Log;
use tempfile::TempDir;
use tokio::sync::oneshot;

/// How long anything may take before a test has failed.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Counts what reaches it.
#[derive(Default)]
pub struct Counting {
    pub done: Mutex<Vec<String>>,
}

impl Counting {
    fn note(&self, what: &str) {
        self.done.lock().unwrap().push(what.to_owned());
    }
}

#[async_trait]
impl Desk for Counting {
    async fn state(&self) -> State {
        self.note("state");
        State::default()
    }
    async fn begin(&self, begin: Begin) -> Result<State, Trouble> {
        self.note(&format!("begin {}", begin.ticket.len()));
        Err(Trouble::TicketUnknown)
    }
    async fn answer(&self, answer: Answer) -> Result<State, Trouble> {
        let pin = answer.current.map(|pin| pin.expose().to_owned());
        self.note(&format!(
            "answer {} {pin:?} {}",
            answer.serial, answer.last_try
        ));
        Err(Trouble::NotAsked)
    }
    async fn stop(&self) -> Result<State, Trouble> {
        self.note("stop");
        Ok(State::default())
    }
    async fn check(&self) -> Check {
        self.note("check");
        Check {
            lines: Vec::new(),
            log: Vec::new(),
            report: String::new(),
        }
    }
}

/// A running server.
pub struct Agent {
    pub port: u16,
    pub page: String,
    pub desk: Arc<Counting>,
    pub log: Arc<Log>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<std::thread::JoinHandle<()>>,
    _folder: TempDir,
}

impl Agent {
    pub fn start() -> Self {
        Self::limited(Limits::default())
    }

    pub fn limited(limits: Limits) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let log = Log::open(&folder.path().join("log"), Arc::new(SystemClock)).unwrap();
        let log = Arc::new(log);
        let desk = Arc::new(Counting::default());
        let (stop, stopped) = oneshot::channel::<()>();
        let (said, port) = std::sync::mpsc::channel();
        let (its_desk, its_log) = (desk.clone(), log.clone());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .unwrap();
            runtime.block_on(async {
                let listener = listen(0).await.unwrap();
                let port = listener.local_addr().unwrap().port();
                let pages = Pages::new(port, its_desk, its_log, limits).unwrap();
                said.send(port).unwrap();
                let stopped = async {
                    let _ = stopped.await;
                };
                pages.serve(listener, stopped).await.unwrap();
            });
        });
        let mut agent = Self {
            port: port.recv_timeout(PATIENCE).unwrap(),
            page: String::new(),
            desk,
            log,
            stop: Some(stop),
            thread: Some(thread),
            _folder: folder,
        };
        let html = agent.send(&agent.open("/")).body;
        let (_, rest) = html.split_once("name=\"sealkey-page\" content=\"").unwrap();
        rest.split_once('"').unwrap().0.clone_into(&mut agent.page);
        assert_eq!(agent.page.len(), 64);
        agent
    }

    pub fn done(&self) -> Vec<String> {
        self.desk.done.lock().unwrap().clone()
    }

    /// A connection that gives up in time.
    pub fn connect(&self) -> TcpStream {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_write_timeout(Some(PATIENCE)).unwrap();
        stream
    }

    pub fn send(&self, request: &Request) -> Reply {
        self.raw(request.text().as_bytes())
    }

    /// Sends bytes and reads until the server closes.
    pub fn raw(&self, bytes: &[u8]) -> Reply {
        let mut stream = self.connect();
        // A server that has heard enough may close before all is sent.
        let _ = stream.write_all(bytes);
        let _ = stream.flush();
        Reply::read(&mut stream)
    }

    /// What a browser sends to open a page that somebody typed or a site linked.
    pub fn open(&self, path: &str) -> Request {
        Request::new("GET", path)
            .with("host", &format!("127.0.0.1:{}", self.port))
            .with("sec-fetch-site", "cross-site")
            .with("sec-fetch-mode", "navigate")
            .with("sec-fetch-user", "?1")
            .with("sec-fetch-dest", "document")
    }

    /// What it sends for what our page is made of.
    pub fn load(&self, path: &str, dest: &str) -> Request {
        Request::new("GET", path)
            .with("host", &format!("127.0.0.1:{}", self.port))
            .with("sec-fetch-site", "same-origin")
            .with("sec-fetch-mode", "no-cors")
            .with("sec-fetch-dest", dest)
    }

    /// What our page sends.
    pub fn call(&self, path: &str, body: &str) -> Request {
        Request::new("POST", path)
            .with("host", &format!("127.0.0.1:{}", self.port))
            .with("origin", &format!("http://127.0.0.1:{}", self.port))
            .with("content-type", "application/json")
            .with(PAGE_HEADER, &self.page)
            .with("sec-fetch-site", "same-origin")
            .with("sec-fetch-mode", "same-origin")
            .with("sec-fetch-dest", "empty")
            .body(body)
    }
}

impl Drop for Agent {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(std::thread::JoinHandle::join);
        if !std::thread::panicking() {
            ended.unwrap().unwrap();
        }
    }
}

/// A request, to be changed in one thing.
#[derive(Clone)]
pub struct Request {
    pub line: String,
    headers: Vec<(String, String)>,
    body: String,
}

impl Request {
    pub fn new(method: &str, path: &str) -> Self {
        Self {
            line: format!("{method} {path} HTTP/1.1"),
            headers: Vec::new(),
            body: String::new(),
        }
    }

    /// Another first line.
    pub fn line(mut self, line: &str) -> Self {
        line.clone_into(&mut self.line);
        self
    }

    /// One header more, though there may be one of the name.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn without(mut self, name: &str) -> Self {
        let before = self.headers.len();
        self.headers.retain(|(known, _)| known != name);
        assert!(self.headers.len() < before, "{name}");
        self
    }

    /// Another value for a header that is there.
    pub fn set(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    pub fn body(mut self, body: &str) -> Self {
        self.headers.retain(|(known, _)| known != "content-length");
        body.clone_into(&mut self.body);
        self.with("content-length", &body.len().to_string())
    }

    pub fn text(&self) -> String {
        let lines = self.headers.iter();
        let lines: Vec<String> = lines
            .map(|(name, value)| format!("{name}: {value}\r\n"))
            .collect();
        let headers = lines.concat();
        format!("{}\r\n{headers}\r\n{}", self.line, self.body)
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    /// 0: it was closed without a word.
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Reply {
    pub fn read(stream: &mut TcpStream) -> Self {
        let mut bytes = Vec::new();
        let mut part = [0; 4096];
        loop {
            match stream.read(&mut part) {
                Ok(0) => break,
                Ok(length) => bytes.extend_from_slice(&part[..length]),
                // Closed with something of ours unread. What it said before that counts.
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => break,
                Err(error) => panic!("no answer: {error}"),
            }
        }
        let _ = stream.shutdown(Shutdown::Both);
        let text = String::from_utf8(bytes).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else {
            assert!(text.is_empty(), "{text}");
            return Self {
                status: 0,
                headers: Vec::new(),
                body: String::new(),
            };
        };
        let mut lines = head.lines();
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse();
        let headers = lines.map(|line| {
            let (name, value) = line.split_once(": ").unwrap();
            (name.to_ascii_lowercase(), value.to_owned())
        });
        Self {
            status: status.unwrap(),
            headers: headers.collect(),
            body: body.to_owned(),
        }
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let mut all = self.headers.iter().filter(|(known, _)| known == name);
        let first = all.next().map(|(_, value)| value.as_str());
        assert_eq!(all.next(), None, "{name} twice");
        first
    }
}
