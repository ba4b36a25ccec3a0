//! What each test runs on: simulated clouds in this process, where the test can look into them and
//! break them, and an omsd of its own. The end is part of every test: nothing left at the clouds,
//! no ERROR in the log, a good exit.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use oms_proto::client::Client;
use oms_proto::request::{AccountAdd, AccountList, EntryExplain, EventList, StatusShow, Subscribe};
use oms_proto::response::EventPage;
use oms_proto::spec::AccountSpec;
use oms_proto::view::{AccountView, EntryView, EventView, ExplanationView, Status, StatusView};
use oms_proto::{EntryId, Request, Response};
use oms_tests::cloud::{
    CallKind, CloudSpec, Fault, HttpCloud, Rule, SimCloud, TlsKind, TokioClock,
};
use oms_tests::harness::daemon::{Daemon, Home};
use oms_tests::harness::process::Programs;
use oms_tests::harness::wait::{PATIENCE, until};

/// Short times, so that the tests see their end; the order between them is that of the defaults.
const SETTINGS: &str = "\
[engine]
launch_patience_ms = 500
settle_seconds = 1
look_idle_seconds = 1
build_deadline_seconds = 5

[openstack]
connect_ms = 1000
read_seconds = 2
create_seconds = 2
";

pub(crate) struct Stage {
    clouds: Vec<HttpCloud>,
    pub(crate) home: Home,
    pub(crate) daemon: Daemon,
    pub(crate) client: Client,
}

/// The programs that cargo built for this suite.
pub(crate) fn programs() -> Programs {
    Programs::at(env!("CARGO_BIN_EXE_oms-under-test"))
}

/// A good cloud that is quick.
pub(crate) fn good(name: &str) -> CloudSpec {
    CloudSpec {
        latency_ms: 2,
        build_ms: 150,
        delete_ms: 50,
        ..CloudSpec::calm(name)
    }
}

/// A cloud where one thing goes wrong, always.
pub(crate) fn bad(name: &str, fault: Fault) -> CloudSpec {
    CloudSpec {
        faults: vec![Rule::always(fault)],
        ..good(name)
    }
}

/// A cloud where creates go wrong.
pub(crate) fn bad_create(name: &str, fault: Fault) -> CloudSpec {
    CloudSpec {
        faults: vec![Rule::always(fault).on(&[CallKind::CreateServer])],
        ..good(name)
    }
}

impl Stage {
    /// Clouds and an omsd that knows an account at each, the first preferred.
    pub(crate) async fn with(clouds: impl IntoIterator<Item = CloudSpec>) -> Result<Self> {
        let stage = Self::bare(clouds.into_iter().map(|spec| (spec, None))).await?;
        for cloud in &stage.clouds {
            stage.add(stage.account(cloud.sim().name())?).await?;
        }
        Ok(stage)
    }

    /// The same with an omsd that may have so many files open.
    pub(crate) async fn with_files(
        clouds: impl IntoIterator<Item = CloudSpec>,
        files: u32,
    ) -> Result<Self> {
        let clouds = clouds.into_iter().map(|spec| (spec, None));
        let home = Home::make(programs(), SETTINGS)?.with_files(files);
        let stage = Self::at(home, clouds).await?;
        for cloud in &stage.clouds {
            stage.add(stage.account(cloud.sim().name())?).await?;
        }
        Ok(stage)
    }

    /// The same with more settings, in the section of the engine.
    pub(crate) async fn with_engine(
        clouds: impl IntoIterator<Item = CloudSpec>,
        settings: &str,
    ) -> Result<Self> {
        let clouds = clouds.into_iter().map(|spec| (spec, None));
        let settings = SETTINGS.replace("[engine]\n", &format!("[engine]\n{settings}\n"));
        let stage = Self::at(Home::make(programs(), &settings)?, clouds).await?;
        for cloud in &stage.clouds {
            stage.add(stage.account(cloud.sim().name())?).await?;
        }
        Ok(stage)
    }

    /// Clouds and an omsd that knows none of them.
    pub(crate) async fn bare(
        specs: impl IntoIterator<Item = (CloudSpec, Option<TlsKind>)>,
    ) -> Result<Self> {
        Self::at(Home::make(programs(), SETTINGS)?, specs).await
    }

    async fn at(
        home: Home,
        specs: impl IntoIterator<Item = (CloudSpec, Option<TlsKind>)>,
    ) -> Result<Self> {
        let mut clouds = Vec::new();
        for (spec, tls) in specs {
            let sim = SimCloud::start(spec, 1, Arc::new(TokioClock::of_day()));
            clouds.push(HttpCloud::listen(sim, 0, tls).await?);
        }
        let daemon = home.start().await?;
        let client = daemon.client().await?;
        Ok(Self {
            clouds,
            home,
            daemon,
            client,
        })
    }

    /// A cloud by name.
    pub(crate) fn http(&self, name: &str) -> Result<&HttpCloud> {
        let mut clouds = self.clouds.iter();
        clouds
            .find(|cloud| cloud.sim().name() == name)
            .with_context(|| format!("no cloud {name}"))
    }

    /// What a test may look into and break.
    pub(crate) fn cloud(&self, name: &str) -> Result<&SimCloud> {
        Ok(self.http(name)?.sim())
    }

    /// The account of a cloud as people would register it; the earlier the cloud, the more it is
    /// preferred.
    pub(crate) fn account(&self, name: &str) -> Result<AccountSpec> {
        let place = self
            .clouds
            .iter()
            .position(|cloud| cloud.sim().name() == name);
        let mut account = self.cloud(name)?.account_spec();
        account.priority = 100 - i32::try_from(place.unwrap_or_default())?;
        Ok(account)
    }

    pub(crate) async fn add(&self, account: AccountSpec) -> Result<()> {
        self.ask(Request::AccountAdd(Box::new(AccountAdd { spec: account })))
            .await?;
        Ok(())
    }

    pub(crate) async fn ask(&self, request: Request) -> Result<Response> {
        Ok(self.client.call(request).await?)
    }

    /// `POST /api/queues/` with this JSON, or with no body.
    pub(crate) async fn create(&self, json: Option<&str>) -> Result<EntryView> {
        let answer = self.daemon.rest().post("/api/queues/", json).await?;
        ensure!(answer.status == 201, "{answer:?}");
        Ok(serde_json::from_str(&answer.text)?)
    }

    /// `DELETE /api/queues/ID/`
    pub(crate) async fn delete(&self, id: EntryId) -> Result<()> {
        let path = format!("/api/queues/{id}/");
        let answer = self.daemon.rest().delete(&path).await?;
        ensure!(answer.status == 204, "{answer:?}");
        Ok(())
    }

    /// The entry as REST shows it, once it has this status.
    pub(crate) async fn reaches(&self, id: EntryId, status: Status) -> Result<EntryView> {
        let path = format!("/api/queues/{id}/");
        let what = format!("entry {id} is {status}");
        until(&what, PATIENCE, async || {
            let answer = self.daemon.rest().get(&path).await;
            let text = answer.map_err(|error| format!("{error:#}"))?.text;
            let entry: EntryView = serde_json::from_str(&text).map_err(|_| text.clone())?;
            if entry.status == status {
                Ok(entry)
            } else {
                Err(text)
            }
        })
        .await
    }

    pub(crate) async fn explain(&self, id: EntryId) -> Result<ExplanationView> {
        match self.ask(Request::EntryExplain(EntryExplain { id })).await? {
            Response::Explanation(explanation) => Ok(*explanation),
            other => anyhow::bail!("{other:?}"),
        }
    }

    /// The whole journal.
    pub(crate) async fn journal(&self) -> Result<Vec<EventView>> {
        let (since, limit) = (Some(0), 1000);
        match self
            .ask(Request::EventList(EventList {
                since,
                limit,
                ..EventList::default()
            }))
            .await?
        {
            Response::Events(EventPage { events, .. }) => Ok(events),
            other => anyhow::bail!("{other:?}"),
        }
    }

    /// Waits until the journal says that nothing of a removed entry is left.
    pub(crate) async fn ended(&self, id: EntryId) -> Result<()> {
        until(
            &format!("nothing of entry {id} is left"),
            PATIENCE,
            async || {
                let journal = self.journal().await.map_err(|error| error.to_string())?;
                let about = journal.iter().filter(|event| event.entry == Some(id));
                let kinds: Vec<_> = about.map(|event| event.kind.as_str()).collect();
                // A FAILED entry may have nothing left before it is unwanted.
                if kinds.contains(&"entry_unwanted") && kinds.contains(&"entry_ended") {
                    Ok(())
                } else {
                    Err(format!("{journal:#?}"))
                }
            },
        )
        .await
    }

    /// Removes an entry and waits until nothing of it is left.
    pub(crate) async fn remove(&self, id: EntryId) -> Result<()> {
        self.delete(id).await?;
        self.ended(id).await
    }

    /// Kills the omsd, as a power cut of the process would, and starts another on what it left.
    pub(crate) async fn kill_and_start(self) -> Result<Self> {
        let Self {
            clouds,
            home,
            daemon,
            client,
        } = self;
        daemon.kill().await?;
        drop(client);
        let daemon = home.start().await?;
        let client = daemon.client().await?;
        Ok(Self {
            clouds,
            home,
            daemon,
            client,
        })
    }

    /// Stops the omsd in good order, lets `meanwhile` work on its home, and starts it again.
    pub(crate) async fn stop_and_start(
        self,
        meanwhile: impl AsyncFnOnce(&Home) -> Result<()>,
    ) -> Result<Self> {
        let Self {
            clouds,
            home,
            daemon,
            client,
        } = self;
        drop(client);
        daemon.stop().await?;
        meanwhile(&home).await?;
        let daemon = home.start().await?;
        let client = daemon.client().await?;
        Ok(Self {
            clouds,
            home,
            daemon,
            client,
        })
    }

    /// How the daemon says that it stands.
    pub(crate) async fn status(&self) -> Result<StatusView> {
        Ok(self.client.ask(StatusShow {}).await?)
    }

    /// All accounts.
    pub(crate) async fn accounts(&self) -> Result<Vec<AccountView>> {
        Ok(self.client.ask(AccountList::default()).await?.accounts)
    }

    /// The clouds.
    pub(crate) fn clouds(&self) -> impl Iterator<Item = &SimCloud> {
        self.clouds.iter().map(HttpCloud::sim)
    }

    /// Everything that the clouds hold.
    pub(crate) fn left_at_clouds(&self) -> Vec<String> {
        let clouds = self.clouds.iter().map(HttpCloud::sim);
        clouds.flat_map(held_by).collect()
    }

    /// The end of every test.
    pub(crate) async fn finish(self) -> Result<()> {
        let left = self.left_at_clouds();
        ensure!(left.is_empty(), "left at the clouds: {left:#?}");
        self.finish_with_leftovers().await
    }

    /// The end of a test that leaves something at the clouds on purpose.
    pub(crate) async fn finish_with_leftovers(self) -> Result<()> {
        let Self {
            clouds,
            home,
            daemon,
            client,
        } = self;
        drop(client);
        daemon.stop().await?;
        for cloud in clouds {
            cloud.stop().await;
        }
        let complaints = home.complaints()?;
        ensure!(complaints.is_empty(), "in the log: {complaints:#?}");
        ensure!(!home.socket().exists(), "the socket is left");
        Ok(())
    }

    /// A subscription from the beginning of the journal, which misses nothing.
    pub(crate) fn from_the_beginning() -> Subscribe {
        Subscribe { since: Some(0) }
    }
}

/// Servers and key pairs at a cloud.
pub(crate) fn held_by(cloud: &SimCloud) -> Vec<String> {
    let name = cloud.name();
    let servers = cloud.live_servers().into_iter();
    let servers = servers.map(|server| format!("{name}: server {} ({})", server.id, server.status));
    let keys = cloud.keypairs().into_iter();
    servers
        .chain(keys.map(|(_, key)| format!("{name}: key pair {key}")))
        .collect()
}
