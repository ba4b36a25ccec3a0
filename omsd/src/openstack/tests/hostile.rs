//! Nothing that a cloud sends may panic, hang or fill the memory.

use base64::Engine as _;
use proptest::prelude::*;

use super::script::{Reply, cloud, json, open, with_headers};
use oms_proto::Time;
use oms_proto::spec::Interface;
use omsd_domain::ground::failure::FailureClass;

use crate::openstack::server::seen;
use crate::openstack::wire::{Server, ServersBody, TokenBody, VersionsBody};
use crate::openstack::{catalog::Catalog, discovery, limits::BODY_BYTES_MAX, when};

/// A gzip member of 20 MiB of blanks after a brace, 20 kB packed.
fn bomb() -> Vec<u8> {
    let packed = include_str!("../fixtures/bomb.gz.base64");
    base64::engine::general_purpose::STANDARD
        .decode(packed.replace('\n', ""))
        .unwrap()
}

#[tokio::test]
async fn a_body_that_unpacks_without_end_is_cut_off() {
    let packed = bomb();
    assert!(packed.len() < 100_000);
    let head = format!(
        "HTTP/1.1 200 X\r\nContent-Encoding: gzip\r\nContent-Length: {}\r\n\r\n",
        packed.len()
    );
    let reply = Reply::Bytes([head.as_bytes(), &packed].concat());
    let server = cloud(move |asked| asked.line.contains("detail").then(|| reply.clone())).await;
    let error = open(&server.url).list_servers(None).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Garbage);
    assert!(
        error.message.contains(&BODY_BYTES_MAX.to_string()),
        "{error}"
    );
}

#[tokio::test]
async fn broken_answers_are_garbage_and_named() {
    let deep = format!(r#"{{"servers": [], "x": {}}}"#, "[".repeat(100_000));
    for (reply, words) in [
        (json(200, ""), "ends too early"),
        (json(200, r#"{"servers": [{"id": "s"}"#), "ends too early"),
        (json(200, "<html>login</html>"), "is not JSON"),
        (json(200, r#"{"servers": {}}"#), "another shape"),
        (
            json(200, r#"{"servers": [{"name": "no id"}]}"#),
            "another shape",
        ),
        (json(200, r#"{"servers": [{"id": ""}]}"#), "without an id"),
        (
            json(200, r#"{"servers": [{"id": "s", "metadata": []}]}"#),
            "another shape",
        ),
        (json(200, &deep), "not JSON"),
        (
            with_headers(200, &[("Content-Encoding", "gzip")], "not gzip"),
            "broke off",
        ),
    ] {
        let reply_of = reply.clone();
        let server =
            cloud(move |asked| asked.line.contains("detail").then(|| reply_of.clone())).await;
        let error = open(&server.url).list_servers(None).await.unwrap_err();
        assert_eq!(
            (error.class, error.http_status),
            (FailureClass::Garbage, Some(200)),
            "{error:?}"
        );
        assert!(error.message.contains(words), "{error} ({words})");
    }
}

fn any_json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "\\PC{0,12}".prop_map(Into::into),
    ];
    let key = prop_oneof![
        Just("servers".to_owned()),
        Just("id".to_owned()),
        Just("token".to_owned()),
        Just("catalog".to_owned()),
        Just("endpoints".to_owned()),
        Just("url".to_owned()),
        Just("addresses".to_owned()),
        Just("fault".to_owned()),
        Just("metadata".to_owned()),
        Just("versions".to_owned()),
        Just("type".to_owned()),
        "[a-z]{1,6}",
    ];
    leaf.prop_recursive(5, 40, 6, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map(key.clone(), inner, 0..6)
                .prop_map(|map| { serde_json::Value::Object(map.into_iter().collect()) }),
        ]
    })
}

proptest! {
    #[test]
    fn no_document_breaks_a_parser(value in any_json()) {
        drop(serde_json::from_value::<ServersBody>(value.clone()));
        if let Ok(server) = serde_json::from_value::<Server>(value.clone()) {
            drop(seen(server));
        }
        if let Ok(body) = serde_json::from_value::<TokenBody>(value.clone()) {
            drop(Catalog::choose(body.token.catalog, None, Interface::Public));
        }
        if let Ok(body) = serde_json::from_value::<VersionsBody>(value) {
            let all = body.all();
            drop(discovery::choose_microversion(&all));
            let url = crate::openstack::address::parse("http://h/").unwrap();
            drop(discovery::keystone_v3(&url, &all));
        }
    }

    #[test]
    fn no_text_breaks_a_time(text in "\\PC{0,40}", now in any::<i64>()) {
        for read in [when::parse(&text), when::parse_http(&text), Some(Time(now))] {
            drop(read.and_then(when::for_nova));
        }
        prop_assert!(when::wait(&text, Time(now)).is_none_or(|it| it.as_secs() <= 900));
    }

    #[test]
    fn addresses_are_only_addresses(texts in proptest::collection::vec("[0-9a-f.:x]{0,20}", 0..8)) {
        let entries: Vec<_> = texts.iter().map(|it| serde_json::json!({"addr": it})).collect();
        let json = serde_json::json!({"id": "s", "addresses": {"n": entries}});
        let server = seen(serde_json::from_value(json).unwrap()).unwrap();
        for address in server.addresses {
            prop_assert!(address.parse::<std::net::IpAddr>().is_ok());
        }
    }
}
