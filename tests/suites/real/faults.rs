//! Trouble that is made on purpose, and undone when its guard goes: also when a test fails.

use std::fs;
use std::path::PathBuf;

use crate::lab::Lab;

/// The step that takes a piece of trouble back.
type Undo = Box<dyn FnOnce() -> Result<(), String>>;

/// Trouble that lasts until it is undone.
#[must_use = "the trouble ends with its guard"]
pub(crate) struct Trouble {
    undo: Vec<Undo>,
}

impl Trouble {
    /// Nothing answers at the service's port.
    pub(crate) fn stopped(lab: &Lab, cloud: &str, service: &str) -> Self {
        Self::serviced(lab, cloud, service, "stop", "start")
    }

    /// The service takes connections and never answers.
    pub(crate) fn paused(lab: &Lab, cloud: &str, service: &str) -> Self {
        Self::serviced(lab, cloud, service, "pause", "resume")
    }

    /// The only host of the cloud is dead, and Nova knows.
    pub(crate) fn host_down(lab: &Lab, cloud: &str) -> Self {
        let mut trouble = Self::stopped(lab, cloud, "nova-compute");
        let host = format!("{cloud}-cmp-1");
        let service = |state: &str| -> Vec<String> {
            ["compute", "service", "set", state, &host, "nova-compute"]
                .map(str::to_owned)
                .to_vec()
        };
        trouble.admin(lab, cloud, &service("--down"), service("--up"));
        // The last step: a host that has just been started takes no server before it has reported.
        let (again, at) = (lab.clone(), cloud.to_owned());
        trouble
            .undo
            .insert(0, Box::new(move || await_report(&again, &at)));
        trouble
    }

    /// The project may have no instance.
    pub(crate) fn no_quota(lab: &Lab, cloud: &str, project_id: &str, before: u64) -> Self {
        let quota = |instances: u64| -> Vec<String> {
            let instances = instances.to_string();
            [
                "quota",
                "set",
                "--force",
                "--instances",
                &instances,
                project_id,
            ]
            .map(str::to_owned)
            .to_vec()
        };
        let mut trouble = Self { undo: Vec::new() };
        trouble.admin(lab, cloud, &quota(0), quota(before));
        trouble
    }

    /// Servers of this name take some seconds longer to spawn.
    pub(crate) fn slow_spawn(lab: &Lab, cloud: &str, name: &str, seconds: u32) -> Self {
        let rules = serde_json::json!([{"on": "spawn", "name": name, "delay": seconds}]);
        Self::injected(lab, cloud, "rules.json", &rules.to_string())
    }

    /// A file that the cloud's virt driver reads.
    pub(crate) fn injected(lab: &Lab, cloud: &str, name: &str, text: &str) -> Self {
        let path: PathBuf = lab.cloud(cloud).dir.join("inject").join(name);
        assert!(
            !path.exists(),
            "{} is there already; it is not this suite's to replace",
            path.display()
        );
        // In one step, because the driver may look at any moment.
        let draft = path.with_extension("draft");
        fs::write(&draft, text).unwrap();
        if text.starts_with("#!") {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(&draft, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::rename(&draft, &path).unwrap();
        Self {
            undo: vec![Box::new(move || {
                fs::remove_file(&path).map_err(|error| format!("{}: {error}", path.display()))
            })],
        }
    }

    /// Ends the trouble.
    pub(crate) fn undo(mut self) {
        self.take_back();
    }

    fn serviced(lab: &Lab, cloud: &str, service: &str, doing: &str, undoing: &str) -> Self {
        let (again, at, what) = (lab.clone(), cloud.to_owned(), service.to_owned());
        let undoing = undoing.to_owned();
        // The guard is there before the trouble, which may be half done when it fails.
        let trouble = Self {
            undo: vec![Box::new(move || again.svc(&at, &what, &undoing))],
        };
        lab.svc(cloud, service, doing).unwrap();
        trouble
    }

    /// Does something as the administrator that another command takes back.
    fn admin(&mut self, lab: &Lab, cloud: &str, doing: &[String], undoing: Vec<String>) {
        let (again, at) = (lab.clone(), cloud.to_owned());
        self.undo.push(Box::new(move || {
            let undoing: Vec<&str> = undoing.iter().map(String::as_str).collect();
            again.admin(&at, &undoing).map(drop)
        }));
        let doing: Vec<&str> = doing.iter().map(String::as_str).collect();
        lab.admin(cloud, &doing).unwrap();
    }

    fn take_back(&mut self) {
        let mut problems = Vec::new();
        while let Some(undo) = self.undo.pop() {
            problems.extend(undo().err());
        }
        if problems.is_empty() {
            return;
        }
        let problems = problems.join("\n");
        if std::thread::panicking() {
            eprintln!("the lab is not as it was: {problems}");
        } else {
            panic!("the lab is not as it was: {problems}");
        }
    }
}

/// How often a host is asked for whether it has reported; each time takes a second or more.
const REPORTS_ASKED_FOR: u32 = 60;

/// When the compute service of a cloud reported last, in the cloud's own words.
fn reported(lab: &Lab, cloud: &str) -> Result<String, String> {
    let list = ["compute", "service", "list", "--service", "nova-compute"];
    let columns = ["-f", "value", "-c", "State", "-c", "Updated At"];
    let text = lab.admin(cloud, &[&list[..], &columns[..]].concat())?;
    Ok(text.trim().to_owned())
}

/// Waits until it has reported once more and is up. What it has reported already may be from before
/// it went down, or from the administrator who said that it is up.
fn await_report(lab: &Lab, cloud: &str) -> Result<(), String> {
    let before = reported(lab, cloud)?;
    let mut last = String::new();
    for _ in 0..REPORTS_ASKED_FOR {
        last = reported(lab, cloud)?;
        let time = |text: &str| text.split_once(' ').map(|(_, at)| at.to_owned());
        if last.starts_with("up") && time(&last) != time(&before) {
            return Ok(());
        }
    }
    Err(format!(
        "the compute service of {cloud} does not report: {last}"
    ))
}

impl Drop for Trouble {
    fn drop(&mut self) {
        self.take_back();
    }
}
