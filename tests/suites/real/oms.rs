//! A fresh installation of omsd with one account at each of the two clouds, and what a person or
//! a script does with it.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::lab::Lab;
use crate::onlooker::Onlooker;
use crate::process::{Daemon, lines, log_file, omsctl};
use crate::proxy::Proxy;
use crate::wait::until;

/// Longest wait for an instance. A slow first call and two attempts on busy cores fit in.
const RUN_PATIENCE: Duration = Duration::from_secs(120);

/// Longest wait until nothing is left of an entry. A removal that failed is tried again after
/// pauses that double; trouble here lasts seconds.
const GONE_PATIENCE: Duration = Duration::from_secs(120);

/// What is different about an installation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Lines for the configuration's table `[engine]`.
    pub(crate) engine: &'static str,
    /// Added to the clouds' names: which of their entries in clouds.yaml are used.
    pub(crate) credentials: &'static str,
    /// Whether a secure.yaml beside the clouds.yaml has a wrong password for alpha.
    pub(crate) wrong_password: bool,
    /// Whether proxies that lose answers stand before the clouds.
    pub(crate) proxied: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            // On busy cores a good answer takes seconds, and the entry would run elsewhere.
            engine: "launch_patience_ms = 30000",
            credentials: "",
            wrong_password: false,
            proxied: false,
        }
    }
}

/// An installation at work.
pub(crate) struct Oms {
    pub(crate) lab: Lab,
    /// Alpha's user, who looks.
    pub(crate) alpha: Onlooker,
    /// Beta's user, who looks.
    pub(crate) beta: Onlooker,
    home: TempDir,
    daemon: Daemon,
    /// Logs of daemons so far.
    starts: usize,
    http: Client,
    token: String,
    credentials: &'static str,
    proxies: Vec<Proxy>,
}

impl Oms {
    /// Starts a daemon on an empty state and gives it the two accounts, alpha before beta.
    pub(crate) async fn start(settings: Settings) -> Self {
        // Another test of this process may have done so.
        drop(rustls::crypto::ring::default_provider().install_default());
        let lab = Lab::of_environment();
        let home = tempfile::tempdir().unwrap();
        write_config(&home, settings.engine);
        let config = home.path().join("omsd.toml");
        let daemon = Daemon::start(&config, &log_file(home.path(), 0)).await;
        let token = fs::read_to_string(home.path().join("state/admin.token")).unwrap();
        let token = token.trim().to_owned();
        let http = Client::builder().no_proxy().build().unwrap();
        let status = http.get(format!("{}/api/status/", daemon.http));
        let status = status.bearer_auth(&token).send().await.unwrap();
        let status: Value = status.json().await.unwrap();
        let installation = status["installation"].as_str().unwrap();
        let look = |name| Onlooker::sign_in(name, lab.cloud(name), installation, http.clone());
        let (alpha, beta) = (look("alpha").await, look("beta").await);
        let mut proxies = Vec::new();
        if settings.proxied {
            for (name, onlooker) in [("alpha", &alpha), ("beta", &beta)] {
                let services = [lab.cloud(name).auth_url.as_str(), onlooker.compute()];
                proxies.push(Proxy::before(services).await);
            }
        }
        let oms = Self {
            alpha,
            beta,
            lab,
            home,
            daemon,
            starts: 1,
            http,
            token,
            credentials: settings.credentials,
            proxies,
        };
        oms.add_accounts(settings.wrong_password);
        oms
    }

    /// The name of a cloud's account.
    pub(crate) fn account(&self, cloud: &str) -> String {
        format!("{cloud}{}", self.credentials)
    }

    /// A file in the installation's folder.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn add_accounts(&self, wrong_password: bool) {
        let yaml = if wrong_password {
            let copy = self.file("clouds.yaml");
            fs::copy(&self.lab.clouds_yaml, &copy).unwrap();
            let over = json!({"clouds": {"alpha": {"auth": {"password": "not-the-password"}}}});
            fs::write(self.file("secure.yaml"), over.to_string()).unwrap();
            copy
        } else if self.proxies.is_empty() {
            self.lab.clouds_yaml.clone()
        } else {
            let yaml = fs::read_to_string(&self.lab.clouds_yaml).unwrap();
            let proxies = self.proxies.iter();
            let led = proxies.fold(yaml, |yaml, proxy| proxy.lead_here(&yaml));
            let copy = self.file("clouds.yaml");
            fs::write(&copy, led).unwrap();
            copy
        };
        let names = [self.account("alpha"), self.account("beta")].join(",");
        self.omsctl(&[
            "account",
            "import",
            "--clouds-yaml",
            yaml.to_str().unwrap(),
            "--cloud",
            &names,
        ]);
        for (cloud, priority) in [("alpha", "10"), ("beta", "0")] {
            let described = self.lab.cloud(cloud);
            self.omsctl(&[
                "account",
                "edit",
                &self.account(cloud),
                "--image=debian-12",
                "--flavor=g-1gb",
                "--network",
                &described.network,
                "--security-group",
                &described.security_group,
                "--priority",
                priority,
            ]);
        }
    }

    /// Runs omsctl, which must succeed, and gives what it printed.
    pub(crate) fn omsctl(&self, args: &[&str]) -> String {
        let output = omsctl(&self.file("omsd.sock"), args);
        assert!(
            output.status.success(),
            "omsctl {args:?}: {}: {}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    /// Asks the REST interface; gives status and body.
    pub(crate) async fn rest(&self, method: Method, path: &str, body: &str) -> (u16, String) {
        let url = format!("{}{path}", self.daemon.http);
        let mut request = self.http.request(method, url).bearer_auth(&self.token);
        if !body.is_empty() {
            request = request.header("content-type", "application/json");
        }
        let answer = request.body(body.to_owned()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }

    /// What a GET answers, which must be 200.
    pub(crate) async fn show(&self, path: &str) -> Value {
        let (status, body) = self.rest(Method::GET, path, "").await;
        assert_eq!(status, 200, "{path}: {body}");
        serde_json::from_str(&body).unwrap()
    }

    /// Asks for an instance and gives the entry's id.
    pub(crate) async fn create(&self, spec: &Value) -> u64 {
        let (status, body) = self
            .rest(Method::POST, "/api/queues/", &spec.to_string())
            .await;
        assert_eq!(status, 201, "{body}");
        let entry: Value = serde_json::from_str(&body).unwrap();
        entry["id"].as_u64().unwrap()
    }

    /// Removes an entry.
    pub(crate) async fn delete(&self, id: u64) {
        let path = format!("/api/queues/{id}/");
        let (status, body) = self.rest(Method::DELETE, &path, "").await;
        assert_eq!(status, 204, "{body}");
    }

    /// Waits until an entry stands so; FAILED ends the wait.
    pub(crate) async fn until_status(&self, id: u64, wanted: &str) -> Value {
        let path = format!("/api/queues/{id}/");
        until(wanted, RUN_PATIENCE, async || {
            let entry = self.show(&path).await;
            assert_ne!(entry["status"], "FAILED", "{entry}");
            let stands = entry["status"] == wanted;
            stands.then_some(entry.clone()).ok_or(entry.to_string())
        })
        .await
    }

    /// Waits until an attempt has failed; gives the explanation.
    pub(crate) async fn until_attempt_failed(&self, id: u64, attempt: usize) -> Value {
        until("failed", RUN_PATIENCE, async || {
            let explanation = self.explain(id).await;
            let failed = explanation["attempts"][attempt]["failure"].is_object();
            failed
                .then_some(explanation.clone())
                .ok_or(explanation.to_string())
        })
        .await
    }

    /// Waits until nothing is left of an attempt; gives the explanation.
    pub(crate) async fn until_attempt_is_gone(&self, id: u64, attempt: usize) -> Value {
        until("gone", GONE_PATIENCE, async || {
            let explanation = self.explain(id).await;
            let gone = explanation["attempts"][attempt]["state"] == "gone";
            gone.then_some(explanation.clone())
                .ok_or(explanation.to_string())
        })
        .await
    }

    /// How an entry came to stand as it does.
    pub(crate) async fn explain(&self, id: u64) -> Value {
        self.show(&format!("/api/queues/{id}/explain/")).await
    }

    /// Waits until omsd makes and removes nothing any more.
    pub(crate) async fn until_at_rest(&self) {
        self.until_accounts_show("at rest", &["building", "removing"])
            .await;
    }

    async fn until_accounts_show(&self, what: &str, nothing_of: &[&str]) {
        until(what, GONE_PATIENCE, async || {
            let accounts = self.show("/api/accounts/").await;
            let has = |account: &Value| nothing_of.iter().any(|count| account[*count] != 0);
            if accounts.as_array().unwrap().iter().any(has) {
                Err(accounts.to_string())
            } else {
                Ok(())
            }
        })
        .await;
    }

    /// Waits until neither omsd nor a cloud knows of anything of ours.
    pub(crate) async fn until_nothing_is_left(&self) {
        self.until_accounts_show("everything gone", &["building", "running", "removing"])
            .await;
        // A list may still show for a moment what Nova has removed.
        until("nothing left at the clouds", GONE_PATIENCE, async || {
            let mut left = self.alpha.left().await;
            left.extend(self.beta.left().await);
            if left.is_empty() {
                Ok(())
            } else {
                Err(left.join("\n"))
            }
        })
        .await;
    }

    /// Removes all entries.
    pub(crate) async fn delete_all(&self) {
        let entries = self.show("/api/queues/").await;
        for entry in entries.as_array().unwrap() {
            self.delete(entry["id"].as_u64().unwrap()).await;
        }
    }

    /// Gives alpha's account the password that is right.
    pub(crate) fn mend_alphas_password(&self) {
        let alpha = self.lab.cloud("alpha");
        let file = self.file("password");
        fs::write(&file, &alpha.password).unwrap();
        self.omsctl(&[
            "account",
            "edit",
            "alpha",
            "--username",
            &alpha.username,
            "--user-domain-name",
            &alpha.domain,
            "--project-name",
            &alpha.project,
            "--project-domain-name",
            &alpha.domain,
            "--password-file",
            file.to_str().unwrap(),
        ]);
    }

    /// Creates that came to each proxy, and answers to them that it lost.
    pub(crate) fn creates_and_lost(&self) -> Vec<(u64, u64)> {
        self.proxies.iter().map(Proxy::creates_and_lost).collect()
    }

    /// Kills the daemon with SIGKILL.
    pub(crate) fn kill(&mut self) {
        self.daemon.kill();
    }

    /// Starts the daemon again on the same state.
    pub(crate) async fn restart(&mut self) {
        let log = log_file(self.home.path(), self.starts);
        self.daemon = Daemon::start(&self.file("omsd.toml"), &log).await;
        self.starts += 1;
    }

    /// Stops the daemon in good order.
    pub(crate) async fn stop(&mut self) {
        let ended = self.daemon.stop().await;
        assert!(ended.success(), "omsd ended with {ended}");
    }

    /// Lines of all logs that tell of an error: a person would have to act.
    pub(crate) fn errors(&self) -> Vec<Value> {
        let mut log = self.log();
        log.retain(|line| line["level"] == "ERROR");
        log
    }

    /// The lines of all logs.
    pub(crate) fn log(&self) -> Vec<Value> {
        (0..self.starts)
            .flat_map(|start| lines(&log_file(self.home.path(), start)))
            .collect()
    }
}

fn write_config(home: &TempDir, engine: &str) {
    let dir = home.path().display();
    let text = format!(
        "state_dir = \"{dir}/state\"\nsocket = \"{dir}/omsd.sock\"\nsocket_group = \"\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [log]\nlevel = \"info,omsd=debug\"\nformat = \"json\"\n\
         [engine]\n{engine}\n"
    );
    fs::write(home.path().join("omsd.toml"), text).unwrap();
}
