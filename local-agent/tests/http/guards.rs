//! Every guard, by a request that differs from a good one in that alone.

use local_agent::http::PAGE_HEADER;

use crate::support::{Agent, Request};

/// Refused for this reason, with nothing in the answer and nothing done.
#[track_caller]
fn refused(agent: &Agent, request: &Request, why: &str) {
    refused_raw(agent, &request.text(), why);
}

#[track_caller]
fn refused_raw(agent: &Agent, request: &str, why: &str) {
    let before = agent.done();
    let count = |agent: &Agent| times(agent, why);
    let times = count(agent);
    let reply = agent.raw(request.as_bytes());
    assert_eq!((reply.status, reply.body.as_str()), (403, ""), "{request}");
    assert_eq!(agent.done(), before, "{request}");
    assert!(count(agent) > times, "not for `{why}`: {request}");
}

/// How often the log tells of a refusal. It tells of the 1st, 2nd, 4th …, so callers use an agent for few of a kind.
fn times(agent: &Agent, why: &str) -> usize {
    let name = format!("\"event\":\"refused\",\"why\":\"{why}\"");
    let tail = agent.log.tail(1000);
    tail.iter().filter(|line| line.contains(&name)).count()
}

fn served(agent: &Agent, request: &Request) {
    let reply = agent.send(request);
    assert_eq!(reply.status, 200, "{}", request.text());
}

/// Each change with an agent of its own, so that every refusal is the first of its kind in the log.
fn each(why: &str, requests: impl Fn(&Agent) -> Vec<Request>) {
    let count = requests(&Agent::start()).len();
    for place in 0..count {
        let agent = Agent::start();
        refused(&agent, &requests(&agent)[place], why);
    }
}

fn state(agent: &Agent) -> Request {
    agent.call("/api/state", "{}")
}

#[test]
fn our_page_is_served() {
    let agent = Agent::start();
    served(&agent, &agent.open("/"));
    served(&agent, &agent.open("/").set("sec-fetch-site", "none"));
    served(&agent, &agent.load("/ticket.js", "script"));
    served(
        &agent,
        &agent
            .load("/agent.js", "script")
            .set("sec-fetch-mode", "cors"),
    );
    served(&agent, &agent.load("/agent.css", "style"));
    served(&agent, &agent.load("/favicon.svg", "image"));
    served(&agent, &state(&agent));
    served(&agent, &state(&agent).set("sec-fetch-mode", "cors"));
    served(&agent, &agent.call("/api/stop", "{}"));
    served(&agent, &agent.call("/api/check", "{}"));
    assert_eq!(agent.done(), ["state", "state", "stop", "check"]);
}

#[test]
fn a_browser_without_sec_fetch_is_served_too() {
    let agent = Agent::start();
    let bare = |mut request: Request| {
        for name in ["sec-fetch-site", "sec-fetch-mode", "sec-fetch-dest"] {
            request = request.without(name);
        }
        request
    };
    served(&agent, &bare(agent.open("/")));
    served(&agent, &bare(agent.load("/agent.js", "script")));
    served(&agent, &bare(state(&agent)));
}

#[test]
fn a_cookie_of_another_program_does_not_shut_our_page_but_nothing_is_done_with_one() {
    let agent = Agent::start();
    served(&agent, &agent.open("/").with("cookie", "other=1"));
    served(
        &agent,
        &agent.load("/agent.js", "script").with("cookie", "other=1"),
    );
    refused(&agent, &state(&agent).with("cookie", "other=1"), "cookie");
}

#[test]
fn another_host_is_refused_everywhere() {
    each("host", |agent| {
        let port = agent.port;
        let hosts = [
            "127.0.0.1".to_owned(),
            format!("127.0.0.1:{}", port ^ 1),
            format!("localhost:{port}"),
            format!("evil.test:{port}"),
            format!("127.0.0.1.evil.test:{port}"),
            format!("127.0.0.2:{port}"),
            format!("127.1:{port}"),
            format!("[::1]:{port}"),
            format!("127.0.0.1:0{port}"),
            format!("user@127.0.0.1:{port}"),
            String::new(),
        ];
        let mut requests: Vec<Request> = hosts
            .iter()
            .map(|host| state(agent).set("host", host))
            .collect();
        requests.push(state(agent).without("host"));
        requests.push(agent.open("/").set("host", "evil.test"));
        requests.push(agent.load("/agent.js", "script").set("host", "evil.test"));
        requests
    });
}

#[test]
fn a_doubled_header_is_refused() {
    each("form", |agent| {
        let host = format!("127.0.0.1:{}", agent.port);
        let origin = format!("http://{host}");
        vec![
            state(agent).with("host", &host),
            state(agent).with("host", "evil.test"),
            state(agent).with("origin", &origin),
            state(agent).with("content-type", "application/json"),
            state(agent).with(PAGE_HEADER, &agent.page),
            state(agent).with("sec-fetch-site", "same-origin"),
            agent.open("/").with("host", &host),
            agent.open("/").with("sec-fetch-dest", "document"),
        ]
    });
}

#[test]
fn forms_that_only_a_proxy_or_an_attacker_sends_are_refused() {
    each("form", |agent| {
        let address = format!("127.0.0.1:{}", agent.port);
        vec![
            state(agent).line(&format!("POST http://{address}/api/state HTTP/1.1")),
            state(agent).line("POST http://evil.test/api/state HTTP/1.1"),
            state(agent).line("POST /api/state?a=1 HTTP/1.1"),
            state(agent).line("POST /api/state HTTP/1.0"),
            agent
                .open("/")
                .line(&format!("GET http://{address}/ HTTP/1.1")),
            agent.open("/").line("GET /?ticket=a.b.c HTTP/1.1"),
            agent.open("/").line(&format!("CONNECT {address} HTTP/1.1")),
            agent.open("/").body("x"),
        ]
    });
}

#[test]
fn only_the_method_for_the_path_counts() {
    each("method", |agent| {
        let mut requests: Vec<Request> = [
            "GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "post", "X",
        ]
        .iter()
        .map(|method| state(agent).line(&format!("{method} /api/state HTTP/1.1")))
        .collect();
        for method in ["HEAD", "POST", "OPTIONS", "PUT", "DELETE"] {
            requests.push(agent.open("/").line(&format!("{method} / HTTP/1.1")));
        }
        requests.push(agent.open("/").line("OPTIONS * HTTP/1.1"));
        let preflight = agent.open("/").line("OPTIONS /api/begin HTTP/1.1");
        requests.push(
            preflight
                .with("origin", "https://evil.test")
                .with("access-control-request-method", "POST")
                .with(
                    "access-control-request-headers",
                    "content-type,x-sealkey-page",
                )
                .with("access-control-request-private-network", "true"),
        );
        requests
    });
}

#[test]
fn nothing_becomes_another_protocol() {
    each("upgrade", |agent| {
        let socket = |request: Request| {
            request
                .with("connection", "keep-alive, Upgrade")
                .with("upgrade", "websocket")
                .with("sec-websocket-version", "13")
                .with("sec-websocket-key", "AAAAAAAAAAAAAAAAAAAAAA==")
        };
        vec![
            socket(agent.open("/")),
            socket(agent.open("/api/state").set("sec-fetch-mode", "websocket")),
            socket(state(agent)),
            state(agent).with("upgrade", "h2c"),
            state(agent).with("connection", "upgrade"),
        ]
    });
}

#[test]
fn a_page_opens_only_as_a_page() {
    each("fetch", |agent| {
        let mut requests = Vec::new();
        for dest in [
            "iframe",
            "frame",
            "embed",
            "object",
            "fencedframe",
            "image",
            "script",
            "empty",
            "serviceworker",
            "",
        ] {
            requests.push(agent.open("/").set("sec-fetch-dest", dest));
        }
        for mode in ["cors", "no-cors", "same-origin", "websocket"] {
            requests.push(agent.open("/").set("sec-fetch-mode", mode));
        }
        requests
    });
}

#[test]
fn what_a_page_is_made_of_is_for_our_page_only() {
    each("fetch", |agent| {
        let mut requests = Vec::new();
        for site in ["cross-site", "same-site", "none", ""] {
            requests.push(
                agent
                    .load("/agent.js", "script")
                    .set("sec-fetch-site", site),
            );
        }
        for dest in [
            "style",
            "image",
            "document",
            "iframe",
            "empty",
            "worker",
            "serviceworker",
        ] {
            requests.push(
                agent
                    .load("/agent.js", "script")
                    .set("sec-fetch-dest", dest),
            );
        }
        requests.push(agent.load("/agent.css", "script"));
        requests.push(
            agent
                .load("/agent.js", "script")
                .set("sec-fetch-mode", "navigate"),
        );
        requests
    });
}

#[test]
fn a_foreign_or_missing_origin_does_nothing() {
    each("origin", |agent| {
        let port = agent.port;
        let mut requests: Vec<Request> = [
            "null".to_owned(),
            String::new(),
            "https://evil.test".to_owned(),
            format!("http://localhost:{port}"),
            format!("https://127.0.0.1:{port}"),
            "http://127.0.0.1".to_owned(),
            format!("http://127.0.0.1:{}", port ^ 1),
            format!("http://127.0.0.1:{port}/"),
            format!("http://127.0.0.1:{port}.evil.test"),
        ]
        .iter()
        .map(|origin| state(agent).set("origin", origin))
        .collect();
        requests.push(state(agent).without("origin"));
        requests.push(
            agent
                .load("/agent.js", "script")
                .with("origin", "https://evil.test"),
        );
        requests.push(agent.open("/").with("origin", "null"));
        requests
    });
}

#[test]
fn what_the_browser_says_of_another_page_counts_even_under_our_origin() {
    each("fetch", |agent| {
        let mut requests = Vec::new();
        for site in ["cross-site", "same-site", "none", "Same-Origin"] {
            requests.push(state(agent).set("sec-fetch-site", site));
        }
        for mode in ["no-cors", "navigate", "websocket"] {
            requests.push(state(agent).set("sec-fetch-mode", mode));
        }
        for dest in ["document", "iframe", "script", "image"] {
            requests.push(state(agent).set("sec-fetch-dest", dest));
        }
        requests
    });
}

#[test]
fn only_json_counts() {
    each("content", |agent| {
        let mut requests: Vec<Request> = [
            "text/plain",
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=a",
            "text/plain; a=application/json",
            "application/json, text/plain",
            "application/json;charset=utf-8",
            "",
        ]
        .iter()
        .map(|content| state(agent).set("content-type", content))
        .collect();
        requests.push(state(agent).without("content-type"));
        requests
    });
}

#[test]
fn only_who_read_our_page_counts() {
    each("page", |agent| {
        let mut other = agent.page.clone().into_bytes();
        other[63] = if other[63] == b'0' { b'1' } else { b'0' };
        let other = String::from_utf8(other).unwrap();
        vec![
            state(agent).without(PAGE_HEADER),
            state(agent).set(PAGE_HEADER, ""),
            state(agent).set(PAGE_HEADER, &other),
            state(agent).set(PAGE_HEADER, &agent.page[..63]),
            state(agent).set(PAGE_HEADER, &format!("{}0", agent.page)),
            state(agent).set(PAGE_HEADER, &agent.page.to_uppercase().replace('0', "O")),
        ]
    });
    assert_ne!(Agent::start().page, Agent::start().page);
}

#[test]
fn the_same_answer_with_any_of_it_wrong() {
    // Tickets and PINs do not get through either.
    let agent = Agent::start();
    let begin = agent.call("/api/begin", r#"{"ticket":"a.b.c"}"#);
    let answer = agent.call("/api/answer", r#"{"serial":"1","current":"12345678"}"#);
    refused(&agent, &begin.set("origin", "https://evil.test"), "origin");
    refused(&agent, &answer.set("host", "evil.test"), "host");
    assert_eq!(agent.done(), [""; 0]);
}

#[test]
fn what_is_not_there_is_not_there_for_everybody() {
    let agent = Agent::start();
    for request in [
        agent.open("/other"),
        agent.open("/index.html"),
        agent.open("/../agent.js"),
        agent.open("//"),
        agent.open("/%2e%2e/agent.js"),
        agent.call("/api/other", "{}"),
        agent.call("/api/", "{}"),
        agent.call("/api/state/", "{}"),
    ] {
        let reply = agent.send(&request);
        assert_eq!(
            (reply.status, reply.body.as_str()),
            (404, ""),
            "{}",
            request.text()
        );
    }
    refused(&agent, &agent.call("/other", "{}"), "method");
    refused(
        &agent,
        &agent.open("/other").set("host", "evil.test"),
        "host",
    );
    assert_eq!(agent.done(), [""; 0]);
}

#[test]
fn a_page_that_knocks_all_day_fills_no_log() {
    let agent = Agent::start();
    let foreign = state(&agent).set("origin", "https://evil.test");
    for _ in 0..20 {
        assert_eq!(agent.send(&foreign).status, 403);
    }
    let told: Vec<String> = agent.log.tail(100);
    let ends = ["1}", "2}", "4}", "8}", "16}"];
    assert_eq!(told.len(), ends.len(), "{told:?}");
    for (line, end) in told.iter().zip(ends) {
        assert!(line.ends_with(&format!("\"times\":{end}")), "{line}");
        assert!(!line.contains("evil"), "{line}");
    }
}
