//! The REST interface of 2016, byte by byte, as its scripts use it.

use anyhow::Result;
use http::HeaderValue;
use oms_proto::view::Status;
use regex_lite::Regex;

use crate::stage::{Stage, good};

const TIME: &str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z";

/// Whether a text begins with what a pattern says.
fn begins(text: &str, pattern: &str) -> bool {
    Regex::new(&format!("^{pattern}")).is_ok_and(|pattern| pattern.is_match(text))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_life_of_an_entry_is_as_the_interface_of_2016_promises() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let rest = stage.daemon.rest().clone();

    let list = rest.get("/api/queues/").await?;
    assert_eq!((list.status.as_u16(), list.text.as_str()), (200, "[]"));

    let created = rest.post("/api/queues/", None).await?;
    assert_eq!(created.status, 201);
    let accepted =
        format!(r#"\{{"id":1,"status":"REQUEST","regist_datetime":"{TIME}","instance":null[,}}]"#);
    assert!(begins(&created.text, &accepted), "{}", created.text);

    let entry = stage.reaches(oms_proto::EntryId(1), Status::Run).await?;
    let shown = rest.get("/api/queues/1/").await?;
    assert_eq!(shown.status, 200);
    let running = format!(
        r#"\{{"id":1,"status":"RUN","regist_datetime":"{TIME}","instance":\{{"id":\d+,"name":"[^"]+","instance_id":"[0-9a-f-]{{36}}","ip_addr":"[0-9.]+","key_name":"[^"]+","key_raw":"-----BEGIN [A-Z ]*PRIVATE KEY-----\\n[^"]+-----END [A-Z ]*PRIVATE KEY-----\\n","account":\{{"provider":"south","region_name":"Region-south","tenant_name":"south"[,}}]"#
    );
    assert!(begins(&shown.text, &running), "{}", shown.text);

    let list = rest.get("/api/queues/").await?;
    assert_eq!(list.status, 200);
    assert_eq!(list.text, format!("[{}]", shown.text));

    let server = entry.instance.map(|instance| instance.instance_id);
    let live = stage.cloud("south")?.live_servers();
    assert_eq!(live.first().map(|server| server.id.clone()), server);

    let deleted = rest.delete("/api/queues/1/").await?;
    assert_eq!((deleted.status.as_u16(), deleted.text.as_str()), (204, ""));
    let gone = rest.get("/api/queues/1/").await?;
    assert_eq!(gone.status, 404);
    assert!(
        begins(&gone.text, r#"\{"detail":"Not found\."[,}]"#),
        "{}",
        gone.text
    );
    assert_eq!(rest.get("/api/queues/").await?.text, "[]");

    stage.ended(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn paths_end_in_a_slash_and_those_without_are_sent_there() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let rest = stage.daemon.rest();
    for (answer, status, place) in [
        (rest.get("/api/queues").await?, 301, "/api/queues/"),
        (rest.get("/api/queues/1").await?, 301, "/api/queues/1/"),
        (rest.post("/api/queues", None).await?, 308, "/api/queues/"),
    ] {
        assert_eq!(answer.status, status);
        assert_eq!(
            answer.headers.get("location").map(HeaderValue::as_bytes),
            Some(place.as_bytes())
        );
    }
    for nothing in ["/api/queues/1/", "/api/queues/x/", "/api/nothing/"] {
        let answer = rest.get(nothing).await?;
        assert_eq!(answer.status, 404, "{nothing}");
        assert_eq!(answer.json()?["detail"], "Not found.", "{nothing}");
    }
    assert_eq!(rest.get("/api/queues/").await?.text, "[]");
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_post_can_wait_and_can_be_repeated() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let rest = stage.daemon.rest();
    let answer = rest
        .post("/api/queues/?wait=30", Some(r#"{"name":"web-1"}"#))
        .await?;
    assert_eq!(answer.status, 201);
    let entry = answer.json()?;
    assert_eq!(
        (&entry["status"], &entry["instance"]["name"]),
        (&"RUN".into(), &"web-1".into())
    );
    let refused = rest
        .post("/api/queues/", Some(r#"{"nmae":"web-2"}"#))
        .await?;
    assert_eq!(refused.status, 400);
    assert!(refused.json()?.get("nmae").is_some(), "{}", refused.text);
    stage.remove(oms_proto::EntryId(1)).await?;
    stage.finish().await
}
