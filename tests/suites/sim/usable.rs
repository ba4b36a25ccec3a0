//! RUN means usable: a server that runs and has an address, the one that was asked for first; and
//! whatever else a build comes to is told by its name.

use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::spec::EntrySpec;
use oms_tests::cloud::server::Status as Shown;
use oms_tests::cloud::{CallKind, CloudSpec, Fault, NetworkSpec, Rule};
use oms_tests::harness::rig::Rig;
use omsd_domain::rows::entry::Status;
use omsd_domain::rules::policy::Policy;
use omsd_domain::tell::words;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use crate::scene::{HOUR, MINUTE, SECOND, calm, entry, launch, only_at, rig};

fn addresses(rig: &Rig, id: oms_proto::EntryId) -> Vec<String> {
    let world = rig.world();
    let kept = entry(&world, id).kept().unwrap();
    kept.server.as_ref().unwrap().addresses.clone()
}

async fn without_address(after_ms: u64) -> Rig {
    let specs = calm(&["a"], SECOND).into_iter().map(|spec| CloudSpec {
        address_ms: after_ms,
        ..spec
    });
    rig(specs.collect(), Policy::default()).await
}

#[tokio::test(start_paused = true)]
async fn an_entry_runs_once_its_server_has_an_address() {
    for after in [100, 4_000, 30_000] {
        let rig = without_address(after).await;
        for _ in 0..3 {
            let began = tokio::time::Instant::now();
            let id = launch(&rig, &EntrySpec::default(), 1).await[0];
            assert_eq!(addresses(&rig, id).len(), 1);
            let took = began.elapsed();
            let due = SECOND + std::time::Duration::from_millis(after);
            assert!(took < due + SECOND * 6, "{took:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_never_shows_an_address_runs_and_says_so() {
    let rig = without_address(24 * 3_600_000).await;
    let mut commits = rig.commits();
    let id = rig.accept(only_at("a"), HOUR).await.unwrap();
    let runs = |world: &World| entry(world, id).status == Status::Run;
    tokio::time::sleep(SECOND * 40).await;
    assert_eq!(rig.status(id), Some(Status::Boot));
    rig.until("it runs", MINUTE, runs).await.unwrap();
    let mut told = Vec::new();
    while let Ok((facts, _)) = commits.try_recv() {
        told.extend(facts.rows.iter().map(|row| row.message.clone()));
    }
    assert!(
        told.iter().any(|it| it.contains("no address yet")),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_server_that_runs_is_given_up_for_want_of_an_address() {
    let rig = without_address(24 * 3_600_000).await;
    let id = rig.accept(only_at("a"), SECOND * 20).await.unwrap();
    tokio::time::sleep(SECOND * 30).await;
    assert_eq!(rig.status(id), Some(Status::Run));
}

#[tokio::test(start_paused = true)]
async fn the_address_is_of_the_network_that_was_asked_for_first() {
    let ids = [
        "5e3a1f0c-0000-4000-8000-00000000000a",
        "0b7d2c4e-0000-4000-8000-00000000000f",
    ];
    let network = |name: &str, id: &str, prefix: &str| NetworkSpec {
        id: id.to_owned(),
        name: name.to_owned(),
        prefix: prefix.to_owned(),
        ipv6: false,
        floating: None,
        external: false,
    };
    let specs = calm(&["a"], SECOND).into_iter().map(|spec| CloudSpec {
        networks: vec![
            network("zeta", ids[0], "203.0"),
            network("alpha", ids[1], "192.168"),
        ],
        ..spec
    });
    let rig = rig(specs.collect(), Policy::default()).await;
    for (names, first) in [
        (["zeta", "alpha"], "203.0."),
        (["alpha", "zeta"], "192.168."),
        (ids, "203.0."),
        ([ids[1], ids[0]], "192.168."),
        ([ids[0], "alpha"], "203.0."),
        ([ids[1], "zeta"], "192.168."),
        (["zeta", ids[1]], "203.0."),
    ] {
        let spec = EntrySpec {
            machine: MachineSpec {
                networks: Some(names.map(str::to_owned).to_vec()),
                ..MachineSpec::default()
            },
            ..EntrySpec::default()
        };
        let id = launch(&rig, &spec, 1).await[0];
        let addresses = addresses(&rig, id);
        assert!(addresses[0].starts_with(first), "{names:?}: {addresses:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn the_address_is_of_the_kind_that_the_entry_or_else_its_account_prefers() {
    let specs = calm(&["a"], SECOND).into_iter().map(|mut spec| {
        spec.networks.retain(|network| !network.external);
        spec.networks[0].ipv6 = true;
        spec.networks[0].floating = Some("203.0".to_owned());
        spec
    });
    let rig = rig(specs.collect(), Policy::default()).await;
    let prefers = |address_type, address_family| MachineSpec {
        address_type,
        address_family,
        ..MachineSpec::default()
    };
    let (floating, fixed) = (Some(AddressType::Floating), Some(AddressType::Fixed));
    let (ipv4, ipv6) = (Some(AddressFamily::Ipv4), Some(AddressFamily::Ipv6));
    let nothing = prefers(None, None);
    let asked = [
        (&nothing, nothing.clone(), "203.0."),
        (&nothing, prefers(fixed, None), "127."),
        (&nothing, prefers(None, ipv6), "2001:"),
        (&nothing, prefers(fixed, ipv6), "2001:"),
        (&nothing, prefers(floating, ipv4), "203.0."),
        (&prefers(fixed, None), nothing.clone(), "127."),
        (&prefers(fixed, None), prefers(floating, None), "203.0."),
        (&prefers(None, ipv6), nothing.clone(), "2001:"),
        (&prefers(fixed, ipv6), prefers(None, ipv4), "127."),
    ];
    for (account, machine, first) in asked {
        let mut edited = rig.world().account_named("a").unwrap().as_ref().clone();
        edited.defaults.address_type = account.address_type;
        edited.defaults.address_family = account.address_family;
        let edit = Command::EditAccount {
            account: Box::new(edited),
            leads_to: None,
        };
        rig.submit(edit).await.unwrap();
        let said = format!("{account:?} {machine:?}");
        let spec = EntrySpec {
            machine,
            ..EntrySpec::default()
        };
        let id = launch(&rig, &spec, 1).await[0];
        let addresses = addresses(&rig, id);
        assert!(addresses[0].starts_with(first), "{said}: {addresses:?}");
        assert_eq!(addresses.len(), 3);
    }
}

fn ends(status: Shown) -> Rule {
    let fault = Fault::BuildEnds { ms: 1_000, status };
    Rule::always(fault).on(&[CallKind::CreateServer]).times(1)
}

#[tokio::test(start_paused = true)]
async fn a_build_that_ends_in_another_status_is_told_by_it_and_goes_elsewhere() {
    for status in [
        Shown::Shutoff,
        Shown::Paused,
        Shown::Suspended,
        Shown::Shelved,
        Shown::ShelvedOffloaded,
        Shown::Rescue,
    ] {
        let rig = rig(calm(&["a", "b"], SECOND), Policy::default()).await;
        rig.clouds.get("a").unwrap().add_fault(ends(status));
        let id = rig.accept(EntrySpec::default(), HOUR).await.unwrap();
        let runs = |world: &World| entry(world, id).status == Status::Run;
        rig.until("it runs elsewhere", SECOND * 20, runs)
            .await
            .unwrap();
        let world = rig.world();
        let failed = entry(&world, id).attempts[0].failure.clone().unwrap();
        let told = words::failure(&failed);
        assert!(told.contains(status.as_str()), "{told}");
        assert!(!told.contains("HTTP 0"), "{told}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_build_whose_host_does_not_answer_is_told_so_at_its_deadline() {
    let policy = Policy {
        build_deadline: MINUTE,
        hedge: false,
        ..Policy::default()
    };
    let rig = rig(calm(&["a"], SECOND), policy).await;
    rig.clouds.get("a").unwrap().add_fault(ends(Shown::Unknown));
    let id = rig.accept(only_at("a"), HOUR).await.unwrap();
    tokio::time::sleep(MINUTE + SECOND * 10).await;
    let world = rig.world();
    let failed = entry(&world, id).attempts[0].failure.clone().unwrap();
    assert!(failed.message.contains("UNKNOWN"), "{failed:?}");
}

#[tokio::test(start_paused = true)]
async fn a_fault_without_words_is_told_in_words() {
    for (code, message, told) in [
        (500, "", "the cloud does not say why (code 500)"),
        (0, "", "the cloud does not say why"),
        (
            0,
            "Build of instance aborted",
            "build server: Build of instance aborted",
        ),
    ] {
        let rig = rig(calm(&["a"], SECOND), Policy::default()).await;
        let fault = Fault::BuildError {
            ms: 500,
            code,
            message: message.to_owned(),
        };
        let cloud = rig.clouds.get("a").unwrap();
        cloud.add_fault(Rule::always(fault).on(&[CallKind::CreateServer]).times(1));
        let id = rig.accept(only_at("a"), HOUR).await.unwrap();
        tokio::time::sleep(SECOND * 5).await;
        let world = rig.world();
        let failed = entry(&world, id).attempts[0].failure.clone().unwrap();
        let words = words::failure(&failed);
        assert!(words.ends_with(told), "{words}");
        assert!(!words.contains("HTTP 0"), "{words}");
    }
}
