//! The web page in a real browser: headless Chromium, driven over `WebDriver`. What it shows is looked
//! at by an accessibility checker, and kept as pictures where `OMS_SHOTS` names a folder.

use std::path::PathBuf;
use std::process::Stdio;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::peer::{Peer, Running};

/// How long the browser looks for something before it says that it is not there.
const PATIENCE_MS: u32 = 20_000;

/// The key under which `WebDriver` names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A member that is a text.
fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value.get(name).and_then(Value::as_str).unwrap()
}

/// A browser with one window.
struct Browser {
    driver: Child,
    address: std::net::SocketAddr,
    session: String,
}

impl Drop for Browser {
    /// Ends Chromium with its driver: it outlives a driver that is killed, and draws on.
    fn drop(&mut self) {
        let group = self
            .driver
            .id()
            .and_then(|id| Pid::from_raw(id.try_into().ok()?));
        if let Some(group) = group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

impl Browser {
    async fn start(with_script: bool) -> Self {
        let program = std::env::var("OMS_TEST_CHROMEDRIVER");
        let mut driver = Command::new(program.as_deref().unwrap_or("chromedriver"))
            .arg("--port=0")
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port: u16 = loop {
            let line = lines
                .next_line()
                .await
                .unwrap()
                .expect("chromedriver ended");
            if let Some((_, port)) = line.split_once("successfully on port ") {
                break port.trim_end_matches('.').parse().unwrap();
            }
        };
        let mut browser = Self {
            driver,
            address: ([127, 0, 0, 1], port).into(),
            session: String::new(),
        };
        let args = [
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--lang=en",
            "--no-proxy-server",
        ];
        let script = if with_script { 1 } else { 2 };
        let options = json!({
            "args": args,
            "prefs": {
                "profile.managed_default_content_settings.javascript": script,
                "intl.accept_languages": "en",
            },
        });
        let wanted = json!({ "alwaysMatch": { "goog:chromeOptions": options } });
        let made = browser
            .ask("POST", "", &json!({ "capabilities": wanted }))
            .await;
        browser.session = format!("/{}", text(&made, "sessionId"));
        let patience = json!({ "implicit": PATIENCE_MS, "script": 60_000 });
        browser.ask("POST", "/timeouts", &patience).await;
        browser
    }

    async fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        let body = if method == "POST" {
            body.to_string()
        } else {
            String::new()
        };
        let head = format!(
            "{method} /session{}{path} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
            self.session,
            self.address,
            body.len()
        );
        let mut peer = Peer::connect(self.address).await;
        peer.send(head.as_bytes()).await;
        let reply = peer.reply(false).await;
        let value = reply.json().get("value").unwrap().clone();
        assert_eq!(reply.status, 200, "{method} {path}: {value}");
        value
    }

    async fn go(&self, url: &str) {
        self.ask("POST", "/url", &json!({ "url": url })).await;
    }

    /// The element that a path of `XPath` leads to; waited for.
    async fn find(&self, path: &str) -> String {
        let wanted = json!({ "using": "xpath", "value": path });
        let found = self.ask("POST", "/element", &wanted).await;
        text(&found, ELEMENT).to_owned()
    }

    async fn click(&self, path: &str) {
        let element = self.find(path).await;
        self.ask("POST", &format!("/element/{element}/click"), &json!({}))
            .await;
    }

    async fn fill(&self, id: &str, text: &str) {
        let element = self.find(&format!("//*[@id='{id}']")).await;
        let typed = json!({ "text": text });
        self.ask("POST", &format!("/element/{element}/value"), &typed)
            .await;
    }

    async fn chromium(&self, command: &str, params: Value) -> Value {
        let asked = json!({ "cmd": command, "params": params });
        self.ask("POST", "/goog/cdp/execute", &asked).await
    }

    async fn look(&self, width: u32, theme: &str) {
        let size = json!({
            "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600,
        });
        self.chromium("Emulation.setDeviceMetricsOverride", size)
            .await;
        let theme = json!({ "features": [{ "name": "prefers-color-scheme", "value": theme }] });
        self.chromium("Emulation.setEmulatedMedia", theme).await;
    }

    /// Keeps a picture of the page.
    async fn shoot(&self, name: &str) {
        let Some(folder) = std::env::var_os("OMS_SHOTS").map(PathBuf::from) else {
            return;
        };
        let whole = json!({ "captureBeyondViewport": true });
        let picture = self.chromium("Page.captureScreenshot", whole).await;
        let bytes = STANDARD.decode(text(&picture, "data")).unwrap();
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join(format!("{name}.png")), bytes).unwrap();
    }

    /// What the accessibility checker finds, of some weight.
    async fn faults(&self) -> Vec<String> {
        let there = json!({ "script": "return 'axe' in window;", "args": [] });
        if self.ask("POST", "/execute/sync", &there).await != json!(true) {
            let checker = std::env::var("OMS_TEST_AXE").expect("OMS_TEST_AXE names axe.min.js");
            let checker = std::fs::read_to_string(checker).unwrap();
            let load = json!({ "script": checker, "args": [] });
            self.ask("POST", "/execute/sync", &load).await;
        }
        let script = "const done = arguments[arguments.length - 1];\n\
             axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })\n\
             .then(found => done(found.violations.map(one => one.impact + ' ' + one.id + ': ' + \
             one.nodes.map(node => node.html).slice(0, 3).join(' | '))));";
        let asked = json!({ "script": script, "args": [] });
        let found = self.ask("POST", "/execute/async", &asked).await;
        let found = found.as_array().unwrap().iter();
        found.map(|one| one.as_str().unwrap().to_owned()).collect()
    }

    /// How far the page is wider than its window.
    async fn overhang(&self) -> i64 {
        let script = "const e = document.documentElement; return e.scrollWidth - e.clientWidth;";
        let asked = json!({ "script": script, "args": [] });
        self.ask("POST", "/execute/sync", &asked)
            .await
            .as_i64()
            .unwrap()
    }

    async fn sign_in(&self, running: &Running) {
        self.go(&format!("http://{}/", running.address)).await;
        self.fill("token", &running.token).await;
        self.click("//form[.//*[@id='token']]//button").await;
        self.find("//nav//a[@aria-current='page']").await;
    }

    async fn register(&self, running: &Running) {
        self.go(&format!("http://{}/accounts/new/", running.address))
            .await;
        for (id, text) in [
            ("name", "alpha"),
            ("provider", "conoha"),
            ("auth_url", "https://conoha.sim/v3"),
            ("region_name", "tyo1"),
            ("username", "t"),
            ("password", "hush-hush"),
            ("tenant_name", "t"),
            ("image", "debian-12"),
            ("flavor", "g-1gb"),
        ] {
            self.fill(id, text).await;
        }
        self.click("//form[@action='/accounts/new/']//button").await;
        self.find("//*[@role='status'][contains(.,'alpha')]").await;
    }

    async fn end(self) {
        self.ask("DELETE", "", &json!({})).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromedriver and Chromium; .ci/run installs them"]
async fn an_entry_is_seen_to_run_without_a_reload() {
    let running = Running::start().await;
    let browser = Browser::start(true).await;
    browser.sign_in(&running).await;
    browser.register(&running).await;
    browser
        .go(&format!("http://{}/queue/", running.address))
        .await;
    browser.find("//*[@id='live'][text()='Live']").await;
    running
        .post("/api/queues/?wait=30", r#"{"name": "web"}"#)
        .await;
    browser.find("//td//*[contains(.,'RUN')]").await;
    running.delete("/api/queues/1/").await;
    browser.find("//*[contains(text(),'No entries')]").await;
    browser.end().await;
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromedriver and Chromium; .ci/run installs them"]
async fn all_can_be_done_without_a_script() {
    let running = Running::start().await;
    let browser = Browser::start(false).await;
    browser.sign_in(&running).await;
    browser.register(&running).await;
    browser
        .go(&format!("http://{}/launch/", running.address))
        .await;
    browser.fill("name", "web").await;
    browser.click("//button[@value='launch']").await;
    browser.find("//h1[contains(.,'web')]").await;
    running.get("/api/queues/1/?wait=30").await;
    browser
        .go(&format!("http://{}/queue/1/", running.address))
        .await;
    browser.find("//dd//*[contains(.,'RUN')]").await;
    browser.click("//button[contains(.,'private key')]").await;
    browser
        .find("//pre[contains(.,'BEGIN OPENSSH PRIVATE KEY')]")
        .await;
    browser.click("//a[text()='Delete']").await;
    browser
        .click("//button[contains(.,'Delete entry 1')]")
        .await;
    browser
        .find("//*[@role='status'][contains(.,'is being removed')]")
        .await;
    browser.end().await;
    running.stop().await;
}

/// The pages, by the names of their pictures.
const PAGES: [(&str, &str); 19] = [
    ("overview", "/"),
    ("queue", "/queue/"),
    ("entry", "/queue/1/"),
    ("stuck", "/queue/2/"),
    ("delete", "/queue/1/delete/"),
    ("launch", "/launch/"),
    ("instances", "/instances/"),
    ("accounts", "/accounts/"),
    ("account", "/accounts/alpha/"),
    ("beta", "/accounts/beta/"),
    ("register", "/accounts/new/"),
    ("edit", "/accounts/alpha/edit/"),
    ("events", "/events/"),
    ("tokens", "/tokens/"),
    ("users", "/users/"),
    ("audit", "/audit/"),
    ("docs", "/api/docs/"),
    ("shown", "/api/queues/"),
    ("missing", "/nothing/"),
];

/// The windows that the pages are looked at in: a phone, a tablet and a wide screen.
const LOOKS: [(u32, &str); 3] = [(390, "light"), (1024, "dark"), (1600, "light")];

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs chromedriver, Chromium and axe-core; .ci/run installs them"]
async fn every_page_fits_and_has_no_fault_for_who_cannot_see_it() {
    let running = Running::start().await;
    let browser = Browser::start(true).await;
    let mut faults = Vec::new();
    browser
        .go(&format!("http://{}/sign-in/", running.address))
        .await;
    faults.extend(browser.faults().await);
    browser.shoot("sign-in").await;
    browser.sign_in(&running).await;
    browser.shoot("overview-empty").await;
    browser.register(&running).await;
    let more = crate::peer::ACCOUNT
        .replace("alpha", "beta")
        .replace("tyo1", "nowhere");
    running.post("/api/accounts/", &more).await;
    running
        .post(
            "/api/queues/?wait=30",
            r#"{"name": "web", "accounts": ["alpha"]}"#,
        )
        .await;
    let stuck = r#"{"name": "stuck", "accounts": ["beta"], "deadline_seconds": 600}"#;
    running.post("/api/queues/?wait=1", stuck).await;
    let maintenance = r#"[{"from": "2020-01-01T00:00:00Z", "reason": "new switches"}]"#;
    running
        .ask("PUT", "/api/accounts/beta/maintenance/", maintenance)
        .await;
    let user = r#"{"name": "taro", "role": "operator", "password": "correct horse battery"}"#;
    running.post("/api/users/", user).await;
    let token = r#"{"name": "nightly", "role": "viewer"}"#;
    running.post("/api/tokens/", token).await;
    // The words of another language can be too wide or missing; they change no colour.
    for (language, looks) in [("en", &LOOKS[..]), ("ja", &LOOKS[..1])] {
        let chosen = format!("http://{}/language/{language}/?back=/", running.address);
        browser.go(&chosen).await;
        for (name, target) in PAGES {
            browser
                .go(&format!("http://{}{target}", running.address))
                .await;
            for &(width, theme) in looks {
                browser.look(width, theme).await;
                let place = format!("{name}-{language}-{width}-{theme}");
                browser.shoot(&place).await;
                let overhang = browser.overhang().await;
                if overhang > 0 {
                    faults.push(format!("{place} is {overhang} px too wide"));
                }
                let found = browser.faults().await.into_iter();
                faults.extend(found.map(|fault| format!("{place}: {fault}")));
            }
        }
    }
    browser.end().await;
    running.stop().await;
    assert!(faults.is_empty(), "{faults:#?}");
}
