//! Who is let in.

use std::fmt::Write as _;

use omsd::api::http::{ROUTES, Route};
use omsd::service::Role;
use serde_json::json;

use crate::peer::{ACCOUNT, Reply, Running};

async fn ask(running: &Running, method: &str, target: &str, headers: &str) -> Reply {
    running.raw(method, target, headers, b"").await
}

/// A path of the table with something in its braces.
fn filled(route: &Route) -> String {
    route.path.replace("{id}", "1").replace("{name}", "alpha")
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_the_probes_takes_a_token() {
    let running = Running::start().await;
    let mut open = Vec::new();
    for route in ROUTES {
        let target = filled(route);
        let reply = ask(&running, route.method.as_str(), &target, "").await;
        if route.role.is_none() {
            assert_eq!(reply.status, 200, "{target}");
            open.push(target);
            continue;
        }
        assert_eq!(reply.status, 401, "{} {target}", route.method);
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"omsd\"")
        );
        assert_eq!(reply.json()["code"], "unauthorized");
    }
    assert_eq!(
        open,
        ["/api/docs/", "/api/schema/", "/api/", "/healthz", "/readyz"]
    );
    for target in ["/healthz", "/readyz"] {
        let reply = ask(&running, "GET", target, "").await;
        assert_eq!((reply.status, reply.text()), (200, r#"{"status":"ok"}"#));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_too_weak_is_refused_by_every_path() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    let stronger = |route: &&Route| route.role == Some(Role::Admin);
    for route in ROUTES.iter().filter(stronger) {
        let target = filled(route);
        let reply = ask(&running, route.method.as_str(), &target, "").await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (403, &json!("forbidden")),
            "{} {target}",
            route.method
        );
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_paths_are_listed() {
    let running = Running::start().await;
    let mut table = String::new();
    for line in running.get("/api/").await.json().as_array().unwrap() {
        let text = |name: &str| line[name].as_str().unwrap_or("-");
        writeln!(
            table,
            "{:6} {:34} {:16} {:8} {}",
            text("method"),
            text("path"),
            text("request"),
            text("role"),
            text("summary")
        )
        .unwrap();
    }
    insta::assert_snapshot!(table);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_right_token_is_taken() {
    let running = Running::start().await;
    let token = running.token.clone();
    let cut = &token[..token.len() - 1];
    for bad in [
        format!("Authorization: Bearer {cut}\r\n"),
        format!("Authorization: Bearer {token}x\r\n"),
        format!("Authorization: Bearer {}\r\n", token.to_uppercase()),
        "Authorization: Bearer\r\n".to_owned(),
        "Authorization: Bearer \r\n".to_owned(),
        format!("Authorization: {token}\r\n"),
        format!("Authorization: Basic {token}\r\n"),
        format!("Authorization: Bearer {token}\r\nAuthorization: Bearer {token}\r\n"),
        "Authorization: Bearer \u{e9}\r\n".to_owned(),
    ] {
        let reply = ask(&running, "GET", "/api/queues/", &bad).await;
        assert_eq!(reply.status, 401, "{bad}");
        assert_eq!(
            reply.header("www-authenticate"),
            Some("Bearer realm=\"omsd\", error=\"invalid_token\"")
        );
        assert!(!reply.text().contains(cut));
    }
    let good = format!("authorization: bearer  {token}\r\n");
    assert_eq!(
        ask(&running, "GET", "/api/queues/", &good).await.status,
        200
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_open_door_leads_to_the_queue_and_no_further() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    assert_eq!(ask(&running, "POST", "/api/queues/", "").await.status, 201);
    assert_eq!(ask(&running, "GET", "/api/accounts/", "").await.status, 200);
    let json = format!(
        "Content-Type: application/json\r\nContent-Length: {}\r\n",
        ACCOUNT.len()
    );
    let added = running
        .raw("POST", "/api/accounts/", &json, ACCOUNT.as_bytes())
        .await;
    assert_eq!(
        (added.status, &added.json()["code"]),
        (403, &json!("forbidden"))
    );
    assert_eq!(running.post("/api/accounts/", ACCOUNT).await.status, 201);
    let wrong = ask(
        &running,
        "GET",
        "/api/queues/",
        "Authorization: Bearer x\r\n",
    )
    .await;
    assert_eq!(wrong.status, 401);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_for_somebody_else_is_refused() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    let port = running.address.port();
    let with_host = |host: &str| format!("GET /api/queues/ HTTP/1.1\r\nHost: {host}\r\n\r\n");
    for host in [
        format!("127.0.0.1:{port}"),
        "localhost".to_owned(),
        "LOCALHOST:9999".to_owned(),
        "[::1]:80".to_owned(),
        "127.9.9.9".to_owned(),
    ] {
        let reply = running.send(with_host(&host).as_bytes()).await;
        assert_eq!(reply.status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "user@localhost",
        "localhost:99999",
        "a b",
        "",
    ] {
        let reply = running.send(with_host(host).as_bytes()).await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (421, &json!("misdirected")),
            "{host}"
        );
    }
    let absolute = "GET http://evil.example/api/queues/ HTTP/1.1\r\nHost: localhost\r\n\r\n";
    assert_eq!(running.send(absolute.as_bytes()).await.status, 421);
    let twice = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n";
    assert_eq!(running.send(twice.as_bytes()).await.status, 400);
    assert_eq!(
        running.send(b"GET /healthz HTTP/1.1\r\n\r\n").await.status,
        400
    );
    assert_eq!(
        running.send(b"GET /healthz HTTP/1.0\r\n\r\n").await.status,
        200
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn other_web_pages_launch_nothing() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    let own = format!("Origin: http://{}\r\n", running.address);
    for headers in [
        "Origin: https://evil.example\r\n",
        "Origin: null\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-site\r\n",
    ] {
        for (method, target) in [
            ("POST", "/api/queues/"),
            ("DELETE", "/api/queues/1/"),
            ("GET", "/api/gc/"),
            ("GET", "/api/accounts/alpha/offers/"),
        ] {
            let reply = ask(&running, method, target, headers).await;
            assert_eq!(reply.status, 403, "{method} {headers}");
        }
        let reply = ask(&running, "GET", "/api/queues/", headers).await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.header("access-control-allow-origin"), None);
        assert_eq!(
            reply.header("cross-origin-resource-policy"),
            Some("same-origin")
        );
    }
    for headers in [
        &*own,
        "Sec-Fetch-Site: same-origin\r\n",
        "Sec-Fetch-Site: none\r\n",
    ] {
        assert_eq!(
            ask(&running, "POST", "/api/queues/", headers).await.status,
            201
        );
    }
    running.stop().await;
}
