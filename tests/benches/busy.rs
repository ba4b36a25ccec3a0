//! What busy clouds cost: servers made for those asked for, how near the makespan comes to that of
//! plain calls, how many API calls a life takes, and how late RUN is seen.
//!
//! Time is simulated, so the figures are the same on every machine.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "a benchmark prints its figures"
)]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EntryId, Time};
use oms_tests::cloud::{CallKind, CloudSpec, SignInWith, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::at_rest;
use omsd::ports::{Cloud, Clouds, CreateServer};
use omsd_domain::rows::attempt::State;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::machine::merge;
use omsd_domain::rules::policy::Policy;

const HOUR: Duration = Duration::from_secs(3600);
const SECOND: Duration = Duration::from_secs(1);

/// Each setting is played with so many seeds.
const SEEDS: u64 = 10;

/// Clouds, and what is asked of them.
struct Setting {
    name: &'static str,
    cloud: fn(&str) -> CloudSpec,
    clouds: u32,
    entries: usize,
    how: How,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    AtOnce,
    /// At once, after as many that have taught how long they take, and are gone.
    Again,
    /// Each once the one before runs.
    InTurn,
    /// At once, and the daemon is killed and started again three times within five seconds.
    Killed,
}

/// What one play came to.
#[derive(Default)]
struct Played {
    made: usize,
    makespan: Duration,
    plain: Duration,
    calls: u64,
    /// Until all ran, and after that.
    looks: (u64, u64),
    late: Vec<Duration>,
}

fn small(name: &str) -> CloudSpec {
    without_quotas(CloudSpec::small(name))
}

fn calm(name: &str) -> CloudSpec {
    without_quotas(CloudSpec::calm(name))
}

fn without_quotas(mut spec: CloudSpec) -> CloudSpec {
    for account in &mut spec.accounts {
        (account.quota_instances, account.quota_cores) = (-1, -1);
        (account.quota_ram_mib, account.quota_keypairs) = (-1, -1);
        account.quota_ports = -1;
    }
    spec
}

fn main() {
    let setting = |name, cloud, clouds, entries, how| Setting {
        name,
        cloud,
        clouds,
        entries,
        how,
    };
    let settings = [
        setting("small, in turn", small, 2, 6, How::InTurn),
        setting("small, at once", small, 2, 10, How::AtOnce),
        setting("small, at once", small, 2, 20, How::AtOnce),
        setting("small, again", small, 2, 20, How::Again),
        setting("small, killed", small, 2, 8, How::Killed),
        setting("calm, in turn", calm, 2, 6, How::InTurn),
        setting("calm, at once", calm, 2, 20, How::AtOnce),
        setting("calm, again", calm, 2, 20, How::Again),
        setting("calm, at once", calm, 10, 1_000, How::AtOnce),
    ];
    println!("busy: servers made, calls a life, and how late RUN is seen");
    println!(
        "  {:<16}{:>6}{:>7}{:>10}{:>9}{:>8}{:>8}{:>8}{:>8}{:>8}{:>8}",
        "clouds",
        "asked",
        "made",
        "makespan",
        "of plain",
        "calls",
        "looks",
        "after",
        "late",
        "p95",
        "most"
    );
    for setting in &settings {
        let seeds: Vec<u64> = (1..=SEEDS).collect();
        let plays = each(&seeds, async |seed| play(setting, *seed).await);
        print(setting, &plays);
    }
}

fn clouds(setting: &Setting, seed: u64) -> (SimClouds, TokioClock) {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let start = |number| {
        let spec = (setting.cloud)(&format!("cloud{number}"));
        SimCloud::start(spec, seed, Arc::clone(&shared))
    };
    (
        SimClouds::new((0..setting.clouds).map(start).collect()),
        clock,
    )
}

async fn play(setting: &Setting, seed: u64) -> Played {
    let (clouds, clock) = clouds(setting, seed);
    let mut rig = Rig::new(clouds, clock, Policy::default());
    rig.start().unwrap();
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(SECOND * 5).await;
    let count = u64::try_from(setting.entries).unwrap();
    if setting.how == How::Again {
        for id in at_once(&rig, count).await {
            rig.remove(id).await.unwrap();
        }
        rig.until("all are gone", HOUR, at_rest).await.unwrap();
    }
    let made = made(&rig);
    let before = calls(&rig);
    let began = tokio::time::Instant::now();
    let ids = ask(setting, &mut rig, count).await;
    runs(&rig, count).await;
    let makespan = began.elapsed();
    let late = lateness(&rig);
    let made = self::made(&rig) - made;
    let launched = calls(&rig);
    for id in ids {
        rig.remove(id).await.unwrap();
    }
    rig.until("all are gone", HOUR, at_rest).await.unwrap();
    let after = calls(&rig);
    let looks = |calls: &BTreeMap<CallKind, u64>| {
        let looks = calls.get(&CallKind::ListServers);
        looks.copied().unwrap_or(0)
    };
    Played {
        made,
        makespan,
        plain: plain(setting, seed).await,
        calls: after.values().sum::<u64>() - before.values().sum::<u64>(),
        looks: (
            looks(&launched) - looks(&before),
            looks(&after) - looks(&launched),
        ),
        late,
    }
}

/// Asks for all of them, as the setting says.
async fn ask(setting: &Setting, rig: &mut Rig, count: u64) -> Vec<EntryId> {
    let mut ids = Vec::new();
    if setting.how == How::InTurn {
        for nth in 1..=count {
            ids.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
            runs(rig, nth).await;
        }
    } else {
        ids = accept(rig, count).await;
    }
    if setting.how == How::Killed {
        for _ in 0..3 {
            tokio::time::sleep(SECOND).await;
            rig.kill();
            tokio::time::sleep(SECOND / 2).await;
            rig.start().unwrap();
        }
    }
    ids
}

async fn accept(rig: &Rig, count: u64) -> Vec<EntryId> {
    let all = (0..count).map(|_| rig.accept(EntrySpec::default(), HOUR));
    let all = futures::future::join_all(all).await;
    all.into_iter().map(Result::unwrap).collect()
}

async fn at_once(rig: &Rig, count: u64) -> Vec<EntryId> {
    let ids = accept(rig, count).await;
    runs(rig, count).await;
    ids
}

/// Servers that were made so far.
fn made(rig: &Rig) -> usize {
    let clouds = rig.clouds.all().iter();
    clouds.map(|it| it.creations().len()).sum()
}

async fn runs(rig: &Rig, count: u64) {
    rig.until("they run", HOUR, |world| world.count(Status::Run) >= count)
        .await
        .unwrap();
}

/// How long after a server was ACTIVE its entry ran.
fn lateness(rig: &Rig) -> Vec<Duration> {
    let clouds = rig.clouds.all().iter();
    let launched: BTreeMap<_, _> = clouds.flat_map(SimCloud::launched).collect();
    let world = rig.world();
    let attempts = world.entries.values().flat_map(|entry| &entry.attempts);
    let ready = attempts.filter(|attempt| attempt.state == State::Ready);
    ready
        .filter_map(|attempt| {
            let launched = launched.get(&attempt.server.as_ref()?.id)?;
            Some(attempt.since.since(*launched))
        })
        .collect()
}

/// How long the same takes with plain calls, all at once or in turn, each followed until the last
/// server is ACTIVE.
async fn plain(setting: &Setting, seed: u64) -> Duration {
    let (clouds, clock) = clouds(setting, seed);
    let client = clouds.client(Arc::new(clock));
    let open = clouds.all().iter().map(|sim| {
        let account = sim.open_account(None, SignInWith::Password);
        (sim.account_spec().defaults, client.open(&account).unwrap())
    });
    let open: Vec<_> = open.collect();
    let began = tokio::time::Instant::now();
    let create = async |number: usize| {
        let (defaults, cloud) = open.get(number % open.len()).unwrap();
        let wanted = merge(&[defaults]).unwrap();
        let name = format!("plain-{number}");
        let resolved = cloud.resolve(&wanted).await.unwrap();
        cloud
            .import_keypair(&name, oms_tests::harness::rig::PUBLIC_KEY)
            .await
            .unwrap();
        let server = CreateServer {
            key_name: name.clone(),
            name,
            resolved,
            user_data: None,
            metadata: BTreeMap::new(),
        };
        let id = cloud.create_server(&server).await.unwrap();
        if setting.how == How::InTurn {
            active(cloud.as_ref(), &id).await;
        }
    };
    if setting.how == How::InTurn {
        for number in 0..setting.entries {
            create(number).await;
        }
        return began.elapsed();
    }
    futures::future::join_all((0..setting.entries).map(create)).await;
    loop {
        let launched: usize = clouds.all().iter().map(|it| it.launched().len()).sum();
        if launched == setting.entries {
            return began.elapsed();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// Waits until one server is ACTIVE, looking at it ten times a second.
async fn active(cloud: &dyn Cloud, id: &str) {
    while cloud.get_server(id).await.unwrap().status != "ACTIVE" {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn calls(rig: &Rig) -> BTreeMap<CallKind, u64> {
    let mut all = BTreeMap::new();
    for cloud in rig.clouds.all() {
        for (kind, count) in cloud.calls() {
            *all.entry(kind).or_default() += count;
        }
    }
    all
}

fn print(setting: &Setting, plays: &[Played]) {
    let count = plays.len() as f64;
    let lives = count * setting.entries as f64;
    let sum = |of: &dyn Fn(&Played) -> f64| plays.iter().map(of).sum::<f64>();
    let mut late: Vec<_> = plays.iter().flat_map(|play| play.late.clone()).collect();
    late.sort();
    let mean = late.iter().sum::<Duration>().as_secs_f64() / late.len() as f64;
    let at = |percent: usize| {
        let place = (late.len() - 1) * percent / 100;
        late.get(place).unwrap().as_secs_f64()
    };
    println!(
        "  {:<16}{:>6}{:>7.1}{:>10.2}{:>9.3}{:>8.2}{:>8.2}{:>8.2}{mean:>8.3}{:>8.3}{:>8.3}",
        setting.name,
        setting.entries,
        sum(&|play| play.made as f64) / count,
        sum(&|play| play.makespan.as_secs_f64()) / count,
        sum(&|play| play.makespan.as_secs_f64()) / sum(&|play| play.plain.as_secs_f64()),
        sum(&|play| play.calls as f64) / lives,
        sum(&|play| play.looks.0 as f64) / lives,
        sum(&|play| play.looks.1 as f64) / lives,
        at(95),
        at(100),
    );
}
