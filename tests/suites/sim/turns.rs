//! What comes between two steps of the planner: a turn ends when it has taken long enough, and wishes are
//! taken in before it goes on.

use oms_proto::EntryId;
use oms_proto::spec::EntrySpec;
use oms_tests::harness::head::{Head, asking};
use omsd_domain::ground::limits::BROUGHT_BYTES_MAX;
use omsd_domain::rows::attempt::State;
use omsd_domain::rules::policy::Policy;
use omsd_domain::schedule::effect::Effect;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;
use omsd_domain::world::verdict::Rejection;

use crate::scene::{HOUR, rig};

#[tokio::test(start_paused = true)]
async fn a_server_is_not_asked_for_once_its_entry_was_removed() {
    let mut head = Head::new(1);
    let id = EntryId(head.world.next.entry);
    head.decide(&asking(EntrySpec::default()));
    let launching = |head: &Head| {
        let mut attempts = head.world.entries.get(&id).unwrap().attempts();
        attempts.next().map(|attempt| attempt.state)
    };
    while launching(&head) != Some(State::Launching) {
        assert_eq!(head.step(), Some(Vec::new()), "the intent comes first");
    }
    head.decide(&Command::RemoveEntry(id));
    let mut effects = Vec::new();
    while let Some(step) = head.step() {
        effects.extend(step);
    }
    let is_launch = |effect: &Effect| matches!(effect, Effect::Launch(_));
    assert!(!effects.iter().any(is_launch), "{effects:#?}");
    assert_eq!(launching(&head), Some(State::Clearing));
}

/// What entries bring for their machines has a bound in bytes, whatever number of them there may be.
#[tokio::test(start_paused = true)]
async fn what_entries_bring_is_bounded_in_bytes() {
    let rig = rig(Vec::new(), Policy::default()).await;
    let brings = |bytes: usize| EntrySpec {
        user_data: Some("x".repeat(bytes)),
        ..EntrySpec::default()
    };
    let part = 4 * 1024 * 1024;
    let mut last = rig.accept(brings(part), HOUR).await.unwrap();
    for _ in 1..BROUGHT_BYTES_MAX / u64::try_from(part).unwrap() {
        last = rig.accept(brings(part), HOUR).await.unwrap();
    }
    let full = rig.accept(brings(1), HOUR).await.unwrap_err();
    assert_eq!(full.to_string(), Rejection::FullOfData.to_string());
    rig.accept(EntrySpec::default(), HOUR).await.unwrap();
    // What has ended counts no more, nor after a start.
    rig.remove(last).await.unwrap();
    let gone = |world: &World| !world.entries.contains_key(&last);
    rig.until("it is gone", HOUR, gone).await.unwrap();
    rig.accept(brings(part), HOUR).await.unwrap();
    assert!(rig.accept(brings(1), HOUR).await.is_err());
}
