//! What one entry asks for is its own affair: whatever a cloud says to it, those that ask for
//! something else are served as if it had not been there.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use oms_proto::EntryId;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::dice::Dice;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, FlavorSpec, ImageSpec, NetworkSpec, Rule};
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::{Rig, picture};
use oms_tests::harness::seed::{replay_line, seeds};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::limits::SEVERAL;
use omsd_domain::rows::entry::Status;
use omsd_domain::rows::scope::{Scope, ScopeKind};
use omsd_domain::rules::policy::Policy;
use omsd_domain::world::World;

use crate::scene::{HOUR, MINUTE, SECOND, entry, health, launch, lessons, only_at, rig};

/// What is wrong with the things of that name: they are there, and no create that asks for one of them
/// ends well.
const ODD: &str = "odd";

/// The offering that entries get which ask for nothing of their own.
const PLAIN: &str = "any/g-1gb";

/// A part of a wish that names something odd, or something that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Image,
    Flavor,
    Network,
    External,
    Group,
    Zone,
    Metadata,
    Name,
    UserData,
    NoImage,
    NoFlavor,
    NoNetwork,
    NoGroup,
    NoZone,
}

const PARTS: [Part; 14] = [
    Part::Image,
    Part::Flavor,
    Part::Network,
    Part::External,
    Part::Group,
    Part::Zone,
    Part::Metadata,
    Part::Name,
    Part::UserData,
    Part::NoImage,
    Part::NoFlavor,
    Part::NoNetwork,
    Part::NoGroup,
    Part::NoZone,
];

/// A wish that is plain but for one part.
fn wish(part: Part) -> EntrySpec {
    let mut wish = EntrySpec::default();
    let machine = &mut wish.machine;
    let named = |name: &str| Some(name.to_owned());
    let listed = |name: &str| Some(vec![name.to_owned()]);
    match part {
        Part::Image => machine.image = named(ODD),
        Part::Flavor => machine.flavor = named(ODD),
        Part::Network => machine.networks = listed(ODD),
        Part::External => machine.networks = listed("public"),
        Part::Group => machine.security_groups = listed(ODD),
        Part::Zone => machine.availability_zone = named(ODD),
        Part::Metadata => {
            wish.metadata = Some(BTreeMap::from([("it".to_owned(), ODD.to_owned())]));
        }
        Part::Name => wish.name = named(ODD),
        Part::UserData => wish.user_data = named(ODD),
        Part::NoImage => machine.image = named("nope"),
        Part::NoFlavor => machine.flavor = named("nope"),
        Part::NoNetwork => machine.networks = listed("nope"),
        Part::NoGroup => machine.security_groups = listed("nope"),
        Part::NoZone => machine.availability_zone = named("nope"),
    }
    wish
}

/// A cloud that has an odd thing of each kind, and what it says to those who ask for one.
fn cloud(name: &str, says: &Fault) -> CloudSpec {
    let calm = CloudSpec::calm(name);
    let mut spec = CloudSpec {
        build_ms: 2_000,
        ..calm
    };
    // As it stands, and as user data is sent.
    let mut odd = vec![ODD.to_owned(), BASE64_STANDARD.encode(ODD)];
    let id = |kind: &str| format!("{name}-{kind}-{ODD}");
    spec.images.push(ImageSpec {
        id: id("image"),
        name: ODD.to_owned(),
        status: "active".to_owned(),
    });
    spec.flavors.push(FlavorSpec {
        id: id("flavor"),
        name: ODD.to_owned(),
        vcpus: 1,
        ram_mib: 512,
        disk_gb: 1,
        fits_nowhere: false,
    });
    // One that is external is not chosen for those that name none.
    spec.networks.push(NetworkSpec {
        id: id("network"),
        name: ODD.to_owned(),
        prefix: "127.21".to_owned(),
        ipv6: false,
        floating: None,
        external: true,
    });
    odd.extend(["image", "flavor", "network"].map(id));
    spec.security_groups.push(ODD.to_owned());
    spec.zones.push(ODD.to_owned());
    let rules = odd.iter().map(|what| {
        let rule = Rule::always(says.clone()).on(&[CallKind::CreateServer]);
        rule.asking(what)
    });
    spec.faults.extend(rules);
    spec
}

fn answer(status: u16, message: &str) -> Fault {
    Fault::Answer {
        status,
        message: Some(message.to_owned()),
        retry_after_s: None,
    }
}

/// What clouds say to a create that they do not like, in words that name nothing.
fn says() -> Vec<Fault> {
    vec![
        answer(400, "Invalid input received"),
        answer(403, "This is not allowed"),
        answer(403, "Quota exceeded for something"),
        answer(404, "The resource could not be found."),
        answer(409, "There was a conflict"),
        answer(500, "Unexpected API Error"),
        // A wall before the cloud.
        Fault::Gateway { status: 400 },
        Fault::Gateway { status: 403 },
        Fault::NoValidHost { ms: 300 },
        Fault::BuildError {
            ms: 300,
            code: 500,
            message: "Build of instance aborted: it is odd".to_owned(),
        },
        Fault::BuildErrorSilent { ms: 300 },
        Fault::BuildError {
            ms: 300,
            code: 413,
            message: "Quota exceeded for gigabytes".to_owned(),
        },
    ]
}

/// Whether a cloud may say so for this. What is brought along counts against no quota, and metadata is no
/// reason for a build to fail. A name is disliked by walls, is taken, or is none for a name server.
fn may_be(part: Part, says: &Fault) -> bool {
    let at_once = match says {
        Fault::Answer { message, .. } => message.as_ref().is_some_and(|it| !it.contains("Quota")),
        _ => false,
    };
    let wall = matches!(says, Fault::Gateway { .. });
    // What the guest is told to do may end its build.
    let guest = match says {
        Fault::BuildErrorSilent { .. } => true,
        Fault::BuildError { message, .. } => !message.contains("Quota"),
        _ => false,
    };
    match part {
        Part::Metadata => at_once || wall,
        Part::Name => {
            wall || at_once
                && matches!(
                    says,
                    Fault::Answer {
                        status: 400 | 409 | 500,
                        ..
                    }
                )
        }
        Part::UserData => at_once || wall || guest,
        _ => true,
    }
}

/// Whether it is kept from those that ask for nothing of their own.
fn is_wide(scope: &Scope) -> bool {
    match scope.kind() {
        ScopeKind::Account | ScopeKind::Quota | ScopeKind::Launch => true,
        ScopeKind::Offering => scope.to_string().ends_with(PLAIN),
        _ => false,
    }
}

fn runs(ids: &[EntryId]) -> impl Fn(&World) -> bool + '_ {
    move |world| ids.iter().all(|id| entry(world, *id).status == Status::Run)
}

/// What would keep the account from entries that ask for nothing of their own.
fn kept(rig: &Rig, name: &str) -> Vec<String> {
    let world = rig.world();
    let blocks = health(&world, name).blocks;
    let wide = blocks.iter().filter(|block| is_wide(&block.scope));
    let taught = lessons(&world, name);
    let plain = taught
        .iter()
        .filter(|it| it.offering.to_string() == PLAIN && it.budget.is_some());
    wide.map(|block| block.scope.to_string())
        .chain(plain.map(|it| format!("budget of {}", it.offering)))
        .collect()
}

/// One careless wish at all clouds, then plain ones, and all of it again a minute later.
async fn beside(part: Part, says: &Fault) {
    let clouds = vec![cloud("a", says), cloud("b", says)];
    let rig = rig(clouds, Policy::default()).await;
    for _ in 0..2 {
        for _ in 0..3 {
            rig.accept(wish(part), HOUR).await.unwrap();
        }
        tokio::time::sleep(SECOND).await;
        for name in ["a", "b"] {
            assert_eq!(kept(&rig, name), Vec::<String>::new(), "{part:?} {says:?}");
        }
        let mut plain = Vec::new();
        for _ in 0..4 {
            plain.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
        }
        let what = format!("plain ones run beside {part:?} and {says:?}");
        rig.until(&what, SECOND * 6, runs(&plain)).await.unwrap();
        tokio::time::sleep(MINUTE).await;
    }
}

#[test]
fn what_one_entry_asks_for_keeps_the_account_from_nobody_else() {
    let cases = PARTS
        .into_iter()
        .flat_map(|part| says().into_iter().map(move |says| (part, says)));
    let cases: Vec<_> = cases.filter(|(part, says)| may_be(*part, says)).collect();
    each(&cases, async |(part, says)| beside(*part, says).await);
}

#[tokio::test(start_paused = true)]
async fn a_request_with_nothing_of_its_own_speaks_for_the_account_for_minutes() {
    let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
    let cloud = rig.clouds.get("a").unwrap();
    let policy = answer(403, "Policy doesn't allow it");
    cloud.add_fault(Rule::always(policy).on(&[CallKind::CreateServer]));
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    let block = health(&rig.world(), "a").block(&Scope::Launch).cloned();
    let block = block.unwrap();
    assert_eq!(block.failure.class, FailureClass::Forbidden);
    let lasts = block.until.since(rig.clock().now());
    assert!(lasts <= MINUTE * 5, "{lasts:?}");
}

#[tokio::test(start_paused = true)]
async fn many_requests_that_have_nothing_in_common_speak_for_the_account() {
    let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
    let cloud = rig.clouds.get("a").unwrap();
    let policy = answer(403, "Policy doesn't allow it");
    cloud.add_fault(Rule::always(policy).on(&[CallKind::CreateServer]));
    for nth in 0..SEVERAL {
        assert_eq!(kept(&rig, "a"), Vec::<String>::new(), "after {nth}");
        let zone = EntrySpec {
            machine: MachineSpec {
                availability_zone: Some(format!("zone {nth}")),
                ..MachineSpec::default()
            },
            ..EntrySpec::default()
        };
        rig.accept(zone, HOUR).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(kept(&rig, "a"), ["launch"]);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_what_it_brings_keeps_nobody_else_away() {
    for fault in [
        answer(413, "Request is too large."),
        Fault::Gateway { status: 403 },
        Fault::Gateway { status: 413 },
    ] {
        let shown = format!("{fault:?}");
        let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(fault).on(&[CallKind::CreateServer]).times(1));
        let large = EntrySpec {
            user_data: Some("#cloud-config\n".to_owned()),
            ..EntrySpec::default()
        };
        rig.accept(large, HOUR).await.unwrap();
        tokio::time::sleep(SECOND).await;
        let plain = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
        let runs = |world: &World| entry(world, plain).status == Status::Run;
        let soon = rig.until("it runs", SECOND * 15, runs).await;
        soon.unwrap_or_else(|error| panic!("{shown}: {error:#}"));
    }
}

#[tokio::test(start_paused = true)]
async fn what_blocked_an_account_does_not_probe_it_before_the_others() {
    // What keeps the account from everybody, and may well be due to one entry's data.
    let away = Fault::Gateway { status: 502 };
    let rig = rig(vec![cloud("a", &away)], Policy::default()).await;
    rig.accept(wish(Part::UserData), HOUR).await.unwrap();
    tokio::time::sleep(SECOND).await;
    assert!(kept(&rig, "a").contains(&"launch".to_owned()));
    let mut plain = Vec::new();
    for _ in 0..3 {
        plain.push(rig.accept(EntrySpec::default(), HOUR).await.unwrap());
    }
    let soon = rig.until("they run", SECOND * 10, runs(&plain)).await;
    soon.unwrap();
}

#[tokio::test(start_paused = true)]
async fn creates_that_were_answered_with_500_take_no_room() {
    let broken = answer(500, "Unexpected API Error");
    let mut spec = cloud("a", &broken);
    for account in &mut spec.accounts {
        account.quota_instances = 2;
    }
    let rig = rig(vec![spec], Policy::default()).await;
    for _ in 0..4 {
        rig.accept(wish(Part::Image), HOUR).await.unwrap();
    }
    tokio::time::sleep(MINUTE).await;
    let plain = [(); 2].map(|()| EntrySpec::default());
    let mut ids = Vec::new();
    for spec in plain {
        ids.push(rig.accept(spec, HOUR).await.unwrap());
    }
    rig.until("they run", SECOND * 6, runs(&ids)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn many_named_machines_that_a_wall_refuses_speak_for_the_account() {
    let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
    let cloud = rig.clouds.get("a").unwrap();
    let wall = Fault::Gateway { status: 403 };
    cloud.add_fault(Rule::always(wall).on(&[CallKind::CreateServer]));
    for nth in 0..SEVERAL {
        assert_eq!(kept(&rig, "a"), Vec::<String>::new(), "after {nth}");
        let called = EntrySpec {
            name: Some(format!("node-{nth}")),
            ..EntrySpec::default()
        };
        rig.accept(called, HOUR).await.unwrap();
        tokio::time::sleep(SECOND).await;
    }
    assert_eq!(kept(&rig, "a"), ["launch"]);
}

#[tokio::test(start_paused = true)]
async fn the_same_broken_image_fails_once_whatever_else_is_asked() {
    let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
    let calls = || {
        let calls = rig.clouds.get("a").unwrap().calls();
        calls.get(&CallKind::ListImages).copied().unwrap_or(0)
    };
    let mut made = Vec::new();
    for flavor in ["g-1gb", "g-2gb", "g-4gb"] {
        let mut spec = wish(Part::NoImage);
        spec.machine.flavor = Some(flavor.to_owned());
        rig.accept(spec, HOUR).await.unwrap();
        tokio::time::sleep(SECOND * 2).await;
        made.push(calls());
    }
    assert!(made[0] > 0 && made[2] == made[0], "{made:?}");
    let blocks = health(&rig.world(), "a").blocks;
    let scopes: Vec<_> = blocks.iter().map(|block| block.scope.to_string()).collect();
    assert_eq!(scopes, ["image nope"]);
    launch(&rig, &only_at("a"), 2).await;
}

#[tokio::test(start_paused = true)]
async fn a_network_that_takes_no_servers_is_named_by_its_cloud() {
    let rig = rig(vec![CloudSpec::calm("a")], Policy::default()).await;
    for flavor in ["g-1gb", "g-2gb", "g-4gb"] {
        let mut spec = wish(Part::External);
        spec.machine.flavor = Some(flavor.to_owned());
        rig.accept(spec, HOUR).await.unwrap();
        tokio::time::sleep(SECOND * 2).await;
    }
    let blocks = health(&rig.world(), "a").blocks;
    assert!(!blocks.is_empty());
    assert!(blocks.iter().all(|block| !is_wide(&block.scope)));
    launch(&rig, &only_at("a"), 2).await;
}

/// How long plain entries take to run that are handed in at these times; careless ones beside them.
async fn plain_ones(seed: u64, careless: bool) -> anyhow::Result<Vec<Duration>> {
    let mut dice = Dice::new(seed, "wishes");
    let all = says();
    let mut pick =
        |count: usize| usize::try_from(dice.roll() % u64::try_from(count).unwrap()).unwrap();
    let said = [pick(all.len()), pick(all.len())].map(|nth| all[nth].clone());
    let clouds = vec![cloud("a", &said[0]), cloud("b", &said[1])];
    let rig = rig(clouds, Policy::default()).await;
    let mut worlds = rig.handle().worlds();
    let mut asked = BTreeMap::new();
    let mut took = BTreeMap::new();
    for _ in 0..12 {
        let parts = [pick(PARTS.len()), pick(PARTS.len())];
        for part in parts.map(|part| PARTS[part]) {
            if careless && said.iter().all(|says| may_be(part, says)) {
                rig.accept(wish(part), HOUR).await?;
            }
        }
        let plain = rig.accept(EntrySpec::default(), HOUR).await?;
        asked.insert(plain, tokio::time::Instant::now());
        let pause = Duration::from_millis(u64::try_from(pick(8_000)).unwrap());
        let until = tokio::time::Instant::now() + pause;
        while tokio::time::timeout_at(until, worlds.changed())
            .await
            .is_ok()
        {
            note(&worlds.borrow_and_update(), &asked, &mut took);
        }
    }
    let ids: Vec<_> = asked.keys().copied().collect();
    rig.until("all plain ones run", MINUTE, runs(&ids)).await?;
    note(&rig.world(), &asked, &mut took);
    anyhow::ensure!(took.len() == asked.len(), "{}", picture(&rig.world()));
    Ok(took.into_values().collect())
}

fn note(
    world: &World,
    asked: &BTreeMap<EntryId, tokio::time::Instant>,
    took: &mut BTreeMap<EntryId, Duration>,
) {
    for (id, began) in asked {
        if entry(world, *id).status == Status::Run {
            took.entry(*id).or_insert_with(|| began.elapsed());
        }
    }
}

#[test]
fn plain_entries_run_as_if_careless_ones_were_not_there() {
    each(&seeds(60), async |seed| {
        let told = |error| panic!("{error:#}\n{}", replay_line("plain_entries", *seed));
        let alone = plain_ones(*seed, false).await.unwrap_or_else(told);
        let among = plain_ones(*seed, true).await.unwrap_or_else(told);
        for (alone, among) in alone.iter().zip(&among) {
            assert!(
                *among <= *alone + SECOND * 3,
                "{among:?} instead of {alone:?}\n{}",
                replay_line("plain_entries", *seed)
            );
        }
    });
}
