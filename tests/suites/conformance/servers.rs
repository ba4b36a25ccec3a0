//! The life of a server.

use oms_proto::Secret;
use omsd::ports::{Removal, Wanted};
use omsd_domain::ground::failure::FailureClass;

use crate::fixture::{Fixture, is_marked};

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILuRLkZ+9fQpXIO2WEv+rci/XJDZjDilPGMejC/Rygi6 one";

pub(crate) async fn a_server_is_built_with_address_and_mark(it: &Fixture) {
    let key_name = it.keypair_name("key");
    it.cloud.import_keypair(&key_name, KEY).await.unwrap();
    let mut create = it.order().await;
    create.key_name = key_name;
    create.user_data = Some(Secret::new("#cloud-config\n"));
    assert!(is_marked(&create));
    let id = it.cloud.create_server(&create).await.unwrap();
    let first = it.cloud.get_server(&id).await.unwrap();
    assert!(
        ["BUILD", "ACTIVE"].contains(&first.status.as_str()),
        "{first:?}"
    );
    let seen = it.until_status(&id, "ACTIVE").await;
    assert_eq!(
        (seen.id.as_str(), seen.name.as_str()),
        (id.as_str(), create.name.as_str())
    );
    assert_eq!(seen.mark, Some(it.mark()));
    assert_eq!(seen.addresses.len(), 1, "{seen:?}");
    assert!(
        seen.addresses[0].ip.parse::<std::net::IpAddr>().is_ok(),
        "{seen:?}"
    );
    assert_eq!(seen.task_state, None);
    assert_eq!(seen.fault, None);
    assert!(seen.created.is_some());
}

pub(crate) async fn two_creates_with_one_name_make_two_servers(it: &Fixture) {
    let create = it.order().await;
    let one = it.cloud.create_server(&create).await.unwrap();
    let other = it.cloud.create_server(&create).await.unwrap();
    assert_ne!(one, other);
    assert_eq!(it.own_servers().await.len(), 2);
}

pub(crate) async fn names_of_servers_may_be_anything(it: &Fixture) {
    let mut create = it.order().await;
    create.name = format!("{} a/b?c=d&e \"f\" 100% \u{fc}\u{4e2d}", it.run);
    let id = it.cloud.create_server(&create).await.unwrap();
    assert_eq!(it.cloud.get_server(&id).await.unwrap().name, create.name);
}

pub(crate) async fn long_user_data_is_taken(it: &Fixture) {
    let mut create = it.order().await;
    create.user_data = Some(Secret::new("#".repeat(49_149)));
    let id = it.cloud.create_server(&create).await.unwrap();
    it.until_status(&id, "ACTIVE").await;
}

pub(crate) async fn a_server_without_named_networks_gets_the_only_one(it: &Fixture) {
    let mut create = it.order().await;
    let wanted = Wanted {
        networks: Vec::new(),
        ..it.wanted()
    };
    create.resolved = it.cloud.resolve(&wanted).await.unwrap();
    assert!(create.resolved.network_ids.is_empty());
    let id = it.cloud.create_server(&create).await.unwrap();
    let seen = it.until_status(&id, "ACTIVE").await;
    assert_eq!(seen.addresses.len(), 1, "{seen:?}");
}

pub(crate) async fn a_server_in_build_can_be_deleted(it: &Fixture) {
    let id = it.cloud.create_server(&it.order().await).await.unwrap();
    it.until_removal_is_accepted(&id).await;
    it.until_gone(&id).await;
    assert!(it.own_servers().await.is_empty());
}

pub(crate) async fn a_server_is_deleted_twice(it: &Fixture) {
    let id = it.cloud.create_server(&it.order().await).await.unwrap();
    it.until_status(&id, "ACTIVE").await;
    assert_eq!(
        it.cloud.delete_server(&id).await.unwrap(),
        Removal::Accepted
    );
    // Right after it: whether it is gone yet or not is the cloud's affair.
    it.cloud.delete_server(&id).await.unwrap();
    it.until_gone(&id).await;
    it.until_removal_is_gone(&id).await;
}

pub(crate) async fn an_unknown_server_is_not_found(it: &Fixture) {
    let id = "8f12f858-2581-4704-8364-07c6617b387e";
    let error = it.cloud.get_server(id).await.unwrap_err();
    assert_eq!(error.class, FailureClass::NotFound, "{error:?}");
    assert_eq!(it.cloud.delete_server(id).await.unwrap(), Removal::Gone);
}

pub(crate) async fn a_server_that_fits_nowhere_goes_to_error_and_says_why(it: &Fixture) {
    let wanted = Wanted {
        flavor: it.contents.flavor_that_fits_nowhere.clone(),
        ..it.wanted()
    };
    let mut create = it.order().await;
    create.resolved = it.cloud.resolve(&wanted).await.unwrap();
    let id = it.cloud.create_server(&create).await.unwrap();
    it.until_status(&id, "ERROR").await;
    // Nova writes the fault a moment after the status.
    let fault = it.until_fault(&id).await;
    assert!(
        fault.message.contains("No valid host was found"),
        "{fault:?}"
    );
    assert_eq!(fault.code, 500);
    // A list, which is all that watches builds, must lead to the fault as well.
    let listed = it.own_servers().await;
    assert_eq!(listed[0].fault.as_ref(), Some(&fault));
    assert_eq!(
        it.cloud.delete_server(&id).await.unwrap(),
        Removal::Accepted
    );
    it.until_gone(&id).await;
}
