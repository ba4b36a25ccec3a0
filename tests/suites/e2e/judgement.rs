//! What answers mean, through the doors of the programs and the real client: one entry's own wish, a
//! page that a gateway guards, trouble that passes, a server that is no use yet.

use anyhow::{Context as _, Result};
use oms_proto::Request;
use oms_proto::Response;
use oms_proto::request::AccountTest;
use oms_proto::view::{AlertKind, Status};
use oms_tests::cloud::{CallKind, CatalogueChange, CloudSpec, Fault, Rule, SignInWith};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, good};

fn answer(status: u16) -> Fault {
    Fault::Answer {
        status,
        message: None,
        retry_after_s: None,
    }
}

/// A cloud that answers so to calls of a kind.
fn says(name: &str, status: u16, calls: &[CallKind]) -> CloudSpec {
    let mut spec = good(name);
    spec.faults.push(Rule::always(answer(status)).on(calls));
    spec
}

#[tokio::test(flavor = "multi_thread")]
async fn careless_wishes_shut_no_account() -> Result<()> {
    let stage = Stage::with([good("north"), good("south")]).await?;
    let mut careless = Vec::new();
    for wish in [
        r#"{"networks":["public"]}"#,
        r#"{"networks":["nowhere"]}"#,
        r#"{"availability_zone":"nowhere"}"#,
        r#"{"flavor":"g-nohost"}"#,
        r#"{"flavor":"nothing"}"#,
        r#"{"image":"nothing"}"#,
        r#"{"security_groups":["nothing"]}"#,
    ] {
        careless.push(stage.create(Some(wish)).await?.id);
    }
    for _ in 0..3 {
        let plain = stage.create(None).await?;
        stage.reaches(plain.id, Status::Run).await?;
        stage.remove(plain.id).await?;
    }
    for account in stage.accounts().await? {
        assert_eq!(account.reason, None, "{account:?}");
    }
    for id in careless {
        stage.remove(id).await?;
    }
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_version_page_behind_a_gateway_shuts_no_account() -> Result<()> {
    for status in [401, 403, 500] {
        let stage = Stage::with([says("north", status, &[CallKind::Discover])]).await?;
        let entry = stage.create(None).await?;
        stage.reaches(entry.id, Status::Run).await?;
        stage.remove(entry.id).await?;
        stage.finish().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_passes_where_what_is_not_needed_is_not_told() -> Result<()> {
    for (status, calls) in [
        (403, vec![CallKind::Limits]),
        (404, vec![CallKind::Limits, CallKind::NetworkQuota]),
        (403, vec![CallKind::Limits, CallKind::ListKeypairs]),
        (500, vec![CallKind::Limits]),
    ] {
        let stage = Stage::with([says("north", status, &calls)]).await?;
        let test = Request::AccountTest(AccountTest {
            name: "north".to_owned(),
            boot: false,
        });
        let Response::AccountTest(told) = stage.ask(test).await? else {
            anyhow::bail!("another answer");
        };
        assert!(told.ok, "{told:?}");
        let room = told.steps.iter().find(|step| step.name == "room");
        let detail = room.map(|step| step.detail.as_str()).unwrap_or_default();
        assert!(detail.contains("not told by the cloud"), "{told:?}");
        let entry = stage.create(None).await?;
        stage.reaches(entry.id, Status::Run).await?;
        stage.remove(entry.id).await?;
        stage.finish().await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_tells_all_wrong_names() -> Result<()> {
    let stage = Stage::bare([(good("north"), None)]).await?;
    let mut account = stage.account("north")?;
    account.defaults.image = Some("no image".to_owned());
    account.defaults.flavor = None;
    account.defaults.security_groups = Some(vec!["no web".to_owned(), "no ssh".to_owned()]);
    account.defaults.networks = Some(vec!["no net".to_owned(), "north-net".to_owned()]);
    account.defaults.availability_zone = Some("no zone".to_owned());
    stage.add(account).await?;
    let test = Request::AccountTest(AccountTest {
        name: "north".to_owned(),
        boot: false,
    });
    let Response::AccountTest(told) = stage.ask(test).await? else {
        anyhow::bail!("another answer");
    };
    let failed = told.steps.iter().filter(|step| !step.ok);
    let failed: Vec<_> = failed.map(|step| step.name.as_str()).collect();
    let expected = [
        "flavor",
        "image no image",
        "network no net",
        "security group no web",
        "security group no ssh",
        "zone no zone",
    ];
    assert_eq!(failed, expected, "{told:?}");
    stage.finish().await
}

/// The steps that fail for an account with these defaults, each with why.
async fn failing(
    spec: CloudSpec,
    change: impl FnOnce(&mut oms_proto::machine::MachineSpec),
) -> Result<Vec<(String, String)>> {
    let name = spec.name.clone();
    let stage = Stage::bare([(spec, None)]).await?;
    let mut account = stage.account(&name)?;
    change(&mut account.defaults);
    stage.add(account).await?;
    let test = AccountTest { name, boot: false };
    let Response::AccountTest(told) = stage.ask(Request::AccountTest(test)).await? else {
        anyhow::bail!("another answer");
    };
    assert_eq!(told.ok, told.steps.iter().all(|step| step.ok), "{told:?}");
    let failed = told.steps.into_iter().filter(|step| !step.ok);
    let failed = failed.map(|step| (step.name, step.detail)).collect();
    stage.finish().await?;
    Ok(failed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_test_fails_for_what_is_there_and_cannot_be_used() -> Result<()> {
    let failed = failing(good("north"), |machine| {
        machine.networks = Some(vec!["public".to_owned(), "north-net".to_owned()]);
    })
    .await?;
    let [(step, why)] = &failed[..] else {
        anyhow::bail!("{failed:?}")
    };
    assert_eq!(step, "network public");
    assert!(why.contains("leads outside"), "{why}");

    let mut several = good("north");
    several.networks[1].external = false;
    several.networks[1].name = "second".to_owned();
    let failed = failing(several, |machine| machine.networks = None).await?;
    let [(step, why)] = &failed[..] else {
        anyhow::bail!("{failed:?}")
    };
    assert_eq!(step, "networks");
    assert!(why.contains("second"), "{why}");

    let mut resting = good("north");
    for image in &mut resting.images {
        image.status = "deactivated".to_owned();
    }
    let failed = failing(resting, |_| {}).await?;
    let [(_, why)] = &failed[..] else {
        anyhow::bail!("{failed:?}")
    };
    assert!(why.contains("is deactivated, not active"), "{why}");
    assert_eq!(failing(good("north"), |_| {}).await?, []);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_test_advises_is_what_helps() -> Result<()> {
    let catalogue = |change| {
        let mut spec = good("north");
        let rule = Rule::always(Fault::Catalogue { change });
        spec.faults.push(rule.on(&[CallKind::SignIn]));
        spec
    };
    for (spec, step, advice) in [
        (
            says("north", 503, &[CallKind::ListImages]),
            "image debian-12",
            "that service has trouble",
        ),
        (
            says("north", 500, &[CallKind::SignIn]),
            "sign in",
            "the address is not Keystone's",
        ),
        (
            catalogue(CatalogueChange::Empty),
            "sign in",
            "--endpoint SERVICE=URL",
        ),
    ] {
        let failed = failing(spec, |_| {}).await?;
        let found = failed.iter().find(|(name, _)| name == step);
        let (_, why) = found.with_context(|| format!("{failed:?}"))?;
        assert!(why.contains(advice), "{advice}: {why}");
        assert!(!why.contains("--image"), "{why}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_entry_names_itself_is_not_mended_at_the_account() -> Result<()> {
    let stage = Stage::with([good("north")]).await?;
    let own = stage.create(Some(r#"{"image":"nothing"}"#)).await?;
    let advice = async |id| {
        let told = stage.explain(id).await.map_err(|error| error.to_string())?;
        let mut over = told.passed_over.into_iter().map(|over| over.reason);
        over.find(|reason| reason.contains("omsctl"))
            .ok_or_else(|| "no advice yet".to_owned())
    };
    let told = until("the advice", PATIENCE, async || advice(own.id).await).await?;
    assert!(told.contains("omsctl account offers north"), "{told}");
    assert!(!told.contains("account edit"), "{told}");
    stage.remove(own.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn two_accounts_of_one_project_are_told() -> Result<()> {
    let stage = Stage::with([good("north")]).await?;
    assert_eq!(stage.status().await?.alerts, []);
    let mut twin = stage.account("north")?;
    twin.name = "twin".to_owned();
    twin.credentials = stage
        .cloud("north")?
        .open_account(None, SignInWith::ApplicationCredential)
        .credentials;
    stage.add(twin).await?;
    until("the alert", PATIENCE, async || {
        let status = stage.status().await.map_err(|error| format!("{error:#}"))?;
        let alerts = status.alerts.iter();
        let mut shared = alerts.filter(|alert| alert.kind == AlertKind::Shared);
        let told = shared.next().ok_or_else(|| format!("{status:?}"))?;
        let is_told = told.account.as_deref() == Some("twin") && told.message.contains("north");
        is_told.then_some(()).ok_or_else(|| format!("{told:?}"))
    })
    .await?;
    // The cloud told what an application credential does not say.
    let [north, twin] = &stage.accounts().await?[..] else {
        anyhow::bail!("two accounts");
    };
    assert!(
        twin.tenant_name.is_some() && twin.tenant_id.is_some(),
        "{twin:?}"
    );
    assert_eq!(
        (&twin.tenant_name, &twin.tenant_id),
        (&north.tenant_name, &north.tenant_id)
    );
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_that_lost_its_service_ends_nothing() -> Result<()> {
    let stage = Stage::with([good("north")]).await?;
    let [kept, removed] = [stage.create(None).await?.id, stage.create(None).await?.id];
    for id in [kept, removed] {
        stage.reaches(id, Status::Run).await?;
    }
    let cloud = stage.cloud("north")?;
    cloud.add_fault(Rule::always(Fault::Gateway { status: 404 }));
    stage.delete(removed).await?;
    // Looks and a removal have met it.
    let asked = |kind| cloud.calls().get(&kind).copied().unwrap_or(0);
    let before = (asked(CallKind::ListServers), asked(CallKind::DeleteServer));
    until("it was asked", PATIENCE, async || {
        let now = (asked(CallKind::ListServers), asked(CallKind::DeleteServer));
        let is_asked = now.0 > before.0 || now.1 > before.1 + 1;
        is_asked.then_some(()).ok_or_else(|| format!("{now:?}"))
    })
    .await?;
    let accounts = stage.accounts().await?;
    assert_eq!((accounts[0].running, accounts[0].removing), (1, 1));
    assert_eq!(cloud.live_servers().len(), 2);
    stage.reaches(kept, Status::Run).await?;
    cloud.clear_faults();
    stage.ended(removed).await?;
    assert_eq!(cloud.live_servers().len(), 1);
    stage.remove(kept).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_instance_that_runs_has_an_address() -> Result<()> {
    let mut spec = good("north");
    spec.address_ms = 1_500;
    let stage = Stage::with([spec]).await?;
    let entry = stage.create(None).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let instance = entry.instance.as_ref();
    assert!(
        instance.is_some_and(|it| it.ip_addr.is_some()),
        "{instance:?}"
    );
    stage.remove(entry.id).await?;
    stage.finish().await
}
