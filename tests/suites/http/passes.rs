//! Tokens and users: what they let in, what they do not, and when they no longer do.

use std::fmt::Write as _;

use omsd::api::http::{ROUTES, Route};
use omsd::service::Role;
use serde_json::{Value, json};

use crate::peer::{Peer, Reply, Running};

/// A token of that role, made over HTTP.
async fn token(running: &Running, name: &str, rest: &Value) -> String {
    let mut spec = rest.clone();
    let fields = spec.as_object_mut().unwrap();
    fields.insert("name".to_owned(), json!(name));
    let made = running.post("/api/tokens/", &spec.to_string()).await;
    assert_eq!(made.status, 201, "{}", made.text());
    let text = made
        .json()
        .get("token")
        .and_then(Value::as_str)
        .map(str::to_owned);
    text.unwrap()
}

async fn with(running: &Running, token: &str, method: &str, target: &str, body: &str) -> Reply {
    let headers = format!(
        "Authorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n",
        body.len()
    );
    running.raw(method, target, &headers, body.as_bytes()).await
}

/// A path of the table with something in its braces that is not there.
fn filled(route: &Route) -> String {
    let path = route
        .path
        .replace("{id}", "999")
        .replace("{name}", "nobody");
    path.replace("{account}", "nobody")
        .replace("{kind}", "server")
}

#[tokio::test(flavor = "multi_thread")]
async fn every_path_against_every_role() {
    let running = Running::start().await;
    let mut tokens = Vec::new();
    for role in Role::ALL {
        let made = token(
            &running,
            &format!("the-{role}"),
            &json!({ "role": role.as_str() }),
        )
        .await;
        tokens.push((role, made));
    }
    let mut table = String::new();
    for route in ROUTES.iter().filter(|route| route.path != "/api/takeover/") {
        let Some(needed) = route.role else { continue };
        write!(table, "{:6} {:34}", route.method.as_str(), route.path).unwrap();
        for (role, token) in &tokens {
            let target = filled(route);
            let status = if route.path == "/api/events/" {
                let headers =
                    format!("Authorization: Bearer {token}\r\nAccept: application/json\r\n");
                running.raw("GET", &target, &headers, b"").await.status
            } else {
                let reply = with(&running, token, route.method.as_str(), &target, "{}").await;
                reply.status
            };
            let refused = status == 403;
            assert_eq!(
                refused,
                !role.may(needed),
                "{role} {} {target}: {status}",
                route.method
            );
            assert_ne!(status, 401, "{role} {target}");
            write!(table, " {}", if refused { "-" } else { role.as_str() }).unwrap();
        }
        table.push('\n');
    }
    insta::assert_snapshot!(table);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_is_shown_once_and_kept_as_a_hash_alone() {
    let running = Running::start().await;
    let made = token(&running, "ci", &json!({ "role": "operator" })).await;
    assert!(
        made.starts_with("oms_") && made.len() == 47,
        "{}",
        made.len()
    );
    let listed = running.get("/api/tokens/").await;
    assert_eq!(listed.status, 200);
    let text = listed.text().to_owned();
    assert!(!text.contains(&made[4..]), "{text}");
    let listed = listed.json();
    assert_eq!(
        (
            &listed[0]["name"],
            &listed[0]["role"],
            &listed[0]["token"],
            &listed[0]["last_used"]
        ),
        (&json!("ci"), &json!("operator"), &json!(null), &json!(null))
    );
    assert_eq!(
        with(&running, &made, "GET", "/api/queues/", "")
            .await
            .status,
        200
    );
    let used = &running.get("/api/tokens/").await.json()[0]["last_used"];
    assert!(used.is_string(), "{used}");
    for bad in [
        &made[..46],
        &format!("{made}x"),
        &made.to_uppercase(),
        "oms_",
        "ci",
    ] {
        let reply = with(&running, bad, "GET", "/api/queues/", "").await;
        assert_eq!(reply.status, 401, "{bad}");
    }
    let dir = running.stop().await;
    let database =
        std::fs::read(dir.path().join("state").join(omsd::daemon::DATABASE_FILE)).unwrap();
    let found = database
        .windows(12)
        .any(|part| part == &made.as_bytes()[4..16]);
    assert!(!found, "the token is in the database");
    // It lets in after a restart as well.
    let running = Running::start_in(dir, &[]).await;
    assert_eq!(
        with(&running, &made, "GET", "/api/queues/", "")
            .await
            .status,
        200
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_cannot_be_is_refused_field_by_field() {
    let running = Running::start().await;
    token(&running, "ci", &json!({ "role": "operator" })).await;
    let again = running
        .post("/api/tokens/", r#"{"name": "ci", "role": "viewer"}"#)
        .await;
    assert_eq!(
        (again.status, &again.json()["code"]),
        (409, &json!("conflict"))
    );
    for (bad, field) in [
        (r#"{"name": "a b", "role": "viewer"}"#, "name"),
        (r#"{"name": "admin", "role": "viewer"}"#, "name"),
        (r#"{"name": "a", "role": "root"}"#, "role"),
        (
            r#"{"name": "a", "role": "viewer", "expires": "2001-01-01T00:00:00Z"}"#,
            "expires",
        ),
        (
            r#"{"name": "a", "role": "viewer", "key_raw": "twice"}"#,
            "key_raw",
        ),
        (r#"{"name": "a"}"#, "role"),
    ] {
        let reply = running.post("/api/tokens/", bad).await;
        assert_eq!(reply.status, 400, "{bad}");
        assert!(reply.json()[field].is_array(), "{bad}: {}", reply.text());
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_lets_nobody_in_and_ends_what_is_under_way() {
    let running = Running::start().await;
    let made = token(&running, "ci", &json!({ "role": "operator" })).await;
    running.post("/api/queues/", "").await;
    let mut stream = Peer::connect(running.address).await;
    let head = format!(
        "GET /api/events/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {made}\r\n\r\n"
    );
    stream.send(head.as_bytes()).await;
    stream.until("retry: 2000").await;
    let session = sign_in(&running, &format!("token={made}")).await;
    assert_eq!(page(&running, &session, "/queue/").await.status, 200);
    let waiting = with(&running, &made, "GET", "/api/queues/1/?wait=300", "");
    let used = async || running.get("/api/tokens/").await.json()[0]["last_used"].clone();
    let before = used().await;
    let revoking = async {
        // It is noted when the wait has been let in.
        while used().await == before {}
        running.delete("/api/tokens/ci/").await
    };
    let (waited, revoked) = tokio::join!(waiting, revoking);
    assert_eq!(revoked.status, 204);
    assert_eq!(
        (waited.status, &waited.json()["code"]),
        (401, &json!("unauthorized"))
    );
    stream.until("\r\n0\r\n\r\n").await;
    assert_eq!(
        with(&running, &made, "GET", "/api/queues/", "")
            .await
            .status,
        401
    );
    assert_eq!(page(&running, &session, "/queue/").await.status, 303);
    let gone = running.delete("/api/tokens/ci/").await;
    assert_eq!(gone.status, 404);
    running.stop().await;
}

/// Signs in by the form and gives the cookie.
async fn sign_in(running: &Running, form: &str) -> String {
    let reply = try_sign_in(running, form).await;
    assert_eq!(reply.status, 303, "{}", reply.text());
    let cookie = reply.header("set-cookie").unwrap();
    assert!(
        cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
        "{cookie}"
    );
    cookie.split(';').next().unwrap().to_owned()
}

async fn try_sign_in(running: &Running, form: &str) -> Reply {
    let headers = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        form.len()
    );
    running
        .raw("POST", "/sign-in/", &headers, form.as_bytes())
        .await
}

async fn page(running: &Running, cookie: &str, target: &str) -> Reply {
    let headers = format!("Cookie: {cookie}\r\n");
    running.raw("GET", target, &headers, b"").await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_key_is_shown_as_often_as_the_token_says() {
    let running = Running::start_with_account().await;
    let of = |policy: &str| json!({ "role": "operator", "key_raw": policy });
    let full = token(&running, "full", &of("full")).await;
    let once = token(&running, "once", &of("once")).await;
    let other = token(&running, "other", &of("once")).await;
    let never = token(&running, "never", &of("never")).await;
    let viewer = token(&running, "viewer", &json!({ "role": "viewer" })).await;
    let key = |reply: Reply| reply.json()["instance"]["key_raw"].is_string();
    for number in 1..=2 {
        let made = with(&running, &never, "POST", "/api/queues/?wait=60", "{}").await;
        assert_eq!(made.json()["status"], "RUN", "{number}");
        assert!(!key(made));
    }
    let show = async |token: &str, id: u64| {
        key(with(&running, token, "GET", &format!("/api/queues/{id}/"), "").await)
    };
    assert!(show(&full, 1).await && show(&full, 1).await);
    assert!(!show(&viewer, 1).await && !show(&never, 1).await);
    let listed = with(&running, &once, "GET", "/api/queues/", "")
        .await
        .json();
    assert_eq!(listed[0]["instance"]["key_raw"], json!(null));
    assert!(show(&once, 1).await, "the first who asks");
    assert!(!show(&once, 1).await && !show(&other, 1).await);
    assert!(show(&full, 1).await, "others are not concerned");
    let instance = with(&running, &other, "GET", "/api/instances/2/", "")
        .await
        .json();
    assert!(instance["key_raw"].is_string(), "{instance}");
    assert!(!show(&once, 2).await);
    let told = events(&running, "kind=entry_key_shown").await;
    let by: Vec<_> = told.iter().map(|it| it["by"].as_str().unwrap()).collect();
    assert_eq!(
        by,
        ["token once from 127.0.0.1", "token other from 127.0.0.1"]
    );
    running.stop().await;
}

async fn events(running: &Running, query: &str) -> Vec<Value> {
    let token = &running.token;
    let headers = format!("Authorization: Bearer {token}\r\nAccept: application/json\r\n");
    let target = format!("/api/events/?since=0&limit=1000&{query}");
    let reply = running.raw("GET", &target, &headers, b"").await;
    reply.json().as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_user_signs_in_with_a_password_until_it_is_another() {
    let running = Running::start().await;
    let ann = r#"{"name": "ann", "role": "operator", "password": "correct horse"}"#;
    let added = running.post("/api/users/", ann).await;
    assert_eq!(added.status, 201, "{}", added.text());
    assert!(!added.text().contains("horse"));
    assert_eq!(running.post("/api/users/", ann).await.status, 409);
    let form = "user=ann&password=correct+horse";
    let session = sign_in(&running, form).await;
    let shown = page(&running, &session, "/queue/").await;
    assert_eq!(shown.status, 200);
    assert!(shown.text().contains("user ann (operator)"));
    for target in ["/tokens/", "/users/", "/audit/"] {
        assert_eq!(
            page(&running, &session, target).await.status,
            403,
            "{target}"
        );
    }
    for bad in [
        "user=ann&password=correct+horse+",
        "user=ann&password=",
        "user=bob&password=correct+horse",
        "token=correct+horse",
    ] {
        let refused = try_sign_in(&running, bad).await;
        assert_eq!(refused.status, 403, "{bad}");
        assert!(!refused.text().contains("horse"));
    }
    let other = r#"{"password": "battery staple"}"#;
    let changed = running.ask("PATCH", "/api/users/ann/", other).await;
    assert_eq!(changed.status, 200, "{}", changed.text());
    assert_eq!(
        page(&running, &session, "/queue/").await.status,
        303,
        "the session has ended"
    );
    let session = sign_in(&running, "user=ann&password=battery+staple").await;
    let short = running
        .ask("PATCH", "/api/users/ann/", r#"{"password": "short"}"#)
        .await;
    assert!(short.json()["password"].is_array());
    assert_eq!(running.delete("/api/users/ann/").await.status, 204);
    assert_eq!(page(&running, &session, "/queue/").await.status, 303);
    let told = events(&running, "actor=user+ann").await;
    let kinds: Vec<_> = told.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["user_signed_in", "user_signed_in"]);
    let dir = running.stop().await;
    let database =
        std::fs::read(dir.path().join("state").join(omsd::daemon::DATABASE_FILE)).unwrap();
    for planted in ["correct horse", "battery staple"] {
        let found = database
            .windows(planted.len())
            .any(|part| part == planted.as_bytes());
        assert!(!found, "{planted}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_guesses_has_to_wait() {
    let running = Running::start().await;
    let guess = async |form: &str| try_sign_in(&running, form).await;
    for number in 0..5 {
        let reply = guess(&format!("user=ann&password=guess-{number}")).await;
        assert_eq!(reply.status, 403, "{number}");
    }
    let slowed = guess("user=ann&password=guess").await;
    assert_eq!(slowed.status, 429);
    assert!(slowed.header("retry-after").is_some());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_asked_for_what_is_told_with_what_came_of_it() {
    let running = Running::start().await;
    let viewer = token(&running, "eyes", &json!({ "role": "viewer" })).await;
    assert_eq!(
        with(&running, &viewer, "DELETE", "/api/queues/7/", "")
            .await
            .status,
        403
    );
    assert_eq!(running.delete("/api/queues/7/").await.status, 404);
    assert_eq!(
        running
            .post("/api/queues/", r#"{"name": "web"}"#)
            .await
            .status,
        201
    );
    assert_eq!(running.post("/api/gc/", "").await.status, 200);
    try_sign_in(&running, "user=ann&password=guess").await;
    let mut told = String::new();
    for event in events(&running, "").await {
        let text = |name: &str| event[name].as_str().unwrap();
        if text("by") != "scheduler" && text("kind") != "token_used" {
            writeln!(
                told,
                "{} | {} | {}",
                text("by"),
                text("kind"),
                text("message")
            )
            .unwrap();
        }
    }
    insta::assert_snapshot!(told);
    let mine = events(&running, "actor=token+eyes").await;
    assert!(
        mine.iter()
            .all(|it| it["by"] == "token eyes from 127.0.0.1")
    );
    assert!(mine.iter().any(|it| it["kind"] == "request_refused"));
    let session = sign_in(&running, &format!("token={}", running.token)).await;
    let page = page(&running, &session, "/audit/").await;
    assert_eq!(page.status, 200);
    assert!(page.text().contains("remove entry 7"), "{}", page.text());
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_do_not_push_what_happened_out_of_the_journal() {
    let running = Running::start().await;
    let viewer = token(&running, "eyes", &json!({ "role": "viewer" })).await;
    for _ in 0..300 {
        let refused = with(&running, &viewer, "DELETE", "/api/queues/7/", "").await;
        assert_eq!(refused.status, 403);
    }
    let told = events(&running, "kind=request_refused").await.len();
    assert!((100..280).contains(&told), "{told}");
    running.stop().await;
}

/// What the forms of a session carry.
async fn form_key(running: &Running, session: &str) -> String {
    let shown = page(running, session, "/tokens/").await;
    let (_, rest) = shown.text().split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

/// Sends a form of a session.
async fn send(running: &Running, session: &str, target: &str, form: &str) -> Reply {
    let headers = format!(
        "Cookie: {session}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n",
        form.len()
    );
    running.raw("POST", target, &headers, form.as_bytes()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_are_made_and_revoked_by_page() {
    let running = Running::start().await;
    let session = sign_in(&running, &format!("token={}", running.token)).await;
    let key = form_key(&running, &session).await;
    let send = async |target: &str, form: &str| {
        send(&running, &session, target, &format!("csrf={key}&{form}")).await
    };
    let made = send("/tokens/", "name=ci&role=operator&key_raw=never&days=30").await;
    assert_eq!(made.status, 201, "{}", made.text());
    let (_, rest) = made.text().split_once("<pre id=\"fresh\">").unwrap();
    let text = rest.split('<').next().unwrap().to_owned();
    let lets_in = async || {
        with(&running, &text, "GET", "/api/queues/", "")
            .await
            .status
    };
    assert_eq!(lets_in().await, 200);
    let listed = page(&running, &session, "/tokens/").await;
    assert!(listed.text().contains(">ci</th>") && !listed.text().contains(&text));
    let taken = send("/tokens/", "name=ci&role=operator").await;
    assert_eq!(taken.status, 409, "{}", taken.text());
    let endless = send("/tokens/", "name=b&role=operator&days=0").await;
    assert_eq!(endless.status, 400);
    let asked = page(&running, &session, "/tokens/ci/revoke/").await;
    assert_eq!(asked.status, 200);
    assert_eq!(send("/tokens/ci/revoke/", "").await.status, 303);
    assert_eq!(lets_in().await, 401);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn users_are_added_changed_and_removed_by_page() {
    let running = Running::start().await;
    let session = sign_in(&running, &format!("token={}", running.token)).await;
    let key = form_key(&running, &session).await;
    let send_keyed = async |target: &str, form: &str| {
        send(&running, &session, target, &format!("csrf={key}&{form}")).await
    };
    let ann = "name=ann&role=viewer&password=correct+horse";
    assert_eq!(send_keyed("/users/", ann).await.status, 303);
    let changed = send_keyed("/users/ann/", "role=admin&password=").await;
    assert_eq!(changed.status, 303);
    let users = running.get("/api/users/").await.json();
    assert_eq!(
        (&users[0]["name"], &users[0]["role"]),
        (&json!("ann"), &json!("admin"))
    );
    assert_eq!(send_keyed("/users/ann/remove/", "").await.status, 303);
    assert_eq!(running.get("/api/users/").await.json(), json!([]));
    let foreign = send(&running, &session, "/users/", ann).await;
    assert_eq!(foreign.status, 403, "without the key of the form");
    running.stop().await;
}
