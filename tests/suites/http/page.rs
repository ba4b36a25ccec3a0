//! The web page, as a browser without JavaScript uses it.

use crate::peer::{ACCOUNT, Peer, Reply, Running};

/// A browser: it keeps its cookie and says what browsers say.
struct Browser<'a> {
    running: &'a Running,
    cookie: String,
}

impl<'a> Browser<'a> {
    fn new(running: &'a Running) -> Self {
        Self {
            running,
            cookie: String::new(),
        }
    }

    /// One that has signed in.
    async fn signed_in(running: &'a Running) -> Self {
        let mut browser = Self::new(running);
        let reply = browser
            .post("/sign-in/", &[("token", &running.token)])
            .await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        let cookie = reply.header("set-cookie").unwrap();
        assert!(
            cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"),
            "{cookie}"
        );
        cookie
            .split(';')
            .next()
            .unwrap()
            .clone_into(&mut browser.cookie);
        browser
    }

    fn headers(&self) -> String {
        let accept = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
        let site = "Sec-Fetch-Site: same-origin\r\n";
        match self.cookie.as_str() {
            "" => format!("{accept}{site}"),
            cookie => format!("{accept}{site}Cookie: {cookie}\r\n"),
        }
    }

    async fn get(&self, target: &str) -> Reply {
        self.running.raw("GET", target, &self.headers(), b"").await
    }

    async fn post(&self, target: &str, fields: &[(&str, &str)]) -> Reply {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.extend_pairs(fields);
        let body = form.finish();
        let headers = format!(
            "{}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
            self.headers(),
            body.len()
        );
        self.running
            .raw("POST", target, &headers, body.as_bytes())
            .await
    }

    /// Sends a form of a page with its key.
    async fn send(&self, page: &str, target: &str, fields: &[(&str, &str)]) -> Reply {
        let shown = self.get(page).await;
        let key = csrf(&shown);
        let mut fields = fields.to_vec();
        fields.push(("csrf", &key));
        self.post(target, &fields).await
    }
}

/// The key in the forms of a page.
fn csrf(page: &Reply) -> String {
    let (_, rest) = page.text().split_once("name=\"csrf\" value=\"").unwrap();
    rest.split('"').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_takes_somebody_who_has_signed_in() {
    let running = Running::start_with_account().await;
    running.post("/api/queues/?wait=30", "").await;
    let stranger = Browser::new(&running);
    let browser = Browser::signed_in(&running).await;
    for target in [
        "/",
        "/queue/",
        "/queue/1/",
        "/queue/1/delete/",
        "/launch/",
        "/instances/",
        "/accounts/",
        "/accounts/new/",
        "/accounts/alpha/",
        "/accounts/alpha/edit/",
        "/accounts/alpha/remove/",
        "/events/",
        "/api/queues/",
        "/api/queues/1/",
        "/api/status/",
    ] {
        let reply = stranger.get(target).await;
        assert_eq!(reply.status, 303, "{target}");
        assert!(
            reply
                .header("location")
                .unwrap()
                .starts_with("/sign-in/?back="),
            "{target}"
        );
        let reply = browser.get(target).await;
        assert_eq!(reply.status, 200, "{target}: {}", reply.text());
        assert_eq!(
            reply.header("content-type"),
            Some("text/html; charset=utf-8"),
            "{target}"
        );
        let policy = reply.header("content-security-policy").unwrap();
        assert!(
            policy.starts_with("default-src 'none'") && !policy.contains("unsafe"),
            "{policy}"
        );
        let html = reply.text();
        for inline in [" style=", "<style", "javascript:", " onclick"] {
            assert!(!html.contains(inline), "{target} has {inline}");
        }
        assert!(!html.contains("hush-hush"), "{target}");
        // What the REST interface shows, its pages show.
        let shows_key = target == "/api/queues/" || target == "/api/queues/1/";
        assert_eq!(html.contains("PRIVATE KEY"), shows_key, "{target}");
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_registered_tested_and_removed_by_forms() {
    let running = Running::start().await;
    let browser = Browser::signed_in(&running).await;
    let fields = [
        ("name", "alpha"),
        ("provider", "conoha"),
        ("auth_url", "https://conoha.sim/v3"),
        ("region_name", "tyo1"),
        ("username", "t"),
        ("password", "hush-hush"),
        ("tenant_name", "t"),
        ("image", "debian-12"),
        ("flavor", "g-1gb"),
    ];
    let wrong: Vec<_> = fields
        .iter()
        .copied()
        .filter(|(name, _)| *name != "auth_url")
        .collect();
    let refused = browser
        .send("/accounts/new/", "/accounts/new/", &wrong)
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("aria-invalid=\"true\""));
    assert!(refused.text().contains("value=\"alpha\"") && !refused.text().contains("hush"));
    let made = browser
        .send("/accounts/new/", "/accounts/new/", &fields)
        .await;
    assert_eq!(made.status, 303, "{}", made.text());
    assert_eq!(
        made.header("location"),
        Some("/accounts/alpha/?done=registered&n=alpha")
    );
    let told = browser
        .get("/accounts/alpha/?done=registered&n=alpha")
        .await;
    assert!(told.text().contains("Account alpha is registered"));

    let path = "/accounts/alpha/";
    let tested = browser.send(path, "/accounts/alpha/test/", &[]).await;
    assert!(tested.text().contains("sign in"), "{}", tested.text());
    for (act, shown) in [("cordon", "slow disks"), ("uncordon", "None planned")] {
        let fields = [("act", act), ("reason", "slow disks"), ("hours", "2")];
        let reply = browser
            .send(path, "/accounts/alpha/maintenance/", &fields)
            .await;
        assert_eq!(reply.status, 303, "{}", reply.text());
        assert!(browser.get(path).await.text().contains(shown), "{act}");
    }
    let off = browser
        .send(path, "/accounts/alpha/enabled/", &[("enabled", "false")])
        .await;
    assert_eq!(off.status, 303);
    assert!(browser.get(path).await.text().contains("unavailable"));

    let removed = browser
        .send("/accounts/alpha/remove/", "/accounts/alpha/remove/", &[])
        .await;
    assert_eq!(removed.status, 303);
    assert_eq!(running.get("/api/accounts/").await.text(), "[]");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_edited_by_a_form_as_it_was_read() {
    let running = Running::start_with_account().await;
    let browser = Browser::signed_in(&running).await;
    let edit = "/accounts/alpha/edit/";
    let form = browser.get(edit).await;
    let (_, rest) = form.text().split_once("name=\"tag\" value=\"").unwrap();
    let tag = rest.split('"').next().unwrap();
    let changed = [
        ("tag", tag),
        ("provider", "conoha"),
        ("auth_url", "https://conoha.sim/v3"),
        ("region_name", "tyo1"),
        ("image", "debian-12"),
        ("flavor", "g-2gb"),
        ("priority", "7"),
    ];
    assert_eq!(browser.send(edit, edit, &changed).await.status, 303);
    let account = running.get("/api/accounts/alpha/").await.json();
    assert_eq!(
        (&account["priority"], &account["defaults"]["flavor"]),
        (&7.into(), &"g-2gb".into())
    );
    let late = browser.send(edit, edit, &changed).await;
    assert_eq!(late.status, 409);
    assert!(late.text().contains("somebody else has edited"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_is_registered_from_a_pasted_file() {
    let running = Running::start().await;
    let browser = Browser::signed_in(&running).await;
    let yaml = "clouds:\n  tokyo:\n    region_name: tyo1\n    auth:\n      auth_url: \
        https://conoha.sim/v3\n      username: t\n      password: hush-hush\n      project_name: t\n";
    let made = browser
        .send("/accounts/new/", "/accounts/paste/", &[("yaml", yaml)])
        .await;
    assert_eq!(
        made.header("location"),
        Some("/accounts/tokyo/?done=registered&n=tokyo")
    );
    let bad = yaml.replace("project_name", "trust_id");
    let refused = browser
        .send("/accounts/new/", "/accounts/paste/", &[("yaml", &bad)])
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("trust_id") && !refused.text().contains("hush"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_is_launched_shown_and_deleted_by_forms() {
    let running = Running::start_with_account().await;
    let browser = Browser::signed_in(&running).await;
    let preview = [("act", "preview"), ("name", "web")];
    let preview = browser.send("/launch/", "/launch/", &preview).await;
    assert!(
        preview.text().contains("/accounts/alpha/"),
        "{}",
        preview.text()
    );
    assert!(preview.text().contains("g-1gb"), "{}", preview.text());
    let asked = running
        .post("/api/queues/preview/", "{\"name\":\"web\"}")
        .await;
    assert_eq!(asked.status, 200);
    let json = asked.json();
    assert_eq!(json["account"], "alpha");
    assert_eq!(json["choices"][0]["place"], 1);
    let bad = "{\"avoid_accounts\":[\"nobody\"]}";
    let bad = running.post("/api/queues/preview/", bad).await;
    assert_eq!(bad.status, 400);
    assert_eq!(running.get("/api/queues/").await.text(), "[]");
    let refused = browser
        .send("/launch/", "/launch/", &[("name", "not a name")])
        .await;
    assert_eq!(refused.status, 400);
    assert!(refused.text().contains("value=\"not a name\" aria-invalid"));

    let fields = [("act", "launch"), ("name", "web"), ("once", "one-click")];
    for _ in 0..2 {
        let made = browser.send("/launch/", "/launch/", &fields).await;
        assert_eq!(made.header("location"), Some("/queue/1/?done=launched&n=1"));
    }
    running.get("/api/queues/1/?wait=30").await;
    let shown = browser.get("/queue/1/").await;
    assert!(shown.text().contains("RUN") && !shown.text().contains("PRIVATE KEY"));
    let key = browser.send("/queue/1/", "/queue/1/key/", &[]).await;
    assert!(key.text().contains("BEGIN OPENSSH PRIVATE KEY"));
    assert_eq!(key.header("cache-control"), Some("no-store"));
    let file = browser
        .send("/queue/1/", "/queue/1/key/download/", &[])
        .await;
    assert!(file.text().starts_with("-----BEGIN OPENSSH PRIVATE KEY"));
    for (target, shown) in [
        ("/queue/?status=RUN", "web"),
        ("/queue/?status=FAILED", "No entries"),
    ] {
        assert!(browser.get(target).await.text().contains(shown), "{target}");
    }
    assert!(
        browser
            .get("/instances/?account=alpha")
            .await
            .text()
            .contains("web")
    );
    assert!(browser.get("/events/").await.text().contains("token admin"));

    let deleted = browser
        .send("/queue/1/delete/", "/queue/1/delete/", &[])
        .await;
    assert_eq!(deleted.header("location"), Some("/queue/?done=deleted&n=1"));
    assert_eq!(running.get("/api/queues/1/").await.status, 404);
    let missing = browser.get("/queue/99/").await;
    assert_eq!(missing.status, 404);
    assert!(missing.text().contains("<html"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_that_no_page_of_ours_has_made_is_refused() {
    let running = Running::start_with_account().await;
    let browser = Browser::signed_in(&running).await;
    for key in ["", "wrong"] {
        let reply = browser
            .post("/launch/", &[("act", "launch"), ("csrf", key)])
            .await;
        assert_eq!(reply.status, 403);
    }
    let good = csrf(&browser.get("/launch/").await);
    let other = Browser::signed_in(&running).await;
    let reply = other
        .post("/launch/", &[("act", "launch"), ("csrf", &good)])
        .await;
    assert_eq!(reply.status, 403, "the key is another session's");
    // A session reads over REST, and cannot change anything there.
    let headers = format!("Cookie: {}\r\nContent-Length: 0\r\n", browser.cookie);
    let reply = running.raw("POST", "/api/queues/", &headers, b"").await;
    assert_eq!(reply.status, 401);
    let reply = running.raw("GET", "/api/queues/", &headers, b"").await;
    assert_eq!((reply.status, reply.text()), (200, "[]"));
    // What a page listens to ends with the session, too.
    let mut listening = Peer::connect(running.address).await;
    let listen = format!(
        "GET /api/events/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nCookie: {}\r\n\r\n",
        browser.cookie
    );
    listening.send(listen.as_bytes()).await;
    listening.until("retry: 2000\n\n").await;
    let out = browser.send("/", "/sign-out/", &[]).await;
    assert_eq!(out.status, 303);
    // What was told before that is told whole.
    let rest = listening.rest().await;
    assert!(rest.ends_with(b"\r\n0\r\n\r\n"), "{rest:?}");
    assert_eq!(browser.get("/").await.status, 303, "the session is over");
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_with_what_is_wrong_takes_longer_and_longer() {
    let running = Running::start().await;
    let browser = Browser::new(&running);
    for _ in 0..5 {
        let reply = browser.post("/sign-in/", &[("token", "wrong")]).await;
        assert_eq!(reply.status, 403);
        assert!(reply.text().contains("This opens nothing."));
    }
    let reply = browser
        .post("/sign-in/", &[("token", &running.token)])
        .await;
    assert_eq!(reply.status, 429);
    assert!(reply.header("retry-after").is_some());
    // Programs that have a token are not kept waiting by those that guess.
    assert_eq!(running.get("/api/queues/").await.status, 200);
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_led_elsewhere_by_signing_in_or_by_the_language() {
    let running = Running::start().await;
    let browser = Browser::new(&running);
    let back = [
        ("token", running.token.as_str()),
        ("back", "//evil.example/"),
    ];
    let reply = browser.post("/sign-in/", &back).await;
    assert_eq!(reply.header("location"), Some("/"));
    let reply = browser
        .get("/language/ja/?back=https://evil.example/")
        .await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    assert!(
        reply
            .header("set-cookie")
            .unwrap()
            .starts_with("oms-language=ja;")
    );
    let reply = browser.get("/language/xx/?back=/queue/").await;
    assert_eq!(
        (reply.header("location"), reply.header("set-cookie")),
        (Some("/queue/"), None)
    );
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_speaks_japanese_to_who_wants_it() {
    let running = Running::start().await;
    let headers = "Accept: text/html\r\nAccept-Language: ja,en;q=0.5\r\n";
    let reply = running.raw("GET", "/sign-in/", headers, b"").await;
    assert!(reply.text().contains("<html lang=\"ja\">"));
    assert!(
        reply
            .text()
            .contains("\u{30b5}\u{30a4}\u{30f3}\u{30a4}\u{30f3}")
    );
    let chosen = format!("{headers}Cookie: oms-language=en\r\n");
    let reply = running.raw("GET", "/sign-in/", &chosen, b"").await;
    assert!(reply.text().contains("<html lang=\"en\">"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_is_shown_as_text() {
    let running = Running::start().await;
    let sharp = ACCOUNT.replace("conoha\"", "<script>alert(1)</script>\"");
    let added = running.post("/api/accounts/", &sharp).await;
    let browser = Browser::signed_in(&running).await;
    if added.status == 201 {
        for target in ["/accounts/", "/accounts/alpha/", "/", "/api/accounts/"] {
            let html = browser.get(target).await;
            assert!(!html.text().contains("<script>alert"), "{target}");
        }
    }
    let reply = browser
        .get("/queue/?status=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")
        .await;
    assert!(!reply.text().contains("<script>alert"));
    let reply = browser.get("/?done=launched&n=%3Cscript%3Ealert(1)").await;
    assert!(!reply.text().contains("<script>alert"));
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_door_needs_no_sign_in_and_refuses_foreign_forms() {
    let running = Running::start_with(&["http.anonymous=operator"]).await;
    let browser = Browser::new(&running);
    let page = browser.get("/launch/").await;
    assert_eq!(page.status, 200);
    let key = csrf(&page);
    let body = format!("act=launch&csrf={key}");
    let headers = format!(
        "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
        body.len()
    );
    let foreign = format!("{headers}Origin: https://evil.example\r\n");
    let reply = running
        .raw("POST", "/launch/", &foreign, body.as_bytes())
        .await;
    assert_eq!(reply.status, 403);
    let reply = running
        .raw("POST", "/launch/", &headers, body.as_bytes())
        .await;
    assert_eq!(reply.status, 303);
    let add = browser
        .send("/launch/", "/accounts/new/", &[("name", "a")])
        .await;
    assert_ne!(add.status, 303, "accounts are an administrator's");
    running.stop().await;
}
