//! What one client may take up.

use std::io::{Read as _, Write as _};
use std::time::Duration;

use local_agent::http::{BODY, Limits};

use crate::support::{Agent, Reply};

fn short() -> Limits {
    Limits {
        connections: 4,
        sending: Duration::from_millis(300),
        whole: Duration::from_secs(5),
    }
}

/// A ticket that makes the whole body this long.
fn begin(length: usize) -> String {
    let frame = r#"{"ticket":""}"#.len();
    format!(r#"{{"ticket":"{}"}}"#, "a".repeat(length - frame))
}

#[test]
fn a_body_may_be_as_long_as_it_may_and_no_longer() {
    let agent = Agent::start();
    let fits = agent.send(&agent.call("/api/begin", &begin(BODY)));
    assert_eq!(fits.status, 409);
    assert!(agent.done()[0].starts_with("begin "));
    for length in [BODY + 1, 10 * BODY] {
        let long = agent.send(&agent.call("/api/begin", &begin(length)));
        assert_eq!((long.status, long.body.as_str()), (403, ""));
    }
    // The same without saying beforehand how long it is.
    let chunked = |length: usize| {
        let body = begin(length);
        let head = agent.call("/api/begin", "").without("content-length");
        let head = head.with("transfer-encoding", "chunked").text();
        format!("{head}{:x}\r\n{body}\r\n0\r\n\r\n", body.len())
    };
    assert_eq!(agent.raw(chunked(BODY).as_bytes()).status, 409);
    assert_eq!(agent.raw(chunked(BODY + 1).as_bytes()).status, 403);
    assert_eq!(agent.done().len(), 2);
}

#[test]
fn a_length_that_is_none_is_refused() {
    let agent = Agent::start();
    for length in ["-1", "99999999999999999999999", "2, 3", "x"] {
        let request = agent.call("/api/state", "{}").set("content-length", length);
        let reply = agent.send(&request);
        assert!([400, 403].contains(&reply.status), "{length}: {reply:?}");
    }
    // Two lengths, or one beside chunks: where the request ends would be a matter of opinion.
    let two = agent.call("/api/state", "{}").with("content-length", "3");
    let both = agent
        .call("/api/state", "{}")
        .with("transfer-encoding", "chunked");
    for request in [two, both] {
        let reply = agent.send(&request);
        assert_ne!(reply.status, 200, "{}", request.text());
    }
    assert_eq!(agent.done(), [""; 0]);
}

#[test]
fn a_head_that_is_too_long_is_refused() {
    let agent = Agent::start();
    let long = agent.open("/").with("x-long", &"a".repeat(32 * 1024));
    let path = agent.open(&format!("/{}", "a".repeat(32 * 1024)));
    let mut many = agent.open("/");
    for number in 0..100 {
        many = many.with(&format!("x-{number}"), "1");
    }
    for request in [long, path, many] {
        let reply = agent.send(&request);
        assert!([0, 400, 414, 431].contains(&reply.status), "{reply:?}");
        assert_eq!(reply.body, "");
    }
    assert_eq!(agent.send(&agent.open("/")).status, 200);
}

#[test]
fn what_is_no_http_is_answered_with_nothing() {
    let agent = Agent::start();
    for bytes in [
        &b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"[..],
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"GET / HTTP/1.1\r\nhost : 127.0.0.1\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"GET / HTTP/1.1\r\n folded: 1\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"EHLO agent\r\n\r\n",
        b"\r\n\r\n\r\n\r\n\0\0",
    ] {
        let mut stream = agent.connect();
        stream.write_all(bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let reply = Reply::read(&mut stream);
        assert!([0, 400, 403, 505].contains(&reply.status), "{reply:?}");
        assert_eq!(reply.body, "");
    }
    assert_eq!(agent.done(), [""; 0]);
}

#[test]
fn who_is_slow_is_shown_out_and_the_others_are_served() {
    let agent = Agent::limited(short());
    // As many as there is room for: silent, with half a head, with half a body.
    let mut slow = Vec::new();
    for part in 0..4 {
        let mut stream = agent.connect();
        let text = agent.call("/api/state", r#"{"a":1}"#).text();
        let sent = match part {
            0 => 0,
            1 => 10,
            2 => text.len() - 20,
            _ => text.len() - 1,
        };
        stream.write_all(&text.as_bytes()[..sent]).unwrap();
        slow.push(stream);
    }
    assert_eq!(agent.send(&agent.open("/")).status, 200);
    for mut stream in slow {
        let mut rest = Vec::new();
        // Closed by the server, in whatever way: not by our patience.
        if let Err(error) = stream.read_to_end(&mut rest) {
            assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
        }
        let text = String::from_utf8(rest).unwrap();
        assert!(!text.contains(" 200 "), "{text}");
    }
    assert_eq!(agent.done(), [""; 0]);
}

#[test]
fn a_connection_is_for_one_request() {
    let agent = Agent::start();
    let one = agent.call("/api/state", "{}").text();
    let reply = agent.raw(format!("{one}{one}").as_bytes());
    assert_eq!(reply.status, 200);
    assert_eq!(reply.header("connection"), Some("close"));
    assert_eq!(reply.body, r#"{"operation":null}"#);
    assert_eq!(agent.done(), ["state"]);
}

#[test]
fn it_listens_on_loopback_only() {
    let agent = Agent::start();
    // All of 127.0.0.0/8 is this machine, but only one address of it is ours.
    for other in ["127.0.0.2", "127.255.255.254"] {
        assert!(std::net::TcpStream::connect((other, agent.port)).is_err());
    }
    assert!(std::net::TcpStream::connect(("::1", agent.port)).is_err());
}
