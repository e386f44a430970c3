//! The CDN: what it lets through, what it adds, what it never gives away.

use http::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

const LIMIT: usize = 10 * 1024 * 1024;

async fn start(api: &str, site: &Folder) -> World {
    site.write("site/index.html", "<!doctype html><title>站点</title>");
    site.write("site/favicon.svg", "<svg/>");
    site.write("site/assets/app-1a2b.js", "let a = 1;");
    site.write("site/.env", "SECRET");
    site.write("secret.txt", "SECRET");
    let more = json!({ "cdn": {
        "api_url": api, "api_host": "abc.execute-api.localhost", "origin_secret": "origin-secret",
        "site_dir": site.path().join("site"),
        "headers": { "content-security-policy": "default-src 'self'", "x-content-type-options": "nosniff" },
    }});
    World::start(more).await
}

/// Sends bytes as they are, and answers what comes back.
async fn raw(world: &World, request: &str) -> String {
    let addr = world.sandbox.cdn_addr.expect("a CDN");
    let mut stream = TcpStream::connect(addr).await.expect("connected");
    stream.write_all(request.as_bytes()).await.expect("written");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.expect("read");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn the_api_gets_the_secret_and_the_viewer_and_nothing_that_the_client_claims() {
    let mut api = Merchant::start(&[(418, "teapot")]).await;
    let site = Folder::new();
    let world = start(&format!("{}/stage/$default/", api.url), &site).await;
    let request = world
        .http
        .patch(format!("{}/api/orders/1?a=1&b=%2F", world.cdn));
    let answer = request
        .header("x-sealkey-origin", "guess")
        .header("X-Sealkey-Origin", "guess again")
        .header("CloudFront-Viewer-Address", "1.2.3.4:5")
        .header("cloudfront-is-mobile-viewer", "true")
        .header("x-forwarded-for", "1.2.3.4")
        .header("x-forwarded-host", "evil")
        .header("forwarded", "for=1.2.3.4")
        .header("x-real-ip", "1.2.3.4")
        .header("te", "trailers")
        .header("cookie", "__Host-sealkey=1")
        .header("x-sealkey-request", "1")
        .body("hello")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::IM_A_TEAPOT);
    assert_eq!(answer.headers()["x-upstream"], "1");
    let cookies: Vec<_> = answer.headers().get_all("set-cookie").iter().collect();
    assert_eq!(cookies, ["a=1", "b=2"]);
    assert!(
        !answer.headers().contains_key("content-security-policy"),
        "the API speaks for itself"
    );
    assert_eq!(answer.text().await.unwrap(), "teapot");

    let got = api.next().await;
    assert_eq!(
        (got.method.as_str(), got.target.as_str()),
        ("PATCH", "/stage/$default/api/orders/1?a=1&b=%2F")
    );
    assert_eq!(got.body, b"hello");
    let all = |name: &str| got.headers.get_all(name).iter().collect::<Vec<_>>();
    assert_eq!(all("x-sealkey-origin"), ["origin-secret"]);
    assert_eq!(all("host"), ["abc.execute-api.localhost"]);
    assert_eq!(all("cookie"), ["__Host-sealkey=1"]);
    assert_eq!(all("x-sealkey-request"), ["1"]);
    let viewer = got.headers["cloudfront-viewer-address"].to_str().unwrap();
    let viewer: std::net::SocketAddr = viewer.parse().unwrap();
    assert!(viewer.ip().is_loopback() && viewer.port() != 0);
    assert_eq!(all("cloudfront-viewer-address").len(), 1);
    for name in [
        "cloudfront-is-mobile-viewer",
        "x-forwarded-for",
        "x-forwarded-host",
        "forwarded",
        "x-real-ip",
        "te",
    ] {
        assert!(all(name).is_empty(), "{name} went through");
    }
}

#[tokio::test]
async fn chain_and_lists_come_from_the_bucket_and_nothing_of_the_viewer_goes_there() {
    let mut bucket = Merchant::start(&[
        (200, "a list"),
        (200, "a list"),
        (403, "<Error/>"),
        (500, ""),
    ])
    .await;
    let site = Folder::new();
    site.write("pki/ca.crl", "not this one");
    let cdn = json!({ "api_url": "http://127.0.0.1:1", "origin_secret": "origin-secret",
        "site_dir": site.path(), "public_url": format!("{}/bucket/", bucket.url) });
    let world = World::start(json!({ "cdn": cdn })).await;
    let list = format!("{}/pki/ca.crl", world.cdn);
    let asked = world.http.get(&list).header("cookie", "__Host-sealkey=1");
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(!answer.headers().contains_key("x-upstream"));
    assert!(!answer.headers().contains_key("set-cookie"));
    assert_eq!(answer.text().await.unwrap(), "a list");
    let got = bucket.next().await;
    assert_eq!(
        (got.method.as_str(), got.target.as_str()),
        ("GET", "/bucket/pki/ca.crl")
    );
    for name in ["cookie", "x-sealkey-origin", "cloudfront-viewer-address"] {
        assert!(!got.headers.contains_key(name), "{name}");
    }
    let head = world.http.head(&list).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], "6");
    for status in [StatusCode::NOT_FOUND, StatusCode::BAD_GATEWAY] {
        assert_eq!(world.http.get(&list).send().await.unwrap().status(), status);
    }
    let put = world.http.put(&list).body("x").send().await.unwrap();
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn the_api_is_told_its_own_host_and_redirects_are_passed_on() {
    let mut api = Merchant::start(&[(302, "")]).await;
    let site = Folder::new();
    let cdn = json!({ "api_url": api.url, "origin_secret": "s", "site_dir": site.path() });
    let world = World::start(json!({ "cdn": cdn })).await;
    let sent = world
        .http
        .get(format!("{}/api", world.cdn))
        .header("host", "localhost:1");
    let answer = sent.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::FOUND);
    assert_eq!(answer.headers()["location"], "/elsewhere");
    let got = api.next().await;
    assert_eq!(
        format!("http://{}", got.headers["host"].to_str().unwrap()),
        api.url
    );
    assert_eq!(got.target, "/api");
    api.nothing_more();
}

#[tokio::test]
async fn bodies_up_to_ten_megabytes_go_through() {
    let mut api = Merchant::start(&[(200, "ok")]).await;
    let site = Folder::new();
    let world = start(&api.url, &site).await;
    let url = format!("{}/api/upload", world.cdn);
    let fits = world
        .http
        .post(&url)
        .body(vec![7; LIMIT])
        .send()
        .await
        .unwrap();
    assert_eq!(fits.status(), StatusCode::OK);
    assert_eq!(api.next().await.body.len(), LIMIT);
    let declared = format!(
        "POST /api/x HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        LIMIT + 1
    );
    assert!(raw(&world, &declared).await.starts_with("HTTP/1.1 413 "));
    let chunk = "x".repeat(LIMIT + 1);
    let chunked = format!(
        "POST /api/x HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{chunk}\r\n0\r\n\r\n",
        chunk.len()
    );
    assert!(raw(&world, &chunked).await.starts_with("HTTP/1.1 413 "));
    api.nothing_more();
}

#[tokio::test]
async fn an_api_that_is_away_is_a_bad_gateway() {
    let site = Folder::new();
    // Port 9 of loopback: nobody listens.
    let world = start("http://127.0.0.1:9", &site).await;
    let answer = world
        .http
        .get(format!("{}/api/x", world.cdn))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::BAD_GATEWAY);
    let health = world
        .http
        .get(format!("{}/_cdn/health", world.cdn))
        .send()
        .await
        .unwrap();
    assert_eq!(
        health.json::<serde_json::Value>().await.unwrap(),
        json!({ "ok": true, "site": true })
    );
}

#[tokio::test]
async fn the_site_is_served_with_its_headers_and_a_page_for_every_route() {
    let site = Folder::new();
    let world = start("http://127.0.0.1:9", &site).await;
    let get = async |path: &str| {
        let answer = world
            .http
            .get(format!("{}{path}", world.cdn))
            .send()
            .await
            .expect("an answer");
        let header = |name: &str| {
            let value = answer
                .headers()
                .get(name)
                .map(|v| v.to_str().expect("text").to_owned());
            value.unwrap_or_default()
        };
        let headers = (header("content-type"), header("cache-control"));
        assert_eq!(
            header("content-security-policy"),
            "default-src 'self'",
            "{path}"
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        (
            answer.status(),
            headers.0,
            headers.1,
            answer.text().await.expect("text"),
        )
    };
    let index = "<!doctype html><title>站点</title>";
    for path in [
        "/",
        "/index.html",
        "/orders/12",
        "/orders/",
        "/console",
        "/console/a/b",
        "/console/v1.2",
        "/apiary",
    ] {
        let (status, kind, cache, body) = get(path).await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, index), "{path}");
        assert_eq!(
            (kind.as_str(), cache.as_str()),
            ("text/html; charset=utf-8", "no-cache"),
            "{path}"
        );
    }
    let (status, kind, cache, body) = get("/assets/app-1a2b.js").await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "let a = 1;"));
    assert_eq!(
        (kind.as_str(), cache.as_str()),
        (
            "text/javascript; charset=utf-8",
            "public, max-age=31536000, immutable"
        )
    );
    assert_eq!(get("/favicon.svg").await.1, "image/svg+xml");
    for path in [
        "/missing.js",
        "/assets/missing.js",
        "/assets/missing",
        "/.env",
        "/console/.env",
        "/index.html/x.js",
    ] {
        let (status, _, cache, body) = get(path).await;
        assert_eq!(
            (status, cache.as_str()),
            (StatusCode::NOT_FOUND, "no-store"),
            "{path}: {body}"
        );
    }
    let posted = world
        .http
        .post(format!("{}/orders", world.cdn))
        .send()
        .await
        .unwrap();
    assert_eq!(
        (posted.status(), &posted.headers()["allow"]),
        (
            StatusCode::METHOD_NOT_ALLOWED,
            &"GET, HEAD".parse().unwrap()
        )
    );
}

#[tokio::test]
async fn a_known_file_is_not_sent_again_and_head_sends_none() {
    let site = Folder::new();
    let world = start("http://127.0.0.1:9", &site).await;
    let url = format!("{}/assets/app-1a2b.js", world.cdn);
    let first = world.http.get(&url).send().await.unwrap();
    let etag = first.headers()["etag"].clone();
    let tag = etag.to_str().unwrap();
    for seen in [
        tag.to_owned(),
        format!("W/{tag}"),
        format!("\"x\", {tag}"),
        "*".to_owned(),
    ] {
        let again = world
            .http
            .get(&url)
            .header("if-none-match", &seen)
            .send()
            .await
            .unwrap();
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED, "{seen}");
        assert_eq!(again.headers()["etag"], etag);
        assert!(again.headers().contains_key("content-security-policy"));
        assert!(again.bytes().await.unwrap().is_empty());
    }
    site.write("site/assets/app-1a2b.js", "let a = 2;");
    let changed = world
        .http
        .get(&url)
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(changed.status(), StatusCode::OK);
    assert_ne!(changed.headers()["etag"], etag);
    let head = raw(
        &world,
        "HEAD /index.html HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    .await;
    assert!(
        head.starts_with("HTTP/1.1 200 ") && head.contains("content-length: 36\r\n"),
        "{head}"
    );
    assert!(head.ends_with("\r\n\r\n"), "a body came with HEAD");
}

#[tokio::test]
async fn nothing_outside_of_the_site_can_be_reached() {
    let mut api = Merchant::start(&[(200, "api")]).await;
    let site = Folder::new();
    let world = start(&format!("{}/stage", api.url), &site).await;
    let link = site.path().join("site/link.txt");
    std::os::unix::fs::symlink(site.path().join("secret.txt"), link).unwrap();
    for path in [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/assets/%2e%2e%2f..%2fsecret.txt",
        "/..%5csecret.txt",
        "/console/../../secret.txt",
        "//../secret.txt",
        "/link.txt",
        "/%00",
        "/./.env",
        "/.%65nv",
        "/api/../../secret",
        "/api/%2e%2e/admin",
        "/api/x/..%2f..%2fadmin",
        "/api/..;/../admin",
    ] {
        let answer = raw(
            &world,
            &format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"),
        )
        .await;
        let status = answer.split(' ').nth(1).unwrap_or_default();
        assert!(["400", "404"].contains(&status), "{path}: {answer}");
        assert!(!answer.contains("SECRET"), "{path}");
    }
    let absolute = format!(
        "GET /{}/secret.txt HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        site.path().display()
    );
    assert!(!raw(&world, &absolute).await.contains("SECRET"));
    api.nothing_more();
}
