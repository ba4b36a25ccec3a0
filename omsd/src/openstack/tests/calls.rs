//! What becomes of a call: classes, whether a create may have been done, messages, pages.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use oms_proto::Time;
use omsd_domain::ground::failure::FailureClass;

use super::script::{Asked, PASSWORD, Reply, cloud, create, json, limits, open, with_headers};
use crate::ports::{CloudError, Removal, Wanted};

async fn refused_create(reply: Reply) -> CloudError {
    let server =
        cloud(move |asked| (asked.line == "POST /v2.1/p/servers").then(|| reply.clone())).await;
    let error = open(&server.url)
        .create_server(&create())
        .await
        .unwrap_err();
    assert_eq!(error.operation, "create server");
    assert!(server.count("POST /v2.1/p/servers") == 1 || error.http_status == Some(401));
    error
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn a_create_may_have_been_done_only_if_no_answer_rules_it_out() {
    let short = b"HTTP/1.1 202 X\r\nContent-Length: 99\r\n\r\n{\"server\"".to_vec();
    for (reply, class, maybe_done) in [
        (json(202, "{}"), FailureClass::Garbage, true),
        (json(202, "<html>"), FailureClass::Garbage, true),
        (
            json(202, r#"{"server": {"id": 5}}"#),
            FailureClass::Garbage,
            true,
        ),
        (
            json(202, r#"{"server": {"id": ".."}}"#),
            FailureClass::Garbage,
            true,
        ),
        (Reply::Bytes(short), FailureClass::Garbage, true),
        (
            Reply::Bytes(b"SSH-2.0-OpenSSH_9.2\r\n".to_vec()),
            FailureClass::Garbage,
            true,
        ),
        (Reply::Close, FailureClass::Garbage, true),
        (Reply::Silence, FailureClass::Timeout, true),
        (json(500, "{}"), FailureClass::ServerError, true),
        (
            json(502, "<html>bad gateway</html>"),
            FailureClass::ServerError,
            true,
        ),
        (
            with_headers(503, &[("Retry-After", "7")], ""),
            FailureClass::Throttled,
            true,
        ),
        (
            with_headers(429, &[("Retry-After", "7")], ""),
            FailureClass::Throttled,
            false,
        ),
        (
            json(400, r#"{"badRequest": {"message": "no image"}}"#),
            FailureClass::Configuration,
            false,
        ),
        // With a token that was given a moment before.
        (json(401, "{}"), FailureClass::ServerError, false),
        (
            json(
                403,
                r#"{"forbidden": {"message": "Quota exceeded for cores"}}"#,
            ),
            FailureClass::Quota,
            false,
        ),
        (
            json(403, r#"{"forbidden": {"message": "Policy"}}"#),
            FailureClass::Forbidden,
            false,
        ),
        (json(404, "{}"), FailureClass::Configuration, false),
        (json(409, "{}"), FailureClass::Conflict, false),
        (
            with_headers(301, &[("Location", "https://x/")], ""),
            FailureClass::ServerError,
            false,
        ),
        (
            with_headers(302, &[("Location", "https://x/")], ""),
            FailureClass::ServerError,
            false,
        ),
    ] {
        let error = refused_create(reply.clone()).await;
        assert_eq!(
            (error.class, error.maybe_done),
            (class, maybe_done),
            "{reply:?} {error:?}"
        );
    }
}

#[tokio::test]
async fn a_create_that_was_never_sent_was_never_done() {
    let gone = "http://127.0.0.1:1";
    let error = open(gone).create_server(&create()).await.unwrap_err();
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Unreachable, false)
    );
    assert_eq!(error.operation, "sign in");

    // Signed in, but Nova is gone.
    let server = cloud(move |asked| {
        asked
            .line
            .starts_with("POST /v3")
            .then(|| super::script::signed_in(gone, "t", "2026-11-22T22:00:00Z"))
    })
    .await;
    let error = open(&server.url)
        .create_server(&create())
        .await
        .unwrap_err();
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Unreachable, false)
    );
    assert!(error.message.contains("127.0.0.1:1"), "{error}");
    let error = open("http://no-such-host.invalid")
        .sign_in()
        .await
        .unwrap_err();
    assert_eq!(error.class, FailureClass::Unreachable);
    assert!(error.message.contains("cannot be resolved"), "{error}");
}

#[tokio::test]
async fn a_wait_is_taken_from_either_header_form_and_from_the_body() {
    let date = ("Date", "Sun, 22 Nov 2026 21:00:00 GMT");
    for (status, headers, body, wait) in [
        (429, vec![("Retry-After", "7")], "", Some(7)),
        (
            503,
            vec![date, ("Retry-After", "Sun, 22 Nov 2026 21:01:00 GMT")],
            "",
            Some(60),
        ),
        (
            413,
            vec![],
            r#"{"overLimit": {"message": "slow down", "retryAfter": "5"}}"#,
            Some(5),
        ),
        (429, vec![("Retry-After", "86400")], "", Some(900)),
        (429, vec![], "", None),
    ] {
        let error = refused_create(with_headers(status, &headers, body)).await;
        assert_eq!(error.class, FailureClass::Throttled);
        assert_eq!(
            error.retry_after,
            wait.map(Duration::from_secs),
            "{status} {headers:?}"
        );
        assert_eq!(error.request_id.as_deref(), Some("req-1"));
    }
}

#[tokio::test]
async fn secrets_that_a_cloud_echoes_do_not_come_through() {
    let data = "IyEvYmluL3NoCmVjaG8gaGlkZGVu";
    let words = format!(r#"{{"x": {{"message": "bad token-1, {PASSWORD}, {data}"}}}}"#);
    let error = refused_create(json(400, &words)).await;
    assert_eq!(error.message, "bad ***, ***, ***");
    let server = cloud(|asked: &Asked| {
        let echo = format!(r#"{{"error": {{"message": {:?}}}}}"#, asked.body);
        asked.line.starts_with("POST /v3").then(|| json(400, &echo))
    })
    .await;
    let error = open(&server.url).sign_in().await.unwrap_err();
    assert!(
        !error.message.contains(PASSWORD) && error.message.contains("***"),
        "{error}"
    );
}

fn page(ids: &[usize], has_next: bool) -> Reply {
    let servers: Vec<String> = ids
        .iter()
        .map(|id| format!(r#"{{"id": "s{id}"}}"#))
        .collect();
    let links = if has_next {
        r#"[{"rel": "next", "href": "http://10.0.0.1/"}]"#
    } else {
        "null"
    };
    let body = format!(
        r#"{{"servers": [{}], "servers_links": {links}}}"#,
        servers.join(",")
    );
    with_headers(200, &[("Date", "Sun, 22 Nov 2026 21:00:00 GMT")], &body)
}

#[tokio::test]
async fn a_list_is_read_to_its_end_and_tells_its_age() {
    let server = cloud(|asked| match asked.line.split_once('?').map(|it| it.1) {
        Some("limit=200&changes-since=1970-01-01T00%3A00%3A01Z") => Some(page(&[1, 2], true)),
        Some("limit=200&changes-since=1970-01-01T00%3A00%3A01Z&marker=s2") => {
            Some(page(&[3], false))
        }
        _ => None,
    })
    .await;
    let listing = open(&server.url)
        .list_servers(Some(Time(1_999_999)))
        .await
        .unwrap();
    let ids: Vec<&str> = listing.servers.iter().map(|it| it.id.as_str()).collect();
    assert_eq!(ids, ["s1", "s2", "s3"]);
    assert_eq!(listing.servers[0].status, "UNKNOWN");
    let told = crate::openstack::when::parse("2026-11-22T21:00:00Z").unwrap();
    let age = told.since(listing.as_of.unwrap());
    assert!(
        age >= Duration::from_secs(5) && age < Duration::from_secs(6),
        "{age:?}"
    );
}

#[tokio::test]
async fn a_list_without_end_is_an_error_and_one_whose_marker_went_is_begun_anew() {
    let server = cloud(|asked| {
        asked
            .line
            .contains("servers/detail")
            .then(|| page(&[1], true))
    })
    .await;
    let error = open(&server.url).list_servers(None).await.unwrap_err();
    assert_eq!(
        (error.class, error.message.as_str()),
        (FailureClass::Garbage, "the list repeats a page")
    );
    assert_eq!(server.count("GET /v2.1/p/servers/detail"), 2);

    let lists = AtomicUsize::new(0);
    let server = cloud(move |asked| {
        if asked.line.contains("marker=") {
            let words = r#"{"badRequest": {"message": "marker [s1] not found"}}"#;
            return Some(json(400, words));
        }
        let is_first =
            asked.line.contains("servers/detail") && lists.fetch_add(1, Ordering::SeqCst) == 0;
        asked
            .line
            .contains("servers/detail")
            .then(|| page(&[1], is_first))
    })
    .await;
    let listing = open(&server.url).list_servers(None).await.unwrap();
    assert_eq!(listing.servers.len(), 1);
}

#[tokio::test]
async fn a_fault_that_the_list_hides_is_asked_for_once() {
    let server = cloud(|asked| {
        let mine = r#"{"id": "s1", "status": "ERROR", "metadata": {"oms_installation": "i", "oms_entry": "1", "oms_attempt": "1"}"#;
        let alien = r#"{"id": "s2", "status": "ERROR"}"#;
        match asked.line.as_str() {
            "GET /v2.1/p/servers/s1" => Some(json(200, &format!(r#"{{"server": {mine}, "fault": {{"code": 500, "message": "No valid host was found. "}}}}}}"#))),
            line if line.contains("detail") => Some(json(200, &format!(r#"{{"servers": [{mine}}}, {alien}]}}"#))),
            _ => None,
        }
    })
    .await;
    let cloud = open(&server.url);
    for _ in 0..3 {
        let listing = cloud.list_servers(None).await.unwrap();
        let fault = listing.servers[0].fault.clone().unwrap();
        assert_eq!(fault.class(), FailureClass::NoCapacity);
        assert_eq!(listing.servers[1].fault, None);
    }
    assert_eq!(server.count("GET /v2.1/p/servers/s1"), 1);
    assert_eq!(server.count("GET /v2.1/p/servers/s2"), 0);
}

#[tokio::test]
async fn what_is_gone_is_gone_and_ids_cannot_leave_their_place() {
    let server = cloud(|_| None).await;
    let cloud = open(&server.url);
    assert_eq!(cloud.delete_server("x/../y").await, Ok(Removal::Gone));
    assert_eq!(server.count("DELETE /v2.1/p/servers/x%2F..%2Fy"), 1);
    assert_eq!(cloud.delete_keypair("k").await, Ok(Removal::Gone));
    for id in ["", ".."] {
        assert_eq!(cloud.delete_server(id).await, Ok(Removal::Gone), "{id}");
        assert_eq!(
            cloud.get_server(id).await.unwrap_err().class,
            FailureClass::NotFound
        );
    }
    assert_eq!(server.count("DELETE"), 2);
}

fn names(asked: &Asked) -> Option<Reply> {
    if asked.line.contains("/v2/images") {
        Some(json(
            200,
            r#"{"images": [{"id": "i1", "name": "img", "status": "active"}]}"#,
        ))
    } else if asked.line.contains("/flavors") {
        Some(json(200, r#"{"flavors": [{"id": "f1", "name": "small"}]}"#))
    } else if asked.line.contains("/v2.0/networks") {
        Some(json(
            200,
            r#"{"networks": [{"id": "n1", "name": "net"}, {"id": "n2", "name": "net"}]}"#,
        ))
    } else if asked.line == "POST /v2.1/p/servers" {
        Some(json(
            400,
            r#"{"badRequest": {"message": "Can not find requested image"}}"#,
        ))
    } else {
        None
    }
}

#[tokio::test]
async fn names_are_looked_up_once_for_a_burst_and_again_after_a_refused_create() {
    let server = cloud(names).await;
    let cloud = open(&server.url);
    let wanted = Wanted {
        image: "img".into(),
        flavor: "small".into(),
        ..Wanted::default()
    };
    let found = join_all((0..20).map(|_| cloud.resolve(&wanted))).await;
    assert!(found.iter().all(|it| it.as_ref().unwrap().image_id == "i1"));
    assert_eq!(
        (
            server.count("GET /v2/images"),
            server.count("GET /v2.1/p/flavors")
        ),
        (1, 1)
    );
    assert_eq!(
        cloud.create_server(&create()).await.unwrap_err().class,
        FailureClass::Configuration
    );
    cloud.resolve(&wanted).await.unwrap();
    assert_eq!(
        (
            server.count("GET /v2/images"),
            server.count("GET /v2.1/p/flavors")
        ),
        (2, 2)
    );
    let ambiguous = Wanted {
        networks: vec!["net".into()],
        ..wanted
    };
    let error = cloud.resolve(&ambiguous).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Configuration);
    assert!(
        error.message.contains("2 networks are named \"net\"") && error.message.contains("n1, n2")
    );
}

#[tokio::test]
async fn a_hung_cloud_holds_no_more_than_its_places_and_every_call_ends() {
    let server = cloud(|asked| asked.line.contains("detail").then_some(Reply::Silence)).await;
    let cloud = open(&server.url);
    cloud.sign_in().await.unwrap();
    let calls = limits().concurrency * 2;
    let begun = tokio::time::Instant::now();
    let all = join_all((0..calls).map(|_| cloud.list_servers(None))).await;
    for error in all.into_iter().map(Result::unwrap_err) {
        assert_eq!(
            (error.class, error.maybe_done),
            (FailureClass::Timeout, false)
        );
    }
    assert!(begun.elapsed() < limits().operation + limits().read);
    assert_eq!(server.count("GET /v2.1/p/servers/detail"), calls);
}

#[tokio::test]
async fn an_older_api_is_spoken_to_in_its_own_version() {
    for (page, header) in [
        (
            r#"{"version": {"id": "v2.1", "min_version": "2.1", "version": "2.12"}}"#,
            Some("2.12"),
        ),
        (
            r#"{"version": {"id": "v2.0", "min_version": "", "version": ""}}"#,
            None,
        ),
        ("no version page here", None),
    ] {
        let server =
            cloud(move |asked| (asked.line == "GET /v2.1/").then(|| json(200, page))).await;
        let cloud = open(&server.url);
        assert_eq!(cloud.create_server(&create()).await.as_deref(), Ok("s-1"));
        let headers = server.last("POST /v2.1/p/servers").headers;
        let sent = headers
            .lines()
            .find_map(|it| it.strip_prefix("x-openstack-nova-api-version: "));
        assert_eq!(sent, header);
        assert_eq!(
            cloud.sign_in().await.unwrap().microversion,
            header.unwrap_or("2.0")
        );
    }
}

#[tokio::test]
async fn every_call_is_told_to_the_observer_with_its_end() {
    use crate::openstack::{CallObserver, CallSeen, OpenStackClouds};
    use crate::ports::{Clouds, Lack};

    #[derive(Default)]
    struct Log(std::sync::Mutex<Vec<String>>);
    impl CallObserver for Log {
        fn called(&self, call: &CallSeen<'_>) {
            let line = format!(
                "{} {} {:?} {:?}",
                call.account, call.operation, call.status, call.failure
            );
            self.0.lock().unwrap().push(line);
        }

        fn lacked(&self, lack: Lack) {
            self.0
                .lock()
                .unwrap()
                .push(format!("lacked {}", lack.as_str()));
        }
    }
    let server = cloud(|_| None).await;
    let log = Arc::new(Log::default());
    let clock = Arc::new(super::script::HandClock::default());
    let clouds = OpenStackClouds::new(clock, limits()).with_observer(Arc::<Log>::clone(&log));
    let account = super::script::account(&format!("{}/v3", server.url));
    let cloud = clouds.open(&account).unwrap();
    cloud.get_server("x").await.unwrap_err();
    assert_eq!(
        *log.0.lock().unwrap(),
        [
            "acme sign in Some(201) None",
            "acme find the compute version Some(200) None",
            "acme get server Some(404) Some(NotFound)"
        ]
    );
}

#[tokio::test]
async fn a_call_without_a_place_among_those_of_all_accounts_blames_no_cloud() {
    use crate::openstack::{CallLimits, OpenStackClouds};
    use crate::ports::{Clouds, Lack};

    let silent = cloud(|asked| asked.line.contains("/servers/x").then_some(Reply::Silence)).await;
    let good = cloud(|_| None).await;
    let clock = Arc::new(super::script::HandClock::default());
    let limits = CallLimits {
        calls: 1,
        ..limits()
    };
    let clouds = OpenStackClouds::new(clock, limits);
    let open = |url: &str| {
        let account = super::script::account(&format!("{url}/v3"));
        clouds.open(&account).unwrap()
    };
    let (hung, well) = (open(&silent.url), open(&good.url));
    well.sign_in().await.unwrap();
    let mut hanging = hung.get_server("x");
    while silent.count("GET /v2.1/p/servers/x") == 0 {
        assert!(futures::poll!(&mut hanging).is_pending());
        tokio::task::yield_now().await;
    }
    let error = well.create_server(&create()).await.unwrap_err();
    assert_eq!(error.lack, Some(Lack::Places), "{error}");
    assert!(!error.maybe_done);
    assert_eq!(good.count("POST /v2.1/p/servers"), 0);
    drop(hanging);
    assert_eq!(well.create_server(&create()).await.unwrap(), "s-1");
}
