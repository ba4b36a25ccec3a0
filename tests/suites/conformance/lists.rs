//! Lists of servers: whole across pages, and of changes only.

use std::collections::BTreeSet;

use crate::fixture::Fixture;

pub(crate) async fn a_list_is_complete_across_pages(it: &Fixture) {
    let create = it.order().await;
    let mut made = BTreeSet::new();
    // More than two pages of the simulated clouds.
    for _ in 0..5 {
        made.insert(it.cloud.create_server(&create).await.unwrap());
    }
    let listed = it.own_servers().await;
    let ids: BTreeSet<String> = listed.iter().map(|seen| seen.id.clone()).collect();
    assert_eq!(listed.len(), ids.len(), "no server is listed twice");
    assert_eq!(ids, made);
}

pub(crate) async fn a_list_of_changes_shows_what_changed_and_what_is_deleted(it: &Fixture) {
    let before = it.cloud.list_servers(None).await.unwrap();
    let since = before.as_of.unwrap();
    let id = it.cloud.create_server(&it.order().await).await.unwrap();
    let changes = it.cloud.list_servers(Some(since)).await.unwrap();
    let seen = changes.servers.iter().find(|seen| seen.id == id).unwrap();
    assert_eq!(seen.mark, Some(it.mark()));
    it.until_status(&id, "ACTIVE").await;
    let changes = it.cloud.list_servers(changes.as_of).await.unwrap();
    let seen = changes.servers.iter().find(|seen| seen.id == id).unwrap();
    assert_eq!(seen.status, "ACTIVE");
    it.cloud.delete_server(&id).await.unwrap();
    it.until_gone(&id).await;
    let changes = it.cloud.list_servers(changes.as_of).await.unwrap();
    let seen = changes.servers.iter().find(|seen| seen.id == id).unwrap();
    assert_eq!(seen.status, "DELETED");
    // For a moment a plain list may go on showing it.
    it.until_unlisted(&id).await;
}
