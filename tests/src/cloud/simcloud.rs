//! The simulated clouds of a scenario as one thing to start: what `oms-simcloud` runs and what the
//! demo runs in process.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;
use omsd::ports::Clock;

use super::clock::TokioClock;
use super::http::{HttpCloud, listen_all};
use super::scenario::{AccountSeed, Scenario};

/// All clouds of a scenario, listening.
#[derive(Debug)]
pub struct SimulatedClouds {
    clouds: Vec<HttpCloud>,
}

impl SimulatedClouds {
    /// Starts to listen on free ports of 127.0.0.1, or from `port_base` on, ten for each cloud.
    ///
    /// # Errors
    /// When a port is taken.
    pub async fn start(scenario: &Scenario, port_base: u16) -> anyhow::Result<Self> {
        let clock: Arc<dyn Clock> = Arc::new(TokioClock::of_day());
        let clouds = listen_all(scenario, &clock, port_base).await?;
        Ok(Self { clouds })
    }

    /// The clouds in the order of the scenario.
    pub fn clouds(&self) -> &[HttpCloud] {
        &self.clouds
    }

    /// A cloud by name.
    pub fn get(&self, name: &str) -> Option<&HttpCloud> {
        self.clouds.iter().find(|cloud| cloud.sim().name() == name)
    }

    /// Writes a clouds.yaml with every account twice: by password under its name, and by
    /// application credential under its name and `-appcred`. Certificates of TLS faces are written
    /// beside it. All of it is for simulated clouds, so nothing in it is secret.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write_clouds_yaml(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut text = String::from("# simulated clouds\nclouds:\n");
        for cloud in &self.clouds {
            let name = cloud.sim().name();
            let cacert = match cloud.certificates() {
                Some(certificates) => {
                    let file = folder.join(format!("{name}.pem"));
                    let pem = certificates.ca_pem.as_ref();
                    write(&file, pem.unwrap_or(&certificates.cert_pem))?;
                    Some(std::path::absolute(&file)?.display().to_string())
                }
                None => None,
            };
            for account in &cloud.sim().spec().accounts {
                entries(&mut text, cloud, account, cacert.as_deref())?;
            }
        }
        write(path, &text)
    }

    /// Closes everything and waits until it is closed.
    pub async fn stop(self) {
        for cloud in self.clouds {
            cloud.stop().await;
        }
    }
}

fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}

/// The two entries of one account. Texts are written as JSON strings, which YAML reads.
fn entries(
    text: &mut String,
    cloud: &HttpCloud,
    account: &AccountSeed,
    cacert: Option<&str>,
) -> anyhow::Result<()> {
    let spec = cloud.sim().spec();
    let (name, auth_url) = (&account.name, cloud.auth_url());
    let id = account.application_credential_id(&spec.name);
    let secret = account.application_credential_secret();
    let password = account.password();
    let domain = &account.domain;
    write!(
        text,
        "  {name:?}:\n    auth_type: password\n    auth:\n      auth_url: {auth_url:?}\n      \
         username: {name:?}\n      password: {password:?}\n      project_name: {name:?}\n      \
         user_domain_name: {domain:?}\n      project_domain_name: {domain:?}\n"
    )?;
    rest(text, &spec.region_name(), cacert)?;
    let credential = format!("{name}-appcred");
    write!(
        text,
        "  {credential:?}:\n    auth_type: v3applicationcredential\n    auth:\n      auth_url: \
         {auth_url:?}\n      application_credential_id: {id:?}\n      \
         application_credential_secret: {secret:?}\n"
    )?;
    rest(text, &spec.region_name(), cacert)
}

fn rest(text: &mut String, region: &str, cacert: Option<&str>) -> anyhow::Result<()> {
    write!(
        text,
        "    region_name: {region:?}\n    interface: public\n    identity_api_version: 3\n"
    )?;
    if let Some(cacert) = cacert {
        writeln!(text, "    cacert: {cacert:?}")?;
    }
    Ok(())
}
