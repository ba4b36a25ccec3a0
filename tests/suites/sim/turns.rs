//! What comes between two steps of the planner: a turn ends when it has taken long enough, and wishes are
//! taken in before it goes on.

use oms_proto::EntryId;
use oms_proto::spec::EntrySpec;
use oms_tests::harness::head::{Head, asking};
use omsd_domain::rows::attempt::State;
use omsd_domain::schedule::effect::Effect;
use omsd_domain::world::command::Command;

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
