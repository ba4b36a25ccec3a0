//! What is refused, with which class, and that nothing is made by it.

use std::collections::BTreeMap;

use oms_proto::Secret;
use omsd_domain::ground::failure::FailureClass;

use crate::fixture::Fixture;
use omsd::ports::{CloudError, CreateServer, Wanted};

const NOWHERE: &str = "7f12f858-2581-4704-8364-07c6617b387e";

pub(crate) async fn names_and_ids_resolve_to_the_same(it: &Fixture) {
    let by_name = it.cloud.resolve(&it.wanted()).await.unwrap();
    let by_id = Wanted {
        image: by_name.image_id.clone(),
        flavor: by_name.flavor_id.clone(),
        networks: by_name.network_ids.clone(),
        ..it.wanted()
    };
    assert_eq!(it.cloud.resolve(&by_id).await.unwrap(), by_name);
    assert_eq!(by_name.network_ids.len(), 1);
}

pub(crate) async fn unknown_names_are_a_matter_of_configuration(it: &Fixture) {
    for name in ["no such thing", "a/b?c=d&e#f %41", NOWHERE] {
        let wrong: [Wanted; 3] = [
            Wanted {
                image: name.into(),
                ..it.wanted()
            },
            Wanted {
                flavor: name.into(),
                ..it.wanted()
            },
            Wanted {
                networks: vec![name.into()],
                ..it.wanted()
            },
        ];
        for wanted in wrong {
            let error = it.cloud.resolve(&wanted).await.unwrap_err();
            assert_eq!(
                error.class,
                FailureClass::Configuration,
                "{wanted:?} {error:?}"
            );
        }
    }
}

pub(crate) async fn ambiguous_names_are_a_matter_of_configuration(it: &Fixture) {
    if let Some(image) = it.contents.twin_image.clone() {
        let error = it
            .cloud
            .resolve(&Wanted {
                image,
                ..it.wanted()
            })
            .await
            .unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration, "{error:?}");
    }
    if let Some(network) = it.contents.twin_network.clone() {
        let wanted = Wanted {
            networks: vec![network],
            ..it.wanted()
        };
        let error = it.cloud.resolve(&wanted).await.unwrap_err();
        assert_eq!(error.class, FailureClass::Configuration, "{error:?}");
    }
}

/// Sends a create that must be refused without a doubt.
async fn refused(it: &Fixture, change: impl FnOnce(&mut CreateServer)) -> CloudError {
    let mut create = it.order().await;
    change(&mut create);
    let error = it.cloud.create_server(&create).await.unwrap_err();
    assert!(!error.maybe_done, "{error:?}");
    error
}

pub(crate) async fn a_create_with_a_bad_reference_makes_nothing(it: &Fixture) {
    let configuration = |error: CloudError| {
        assert_eq!(error.class, FailureClass::Configuration, "{error:?}");
    };
    configuration(refused(it, |create| create.resolved.image_id = NOWHERE.into()).await);
    configuration(refused(it, |create| create.resolved.flavor_id = "nope".into()).await);
    configuration(
        refused(it, |create| {
            create.resolved.network_ids = vec![NOWHERE.into()];
        })
        .await,
    );
    configuration(
        refused(it, |create| {
            create.resolved.availability_zone = Some("nope".into());
        })
        .await,
    );
    configuration(
        refused(it, |create| {
            create.resolved.security_groups = vec!["nope".into()];
        })
        .await,
    );
    configuration(refused(it, |create| create.key_name = "nope".into()).await);
    assert!(it.own_servers().await.is_empty());
}

pub(crate) async fn metadata_and_user_data_have_limits(it: &Fixture) {
    let many: BTreeMap<String, String> = (0..200)
        .map(|n| (format!("key{n}"), "value".to_owned()))
        .collect();
    let error = refused(it, |create| create.metadata.extend(many)).await;
    assert_eq!(error.class, FailureClass::Rejected, "{error:?}");
    let long = |create: &mut CreateServer| {
        create.metadata.insert("long".into(), "v".repeat(256));
    };
    assert_eq!(refused(it, long).await.class, FailureClass::Rejected);
    let odd = |create: &mut CreateServer| {
        create.metadata.insert("a/b".into(), "v".into());
    };
    assert_eq!(refused(it, odd).await.class, FailureClass::Rejected);
    let huge = |create: &mut CreateServer| {
        create.user_data = Some(Secret::new("#".repeat(60_000)));
    };
    assert_eq!(refused(it, huge).await.class, FailureClass::Rejected);
    assert!(it.own_servers().await.is_empty());
}

pub(crate) async fn a_full_quota_refuses_the_create(it: &Fixture) {
    let Some(sim) = &it.contents.sim else {
        eprintln!("no way to fill the quota of a real cloud from here");
        return;
    };
    sim.change_account("alpha", |account| account.quota_cores = 0);
    let error = refused(it, |_| {}).await;
    assert_eq!(error.class, FailureClass::Quota, "{error:?}");
    assert_eq!(error.http_status, Some(403));
    assert!(
        error.message.starts_with("Quota exceeded for cores"),
        "{error:?}"
    );
    assert!(it.own_servers().await.is_empty());
}
