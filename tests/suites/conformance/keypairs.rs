//! Key pairs: unique by name, removed as often as one likes.

use omsd_domain::ground::failure::FailureClass;

use crate::fixture::Fixture;
use omsd::ports::Removal;

const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAILuRLkZ+9fQpXIO2WEv+rci/XJDZjDilPGMejC/Rygi6 one";
const OTHER: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIfp1ay1Pfzm1kDxwwoqaLtHhE1rgsVf5Bzpn55Wwrqs other";

pub(crate) async fn the_same_key_is_imported_twice_and_another_is_not(it: &Fixture) {
    let name = it.keypair_name("twice");
    it.cloud.import_keypair(&name, KEY).await.unwrap();
    it.cloud.import_keypair(&name, KEY).await.unwrap();
    let error = it.cloud.import_keypair(&name, OTHER).await.unwrap_err();
    assert_eq!(error.class, FailureClass::Conflict, "{error:?}");
    let names = it.cloud.list_keypairs().await.unwrap();
    assert_eq!(names.iter().filter(|other| **other == name).count(), 1);
}

pub(crate) async fn a_key_pair_is_deleted_twice(it: &Fixture) {
    let name = it.keypair_name("gone");
    it.cloud.import_keypair(&name, KEY).await.unwrap();
    assert_eq!(it.cloud.delete_keypair(&name).await.unwrap(), Removal::Gone);
    assert_eq!(it.cloud.delete_keypair(&name).await.unwrap(), Removal::Gone);
    assert!(!it.cloud.list_keypairs().await.unwrap().contains(&name));
}

pub(crate) async fn names_of_key_pairs_need_escaping(it: &Fixture) {
    // As odd as Nova allows it at every microversion.
    let name = it.keypair_name("a b_c - d");
    it.cloud.import_keypair(&name, KEY).await.unwrap();
    it.cloud.import_keypair(&name, KEY).await.unwrap();
    assert!(it.cloud.list_keypairs().await.unwrap().contains(&name));
    assert_eq!(it.cloud.delete_keypair(&name).await.unwrap(), Removal::Gone);
    assert!(!it.cloud.list_keypairs().await.unwrap().contains(&name));
}

pub(crate) async fn a_key_that_is_none_is_refused(it: &Fixture) {
    let name = it.keypair_name("none");
    let error = it
        .cloud
        .import_keypair(&name, "no key at all")
        .await
        .unwrap_err();
    assert_eq!(error.class, FailureClass::Rejected, "{error:?}");
    assert!(!it.cloud.list_keypairs().await.unwrap().contains(&name));
}
