//! Says when no entries are to be placed at an account, and that they may be again.

use oms_proto::request::{AccountMaintain, AccountUnblock};
use oms_proto::spec::Window;
use omsd_domain::ground::limits::WINDOWS_MAX;
use omsd_domain::ground::maintenance;
use omsd_domain::rows::scope::Block;
use omsd_domain::world::World;
use omsd_domain::world::command::Command;

use oms_proto::check::Check;
use oms_proto::{Response, Time, WireError};
use tokio::time::timeout;

use super::{SEEN_WITHIN, named};
use crate::service::{Caller, Service};

/// Characters of a reason: a line that tables and messages can hold.
const REASON_MAX: usize = 200;

impl Service {
    pub(in crate::service) async fn account_maintain(
        &self,
        caller: &Caller,
        maintain: AccountMaintain,
    ) -> Result<Response, WireError> {
        let AccountMaintain {
            name,
            windows,
            expected,
        } = maintain;
        let world = self.parts.handle.world();
        let account = named(&world, &name)?;
        check(&windows, &account.maintenance, self.parts.clock.now())?;
        let id = account.id;
        let windows: Vec<_> = windows.iter().map(read).collect();
        let wanted = windows.clone();
        let command = Command::SetMaintenance {
            account: id,
            windows,
            expected: expected.map(|windows| windows.iter().map(read).collect()),
        };
        self.submit(caller, command).await?;
        tracing::info!(account.name = %name, caller = %caller.actor, "set maintenance windows");
        let now = self.parts.clock.now();
        let wanted = maintenance::ahead(&wanted, now);
        let done = |world: &World| {
            let account = world.accounts.get(&id);
            account.is_none_or(|it| maintenance::ahead(&it.maintenance, now) == wanted)
        };
        match timeout(SEEN_WITHIN, self.account_when(id, done)).await {
            Ok(account) => account,
            // Somebody changed it again at once.
            Err(_elapsed) => self.account_show(caller, &name),
        }
    }

    pub(in crate::service) async fn account_unblock(
        &self,
        caller: &Caller,
        unblock: AccountUnblock,
    ) -> Result<Response, WireError> {
        let AccountUnblock { name, scope } = unblock;
        let world = self.parts.handle.world();
        let id = named(&world, &name)?.id;
        let command = Command::Unblock {
            account: id,
            scope: scope.clone(),
        };
        self.submit(caller, command).await?;
        tracing::info!(account.name = %name, caller = %caller.actor, "lifted blocks");
        let done = |world: &World| {
            let mut blocks = world.health(id).blocks.iter();
            let meant = |it: &Block| scope.as_ref().is_none_or(|s| *s == it.scope.to_string());
            blocks.all(|block| block.over || !meant(block))
        };
        match timeout(SEEN_WITHIN, self.account_when(id, done)).await {
            Ok(account) => account,
            // Something failed again at once.
            Err(_elapsed) => self.account_show(caller, &name),
        }
    }
}

/// A window as it is kept.
fn read(window: &Window) -> Window {
    Window {
        reason: window.reason.trim().to_owned(),
        ..window.clone()
    }
}

/// `known` are the windows so far: of those one may be over that the caller has just read.
fn check(windows: &[Window], known: &[Window], now: Time) -> Result<(), WireError> {
    let mut check = Check::default();
    if windows.len() > WINDOWS_MAX {
        let most = format!("must be at most {WINDOWS_MAX} of an account; end some first");
        check.refuse("windows", most);
        return check.finish();
    }
    for (at, window) in windows.iter().enumerate() {
        if window.until.is_some_and(|until| until <= window.from) {
            check.refuse(&format!("[{at}].until"), "must be after from");
        } else if window.until.is_some_and(|until| until <= now) && !known.contains(&read(window)) {
            check.refuse(&format!("[{at}].until"), "must not be past already");
        }
        if windows.iter().take(at).any(|other| other == window) {
            check.refuse(&format!("[{at}]"), "is there twice");
        }
        // That there is none may be all there is to say.
        if !window.reason.trim().is_empty() {
            check.line(&format!("[{at}].reason"), &window.reason, REASON_MAX);
        }
    }
    check.finish()
}
