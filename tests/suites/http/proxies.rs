//! Reverse proxies: who is believed, and for what.

use serde_json::Value;

use crate::peer::{Reply, Running};

const TRUSTED: &[&str] = &[
    "http.trusted_proxies=10.0.0.0/8, 127.0.0.1",
    "http.names=oms.example.org",
];

async fn ask(running: &Running, method: &str, target: &str, headers: &str, body: &str) -> Reply {
    let length = body.len();
    let request = format!(
        "{method} {target} HTTP/1.1\r\nHost: oms.example.org\r\nConnection: close\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    );
    running.send(request.as_bytes()).await
}

async fn sign_in(running: &Running, headers: &str, token: &str) -> Reply {
    let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
    let (headers, body) = (format!("{kind}{headers}"), format!("token={token}"));
    ask(running, "POST", "/sign-in/", &headers, &body).await
}

/// From where an entry was asked for.
async fn asked_from(running: &Running, host: &str, headers: &str) -> String {
    let token = &running.token;
    let request = format!(
        "POST /api/queues/ HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: 0\r\n\
         Authorization: Bearer {token}\r\n{headers}\r\n"
    );
    let made = running.send(request.as_bytes()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json().get("id").unwrap().clone();
    let events = format!(
        "GET /api/events/?entry={id} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         Authorization: Bearer {token}\r\nAccept: application/json\r\n\r\n"
    );
    let told: Value = running.send(events.as_bytes()).await.json();
    told.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_client_is_whom_a_trusted_proxy_names_and_nobody_else() {
    let running = Running::start_with(TRUSTED).await;
    for headers in [
        "X-Forwarded-For: 198.51.100.9, 192.0.2.7\r\n",
        "X-Forwarded-For: 192.0.2.7, 10.1.2.3\r\n",
        "Forwarded: for=192.0.2.7;proto=https\r\n",
    ] {
        let told = asked_from(&running, "oms.example.org", headers).await;
        assert!(told.contains("192.0.2.7"), "{headers}: {told}");
        assert!(!told.contains("198.51.100.9"), "{headers}: {told}");
    }
    for headers in ["", "X-Forwarded-For: nonsense\r\n"] {
        let told = asked_from(&running, "oms.example.org", headers).await;
        assert!(told.contains("127.0.0.1"), "{headers}: {told}");
    }
    let both = "X-Forwarded-For: 192.0.2.7\r\nForwarded: for=192.0.2.8\r\n";
    let reply = ask(&running, "GET", "/healthz", both, "").await;
    assert_eq!(
        (reply.status, &reply.json()["code"]),
        (400, &"invalid".into())
    );
    running.stop().await;
    // Without trust the headers are as nothing, also those that contradict each other.
    let running = Running::start().await;
    for headers in ["X-Forwarded-For: 192.0.2.7\r\n", both] {
        let told = asked_from(&running, "localhost", headers).await;
        assert!(!told.contains("192.0.2."), "{told}");
        assert!(told.contains("127.0.0.1"), "{told}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_waits_and_others_behind_the_proxy_do_not() {
    let running = Running::start_with(TRUSTED).await;
    let from = |address: &str| format!("X-Forwarded-For: {address}\r\n");
    let mut last = 0;
    for _ in 0..7 {
        last = sign_in(&running, &from("192.0.2.7"), "wrong").await.status;
    }
    assert_eq!(last, 429);
    let other = sign_in(&running, &from("192.0.2.8"), &running.token).await;
    assert_eq!(other.status, 303, "{}", other.text());
    // What a client puts in front of its address does not make it another.
    let forged = from("198.51.100.1, 192.0.2.7");
    assert_eq!(sign_in(&running, &forged, "wrong").await.status, 429);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_scheme_is_what_a_trusted_proxy_says() {
    let running = Running::start_with(TRUSTED).await;
    let https = "X-Forwarded-Proto: https\r\nOrigin: https://oms.example.org\r\n";
    let reply = sign_in(&running, https, &running.token).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; Secure"), "{cookie}");
    // The proxy's own to send.
    assert_eq!(reply.header("strict-transport-security"), None);
    let http = "Origin: http://oms.example.org\r\n";
    let reply = sign_in(&running, http, &running.token).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(!cookie.contains("Secure"), "{cookie}");
    let mixed = "X-Forwarded-Proto: https\r\nOrigin: http://oms.example.org\r\n";
    assert_eq!(sign_in(&running, mixed, &running.token).await.status, 403);
    let page = format!(
        "Authorization: Bearer {}\r\nX-Forwarded-Proto: https\r\n",
        running.token
    );
    for _ in 0..2 {
        ask(&running, "POST", "/api/queues/", &page, "").await;
    }
    let reply = ask(&running, "GET", "/api/queues/?limit=1&offset=0", &page, "").await;
    let next = reply.json()["next"].to_string();
    assert!(next.starts_with("\"https://oms.example.org/api/"), "{next}");
    running.stop().await;
    let running = Running::start().await;
    let request = format!(
        "POST /sign-in/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nX-Forwarded-Proto: https\r\n\r\ntoken={}",
        running.token.len() + 6,
        running.token
    );
    let reply = running.send(request.as_bytes()).await;
    let cookie = reply.header("set-cookie").unwrap();
    assert!(!cookie.contains("Secure"), "{cookie}");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn names_that_are_set_are_ours_and_no_others() {
    let running = Running::start_with(TRUSTED).await;
    for (host, status) in [
        ("oms.example.org", 200),
        ("OMS.example.org:443", 200),
        ("localhost", 200),
        ("evil.example", 421),
        ("sub.oms.example.org", 421),
    ] {
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        let reply = running.send(request.as_bytes()).await;
        assert_eq!(reply.status, status, "{host}");
    }
    running.stop().await;
}
