//! Accounts that fail in the ways that accounts fail, over real HTTP and TLS: each time the entry
//! runs at the good one, and the reason is kept.

use anyhow::{Context as _, Result};
use oms_proto::spec::AccountSpec;
use oms_proto::view::{AccountView, FailureView, Status};
use oms_tests::cloud::{CloudSpec, Fault, TlsKind};
use oms_tests::harness::wait::{PATIENCE, until};

use crate::stage::{Stage, bad, bad_create, good};

/// The first account is as `change` makes it; the entry runs at the second. Gives the failure.
async fn fails_over(
    first: CloudSpec,
    tls: Option<TlsKind>,
    change: impl FnOnce(&mut AccountSpec),
) -> Result<FailureView> {
    let name = first.name.clone();
    let stage = Stage::bare([(first, tls), (good("south"), None)]).await?;
    let mut account = stage.account(&name)?;
    change(&mut account);
    stage.add(account).await?;
    stage.add(stage.account("south")?).await?;
    let entry = stage.create(None).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    assert_eq!(entry.account.as_deref(), Some("south"));
    // Either a look at the account had failed before, or the attempt there did.
    let explained = stage.explain(entry.id).await?;
    let attempted = explained
        .attempts
        .iter()
        .any(|attempt| attempt.account == name);
    let passed_over = explained
        .passed_over
        .iter()
        .any(|over| over.account == name);
    assert!(attempted || passed_over, "{explained:?}");
    let path = format!("/api/accounts/{name}/");
    let failure = until("the account shows the failure", PATIENCE, async || {
        let answer = stage.daemon.rest().get(&path).await;
        let text = answer.map_err(|error| format!("{error:#}"))?.text;
        let account: AccountView = serde_json::from_str(&text).map_err(|_| text.clone())?;
        account.last_failure.ok_or(text)
    })
    .await?;
    stage.remove(entry.id).await?;
    stage.finish().await?;
    Ok(failure)
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_listens() -> Result<()> {
    let failure = fails_over(bad("closed", Fault::Refuse), None, |_| {}).await?;
    assert_eq!(failure.class.as_str(), "unreachable", "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_name_does_not_resolve() -> Result<()> {
    let failure = fails_over(good("nameless"), None, |account| {
        "http://keystone.invalid:5000/v3".clone_into(&mut account.auth_url);
    })
    .await?;
    assert_eq!(failure.class.as_str(), "unreachable", "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_hangs() -> Result<()> {
    let failure = fails_over(bad("hung", Fault::Stall), None, |_| {}).await?;
    assert_eq!(failure.class.as_str(), "timeout", "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_wrong() -> Result<()> {
    let failure = fails_over(good("locked"), None, |account| {
        if let oms_proto::spec::Credentials::Password(password) = &mut account.credentials {
            password.password = oms_proto::Secret::new("wrong".to_owned());
        }
    })
    .await?;
    assert_eq!(failure.class.as_str(), "unauthorized", "{failure:?}");
    assert_eq!(failure.http_status, Some(401));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_quota_is_used_up() -> Result<()> {
    let failure = fails_over(bad_create("full", Fault::Quota), None, |_| {}).await?;
    assert_eq!(
        (failure.class.as_str(), failure.http_status),
        ("quota", Some(403))
    );
    assert!(failure.request_id.is_some(), "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_server_goes_to_error() -> Result<()> {
    let message = "disk on fire".to_owned();
    let fault = Fault::BuildError {
        ms: 50,
        code: 500,
        message,
    };
    let failure = fails_over(bad_create("burning", fault), None, |_| {}).await?;
    assert_eq!(failure.class.as_str(), "build_failed", "{failure:?}");
    assert!(failure.message.contains("disk on fire"), "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_image_is_not_there() -> Result<()> {
    let failure = fails_over(good("bare"), None, |account| {
        account.defaults.image = Some("no-such-image".to_owned());
    })
    .await?;
    assert_eq!(failure.class.as_str(), "configuration", "{failure:?}");
    assert!(failure.message.contains("no-such-image"), "{failure:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_certificate_is_not_trusted() -> Result<()> {
    for kind in [TlsKind::SelfSigned, TlsKind::OwnAuthority] {
        let failure = fails_over(good("unknown"), Some(kind), |_| {}).await?;
        assert_eq!(failure.class.as_str(), "tls", "{kind:?}: {failure:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_that_are_vouched_for_or_pinned_are_trusted() -> Result<()> {
    let stage = Stage::bare([
        (good("vouched"), Some(TlsKind::OwnAuthority)),
        (good("pinned"), Some(TlsKind::SelfSigned)),
    ])
    .await?;
    for name in ["vouched", "pinned"] {
        let certificates = stage.http(name)?.certificates().context("no TLS")?.clone();
        let mut account = stage.account(name)?;
        match certificates.ca_pem {
            Some(ca_pem) => account.ca_pem = Some(ca_pem),
            None => account.pinned_cert_pem = Some(certificates.cert_pem),
        }
        stage.add(account).await?;
        let entry = stage
            .create(Some(&format!(r#"{{"accounts":["{name}"]}}"#)))
            .await?;
        stage.reaches(entry.id, Status::Run).await?;
        stage.remove(entry.id).await?;
    }
    stage.finish().await
}
