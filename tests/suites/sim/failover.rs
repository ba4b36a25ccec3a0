//! One entry, one failing account, one good one: whatever fails, the entry runs on the other, and
//! nothing is left on the first.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{EventKind, Time};
use oms_tests::cloud::{
    After, CallKind, CloudSpec, Fault, Garbage, Rule, SimCloud, SimClouds, TokioClock,
};
use oms_tests::harness::rig::Rig;
use oms_tests::oracle::{Asked, at_rest, judge};
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;

const HOUR: Duration = Duration::from_secs(3600);

fn clouds(names: &[&str], clock: &TokioClock) -> SimClouds {
    let clock: Arc<dyn omsd::ports::Clock> = Arc::new(*clock);
    let start = |name: &&str| SimCloud::start(CloudSpec::calm(name), 1, Arc::clone(&clock));
    SimClouds::new(names.iter().map(start).collect())
}

fn rig(names: &[&str]) -> Rig {
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let mut rig = Rig::new(clouds(names, &clock), clock, Policy::default());
    rig.start().unwrap();
    rig
}

/// Runs one entry with `fault` on the first of two clouds; gives the seconds until it ran and the
/// classes of its failures.
async fn run(fault: Rule) -> (f32, Vec<String>) {
    let mut rig = rig(&["bad", "good"]);
    // The fault comes after the first look, so that the entry is the one to find it.
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    rig.clouds.get("bad").unwrap().add_fault(fault);
    let began = tokio::time::Instant::now();
    let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    let runs = |world: &omsd_domain::world::World| {
        world
            .entries
            .get(&id)
            .is_some_and(|entry| entry.status == Status::Run)
    };
    rig.until("the entry runs", HOUR, runs).await.unwrap();
    let took = began.elapsed().as_secs_f32();
    let world = rig.world();
    let entry = world.entries.get(&id).unwrap();
    let account = &world
        .accounts
        .get(&entry.kept().unwrap().account)
        .unwrap()
        .name;
    // A server that was made behind a lost answer may well be found and kept.
    let made = rig.clouds.get("bad").unwrap().creations().len();
    assert!(account == "good" || made > 0, "kept at {account}");
    let failures = entry.attempts.iter().filter_map(|a| a.failure.as_ref());
    let classes = failures.map(|failure| failure.class.to_string()).collect();

    rig.clouds.get("bad").unwrap().clear_faults();
    rig.until("everything is tidy", HOUR, at_rest)
        .await
        .unwrap();
    let mut asked = Asked {
        kept: [id].into(),
        ..Asked::default()
    };
    assert_eq!(judge(&rig, &asked), Vec::<String>::new());

    rig.remove(id).await.unwrap();
    rig.until("the entry is gone", HOUR, at_rest).await.unwrap();
    asked = Asked {
        removed: [id].into(),
        ..Asked::default()
    };
    assert_eq!(judge(&rig, &asked), Vec::<String>::new());
    rig.stop().await.unwrap();
    (took, classes)
}

fn answer(status: u16, message: &str, retry_after_s: Option<u64>) -> Fault {
    Fault::Answer {
        status,
        message: Some(message.to_owned()),
        retry_after_s,
    }
}

/// Every kind of failure: its name, the fault, and the class that it must be known as.
#[expect(clippy::too_many_lines, reason = "a table")]
fn failures() -> Vec<(&'static str, Rule, &'static str)> {
    let create = [CallKind::CreateServer];
    let after = |then| Fault::ActThen { then };
    vec![
        ("refused", Rule::always(Fault::Refuse), "unreachable"),
        ("tls", Rule::always(Fault::Tls), "tls"),
        ("hang", Rule::always(Fault::Stall).on(&create), "timeout"),
        (
            "400",
            Rule::always(answer(400, "Invalid image", None)).on(&create),
            "configuration",
        ),
        ("401", Rule::always(answer(401, "no", None)), "unauthorized"),
        (
            "403",
            Rule::always(answer(403, "Policy does not allow", None)).on(&create),
            "forbidden",
        ),
        ("quota", Rule::always(Fault::Quota), "quota"),
        (
            "404",
            Rule::always(answer(404, "gone", None)).on(&create),
            "configuration",
        ),
        (
            "409",
            Rule::always(answer(409, "busy", None)).on(&create),
            "conflict",
        ),
        (
            "413",
            Rule::always(answer(413, "slow down", Some(5))).on(&create),
            "throttled",
        ),
        (
            "429",
            Rule::always(answer(429, "slow down", Some(5))).on(&create),
            "throttled",
        ),
        (
            "500",
            Rule::always(answer(500, "oops", None)).on(&create),
            "server_error",
        ),
        (
            "502",
            Rule::always(answer(502, "oops", None)).on(&create),
            "server_error",
        ),
        (
            "503",
            Rule::always(answer(503, "oops", None)).on(&create),
            "server_error",
        ),
        (
            "503+after",
            Rule::always(answer(503, "oops", Some(60))).on(&create),
            "throttled",
        ),
        (
            "504",
            Rule::always(answer(504, "oops", None)).on(&create),
            "server_error",
        ),
        (
            "html",
            Rule::always(Fault::Garbage { how: Garbage::Html }).on(&create),
            "garbage",
        ),
        (
            "act+503",
            Rule::always(after(After::Unavailable)).on(&create),
            "server_error",
        ),
        (
            "act+reset",
            Rule::always(after(After::Reset)).on(&create),
            "timeout",
        ),
        (
            "act+hang",
            Rule::always(after(After::Hang)).on(&create),
            "timeout",
        ),
        (
            "novalidhost",
            Rule::always(Fault::NoValidHost { ms: 500 }),
            "no_capacity",
        ),
        (
            "error",
            Rule::always(Fault::BuildError {
                ms: 500,
                code: 500,
                message: "disk on fire".into(),
            }),
            "build_failed",
        ),
        (
            "silent",
            Rule::always(Fault::BuildErrorSilent { ms: 500 }),
            "build_failed",
        ),
        ("stuck", Rule::always(Fault::BuildForever), "build_timeout"),
    ]
}

#[tokio::test(start_paused = true)]
async fn every_kind_of_failure_moves_on_to_the_other_account() {
    println!("{:<12}{:>9}  failures", "fault", "seconds");
    for (name, rule, class) in failures() {
        let (took, classes) = run(rule).await;
        println!("{name:<12}{took:>9.2}  {}", classes.join(", "));
        // The answer to a create that hangs is still out, and a server that was found clears
        // what its create had said.
        let open = matches!(name, "hang" | "html") || name.starts_with("act+");
        assert!(
            open || classes.iter().any(|seen| seen == class),
            "{name}: {classes:?}"
        );
        let limit = match name {
            "stuck" => 700.0,
            // What a create gets where none has told how long they take, the build, and a look.
            "hang" => 12.5,
            // The patience with a create and with a look, the build, and another look.
            _ => 6.0,
        };
        assert!(took < limit, "{name} took {took} s");
    }
}

#[tokio::test(start_paused = true)]
async fn an_account_that_lists_but_never_answers_creates_is_blocked_once() {
    let mut rig = rig(&["bad", "good"]);
    rig.add_accounts().await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stall = Rule::always(Fault::Stall).on(&[CallKind::CreateServer]);
    rig.clouds.get("bad").unwrap().add_fault(stall);
    let mut feed = rig.handle().feed();
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(Duration::from_secs(20)).await;
    let mut blocks = Vec::new();
    while let Ok(published) = feed.try_recv() {
        let rows = published
            .rows
            .iter()
            .filter(|row| matches!(row.kind, EventKind::Blocked | EventKind::Unblocked));
        blocks.extend(rows.map(|row| row.message.clone()));
    }
    assert_eq!(blocks.len(), 1, "{blocks:#?}");
    rig.stop().await.unwrap();
}
