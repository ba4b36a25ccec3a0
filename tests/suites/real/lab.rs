//! The clouds that there are, and the lab's own commands.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

/// The variable that names the clouds.yaml.
const CLOUDS: &str = "OMS_TEST_CLOUDS";
/// The variable that names the folder of the lab's commands.
const COMMANDS: &str = "OMS_TEST_LAB";

/// The clouds under test.
#[derive(Debug, Clone)]
pub(crate) struct Lab {
    /// The clouds.yaml.
    pub(crate) clouds_yaml: PathBuf,
    /// What lab.json tells of each cloud.
    clouds: BTreeMap<String, Described>,
}

/// What lab.json tells of a cloud, as far as it matters here.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Described {
    pub(crate) auth_url: String,
    pub(crate) region: String,
    pub(crate) domain: String,
    pub(crate) project: String,
    pub(crate) username: String,
    pub(crate) password: String,
    pub(crate) network: String,
    pub(crate) security_group: String,
    /// The cloud's folder, with what is injected into its guests.
    pub(crate) dir: PathBuf,
}

impl Lab {
    /// The clouds that the environment names.
    pub(crate) fn of_environment() -> Self {
        let Some(path) = std::env::var_os(CLOUDS) else {
            panic!("{CLOUDS} is not set; it names the clouds.yaml of the clouds to test with");
        };
        let clouds_yaml = std::path::absolute(path).unwrap();
        let beside = clouds_yaml.with_file_name("lab.json");
        let text = std::fs::read_to_string(&beside)
            .unwrap_or_else(|error| panic!("{}: {error}", beside.display()));
        Self {
            clouds_yaml,
            clouds: serde_json::from_str(&text).unwrap(),
        }
    }

    /// What is known of a cloud.
    pub(crate) fn cloud(&self, name: &str) -> &Described {
        self.clouds
            .get(name)
            .unwrap_or_else(|| panic!("lab.json beside {CLOUDS} does not describe {name}"))
    }

    /// Starts, stops, pauses or resumes a service of a cloud.
    ///
    /// # Errors
    /// What the command said.
    pub(crate) fn svc(&self, cloud: &str, service: &str, action: &str) -> Result<(), String> {
        let mut command = self.command("svc");
        command.args([cloud, service, action]);
        run(command).map(drop)
    }

    /// Runs the lab's OpenStack client as a cloud's administrator.
    ///
    /// # Errors
    /// What the command said.
    pub(crate) fn admin(&self, cloud: &str, args: &[&str]) -> Result<String, String> {
        let mut command = self.command("os");
        command.arg("--os-cloud").arg(format!("{cloud}-admin"));
        command.args(args);
        run(command)
    }

    fn command(&self, name: &str) -> Command {
        let Some(folder) = std::env::var_os(COMMANDS) else {
            panic!(
                "{COMMANDS} is not set; it names the folder with the lab's commands svc and os, \
                 without which nothing can be broken on purpose"
            );
        };
        let mut command = Command::new(Path::new(&folder).join(name));
        // The lab finds its state by this; it lies where its clouds.yaml lies.
        command.env("OS_LAB_DIR", self.clouds_yaml.parent().unwrap());
        command
    }
}

fn run(mut command: Command) -> Result<String, String> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    Err(format!(
        "{command:?}: {}: {}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    ))
}
