//! Accounts over REST: secrets go in and never come out.

use serde_json::json;

use crate::peer::{ACCOUNT, Running};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_added_shown_edited_tested_and_removed() {
    let running = Running::start().await;
    let added = running.post("/api/accounts/", ACCOUNT).await;
    assert_eq!(added.status, 201);
    assert_eq!(added.header("location"), Some("/api/accounts/alpha/"));
    assert_eq!(added.json()["status"], "available");
    let again = running.post("/api/accounts/", ACCOUNT).await;
    assert_eq!(
        (again.status, &again.json()["code"]),
        (409, &json!("conflict"))
    );

    let patch = r#"{"enabled": false, "priority": 7, "region_name": null}"#;
    let edited = running.ask("PATCH", "/api/accounts/alpha/", patch).await;
    assert_eq!(edited.status, 200);
    let shown = running.get("/api/accounts/alpha/").await.json();
    assert_eq!(
        (&shown["status"], &shown["priority"], &shown["region_name"]),
        (&json!("unavailable"), &json!(7), &json!(null))
    );
    let list = running.get("/api/accounts/").await;
    assert_eq!(list.json(), json!([shown]));
    let tested = running.post("/api/accounts/alpha/test/", "").await;
    assert_eq!((tested.status, &tested.json()["ok"]), (200, &json!(true)));

    let removed = running.delete("/api/accounts/alpha/").await;
    assert_eq!((removed.status, removed.text()), (204, ""));
    for reply in [
        running.get("/api/accounts/alpha/").await,
        running.ask("PATCH", "/api/accounts/alpha/", patch).await,
        running.delete("/api/accounts/alpha/").await,
        running.post("/api/accounts/alpha/test/", "").await,
    ] {
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (404, &json!("not_found"))
        );
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn null_takes_away_what_an_account_can_do_without_and_nothing_else() {
    let running = Running::start_with_account().await;
    let set = r#"{"networks": ["net"], "security_groups": ["web"], "priority": 7,
                  "interface": "internal", "endpoints": {"image": "http://127.0.0.1:9/"}}"#;
    let edited = running.ask("PATCH", "/api/accounts/alpha/", set).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    assert_eq!(edited.json()["defaults"]["networks"], json!(["net"]));
    let unset = r#"{"networks": null, "security_groups": null, "priority": null,
                    "interface": null, "endpoints": null}"#;
    let edited = running.ask("PATCH", "/api/accounts/alpha/", unset).await;
    assert_eq!(edited.status, 200, "{}", edited.text());
    let shown = running.get("/api/accounts/alpha/").await.json();
    let defaults = &shown["defaults"];
    for key in ["networks", "security_groups"] {
        assert!(
            matches!(&defaults[key], none if none.is_null() || *none == json!([])),
            "{shown}"
        );
    }
    assert_eq!(shown["priority"], 0);
    assert_eq!(shown["interface"], "public");
    assert!(!shown.to_string().contains("127.0.0.1:9"), "{shown}");
    for key in ["provider", "auth_url", "credentials", "secret", "enabled"] {
        let patch = json!({ key: null }).to_string();
        let refused = running.ask("PATCH", "/api/accounts/alpha/", &patch).await;
        let answer = refused.json();
        assert_eq!(refused.status, 400, "{key}: {answer}");
        assert!(answer.to_string().contains(key), "{answer}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_and_no_file_shows_a_password() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    for target in [
        "/api/accounts/",
        "/api/accounts/alpha/",
        "/api/queues/1/explain/",
        "/api/status/",
        "/metrics",
    ] {
        let reply = running.get(target).await;
        assert_eq!(reply.status, 200, "{target}");
        assert!(!reply.text().contains("hush-hush"), "{target}");
    }
    let dir = running.stop().await;
    for file in std::fs::read_dir(dir.path().join("state")).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(9).any(|part| part == b"hush-hush"));
        assert!(
            !bytes
                .windows(23)
                .any(|part| part == b"BEGIN OPENSSH PRIVATE K")
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn maintenance_windows_are_put_as_a_whole() {
    let running = Running::start_with_account().await;
    let put = async |body: &str| {
        let path = "/api/accounts/alpha/maintenance/";
        running.ask("PUT", path, body).await
    };
    let window = r#"{"from":"2026-01-01T00:00:00Z","drain":true,"reason":"new switches"}"#;
    let set = put(&format!("[{window}]")).await;
    assert_eq!(set.status, 200);
    let shown = running.get("/api/accounts/alpha/").await.json();
    // What else is shown goes on changing: the account was only just added.
    assert_eq!(set.json()["maintenance"], shown["maintenance"]);
    assert_eq!(set.json()["version"], shown["version"]);
    assert_eq!(
        shown["maintenance"],
        json!([{
            "from": "2026-01-01T00:00:00.000000Z",
            "until": null,
            "drain": true,
            "reason": "new switches",
        }])
    );
    assert_eq!(shown["status"], "unavailable");
    for (body, field) in [
        (
            r#"[{"from":"2099-01-01T00:00:00Z","until":"2099-01-01T00:00:00Z"}]"#,
            "[0].until",
        ),
        (
            r#"[{"from":"2099-01-01T00:00:00Z","reason":"a\nb"}]"#,
            "[0].reason",
        ),
        (r#"[{"from":"soon"}]"#, "[0].from"),
        ("[{}]", "[0].from"),
    ] {
        let refused = put(body).await;
        assert_eq!(refused.status, 400, "{body}");
        assert!(
            refused.json()[field].is_array(),
            "{body}: {}",
            refused.text()
        );
    }
    for body in ["", "{}", "null"] {
        assert_eq!(put(body).await.status, 400, "{body}");
    }
    let ended = put("[]").await.json();
    assert_eq!(
        (&ended["status"], &ended["maintenance"]),
        (&json!("available"), &json!([]))
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stands_at_the_clouds_is_looked_at_and_collected() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let looked = running.get("/api/gc/?account=alpha").await;
    assert_eq!(looked.status, 200);
    let looked = looked.json();
    assert_eq!(looked["dry_run"], true);
    assert_eq!(looked["accounts"][0]["account"], "alpha");
    assert_eq!(looked["accounts"][0]["objects"][0]["verdict"], "owned");
    let collected = running.post("/api/gc/", "").await;
    assert_eq!(
        (collected.status, &collected.json()["dry_run"]),
        (200, &json!(false))
    );
    assert_eq!(running.get("/api/gc/?account=beta").await.status, 404);
    let status = running.get("/api/status/").await.json();
    assert_eq!(status["alerts"], json!([]));
    let metrics = running.get("/metrics").await;
    for line in [
        "oms_alerts{kind=\"strays\"} 0",
        "oms_strays{account=\"alpha\"} 0",
        "oms_removals_overdue 0",
    ] {
        assert!(metrics.text().contains(line), "{line}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_begins_after_what_could_be_a_name() {
    let running = Running::start_with_account().await;
    for (after, status) in [("alpha", 200), ("a", 200), ("", 400), ("a%2Fb", 400)] {
        let reply = running.get(&format!("/api/accounts/?after={after}")).await;
        assert_eq!(reply.status, status, "{after}: {}", reply.text());
        if status == 400 {
            assert!(reply.text().contains("\"after\""), "{}", reply.text());
        }
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_entry_has_and_what_no_cloud_has_is_no_stray_to_remove() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let looked = running.get("/api/gc/?account=alpha").await.json();
    let objects = looked["accounts"][0]["objects"].as_array().unwrap();
    let server = objects.iter().find(|it| it["kind"] == "server").unwrap();
    let id = server["id"].as_str().unwrap();
    let owned = running.delete(&format!("/api/gc/alpha/server/{id}/")).await;
    assert_eq!(owned.status, 409, "{}", owned.text());
    assert!(
        owned.text().contains("belongs to entry 1"),
        "{}",
        owned.text()
    );
    let absent = running.delete("/api/gc/alpha/server/nowhere/").await;
    assert_eq!(absent.status, 404, "{}", absent.text());
    running.stop().await;
}
