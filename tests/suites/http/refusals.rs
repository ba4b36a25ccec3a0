//! What is said of requests that make no sense: JSON, always, and precise.

use serde_json::json;

use crate::peer::Running;

#[tokio::test(flavor = "multi_thread")]
async fn bad_bodies_are_told_apart() {
    let running = Running::start().await;
    let mut told = Vec::new();
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let bodies = [
        "{",
        "{\"name\": \"web\",}",
        "{\n  \"name\": \"web\"\n  \"image\": 1\n}",
        "{} {}",
        "nonsense",
        "[]",
        "null",
        "\"text\"",
        "17",
        " ",
        "{\"nmae\": \"web\"}",
        "{\"name\": 5}",
        "{\"name\": \"not a host name\"}",
        "{\"name\": \"a\", \"name\": \"b\"}",
        "{\"networks\": [\"a\", 5]}",
        "{\"metadata\": {\"oms_entry\": \"7\"}}",
        "{\"key_type\": \"dsa\"}",
        "{\"deadline_seconds\": -1}",
        "{\"deadline_seconds\": 1e99}",
        "{\"name\": \"\\ud800\"}",
        &format!("{{\"name\": {deep}}}"),
    ];
    for body in bodies {
        let reply = running.post("/api/queues/", body).await;
        assert_eq!(reply.header("content-type"), Some("application/json"));
        let shown = body.replace(&deep, "[[..]]").replace('\n', " | ");
        told.push(format!("{shown}\n    {} {}", reply.status, reply.text()));
    }
    insta::assert_snapshot!(told.join("\n"));
    assert_eq!(running.get("/api/queues/").await.text(), "[]");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_accounts_are_told_by_their_fields() {
    let running = Running::start().await;
    let mut told = Vec::new();
    for body in [
        "",
        "{}",
        r#"{"name": "a"}"#,
        r#"{"name": "a", "auth_url": "https://k/v3"}"#,
        r#"{"name": "a", "auth_url": "https://k/v3", "credentials": {}}"#,
        r#"{"name": "a", "auth_url": "https://k/v3", "credentials": {"token": {}}}"#,
        r#"{"name": "a", "auth_url": "https://k/v3", "credentials": {"password": {"username": "u"}}}"#,
        r#"{"name": "a", "auth_url": "https://k/v3", "credentials": {"password": {"username": "u",
            "password": 7}}}"#,
        r#"{"name": "a", "auth_url": "https://k/v3", "priority": "high"}"#,
        r#"{"name": "a/b", "auth_url": "ftp://k", "credentials": {"password": {"username": "u",
            "password": "hush", "tenant_name": "t"}}}"#,
    ] {
        let reply = running.post("/api/accounts/", body).await;
        assert!(!reply.text().contains("hush"));
        let shown = body.split_whitespace().collect::<Vec<_>>().join(" ");
        told.push(format!("{shown}\n    {} {}", reply.status, reply.text()));
    }
    insta::assert_snapshot!(told.join("\n"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_queries_are_told_by_their_parameters() {
    let running = Running::start().await;
    let mut told = Vec::new();
    for target in [
        "/api/queues/?status=RUNNING",
        "/api/queues/?status=",
        "/api/queues/?limit=0",
        "/api/queues/?limit=1001",
        "/api/queues/?offset=-1",
        "/api/queues/?offset=99999999999",
        "/api/queues/1/?wait=301",
        "/api/queues/1/?wait=%2B5",
        "/api/queues/1/?wait=",
        "/api/events/?since=now",
    ] {
        let reply = running.get(target).await;
        told.push(format!("{target}\n    {} {}", reply.status, reply.text()));
    }
    let unknown = running.get("/api/queues/?format=json&%ff=%").await;
    assert_eq!(unknown.text(), "[]");
    insta::assert_snapshot!(told.join("\n"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_there_is_not_found() {
    let running = Running::start().await;
    for target in [
        "/nothing",
        "/api/nothing/",
        "/api/queues/x/",
        "/api/queues/+1/",
        "/api/queues/-1/",
        "/api/queues/99999999999999999999/",
        "/api/queues/%ff/",
        "/api/queues/1/2/",
        "/api/instances/1/",
        "/api/instances/%00/",
        "/%2e%2e/%2e%2e/etc/passwd",
    ] {
        let reply = running.get(target).await;
        assert_eq!(reply.status, 404, "{target}");
        assert_eq!(
            reply.text(),
            r#"{"detail":"Not found.","code":"not_found"}"#,
            "{target}"
        );
    }
    let account = running.get("/api/accounts/%ff/").await;
    assert_eq!(
        (account.status, &account.json()["code"]),
        (404, &json!("not_found"))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn methods_are_told() {
    let running = Running::start().await;
    for (method, target, allow) in [
        ("PUT", "/api/queues/", "GET,HEAD,POST"),
        ("PATCH", "/api/queues/1/", "GET,HEAD,DELETE"),
        ("POST", "/api/queues/1/explain/", "GET,HEAD"),
        ("GET", "/api/accounts/alpha/test/", "POST"),
        ("BREW", "/healthz", "GET,HEAD"),
    ] {
        let reply = running.ask(method, target, "").await;
        assert_eq!((reply.status, reply.header("allow")), (405, Some(allow)));
        assert_eq!(reply.json()["code"], "method_not_allowed");
        let options = running.ask("OPTIONS", target, "").await;
        assert_eq!(
            (options.status, options.header("allow")),
            (204, Some(allow))
        );
    }
    let head = running.ask("HEAD", "/healthz", "").await;
    assert_eq!(
        (head.status, head.header("content-length")),
        (200, Some("15"))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_of_other_types_are_refused() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    for (headers, status) in [
        ("", 415),
        ("Content-Type: text/plain\r\n", 415),
        ("Content-Type: application/x-www-form-urlencoded\r\n", 415),
        ("Content-Type: multipart/form-data; boundary=x\r\n", 415),
        ("Content-Type: application/jsonp\r\n", 415),
        (
            "Content-Type: application/json\r\nContent-Encoding: gzip\r\n",
            415,
        ),
        ("Content-Type: application/json\r\n", 201),
        ("Content-Type: Application/JSON; charset=utf-8\r\n", 201),
    ] {
        let headers = format!("Content-Length: 2\r\n{headers}");
        let reply = running.raw("POST", "/api/queues/", &headers, b"{}").await;
        assert_eq!(reply.status, status, "{headers}");
    }
    let utf8 = b"{\"name\": \"\xff\"}";
    let headers = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n",
        utf8.len()
    );
    let reply = running.raw("POST", "/api/queues/", &headers, utf8).await;
    assert_eq!(
        (reply.status, reply.text()),
        (
            400,
            r#"{"detail":"malformed JSON: invalid unicode code point at line 1 column 11","code":"invalid"}"#
        )
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn large_bodies_are_refused_before_they_are_kept() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    let json = "Content-Type: application/json\r\n";
    let announced = format!("{json}Content-Length: 1048577\r\n");
    let reply = running.raw("POST", "/api/queues/", &announced, b"{").await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (413, &json!("too_large"))
    );
    let chunked = format!("{json}Transfer-Encoding: chunked\r\n");
    let body = format!("100001\r\n{}\r\n0\r\n\r\n", " ".repeat(0x10_0001));
    let reply = running
        .raw("POST", "/api/queues/", &chunked, body.as_bytes())
        .await;
    assert_eq!(reply.status, 413);
    let padded = format!("{{}}{}", " ".repeat(1024 * 1024 - 2));
    let exact = format!("{json}Content-Length: {}\r\n", padded.len());
    let reply = running
        .raw("POST", "/api/queues/", &exact, padded.as_bytes())
        .await;
    assert_eq!(reply.status, 201);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_kept_nowhere_and_carry_a_number() {
    let running = Running::start().await;
    let (one, two) = (running.get("/healthz").await, running.get("/nothing").await);
    for reply in [&one, &two] {
        assert_eq!(reply.header("cache-control"), Some("no-store"));
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(reply.header("referrer-policy"), Some("no-referrer"));
        assert_eq!(
            reply.header("content-security-policy"),
            Some("default-src 'none'; frame-ancestors 'none'")
        );
    }
    assert_ne!(one.header("x-request-id"), two.header("x-request-id"));
    running.stop().await;
}
