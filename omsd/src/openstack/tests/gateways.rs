//! What stands between us and a service: it answers in its place, closes connections, moves paths,
//! hides pages. None of it may be taken for the service's own word.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpListener, TcpStream};

use super::script::{
    Asked, HandClock, Reply, account, cloud, create, gateway, json, limits, open, read, signed_in,
    with_headers,
};
use oms_proto::Secret;
use omsd_domain::ground::failure::FailureClass;

use crate::openstack::OpenStackClouds;
use crate::ports::{Cloud, Clouds as _, Removal};

const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILuRLkZ9fQpXIO2WEvrciXJDZjDilPGMejCRygi6";
const TOKENS: &str = "POST /v3/auth/tokens";

/// Ways in which gateways answer for themselves.
fn gateways() -> Vec<Reply> {
    let nginx = |status: u16| {
        let page = format!("<html><head><title>{status} Not Found</title></head></html>");
        gateway(status, "text/html", &page)
    };
    vec![
        gateway(404, "text/plain; charset=utf-8", "default backend - 404"),
        gateway(404, "text/plain", "404 page not found\n"),
        gateway(
            404,
            "application/json",
            r#"{"message": "no Route matched with those values"}"#,
        ),
        gateway(404, "text/plain", ""),
        gateway(403, "text/plain", "RBAC: access denied"),
        gateway(401, "text/html", "<html><title>Sign in</title></html>"),
        nginx(400),
        nginx(403),
        nginx(404),
        nginx(405),
        gateway(503, "text/plain", "no healthy upstream"),
    ]
}

#[tokio::test]
async fn an_answer_of_a_gateway_says_that_the_service_is_away() {
    for reply in gateways() {
        let shown = format!("{reply:?}");
        let to = reply.clone();
        let server = cloud(move |asked| {
            let is_call = asked.line.contains("/servers") || asked.line.contains("/os-keypairs");
            is_call.then(|| to.clone())
        })
        .await;
        let cloud = open(&server.url);
        let made = cloud.create_server(&create()).await.unwrap_err();
        assert_eq!(made.class, FailureClass::ServerError, "{shown}");
        let seen = cloud.get_server("s-1").await.unwrap_err();
        let gone = cloud.delete_server("s-1").await.unwrap_err();
        let keypair = cloud.delete_keypair("k").await.unwrap_err();
        let import = cloud.import_keypair("k", KEY).await.unwrap_err();
        for error in [seen, gone, keypair, import] {
            assert_eq!(error.class, FailureClass::ServerError, "{shown} {error}");
        }
        // It may have looked at the token itself, so one new one is worth a try.
        let is_401 = matches!(&reply, Reply::Bytes(it) if it.starts_with(b"HTTP/1.1 401"));
        let signed_in = if is_401 { 2 } else { 1 };
        assert_eq!(server.count(TOKENS), signed_in, "{shown}");
    }
}

#[tokio::test]
async fn a_gateway_that_looks_at_tokens_gets_a_new_one() {
    let revoked = std::sync::atomic::AtomicBool::new(true);
    let server = cloud(move |asked| {
        let is_look = asked.line.contains("/servers/s-1");
        let refuses = is_look && revoked.swap(false, std::sync::atomic::Ordering::SeqCst);
        let words = r#"{"error_msg": "Incorrect IAM authentication", "error_code": "APIGW.0301"}"#;
        refuses.then(|| gateway(401, "application/json", words))
    })
    .await;
    let cloud = open(&server.url);
    // By the service itself.
    let told = cloud.get_server("s-1").await.unwrap_err();
    assert_eq!(told.class, FailureClass::NotFound, "{told}");
    assert_eq!(server.count(TOKENS), 2);
}

#[tokio::test]
async fn a_gateway_before_keystone_is_no_wrong_address() {
    let server = cloud(|asked| {
        let is_sign_in = asked.line.starts_with(TOKENS);
        is_sign_in.then(|| gateway(404, "text/plain", "default backend - 404"))
    })
    .await;
    let error = open(&server.url).sign_in().await.unwrap_err();
    assert_eq!(error.class, FailureClass::ServerError, "{error}");
}

#[tokio::test]
async fn a_refusal_of_a_gateway_leaves_no_server_to_look_for() {
    let server = cloud(|asked| {
        let is_create = asked.line == "POST /v2.1/p/servers";
        is_create.then(|| gateway(404, "text/plain", "default backend - 404"))
    })
    .await;
    let error = open(&server.url)
        .create_server(&create())
        .await
        .unwrap_err();
    assert!(!error.maybe_done);
    assert!(error.message.contains("default backend - 404"), "{error}");
}

#[tokio::test]
async fn the_services_own_words_mean_what_they_say() {
    let server = cloud(|_| None).await;
    let cloud = open(&server.url);
    assert_eq!(cloud.delete_server("s-9").await, Ok(Removal::Gone));
    let error = cloud.get_server("s-9").await.unwrap_err();
    assert_eq!(error.class, FailureClass::NotFound);
}

/// Nova repeats what it refuses, and twice.
#[tokio::test]
async fn a_refusal_that_repeats_all_user_data_is_still_the_services_own() {
    let data = "c2VjcmV0".repeat(8 * 1024);
    let words =
        format!("Invalid input for field/attribute user_data. Value: {data}. '{data}' is too long");
    let refusal = json(
        400,
        &format!(r#"{{"badRequest": {{"code": 400, "message": "{words}"}}}}"#),
    );
    let server = cloud(move |asked| {
        let is_create = asked.line.starts_with("POST") && asked.line.contains("/servers");
        is_create.then(|| refusal.clone())
    })
    .await;
    let mut asked = create();
    asked.user_data = Some(Secret::new(data.clone()));
    let error = open(&server.url).create_server(&asked).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Rejected, "{error}");
    assert!(!error.maybe_done, "{error}");
    assert!(!error.message.contains("c2VjcmV0"), "{error}");
}

#[tokio::test]
async fn a_page_that_says_yes_has_done_nothing() {
    let page = "<!doctype html><title>Sign in to continue</title>";
    let server = cloud(move |asked| {
        let is_call = asked.line.contains("/servers") || asked.line.contains("/os-keypairs");
        is_call.then(|| gateway(200, "text/html", page))
    })
    .await;
    let cloud = open(&server.url);
    assert!(cloud.delete_server("s-1").await.is_err());
    assert!(cloud.delete_keypair("k").await.is_err());
    assert!(cloud.import_keypair("k", KEY).await.is_err());
    let made = cloud.create_server(&create()).await.unwrap_err();
    assert_eq!((made.class, made.maybe_done), (FailureClass::Garbage, true));
}

#[tokio::test]
async fn a_redirect_to_a_page_for_people_says_that_the_service_is_away() {
    for (status, to) in [
        (302, "https://sso.example/login"),
        (301, "https://new.example/"),
    ] {
        let server = cloud(move |asked| {
            let is_create = asked.line == "POST /v2.1/p/servers";
            is_create.then(|| with_headers(status, &[("Location", to)], ""))
        })
        .await;
        let error = open(&server.url)
            .create_server(&create())
            .await
            .unwrap_err();
        let expected = (FailureClass::ServerError, false);
        assert_eq!((error.class, error.maybe_done), expected);
        assert!(error.message.contains(to), "{error}");
    }
}

#[tokio::test]
async fn an_import_whose_answer_was_lost_is_settled_at_once() {
    for lost in [Reply::Close, json(500, "{}"), json(504, "")] {
        let imports = AtomicUsize::new(0);
        let shown = format!("{lost:?}");
        let server = cloud(move |asked| {
            if asked.line != "POST /v2.1/p/os-keypairs" {
                return None;
            }
            match imports.fetch_add(1, Ordering::SeqCst) {
                0 => Some(lost.clone()),
                _ => Some(json(201, r#"{"keypair": {"name": "k"}}"#)),
            }
        })
        .await;
        let cloud = open(&server.url);
        assert_eq!(cloud.import_keypair("k", KEY).await, Ok(()), "{shown}");
        assert_eq!(server.count("POST /v2.1/p/os-keypairs"), 2, "{shown}");
    }
}

#[tokio::test]
async fn an_import_that_was_carried_out_is_not_repeated() {
    let server = cloud(|asked| match asked.line.as_str() {
        "POST /v2.1/p/os-keypairs" => Some(json(502, "")),
        "GET /v2.1/p/os-keypairs/k" => {
            let body = format!(r#"{{"keypair": {{"name": "k", "public_key": "{KEY} a"}}}}"#);
            Some(json(200, &body))
        }
        _ => None,
    })
    .await;
    let cloud = open(&server.url);
    assert_eq!(cloud.import_keypair("k", KEY).await, Ok(()));
    assert_eq!(server.count("POST /v2.1/p/os-keypairs"), 1);
}

#[tokio::test]
async fn a_create_is_never_repeated() {
    let server =
        cloud(|asked| (asked.line == "POST /v2.1/p/servers").then_some(Reply::Close)).await;
    let error = open(&server.url)
        .create_server(&create())
        .await
        .unwrap_err();
    assert!(error.maybe_done);
    assert_eq!(server.count("POST /v2.1/p/servers"), 1);
}

/// A server that answers the first request of each connection, and closes it at the second.
async fn closes_at_the_second() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let base = url.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let base = base.clone();
            tokio::spawn(async move { once(stream, &base).await });
        }
    });
    url
}

async fn once(mut stream: TcpStream, base: &str) {
    let Some(asked) = read(&mut stream).await else {
        return;
    };
    let reply = match asked.line.as_str() {
        line if line.starts_with(TOKENS) => signed_in(base, "t", "2026-11-22T22:00:00Z"),
        "POST /v2.1/p/servers" => json(202, r#"{"server": {"id": "s-1"}}"#),
        line if line.contains("/servers/detail") => json(200, r#"{"servers": []}"#),
        _ => json(
            200,
            r#"{"version": {"id": "v2.1", "min_version": "2.1", "version": "2.93"}}"#,
        ),
    };
    let Reply::Bytes(bytes) = reply else { return };
    let kept = String::from_utf8(bytes)
        .unwrap()
        .replace("Connection: close\r\n", "");
    stream.write_all(kept.as_bytes()).await.unwrap();
    drop(read(&mut stream).await);
}

#[tokio::test]
async fn a_connection_that_was_closed_between_two_calls_is_no_outage() {
    let cloud = open(&closes_at_the_second().await);
    for _ in 0..5 {
        cloud.list_servers(None).await.unwrap();
        assert_eq!(cloud.create_server(&create()).await.unwrap(), "s-1");
        let many = (0..4).map(|_| cloud.list_servers(None));
        assert!(
            futures::future::join_all(many)
                .await
                .iter()
                .all(Result::is_ok)
        );
    }
}

/// An account whose address says nothing of a version, at a server that does this at first.
async fn signed_in_at(
    path: &str,
    script: impl Fn(&Asked) -> Option<Reply> + Send + Sync + 'static,
) -> crate::ports::CloudResult<crate::ports::SignIn> {
    let server = cloud(script).await;
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    let cloud: Arc<dyn Cloud> = clouds
        .open(&account(&format!("{}{path}", server.url)))
        .unwrap();
    cloud.sign_in().await
}

#[tokio::test]
async fn a_version_page_that_is_hidden_or_broken_hides_no_service() {
    for status in [301, 302, 400, 401, 403, 404, 405, 500, 502, 503] {
        let signed = signed_in_at("/v3", move |asked| {
            (asked.line == "GET /v2.1/").then(|| gateway(status, "text/plain", "no"))
        });
        assert_eq!(signed.await.unwrap().microversion, "2.0", "{status}");
        let signed = signed_in_at("", move |asked| {
            (asked.line == "GET /").then(|| gateway(status, "text/plain", "no"))
        });
        assert_eq!(signed.await.unwrap().microversion, "2.36", "{status}");
    }
}

#[tokio::test]
async fn the_search_for_keystone_follows_a_redirect_on_its_own_host_alone() {
    let versions = r#"{"versions": {"values": [{"id": "v3.14", "links": []}]}}"#;
    let to = |to: &'static str| {
        move |asked: &Asked| match asked.line.as_str() {
            "GET /identity" => Some(with_headers(301, &[("Location", to)], "")),
            "GET /identity/" => Some(json(300, versions)),
            "POST /identity/v3/auth/tokens" => {
                let host = asked
                    .headers
                    .lines()
                    .find_map(|it| it.strip_prefix("host: "))?;
                Some(signed_in(
                    &format!("http://{host}"),
                    "t",
                    "2026-11-22T22:00:00Z",
                ))
            }
            _ => None,
        }
    };
    assert!(signed_in_at("/identity", to("/identity/")).await.is_ok());
    for other in [
        "http://127.0.0.1:1/identity/",
        "https://sso.example/identity/",
    ] {
        let error = signed_in_at("/identity", to(other)).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration);
        assert!(error.message.contains(other), "{error}");
    }
    let error = signed_in_at("/identity", to("/identity"))
        .await
        .unwrap_err();
    assert!(error.message.contains("in circles"), "{error}");
}
