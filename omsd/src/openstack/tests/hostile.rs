//! Nothing that a cloud sends may panic, hang or fill the memory.

use base64::Engine as _;
use proptest::prelude::*;

use super::script::{Asked, Reply, cloud, json, open, signed_in, with_headers};
use crate::openstack::bounds::{ADDRESSES_MAX, BODY_BYTES_MAX, LARGE_BYTES, PAGE_SERVERS};
use crate::openstack::server::seen;
use crate::openstack::wire::{Server, ServersBody, TokenBody, VersionsBody};
use crate::openstack::{catalog::Catalog, discovery, when};
use crate::ports::{CloudError, MESSAGE_CHARS_MAX, Wanted};
use oms_proto::Time;
use oms_proto::spec::Interface;
use omsd_domain::ground::failure::FailureClass;

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

/// A cloud that answers what is asked for with `line` so.
async fn answering(line: &'static str, reply: Reply) -> super::script::Server {
    cloud(move |asked: &Asked| asked.line.contains(line).then(|| reply.clone())).await
}

fn is_garbage(error: &CloudError, words: &str) {
    assert_eq!(error.class, FailureClass::Garbage, "{error}");
    assert!(error.message.contains(words), "{error} ({words})");
    assert!(error.message.chars().count() <= MESSAGE_CHARS_MAX);
}

#[tokio::test]
async fn long_texts_of_a_sign_in_are_garbage_with_few_words() {
    let long = "x".repeat(3_000_000);
    let token = |project: &str, user: &str, url: &str, region: &str| {
        format!(
            r#"{{"token": {{"project": {{"id": "{project}", "name": "n"}}, "user": {{"id": "{user}"}},
                "catalog": [{{"type": "compute", "endpoints": [{{"interface": "public",
                "region": "{region}", "url": "{url}"}}]}}]}}}}"#
        )
    };
    for body in [
        token(&long, "u", "http://h/", "r"),
        token("p", &long, "http://h/", "r"),
        token("p", "u", &long, "r"),
        token("p", "u", &format!("http://h/{long}"), "r"),
        token("p", "u", "http://h/", &long),
    ] {
        let reply = with_headers(201, &[("X-Subject-Token", "t")], &body);
        let server = answering("/v3/auth/tokens", reply).await;
        let error = open(&server.url).sign_in().await.unwrap_err();
        is_garbage(&error, "has more than");
    }
    let token = "t".repeat(20_000);
    let reply = signed_in("http://h", &token, "2026-11-22T22:00:00Z");
    let server = answering("/v3/auth/tokens", reply).await;
    let error = open(&server.url).sign_in().await.unwrap_err();
    is_garbage(&error, "token has more than");
}

#[tokio::test]
async fn a_name_for_people_is_cut() {
    let name = "\u{200b}".repeat(300) + &"n".repeat(300);
    let body = format!(
        r#"{{"token": {{"project": {{"id": "p", "name": "{name}"}}, "catalog": [{{"type": "compute",
            "endpoints": [{{"interface": "public", "region": "r", "url": "http://h/v2.1"}}]}}]}}}}"#
    );
    let server = cloud(move |asked| {
        let signs_in = asked.line.starts_with("POST /v3/auth/tokens");
        let body = body.replace("http://h", &format!("http://{}", host_of(asked)));
        signs_in.then(|| with_headers(201, &[("X-Subject-Token", "t")], &body))
    })
    .await;
    let signed_in = open(&server.url).sign_in().await.unwrap();
    assert_eq!(signed_in.project_name, format!("{}...", "n".repeat(252)));
}

fn host_of(asked: &Asked) -> String {
    let host = asked
        .headers
        .lines()
        .find_map(|it| it.strip_prefix("host: "));
    host.unwrap().to_owned()
}

/// What a survey asks for besides flavors.
fn well_surveyed(asked: &Asked) -> Option<Reply> {
    if asked.line.contains("/limits") {
        return Some(json(200, r#"{"limits": {"absolute": {}}}"#));
    }
    let keypairs = asked.line.contains("/os-keypairs");
    keypairs.then(|| json(200, r#"{"keypairs": []}"#))
}

#[tokio::test]
async fn flavors_with_long_names_and_ids_are_left_out_or_go_without() {
    let long = "x".repeat(70_000);
    let flavor = |id: &str, name: &str| {
        format!(
            r#"{{"id": "{id}", "name": "{name}", "vcpus": 4294967295, "ram": 4294967295, "disk": 1}}"#
        )
    };
    let flavors = [
        flavor(&long, "long id"),
        flavor("1", &long),
        flavor("2", "good"),
    ];
    let body = format!(r#"{{"flavors": [{}]}}"#, flavors.join(","));
    let server = cloud(move |asked| {
        let lists = asked.line.contains("/flavors");
        lists
            .then(|| json(200, &body))
            .or_else(|| well_surveyed(asked))
    })
    .await;
    let cloud = open(&server.url);
    let survey = cloud.survey().await.unwrap();
    let names: Vec<_> = survey
        .flavors
        .iter()
        .map(|it| (&*it.id, &*it.name))
        .collect();
    assert_eq!(names, [("1", ""), ("2", "good")]);
    // Multiplied by a million servers they still fit.
    let vcpus = u64::from(survey.flavors[0].vcpus);
    assert!(vcpus.checked_mul(1_000_000_000).is_some());
    let wanted = Wanted {
        image: "i".into(),
        flavor: "nope".into(),
        ..Wanted::default()
    };
    let error = cloud.resolve(&wanted).await.unwrap_err();
    assert!(error.message.chars().count() <= MESSAGE_CHARS_MAX);
}

#[tokio::test]
async fn more_items_on_a_page_than_could_be_asked_for_are_garbage() {
    let servers = |count: usize| {
        let servers: Vec<_> = (0..count).map(|n| format!(r#"{{"id": "s{n}"}}"#)).collect();
        json(200, &format!(r#"{{"servers": [{}]}}"#, servers.join(",")))
    };
    let most = 4 * PAGE_SERVERS;
    let first = servers(most);
    let server = cloud(move |asked| {
        let more = asked.line.contains("marker");
        let lists = asked.line.contains("/servers/detail");
        lists.then(|| {
            if more {
                json(200, r#"{"servers": []}"#)
            } else {
                first.clone()
            }
        })
    })
    .await;
    let listing = open(&server.url).list_servers(None).await.unwrap();
    assert_eq!(listing.servers.len(), most);
    let server = answering("/servers/detail", servers(most + 1)).await;
    let error = open(&server.url).list_servers(None).await.unwrap_err();
    is_garbage(&error, "has more than 800 items in one list");
    let keypairs: Vec<_> = (0..5000)
        .map(|n| format!(r#"{{"keypair": {{"name": "k{n}"}}}}"#))
        .collect();
    let body = format!(r#"{{"keypairs": [{}]}}"#, keypairs.join(","));
    let server = answering("/os-keypairs", json(200, &body)).await;
    let error = open(&server.url).list_keypairs().await.unwrap_err();
    is_garbage(&error, "has more than 4000 items in one list");
}

#[test]
fn a_server_with_very_many_addresses_has_the_first_of_them() {
    let addresses: Vec<_> = (0..300_000_u32)
        .map(|n| {
            let [_, a, b, c] = n.to_be_bytes();
            format!(r#"{{"addr": "10.{a}.{b}.{c}"}}"#)
        })
        .collect();
    let networks: Vec<_> = (0..100)
        .map(|n| format!(r#""m{n:03}": [{{"addr": "::1"}}]"#))
        .collect();
    let text = format!(
        r#"{{"id": "s", "addresses": {{"n": [{}, {{"addr": "192.0.2.1", "OS-EXT-IPS:type": "floating"}}],
            "a": [{{"addr": "192.0.2.2", "OS-EXT-IPS:type": "floating"}}, {{"addr": "10.0.0.0"}}],
            {}}}}}"#,
        addresses.join(","),
        networks.join(",")
    );
    let server = seen(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(server.addresses.len(), ADDRESSES_MAX);
    let ips: Vec<_> = server.addresses.iter().map(|it| it.ip.as_str()).collect();
    assert_eq!(ips[..3], ["192.0.2.2", "10.0.0.0", "10.0.0.1"]);
}

#[test]
fn only_metadata_of_ours_is_read() {
    let long = "x".repeat(300);
    let text = format!(
        r#"{{"id": "s", "metadata": {{"a": {{"deep": [1]}}, "{long}": "v", "oms_entry": "7",
            "oms_installation": "i", "oms_attempt": "8"}}}}"#
    );
    let marked = seen(serde_json::from_str(&text).unwrap()).unwrap();
    assert_eq!(marked.mark.unwrap().entry.0, 7);
    let foreign = text.replace("\"i\"", &format!("\"{long}\""));
    let foreign = seen(serde_json::from_str(&foreign).unwrap()).unwrap();
    assert_eq!(foreign.mark.unwrap().installation, "");
}

/// One thread for everything and one for what blocks, which is taken: a small answer is read all the
/// same, a large one waits for its turn there.
#[test]
fn a_large_answer_is_not_taken_apart_on_a_thread_that_serves_others() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .max_blocking_threads(1)
        .build()
        .unwrap();
    runtime.block_on(async {
        let (free, taken) = std::sync::mpsc::channel::<()>();
        let blocking = tokio::task::spawn_blocking(move || taken.recv());
        let pad = " ".repeat(LARGE_BYTES);
        let large = json(200, &format!(r#"{{"servers": [{{"id": "large"}}]}}{pad}"#));
        let server = cloud(move |asked| match asked.line.as_str() {
            line if line.contains("/servers/detail") => Some(large.clone()),
            line if line.contains("/servers/s") => Some(json(200, r#"{"server": {"id": "s"}}"#)),
            _ => None,
        })
        .await;
        let cloud = open(&server.url);
        let mut list = cloud.list_servers(None);
        // The large answer comes, and waits.
        while server.count("GET /v2.1/p/servers/detail") == 0 {
            assert!(futures::poll!(&mut list).is_pending());
            tokio::task::yield_now().await;
        }
        let one = futures::future::select(list, cloud.get_server("s")).await;
        let futures::future::Either::Right((small, list)) = one else {
            panic!("the large answer was faster");
        };
        assert_eq!(small.unwrap().id, "s");
        free.send(()).unwrap();
        blocking.await.unwrap().unwrap();
        assert_eq!(list.await.unwrap().servers.len(), 1);
    });
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
            drop(Catalog::choose(&body.token.catalog, None, Interface::Public));
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
            prop_assert!(address.ip.parse::<std::net::IpAddr>().is_ok());
        }
    }
}
