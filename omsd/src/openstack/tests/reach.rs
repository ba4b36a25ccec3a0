//! The way to a cloud: addresses of the account's own, proxies, who we say we are.

use std::sync::Arc;

use oms_proto::Secret;
use oms_proto::spec::{Credentials, Endpoints};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::script::{HandClock, account, cloud, json, limits, signed_in};
use crate::openstack::{OpenStackClouds, Proxies};
use crate::ports::{Clouds, OpenAccount, OpenReach};
use omsd_domain::ground::failure::FailureClass;

fn clouds() -> OpenStackClouds {
    OpenStackClouds::new(Arc::new(HandClock::default()), limits())
}

fn through(url: &str, reach: OpenReach) -> OpenAccount {
    OpenAccount {
        reach,
        ..account(url)
    }
}

#[tokio::test]
async fn an_address_of_the_account_stands_before_the_catalogue_s() {
    let elsewhere = cloud(|_| None).await;
    let home = cloud(|_| None).await;
    let endpoints = Endpoints {
        compute: Some(format!("{}/v2.1/%(project_id)s", elsewhere.url)),
        ..Endpoints::default()
    };
    let reach = OpenReach {
        endpoints,
        ..OpenReach::default()
    };
    let cloud = clouds()
        .open(&through(&format!("{}/v3", home.url), reach))
        .unwrap();
    let signed = cloud.sign_in().await.unwrap();
    assert_eq!(signed.compute_endpoint, format!("{}/v2.1/p", elsewhere.url));
    drop(cloud.get_server("s-1").await);
    assert_eq!(elsewhere.count("GET /v2.1/p/servers/s-1"), 1);
    assert_eq!(home.count("GET /v2.1/p/servers"), 0);
}

#[tokio::test]
async fn everything_goes_through_the_account_s_proxy() {
    let proxy = cloud(|asked| {
        asked
            .line
            .starts_with("POST http://keystone.invalid/v3/auth/tokens")
            .then(|| signed_in("http://nova.invalid", "t", "2026-11-22T22:00:00Z"))
            .or_else(|| {
                asked.line.contains("nova.invalid/v2.1/").then(|| {
                    json(
                        200,
                        r#"{"version": {"id": "v2.1", "min_version": "2.1", "version": "2.93"}}"#,
                    )
                })
            })
    })
    .await;
    let host = proxy.url.strip_prefix("http://").unwrap();
    let own = OpenReach {
        proxy: Some(Secret::new(format!("http://me:hunter2@{host}"))),
        ..OpenReach::default()
    };
    let account = through("http://keystone.invalid/v3", own);
    assert!(!format!("{account:?}").contains("hunter2"));
    let signed = clouds().open(&account).unwrap().sign_in().await.unwrap();
    assert_eq!(signed.project_id, "p");
    let asked = proxy.last("POST http://keystone.invalid");
    // me:hunter2
    assert!(
        asked
            .headers
            .contains("proxy-authorization: basic bwu6ahvudgvymg=="),
        "{asked:?}"
    );
}

/// A SOCKS server (RFC 1928) that lets everybody with a password (RFC 1929) through to `behind`.
async fn socks(behind: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut greeting = [0; 2];
            stream.read_exact(&mut greeting).await.unwrap();
            let mut methods = vec![0; greeting[1].into()];
            stream.read_exact(&mut methods).await.unwrap();
            assert!(methods.contains(&2), "{methods:?}");
            stream.write_all(&[5, 2]).await.unwrap();
            let mut login = [0; "\u{1}\u{2}me\u{7}hunter2".len()];
            stream.read_exact(&mut login).await.unwrap();
            assert_eq!(&login, b"\x01\x02me\x07hunter2");
            stream.write_all(&[1, 0]).await.unwrap();
            // CONNECT to a name, which is looked up there. The catalogue has addresses.
            let mut connect = [0; 5];
            stream.read_exact(&mut connect).await.unwrap();
            if connect[..4] != [5, 1, 0, 3] {
                continue;
            }
            let mut host = vec![0; usize::from(connect[4]) + 2];
            stream.read_exact(&mut host).await.unwrap();
            assert!(host.starts_with(b"keystone.invalid"));
            stream
                .write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])
                .await
                .unwrap();
            let mut there = TcpStream::connect(&behind).await.unwrap();
            tokio::spawn(async move {
                drop(tokio::io::copy_bidirectional(&mut stream, &mut there).await);
            });
        }
    });
    place
}

#[tokio::test]
async fn a_proxy_may_speak_socks() {
    let home = cloud(|_| None).await;
    let proxy = socks(home.url.replace("http://", "")).await;
    let url = format!("socks5h://me:hunter2@{proxy}");
    let own = OpenReach {
        proxy: Some(Secret::new(&url)),
        ..OpenReach::default()
    };
    let cloud = clouds().open(&through("http://keystone.invalid/v3", own));
    drop(cloud.unwrap().sign_in().await);
    assert_eq!(home.count("POST /v3/auth/tokens"), 1);
    let all = Proxies::of(|name| (name == "ALL_PROXY").then(|| url.clone()));
    let led = clouds().with_proxies(all);
    let account = account("http://keystone.invalid/v3");
    drop(led.open(&account).unwrap().sign_in().await);
    assert_eq!(home.count("POST /v3/auth/tokens"), 2);
}

#[tokio::test]
async fn the_environment_s_proxies_are_used_but_for_hosts_that_are_left_out() {
    let proxy = cloud(|_| Some(json(401, "{}"))).await;
    let proxies = |none_for: Option<&str>| Proxies {
        http: Some(Secret::new(proxy.url.clone())),
        https: None,
        none_for: none_for.map(str::to_owned),
        ..Proxies::default()
    };
    let home = cloud(|_| None).await;
    let account = account(&format!("{}/v3", home.url));
    let led = clouds().with_proxies(proxies(None));
    assert!(led.open(&account).unwrap().sign_in().await.is_err());
    assert_eq!((proxy.count("POST http://"), home.count("POST")), (1, 0));
    let direct = clouds().with_proxies(proxies(Some("localhost,127.0.0.0/8")));
    direct.open(&account).unwrap().sign_in().await.unwrap();
    assert_eq!((proxy.count("POST http://"), home.count("POST")), (1, 1));
    let bad = Proxies {
        http: Some(Secret::new("ftp://u:hunter2@p")),
        ..Proxies::default()
    };
    let error = clouds().with_proxies(bad).open(&account).err().unwrap();
    assert!(error.message.contains("HTTP_PROXY: ftp://"), "{error}");
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_proxy_on_the_way_is_named_where_it_may_be_at_fault() {
    let own = |url: &str| OpenReach {
        proxy: Some(Secret::new(url)),
        ..OpenReach::default()
    };
    let proxy = cloud(|_| Some(json(407, "{}"))).await;
    let host = proxy.url.strip_prefix("http://").unwrap();
    let with_login = format!("http://me:hunter2@{host}");
    for url in ["http://keystone.invalid/v3", "https://keystone.invalid/v3"] {
        let account = through(url, own(&with_login));
        let error = clouds().open(&account).unwrap().sign_in().await;
        let error = error.unwrap_err();
        assert_eq!(error.class, FailureClass::Unreachable, "{error}");
        assert!(error.message.contains("proxy"), "{error}");
        assert!(!error.message.contains("hunter2"), "{error}");
    }
    // Nobody listens at port 1.
    let account = through(
        "http://keystone.invalid/v3",
        own("http://me:hunter2@127.0.0.1:1"),
    );
    let error = clouds().open(&account).unwrap().sign_in().await;
    let error = error.unwrap_err();
    assert!(
        error.message.contains("account's proxy 127.0.0.1:1"),
        "{error}"
    );
    assert!(!error.message.contains("hunter2"), "{error}");
}

#[tokio::test]
async fn a_user_id_and_a_passcode_are_what_keystone_is_asked_with() {
    let server = cloud(|_| None).await;
    let mut account = account(&format!("{}/v3", server.url));
    let Credentials::Password(given) = &mut account.credentials else {
        panic!("a password stays one")
    };
    given.user_id = Some("0a1b2c3d".to_owned());
    given.totp_secret = Some(Secret::new("GEZDGNBVGY3TQOJQ"));
    clouds().open(&account).unwrap().sign_in().await.unwrap();
    let body = server.last("POST /v3/auth/tokens").body;
    assert!(body.contains(r#""methods":["password","totp"]"#), "{body}");
    assert!(
        !body.contains(r#""name":"u""#) && !body.contains("GEZDGNBV"),
        "{body}"
    );
}

#[tokio::test]
async fn a_second_factor_that_is_wanted_is_told_in_words() {
    let server = cloud(|_| {
        let body = r#"{"receipt": {"methods": ["password"]},
            "required_auth_methods": [["totp", "password"]]}"#;
        Some(json(401, body))
    })
    .await;
    let cloud = clouds()
        .open(&account(&format!("{}/v3", server.url)))
        .unwrap();
    let error = cloud.sign_in().await.unwrap_err();
    assert!(error.message.contains("second factor (totp"), "{error}");
    assert!(error.message.contains("application credential"), "{error}");
}
