//! What every answer carries, and what reaches the desk.

use crate::support::{Agent, Reply};

const CSP: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
                   img-src 'self'; frame-ancestors 'none'; form-action 'none'; base-uri 'none'";

#[track_caller]
fn protected(reply: &Reply) {
    for (name, value) in [
        ("cache-control", "no-store"),
        ("content-security-policy", CSP),
        ("cross-origin-opener-policy", "same-origin"),
        ("cross-origin-resource-policy", "same-origin"),
        ("referrer-policy", "no-referrer"),
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
    ] {
        assert_eq!(reply.header(name), Some(value), "{reply:?}");
    }
    let opens = |name: &str| name.starts_with("access-control-") || name == "set-cookie";
    assert!(
        !reply.headers.iter().any(|(name, _)| opens(name)),
        "{reply:?}"
    );
}

#[test]
fn every_answer_is_protected() {
    let agent = Agent::start();
    for (request, status) in [
        (agent.open("/"), 200),
        (agent.load("/ticket.js", "script"), 200),
        (agent.load("/texts.js", "script"), 200),
        (agent.load("/agent.js", "script"), 200),
        (agent.load("/agent.css", "style"), 200),
        (agent.load("/favicon.svg", "image"), 200),
        (agent.call("/api/state", "{}"), 200),
        (agent.call("/api/state", "[]"), 400),
        (agent.call("/api/begin", r#"{"ticket":"a"}"#), 409),
        (agent.open("/other"), 404),
        (agent.open("/").set("host", "evil.test"), 403),
        (
            agent
                .call("/api/state", "{}")
                .set("origin", "https://evil.test"),
            403,
        ),
        (agent.call("/api/state", &" ".repeat(20_000)), 403),
        (agent.open("/").line("OPTIONS / HTTP/1.1"), 403),
    ] {
        let reply = agent.send(&request);
        assert_eq!(reply.status, status, "{}", request.text());
        protected(&reply);
    }
}

#[test]
fn the_page_has_no_script_or_style_within_and_asks_nobody_else() {
    let agent = Agent::start();
    let html = agent.send(&agent.open("/")).body;
    for inline in [
        "<style",
        " style=",
        "javascript:",
        " onclick=",
        " onload=",
        "://",
        "<form",
    ] {
        assert!(!html.contains(inline), "{inline}");
    }
    for script in html.split("<script").skip(1) {
        assert!(
            script.contains("src=\"/") && script.contains("></script>"),
            "{script}"
        );
    }
    for path in ["/ticket.js", "/agent.js", "/texts.js"] {
        let script = agent.send(&agent.load(path, "script")).body;
        for way in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "localStorage",
            "document.cookie",
        ] {
            assert!(!script.contains(way), "{path}: {way}");
        }
    }
}

#[test]
fn what_our_page_says_reaches_the_desk_as_it_is() {
    let agent = Agent::start();
    let reply = agent.send(&agent.call("/api/begin", r#"{"ticket":"a.b.c"}"#));
    assert_eq!(reply.status, 409);
    assert_eq!(reply.body, r#"{"trouble":{"code":"ticket_unknown"}}"#);
    let typed = r#"{"serial":"SK1","current":"1\"3\\56","last_try":true}"#;
    agent.send(&agent.call("/api/answer", typed));
    assert_eq!(
        agent.done(),
        ["begin 5", r#"answer SK1 Some("1\"3\\56") true"#]
    );
}

#[test]
fn what_is_no_message_of_ours_reaches_nobody() {
    let agent = Agent::start();
    for (path, body) in [
        ("/api/state", ""),
        ("/api/state", "null"),
        ("/api/state", r#"{"a":1}"#),
        ("/api/state", "{} {}"),
        ("/api/begin", "{}"),
        ("/api/begin", r#"["a.b.c"]"#),
        ("/api/begin", r#"{"ticket":1}"#),
        ("/api/begin", r#"{"ticket":"a","pin":"1"}"#),
        ("/api/answer", r#"{"current":"12345678"}"#),
        ("/api/answer", r#"{"serial":"1","current":12345678}"#),
        ("/api/answer", r#"{"serial":"1","pin":"12345678"}"#),
        ("/api/stop", "[]"),
        ("/api/check", "{"),
    ] {
        let reply = agent.send(&agent.call(path, body));
        assert_eq!(reply.status, 400, "{path} {body}");
        assert_eq!(reply.body, r#"{"trouble":{"code":"malformed"}}"#);
    }
    let deep = "[".repeat(10_000);
    assert_eq!(agent.send(&agent.call("/api/begin", &deep)).status, 400);
    assert_eq!(agent.done(), [""; 0]);
}
