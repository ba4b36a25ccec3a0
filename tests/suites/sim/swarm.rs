//! Many seeds: random clouds, faults, wishes and crashes; then the faults end, and the oracle
//! judges what is left.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::Time;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::dice::Dice;
use oms_tests::cloud::{
    After, CallKind, CloudSpec, Fault, Garbage, Rule, SimCloud, SimClouds, TokioClock,
};
use oms_tests::harness::disk::{Cut, When};
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::{Rig, account, picture};
use oms_tests::harness::seed::{replay_line, seeds};
use oms_tests::oracle::{Asked, at_rest, judge, plant_aliens};
use omsd_domain::ground::limits::LIST_KEYPAIRS_EVERY;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::entry::{Entry, Status};
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

const HOUR: Duration = Duration::from_secs(3600);

/// How long things go wrong.
const CHAOS: Duration = Duration::from_secs(180);

#[test]
fn swarm() {
    let began = std::time::Instant::now();
    let seeds = seeds(240);
    let runs = each(&seeds, async |seed| {
        // The first to fail tells; the others need not go on.
        run(*seed).await.unwrap_or_else(|error| {
            panic!("seed {seed:#x}: {error:#}\n{}", replay_line("swarm", *seed))
        })
    });
    let took = began.elapsed();
    let simulated: Duration = runs.into_iter().sum();
    println!(
        "{} seeds in {:.1} s, {:.1} simulated hours a second",
        seeds.len(),
        took.as_secs_f32(),
        simulated.as_secs_f32() / 3600.0 / took.as_secs_f32()
    );
}

pub(crate) fn below(dice: &mut Dice, bound: u64) -> u64 {
    dice.roll() % bound
}

fn clouds(dice: &mut Dice, seed: u64, clock: &Arc<dyn omsd::ports::Clock>) -> SimClouds {
    let count = 2 + below(dice, 3);
    let mut clouds = Vec::new();
    for number in 0..count {
        let mut spec = CloudSpec::calm(&format!("cloud{number}"));
        spec.latency_ms = 5 + below(dice, 200);
        spec.latency_jitter_ms = below(dice, 100);
        spec.build_ms = 500 + below(dice, 20_000);
        spec.build_jitter_ms = below(dice, 5_000);
        spec.delete_ms = below(dice, 3_000);
        spec.clock_skew_ms = i64::try_from(below(dice, 60_000)).unwrap() - 30_000;
        spec.abandoned_acts = 0.5;
        spec.guards_ports = dice.chance(0.5);
        if dice.chance(0.2) {
            // Plain lists hide what is kept; of what a cloud has denied meanwhile it alone knows, and
            // makes an end of it by itself.
            spec.reclaim_s = below(dice, LIST_KEYPAIRS_EVERY.as_secs() * 3);
        }
        if number > 0 && dice.chance(0.2) {
            spec.accounts[0].quota_instances = 2;
        }
        // The first cloud is always well, so that every entry can be served.
        if number > 0 {
            for _ in 0..below(dice, 4) {
                spec.faults.push(fault(dice));
            }
        }
        clouds.push(SimCloud::start(spec, seed, Arc::clone(clock)));
    }
    SimClouds::new(clouds)
}

/// All kinds of faults; `ms` is how long those take that take long.
fn faults(ms: u64) -> Vec<Fault> {
    let answer = |status| Fault::Answer {
        status,
        message: None,
        retry_after_s: None,
    };
    vec![
        Fault::Refuse,
        Fault::Stall,
        Fault::Slow { ms },
        answer(500),
        answer(401),
        answer(403),
        answer(404),
        answer(409),
        Fault::Gateway { status: 401 },
        Fault::Gateway { status: 403 },
        Fault::Gateway { status: 404 },
        Fault::Answer {
            status: 429,
            message: None,
            retry_after_s: Some(1 + ms / 1000),
        },
        Fault::ActThen {
            then: After::Unavailable,
        },
        Fault::ActThen { then: After::Reset },
        Fault::AnswerLate { ms },
        Fault::ActThen { then: After::Hang },
        Fault::ActThen {
            then: After::InternalError,
        },
        Fault::Late {
            ms,
            then: After::GatewayTimeout,
        },
        Fault::Garbage { how: Garbage::Html },
        Fault::Garbage {
            how: Garbage::Truncated,
        },
        Fault::Garbage {
            how: Garbage::WrongTypes,
        },
        Fault::ExpireTokens,
        Fault::Quota,
        Fault::NoValidHost { ms },
        Fault::BuildError {
            ms,
            code: 500,
            message: "disk on fire".to_owned(),
        },
        Fault::BuildErrorSilent { ms },
        Fault::BuildForever,
        Fault::SlowBuild { ms: ms * 10 },
        Fault::DeleteFails {
            message: "busy".to_owned(),
        },
        Fault::DeleteStuck,
        Fault::DeleteConflict,
        Fault::LeavePorts,
        Fault::Stale { ms: ms / 10 },
        Fault::RepeatPages,
    ]
}

fn fault(dice: &mut Dice) -> Rule {
    fault_between(dice, CHAOS)
}

/// Something that goes wrong for a while within this time.
pub(crate) fn fault_between(dice: &mut Dice, all: Duration) -> Rule {
    let kinds = faults(below(dice, 20_000));
    let pick = usize::try_from(below(dice, u64::try_from(kinds.len()).unwrap())).unwrap();
    let from = dice.within(all);
    let until = from + dice.within(all);
    let rule = Rule::always(kinds[pick].clone()).between(from, until.min(all));
    match below(dice, 3) {
        0 => rule.with_probability(0.5),
        1 => rule.on(&[
            CallKind::CreateServer,
            CallKind::DeleteServer,
            CallKind::ImportKeypair,
        ]),
        _ => rule,
    }
}

/// One seed; gives how long it was by the simulated clock.
async fn run(seed: u64) -> anyhow::Result<Duration> {
    let began = tokio::time::Instant::now();
    let mut dice = Dice::new(seed, "swarm");
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn omsd::ports::Clock> = Arc::new(clock);
    let clouds = clouds(&mut dice, seed, &shared);
    let policy = Policy {
        build_deadline: Duration::from_secs(60),
        ..Policy::default()
    };
    let mut rig = Rig::new(clouds, clock, policy);
    let mut asked = Asked {
        aliens: plant_aliens(&rig.clouds),
        ..Asked::default()
    };
    rig.start()?;

    let end = began + CHAOS;
    while tokio::time::Instant::now() < end {
        if rig.has_ended() {
            rig.start()?;
        }
        act(&mut rig, &mut dice, &mut asked).await;
        tokio::time::sleep(dice.within(Duration::from_secs(10))).await;
    }
    for cloud in rig.clouds.all() {
        cloud.clear_faults();
    }
    rig.disk.spare();
    if rig.has_ended() || rig.disk.is_dead() {
        rig.start()?;
    }
    register(&rig).await?;
    for nth in 0..rig.clouds.all().len() {
        edit(&rig, nth, true).await?;
    }
    let kept = asked.kept.clone();
    let served = |world: &World| {
        let mut kept = kept.iter().filter_map(|id| world.entries.get(id));
        kept.all(|entry| entry.status == Status::Run)
    };
    let what = "all that can be served are, beside those that cannot";
    rig.until(what, HOUR, served).await?;
    let careless = |entry: &&Arc<Entry>| {
        *entry.asked.spec != EntrySpec::default() && entry.status != Status::Destroy
    };
    let world = rig.world();
    for entry in world.entries.values().filter(careless) {
        rig.remove(entry.id).await?;
        asked.removed.insert(entry.id);
    }
    rig.until("at rest", HOUR * 12, at_rest).await?;
    // What a cloud denied while it lied is found again by the complete lists that come after.
    tokio::time::sleep(LIST_KEYPAIRS_EVERY * 4).await;
    rig.until("at rest again", HOUR * 12, at_rest).await?;
    let world = rig.world();
    let mut wrong = judge(&rig, &asked);
    let failed = world
        .entries
        .values()
        .filter(|entry| entry.status == Status::Failed);
    wrong.extend(failed.map(|entry| format!("entry {} was not served", entry.id)));
    anyhow::ensure!(wrong.is_empty(), "{wrong:#?}\n{}", picture(&world));
    Ok(began.elapsed())
}

async fn register(rig: &Rig) -> anyhow::Result<()> {
    for cloud in rig.clouds.all() {
        if rig.world().account_named(cloud.name()).is_none() {
            rig.submit(Command::AddAccount(Box::new(account(cloud))))
                .await?;
        }
    }
    Ok(())
}

/// One thing that happens: a wish, or a crash.
async fn act(rig: &mut Rig, dice: &mut Dice, asked: &mut Asked) {
    match below(dice, 10) {
        0..=3 => {
            // A wish that a crash cuts short is asked again some other time, or never.
            let careless = dice.chance(0.3);
            let spec = if careless {
                wish(dice)
            } else {
                EntrySpec::default()
            };
            if register(rig).await.is_ok()
                && let Ok(id) = rig.accept(spec, HOUR * 12).await
                && !careless
            {
                asked.kept.insert(id);
            }
        }
        4..=6 => {
            let count = u64::try_from(asked.kept.len().max(1)).unwrap();
            let nth = usize::try_from(below(dice, count)).unwrap();
            let Some(id) = asked.kept.iter().nth(nth).copied() else {
                return;
            };
            asked.kept.remove(&id);
            match rig.remove(id).await {
                Ok(()) => asked.removed.insert(id),
                Err(_) => asked.perhaps_removed.insert(id),
            };
        }
        7 => {
            let when = if dice.chance(0.5) {
                When::Before
            } else {
                When::After
            };
            rig.disk.plan_cut(Cut {
                at_sync: rig.disk.syncs() + 1 + below(dice, 5),
                when,
            });
        }
        8 => rig.kill(),
        _ => {
            let count = u64::try_from(rig.clouds.all().len()).unwrap();
            let nth = usize::try_from(below(dice, count)).unwrap();
            let enabled = dice.chance(0.5);
            // A crash may cut it short, and then it is not done again.
            drop(edit(rig, nth, enabled).await);
        }
    }
}

/// A wish that no cloud can fulfil. Nobody else is to suffer for it.
fn wish(dice: &mut Dice) -> EntrySpec {
    let nothing = || Some("nothing".to_owned());
    let one = |name: &str| Some(vec![name.to_owned()]);
    let plain = EntrySpec::default();
    match below(dice, 7) {
        0 => EntrySpec {
            machine: MachineSpec {
                image: nothing(),
                ..MachineSpec::default()
            },
            ..plain
        },
        1 => EntrySpec {
            machine: MachineSpec {
                flavor: nothing(),
                ..MachineSpec::default()
            },
            ..plain
        },
        2 => EntrySpec {
            machine: MachineSpec {
                flavor: Some("g-nohost".to_owned()),
                ..MachineSpec::default()
            },
            ..plain
        },
        3 => EntrySpec {
            machine: MachineSpec {
                networks: one("nothing"),
                ..MachineSpec::default()
            },
            ..plain
        },
        4 => EntrySpec {
            machine: MachineSpec {
                networks: one("public"),
                ..MachineSpec::default()
            },
            ..plain
        },
        5 => EntrySpec {
            machine: MachineSpec {
                security_groups: one("nothing"),
                ..MachineSpec::default()
            },
            ..plain
        },
        _ => EntrySpec {
            machine: MachineSpec {
                availability_zone: nothing(),
                ..MachineSpec::default()
            },
            ..plain
        },
    }
}

/// Switches an account on or off, as a person does who wonders what is wrong with it.
async fn edit(rig: &Rig, nth: usize, enabled: bool) -> anyhow::Result<()> {
    let name = rig.clouds.all()[nth].name();
    let Some(account) = rig.world().account_named(name).cloned() else {
        return Ok(());
    };
    let account = Account {
        enabled,
        ..(*account).clone()
    };
    let edit = Command::EditAccount {
        account: Box::new(account),
        leads_to: None,
    };
    rig.submit(edit).await?;
    Ok(())
}
