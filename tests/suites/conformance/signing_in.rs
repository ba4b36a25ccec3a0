//! Signing in and what it tells; limits.

use oms_proto::Secret;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::{Credentials, TokenCredentials};
use omsd_domain::ground::failure::FailureClass;

use oms_tests::cloud::SignInWith;

use crate::fixture::Fixture;
use crate::keystone;
use omsd::ports::{Checked, Part, Resource, Survey};

pub(crate) async fn a_good_sign_in_tells_project_region_endpoint_and_version(it: &Fixture) {
    let sign_in = it.cloud.sign_in().await.unwrap();
    assert!(!sign_in.project_id.is_empty() && !sign_in.project_name.is_empty());
    assert_eq!(Some(&sign_in.region_name), it.account.region_name.as_ref());
    assert!(sign_in.compute_endpoint.starts_with("http"), "{sign_in:?}");
    let minor: u16 = sign_in
        .microversion
        .strip_prefix("2.")
        .unwrap()
        .parse()
        .unwrap();
    assert!(minor >= 1);
    assert!(sign_in.expires.is_some());
    let without_region = it.open(|account| account.region_name = None);
    let again = without_region.sign_in().await.unwrap();
    assert_eq!(
        again.region_name, sign_in.region_name,
        "the only region is found"
    );
}

pub(crate) async fn a_wrong_secret_is_unauthorized(it: &Fixture) {
    let cloud = it.open(|account| match &mut account.credentials {
        Credentials::Password(given) => given.password = Secret::new("wrong"),
        Credentials::ApplicationCredential(given) => given.secret = Secret::new("wrong"),
        Credentials::Token(given) => given.token = Secret::new("wrong"),
    });
    let error = cloud.sign_in().await.unwrap_err();
    assert_eq!(error.class, FailureClass::Unauthorized, "{error:?}");
    assert_eq!(error.http_status, Some(401));
    assert!(error.request_id.is_some() && !error.maybe_done, "{error:?}");
}

pub(crate) async fn a_token_signs_in_until_it_ends(it: &Fixture) {
    let http = keystone::http();
    let token = match &it.contents.sim {
        Some(sim) => {
            let with = match &it.account.credentials {
                Credentials::ApplicationCredential(_) => SignInWith::ApplicationCredential,
                Credentials::Password(_) | Credentials::Token(_) => SignInWith::Password,
            };
            sim.token_of(&sim.spec().accounts[0].name, with).unwrap()
        }
        None => keystone::token(&http, &it.account).await.0,
    };
    let project = it.cloud.sign_in().await.unwrap().project_id;
    let cloud = it.open(|account| {
        account.credentials = Credentials::Token(TokenCredentials {
            token: Secret::new(&*token),
            tenant_name: None,
            tenant_id: Some(project.clone()),
            project_domain_name: None,
            project_domain_id: None,
        });
    });
    if matches!(
        it.account.credentials,
        Credentials::ApplicationCredential(_)
    ) {
        // What was delegated cannot be passed on.
        let error = cloud.sign_in().await.unwrap_err();
        assert_eq!(error.class, FailureClass::Forbidden, "{error:?}");
        return;
    }
    let sign_in = cloud.sign_in().await.unwrap();
    assert_eq!(sign_in.project_id, project);
    cloud.list_servers(None).await.unwrap();
    match &it.contents.sim {
        Some(sim) => sim.revoke_token(&token),
        None => keystone::revoke(&http, &it.account, &token).await,
    }
    let again = it.open(|account| {
        account.credentials = Credentials::Token(TokenCredentials {
            token: Secret::new(&*token),
            tenant_name: None,
            tenant_id: Some(project),
            project_domain_name: None,
            project_domain_id: None,
        });
    });
    let error = again.sign_in().await.unwrap_err();
    assert_eq!(error.class, FailureClass::Unauthorized, "{error:?}");
    assert!(
        error.message.contains("the token of this account"),
        "{error:?}"
    );
    assert!(!format!("{error:?}").contains(&token), "{error:?}");
}

pub(crate) async fn an_unknown_region_is_a_matter_of_configuration(it: &Fixture) {
    let cloud = it.open(|account| account.region_name = Some("nowhere".into()));
    let error = cloud.sign_in().await.unwrap_err();
    assert_eq!(error.class, FailureClass::Configuration, "{error:?}");
}

pub(crate) async fn a_survey_tells_quota_use_and_flavors(it: &Fixture) {
    let quota = |survey: &Survey, resource| {
        let found = survey.quotas.iter().find(|it| it.resource == resource);
        *found.unwrap_or_else(|| panic!("no {resource} in {survey:?}"))
    };
    let before = it.cloud.survey().await.unwrap();
    let id = it.cloud.create_server(&it.order().await).await.unwrap();
    it.until_status(&id, "ACTIVE").await;
    let with_one = it.cloud.survey().await.unwrap();
    // Others may use the project at the same time.
    for (resource, at_least) in [
        (Resource::Instances, 1),
        (Resource::Cores, 1),
        (Resource::RamMib, 1_024),
        (Resource::Keypairs, 0),
        (Resource::Ports, 1),
        (Resource::FloatingIps, 0),
    ] {
        let (before, now) = (quota(&before, resource), quota(&with_one, resource));
        assert!(now.max.is_some(), "{now:?}");
        assert_eq!(now.max, before.max);
        assert!(now.used >= at_least, "{now:?}");
    }
    let flavors = &with_one.flavors;
    let sized = flavors.iter().find(|it| it.name == "g-4gb").unwrap();
    assert_eq!(
        (sized.vcpus, sized.ram_mib, sized.disk_gb),
        (2, 4_096, 40),
        "{sized:?}"
    );
    assert!(!sized.id.is_empty());
}

pub(crate) async fn security_groups_are_there_or_not(it: &Fixture) {
    let order = it.order().await;
    let there = order.resolved.security_groups.clone();
    assert!(!there.is_empty());
    let missing = ["no-such-group".to_owned(), "nor-this".to_owned()];
    let machine = MachineSpec {
        security_groups: Some([&there[..], &missing].concat()),
        ..MachineSpec::default()
    };
    let mut checked = it.cloud.check(&machine).await;
    // That no network is named may be told beside them.
    checked.retain(|it| it.part == Part::SecurityGroup);
    assert_eq!(checked.len(), there.len() + missing.len());
    for Checked { name, found, .. } in checked {
        if there.contains(&name) {
            assert!(found.is_ok_and(|id| id.is_some()), "{name}");
            continue;
        }
        let error = found.unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration, "{error:?}");
        assert!(error.message.contains(&name), "{error:?}");
    }
}
