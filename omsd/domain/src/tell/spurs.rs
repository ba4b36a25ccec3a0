//! Why an entry was tried once more beside an attempt that might yet have served it, in words.

use std::time::Duration;

use oms_proto::AttemptId;

use crate::rows::attempt::Attempt;
use crate::rows::passed::Reason;
use crate::rows::spur::Spur;
use crate::world::World;

/// Why an attempt was begun beside others, if it was.
pub(super) fn beside(world: &World, attempt: &Attempt) -> String {
    let told = attempt.passed_over.named.iter().filter_map(|over| {
        let Reason::Overtaken {
            attempt,
            cause,
            waited,
        } = over.reason
        else {
            return None;
        };
        let account = world.accounts.get(&over.account);
        let name = account.map_or("?", |account| account.name.as_str());
        Some(format!("; {name}: {}", overtaken(attempt, cause, waited)))
    });
    told.collect()
}

/// Why an attempt was not waited for any longer.
pub(super) fn overtaken(attempt: AttemptId, spur: Spur, waited: Duration) -> String {
    let waited = waited.as_secs_f32();
    match spur {
        Spur::Silence => {
            format!(
                "attempt {attempt} there has no answer for {waited:.1} s, nor has anything else"
            )
        }
        Spur::Hang => {
            format!(
                "attempt {attempt} there has no answer for {waited:.1} s, and creates hang there"
            )
        }
        Spur::Patience => format!(
            "attempt {attempt} there has no answer for {waited:.1} s, longer than creates there need"
        ),
        Spur::LostAnswer => format!(
            "the answer to attempt {attempt} there was lost, and its server is not seen {waited:.1} s \
             after it began"
        ),
        Spur::Restart => format!(
            "a stop of the daemon cut attempt {attempt} there short, and its server is not seen \
             {waited:.1} s after it began"
        ),
        Spur::Hedge => {
            format!("attempt {attempt} there builds for {waited:.1} s, longer than is usual there")
        }
        Spur::Drain => format!("attempt {attempt} builds there, and the account is drained"),
    }
}
