//! Tokens: one sign-in for a burst, renewal before the end, and what a 401 leads to.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;

use super::script::{
    Asked, HandClock, Reply, account, cloud, create, json, limits, open, open_with, signed_in,
    signed_in_at,
};
use omsd_domain::ground::failure::FailureClass;

use crate::openstack::OpenStackClouds;
use crate::ports::Clouds;

const TOKENS: &str = "POST /v3/auth/tokens";

/// Keystone whose tokens are numbered and live for an hour, and services that take only tokens
/// from this number on.
fn numbered(accepted_from: &Arc<AtomicUsize>) -> impl Fn(&Asked) -> Option<Reply> + use<> {
    let given = AtomicUsize::new(0);
    let accepted_from = Arc::clone(accepted_from);
    move |asked| {
        let base = format!(
            "http://{}",
            asked
                .headers
                .lines()
                .find_map(|it| it.strip_prefix("host: "))?
        );
        if asked.line.starts_with(TOKENS) {
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return Some(signed_in(&base, &format!("token-{number}"), IN_AN_HOUR));
        }
        let token = asked
            .headers
            .lines()
            .find_map(|it| it.strip_prefix("x-auth-token: token-"))?;
        if token.parse::<usize>().ok()? < accepted_from.load(Ordering::SeqCst) {
            return Some(json(401, r#"{"error": {"message": "token"}}"#));
        }
        asked
            .line
            .contains("detail")
            .then(|| json(200, r#"{"servers": []}"#))
    }
}

/// An hour after what Keystone's `Date` says.
const IN_AN_HOUR: &str = "2026-11-22T22:00:00Z";

#[tokio::test]
async fn a_burst_signs_in_once() {
    let server = cloud(numbered(&Arc::default())).await;
    let cloud = open(&server.url);
    let all = join_all((0..30).map(|_| cloud.list_servers(None))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(server.count(TOKENS), 1);
    assert_eq!(server.count("GET /v2.1/p/servers/detail"), 30);
}

#[tokio::test]
async fn a_burst_of_refused_tokens_makes_one_sign_in() {
    let accepted_from = Arc::new(AtomicUsize::new(0));
    let server = cloud(numbered(&accepted_from)).await;
    let cloud = open(&server.url);
    cloud.list_servers(None).await.unwrap();
    accepted_from.store(2, Ordering::SeqCst);
    let all = join_all((0..30).map(|_| cloud.list_servers(None))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(server.count(TOKENS), 2);
    assert!(
        server.count("GET /v2.1/p/servers/detail") > 31,
        "some were refused first"
    );
}

#[tokio::test]
async fn a_create_refused_for_its_token_is_sent_once_more_and_no_more() {
    let revoked = Arc::new(AtomicUsize::new(0));
    let until = Arc::clone(&revoked);
    let server = cloud(move |asked| {
        let is_create = asked.line == "POST /v2.1/p/servers";
        (is_create && until.fetch_add(1, Ordering::SeqCst) == 0).then(|| json(401, "{}"))
    })
    .await;
    let cloud = open(&server.url);
    assert_eq!(cloud.create_server(&create()).await.as_deref(), Ok("s-1"));
    assert_eq!(
        (server.count(TOKENS), server.count("POST /v2.1/p/servers")),
        (2, 2)
    );

    let server =
        self::cloud(|asked| (asked.line == "POST /v2.1/p/servers").then(|| json(401, "{}"))).await;
    let error = open(&server.url)
        .create_server(&create())
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.maybe_done, error.http_status),
        (FailureClass::ServerError, false, Some(401))
    );
    assert!(error.message.contains("Keystone has just given"), "{error}");
    assert_eq!(
        (server.count(TOKENS), server.count("POST /v2.1/p/servers")),
        (2, 2)
    );
}

#[tokio::test]
async fn a_rejected_password_is_tried_once_for_a_burst() {
    let server = cloud(|asked| {
        let words = r#"{"error": {"code": 401, "message": "The request you have made requires authentication."}}"#;
        asked.line.starts_with(TOKENS).then(|| json(401, words))
    })
    .await;
    let cloud = open(&server.url);
    let all = join_all((0..30).map(|_| cloud.list_servers(None))).await;
    for error in all.into_iter().map(Result::unwrap_err) {
        assert_eq!(
            (error.class, error.operation),
            (FailureClass::Unauthorized, "sign in")
        );
    }
    assert_eq!(server.count(TOKENS), 1);
}

#[tokio::test]
async fn a_token_is_renewed_before_its_end_by_the_clouds_clock() {
    let server = cloud(numbered(&Arc::default())).await;
    // Our clock is decades behind the cloud's; only the distance counts.
    let clock = Arc::new(HandClock::default());
    let cloud = open_with(&server.url, Arc::clone(&clock));
    cloud.list_servers(None).await.unwrap();
    clock.forward(Duration::from_secs(3600 - 301));
    cloud.list_servers(None).await.unwrap();
    assert_eq!(server.count(TOKENS), 1);
    clock.forward(Duration::from_secs(2));
    join_all((0..10).map(|_| cloud.list_servers(None))).await;
    assert_eq!(server.count(TOKENS), 2);
}

#[tokio::test]
async fn a_date_that_is_off_by_any_time_does_not_shorten_a_tokens_life() {
    for date in [
        "Sun, 22 Nov 2026 20:00:00 GMT",
        "Sun, 22 Nov 2026 21:59:59 GMT",
        "Sun, 22 Nov 2026 23:00:00 GMT",
        "Wed, 22 Nov 2028 21:00:00 GMT",
    ] {
        for issued in [Some("2026-11-22T21:00:00Z"), None] {
            let server = cloud(move |asked| {
                let host = asked
                    .headers
                    .lines()
                    .find_map(|it| it.strip_prefix("host: "));
                let base = format!("http://{}", host?);
                let signed_in = || signed_in_at(&base, "token-1", IN_AN_HOUR, date, issued);
                asked.line.starts_with(TOKENS).then(signed_in)
            })
            .await;
            let clock = Arc::new(HandClock::default());
            let cloud = open_with(&server.url, Arc::clone(&clock));
            for _ in 0..5 {
                drop(cloud.list_keypairs().await);
            }
            assert_eq!(server.count(TOKENS), 1, "{date} {issued:?}");
        }
    }
}

#[tokio::test]
async fn a_version_page_that_cannot_be_read_is_lived_with() {
    for status in [300, 301, 401, 403, 404, 405, 500, 501] {
        let server = cloud(move |asked| {
            (asked.line == "GET /v2.1/").then(|| json(status, r#"{"error": "no"}"#))
        })
        .await;
        let cloud = open(&server.url);
        for _ in 0..3 {
            let made = cloud.create_server(&create()).await;
            assert_eq!(made.as_deref(), Ok("s-1"), "{status}");
        }
        assert_eq!(server.count("GET /v2.1/"), 1, "{status}");
        assert_eq!(server.count(TOKENS), 1, "{status}");
    }
}

#[tokio::test]
async fn a_good_token_outlives_a_keystone_that_is_gone() {
    let given = AtomicUsize::new(0);
    let numbered = numbered(&Arc::default());
    let server = cloud(move |asked| {
        let is_again = asked.line.starts_with(TOKENS) && given.fetch_add(1, Ordering::SeqCst) > 0;
        if is_again {
            Some(Reply::Close)
        } else {
            numbered(asked)
        }
    })
    .await;
    let clock = Arc::new(HandClock::default());
    let cloud = open_with(&server.url, Arc::clone(&clock));
    cloud.list_servers(None).await.unwrap();
    clock.forward(Duration::from_secs(3400));
    for _ in 0..5 {
        cloud.list_servers(None).await.unwrap();
    }
    // The connection was closed, so that it was repeated once, over a new one.
    assert_eq!(
        server.count(TOKENS),
        3,
        "renewal is not tried again at once"
    );
    clock.forward(Duration::from_secs(201));
    assert!(cloud.list_servers(None).await.is_err());
}

#[tokio::test]
async fn keystone_is_found_from_its_root_once() {
    let server = cloud(|asked| {
        let versions = r#"{"versions": {"values": [{"id": "v3.14", "links": []}]}}"#;
        (asked.line == "GET /").then(|| json(300, versions))
    })
    .await;
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    let cloud = clouds.open(&account(&server.url)).unwrap();
    let signed = cloud.sign_in().await.unwrap();
    assert_eq!(
        (signed.project_name.as_str(), signed.region_name.as_str()),
        ("pn", "R")
    );
    assert_eq!(server.count("GET /v2.1/"), 1);
    cloud.sign_in().await.unwrap();
    assert_eq!(server.count(TOKENS), 1);
}

#[tokio::test]
async fn an_address_without_keystone_says_so() {
    for (auth_path, reply, words) in [
        (
            "/v3",
            json(404, "<html><title>404 Not Found</title></html>"),
            "no Keystone v3 at",
        ),
        ("/v3", json(300, r#"{"choices": []}"#), "is it auth_url?"),
        (
            "",
            json(200, r#"{"hello": "world"}"#),
            "lists no version of Keystone",
        ),
        (
            "/v3",
            super::script::with_headers(301, &[("Location", "https://x/v3")], ""),
            "redirected to https://x/v3",
        ),
    ] {
        let server = cloud(move |_| Some(reply.clone())).await;
        let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
        let cloud = clouds
            .open(&account(&format!("{}{auth_path}", server.url)))
            .unwrap();
        let error = cloud.sign_in().await.unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration, "{error}");
        assert!(error.message.contains(words), "{error} ({words})");
    }
}

#[tokio::test]
async fn an_account_that_cannot_be_used_is_refused_before_any_call() {
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    let good = account("https://keystone.example/v3");
    assert!(clouds.open(&good).is_ok());
    for (field, bad) in [
        ("auth_url", account("keystone.example")),
        (
            "ca_pem",
            crate::ports::OpenAccount {
                ca_pem: Some("junk".into()),
                ..good.clone()
            },
        ),
        (
            "pinned_cert_pem",
            crate::ports::OpenAccount {
                pinned_cert_pem: Some("junk".into()),
                ..good
            },
        ),
    ] {
        let error = clouds.open(&bad).err().unwrap();
        assert_eq!(error.class, FailureClass::Configuration);
        assert!(error.message.contains(field), "{error}");
    }
}

#[tokio::test]
async fn after_a_vanished_endpoint_the_catalogue_is_fetched_again() {
    let signs = AtomicUsize::new(0);
    let server = cloud(move |asked| {
        let host = asked
            .headers
            .lines()
            .find_map(|it| it.strip_prefix("host: "))?;
        if !asked.line.starts_with(TOKENS) {
            return asked
                .line
                .contains("detail")
                .then(|| json(200, r#"{"servers": []}"#));
        }
        let moved = signs.fetch_add(1, Ordering::SeqCst) > 0;
        let base = if moved {
            format!("http://{host}")
        } else {
            "http://127.0.0.1:1".to_owned()
        };
        Some(signed_in(&base, "t", IN_AN_HOUR))
    })
    .await;
    let cloud = open(&server.url);
    let error = cloud.list_servers(None).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Unreachable);
    cloud.list_servers(None).await.unwrap();
    assert_eq!(server.count(TOKENS), 2);
}
