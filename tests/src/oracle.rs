//! The reference that judges how a run ended: it knows only what was asked and what the clouds
//! hold, and nothing of how the engine works.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use oms_proto::{AttemptId, EntryId};
use omsd::engine::handle::Published;
use omsd::ports::Mark;
use omsd_domain::rows::attempt::{Kind, State};
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::world::World;
use tokio::sync::broadcast;

use crate::cloud::{SimCloud, SimClouds};
use crate::harness::rig::{Committed, INSTALLATION, Rig};

/// What was asked of the daemon and acknowledged by it, and what else is in the clouds.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Entries that were accepted and not removed.
    pub kept: BTreeSet<EntryId>,
    /// Entries that were accepted and whose removal was acknowledged.
    pub removed: BTreeSet<EntryId>,
    /// Entries whose removal was asked for and may or may not have been taken.
    pub perhaps_removed: BTreeSet<EntryId>,
    /// Ids of servers of other people.
    pub aliens: BTreeSet<String>,
}

/// Whether nothing is under way: every entry runs or has ended.
pub fn at_rest(world: &World) -> bool {
    world.entries.values().all(|entry| {
        let quiet = |kind| matches!(kind, Kind::Ready | Kind::Gone);
        let mut attempts = entry.attempts();
        entry.status == Status::Run && attempts.all(|attempt| quiet(attempt.state.kind()))
    })
}

/// Everything that is wrong at the end; empty if nothing is.
pub fn judge(rig: &Rig, asked: &Asked) -> Vec<String> {
    let world = &*rig.world();
    let mut wrong = Vec::new();
    if !world.indexes_agree() {
        wrong.push("the world's indexes do not say what its rows say".to_owned());
    }
    for id in asked.kept.iter().chain(&asked.removed) {
        match rig.entry(*id) {
            None => wrong.push(format!("acknowledged entry {id} is lost")),
            Some(entry) => wrong.extend(judge_entry(&entry, asked)),
        }
    }
    let mut owned = BTreeMap::new();
    for entry in world
        .entries
        .values()
        .filter(|entry| entry.status == Status::Run)
    {
        if let Some(kept) = entry.kept() {
            let server = kept.server.as_ref().map(|server| server.id.clone());
            owned.insert(
                entry.id,
                (server.unwrap_or_default(), kept.key_name.clone()),
            );
        }
    }
    let mut found = BTreeSet::new();
    for cloud in rig.clouds.all() {
        wrong.extend(judge_cloud(cloud, &owned, asked, &mut found));
    }
    for (entry, (server, _)) in &owned {
        if !found.contains(server) {
            wrong.push(format!(
                "entry {entry} runs, but its server {server} is not there"
            ));
        }
    }
    wrong
}

fn judge_entry(entry: &Entry, asked: &Asked) -> Vec<String> {
    let mut wrong = Vec::new();
    let id = entry.id;
    let removed = asked.removed.contains(&id);
    match entry.status {
        Status::Destroy if removed || asked.perhaps_removed.contains(&id) => {}
        Status::Run if !removed => {
            let kept = entry.attempts().filter(|a| a.state == State::Ready).count();
            if kept != 1 {
                wrong.push(format!("entry {id} runs with {kept} instances"));
            }
        }
        Status::Failed if !removed => {
            if entry.why.is_none() {
                wrong.push(format!("entry {id} failed without a reason"));
            }
            for attempt in entry.attempts().filter(|a| a.failure.is_none()) {
                // An attempt that was still building when the deadline passed failed by that.
                if attempt.server.is_none() {
                    wrong.push(format!("attempt {} of {id} has no reason", attempt.id));
                }
            }
        }
        status => wrong.push(format!("entry {id} is {status}")),
    }
    wrong
}

fn judge_cloud(
    cloud: &SimCloud,
    owned: &BTreeMap<EntryId, (String, String)>,
    asked: &Asked,
    found: &mut BTreeSet<String>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let name = cloud.name();
    let live = cloud.live_servers();
    let mut keys_in_use = BTreeSet::new();
    let there: BTreeSet<_> = live.iter().map(|server| server.id.as_str()).collect();
    for (port, server) in cloud.ports() {
        if !there.contains(server.as_str()) {
            wrong.push(format!(
                "{name}: port {port} of server {server}, which is gone"
            ));
        }
    }
    for server in &live {
        let Some(mark) = server
            .mark
            .as_ref()
            .filter(|mark| mark.installation == INSTALLATION)
        else {
            continue;
        };
        match owned.get(&mark.entry) {
            Some((id, key)) if *id == server.id && !server.deleting => {
                keys_in_use.insert(key.clone());
                found.insert(server.id.clone());
            }
            _ => wrong.push(format!(
                "{name}: server {} of entry {} attempt {} is left over ({})",
                server.id, mark.entry, mark.attempt, server.status
            )),
        }
    }
    for (_, key) in cloud.keypairs() {
        if key.starts_with("oms-") && !keys_in_use.contains(&key) {
            wrong.push(format!("{name}: key pair {key} is left over"));
        }
    }
    let creations = cloud.creations();
    let ours = |id: &String| {
        let created = creations.iter().find(|creation| creation.id == *id);
        created
            .and_then(|c| c.mark.as_ref())
            .is_some_and(|m| m.installation == INSTALLATION)
    };
    for id in cloud.deletions().iter().filter(|id| !ours(id)) {
        wrong.push(format!("{name}: server {id} is not ours and was deleted"));
    }
    let alive: BTreeSet<_> = live.iter().map(|server| server.id.clone()).collect();
    let here = |id: &&String| creations.iter().any(|creation| creation.id == **id);
    for alien in asked
        .aliens
        .iter()
        .filter(here)
        .filter(|id| !alive.contains(*id))
    {
        wrong.push(format!("{name}: the alien server {alien} is gone"));
    }
    wrong
}

/// Plants servers of other people in every cloud, named like ours, also with the mark of another
/// installation; gives their ids.
pub fn plant_aliens(clouds: &SimClouds) -> BTreeSet<String> {
    let mut marked = BTreeMap::new();
    let mark = Mark {
        installation: "another-installation".to_owned(),
        incarnation: "00000001".to_owned(),
        entry: EntryId(1),
        attempt: AttemptId(1),
    };
    mark.write(&mut marked);
    let clouds = clouds.all().iter();
    let planted = clouds.flat_map(|cloud| {
        [BTreeMap::new(), marked.clone()].map(|metadata| cloud.plant_server("oms-1-1", metadata))
    });
    planted.flatten().collect()
}

/// Looks at every world that was committed, over stops and starts: what was shown to somebody once
/// must not turn out to be otherwise.
pub struct Watcher {
    commits: broadcast::Receiver<Committed>,
    failed: BTreeSet<EntryId>,
    instances: BTreeMap<EntryId, String>,
    wrong: Vec<String>,
    seen: Vec<Arc<Published>>,
}

impl Watcher {
    /// Begins with what is committed from now on.
    pub fn begin(rig: &Rig) -> Self {
        Self {
            commits: rig.commits(),
            failed: BTreeSet::new(),
            instances: BTreeMap::new(),
            wrong: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Takes in what was committed since the last look.
    pub fn look(&mut self) {
        loop {
            match self.commits.try_recv() {
                Ok((published, world)) => {
                    self.see(&world);
                    self.seen.push(published);
                }
                Err(broadcast::error::TryRecvError::Lagged(missed)) => {
                    self.wrong
                        .push(format!("the watcher missed {missed} commits"));
                }
                Err(_) => break,
            }
        }
    }

    /// What went back on its word.
    pub fn wrong(&self) -> &[String] {
        &self.wrong
    }

    /// The journal, as far as it was published, for a person.
    pub fn journal(&self) -> String {
        let rows = self.seen.iter().flat_map(|published| &published.rows);
        let lines = rows.map(|row| format!("  {} {}", row.at, row.message));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn see(&mut self, world: &World) {
        let mut wrong = Vec::new();
        for id in &self.failed {
            // One that has ended is there no more.
            let status = world.entries.get(id).map(|entry| entry.status);
            if !matches!(status, None | Some(Status::Failed | Status::Destroy)) {
                wrong.push(format!("entry {id} was FAILED and is {status:?}"));
            }
        }
        for entry in world.entries.values() {
            match entry.status {
                Status::Failed => drop(self.failed.insert(entry.id)),
                Status::Run => {
                    let server = entry.kept().and_then(|kept| kept.server.as_ref());
                    let id = server.map(|server| server.id.clone()).unwrap_or_default();
                    let shown = self.instances.entry(entry.id).or_insert_with(|| id.clone());
                    if *shown != id {
                        wrong.push(format!("entry {} ran as {shown}, then as {id}", entry.id));
                    }
                }
                Status::Request | Status::Recive | Status::Boot | Status::Destroy => {}
            }
        }
        // Told once; the next world would tell it again.
        for told in wrong {
            if !self.wrong.contains(&told) {
                self.wrong.push(told);
            }
        }
    }
}
