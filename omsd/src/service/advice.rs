//! Why an account does not take an entry, and what a person can do about it.

use oms_proto::Time;
use omsd_domain::ground::cloud::Part;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rows::account::Account;
use omsd_domain::rows::passed::Reason;
use omsd_domain::rows::scope::Scope;
use omsd_domain::rules::machine;
use omsd_domain::tell::words;

/// Why an account does not take an entry, and what to do about it.
pub(super) fn told(reason: &Reason, account: &Account) -> String {
    words::reason(reason) + &remedy(reason, account)
}

/// The same with how long that lasts still, for those who are told of no time beside it.
pub(super) fn told_now(reason: &Reason, account: &Account, now: Time) -> String {
    let ends = reason.until().filter(|until| *until > now);
    let left = ends.map(|until| format!(" ({} left)", words::span(until.since(now))));
    words::reason(reason) + &left.unwrap_or_default() + &remedy(reason, account)
}

/// What a person can do about a reason, to follow it in words.
fn remedy(reason: &Reason, account: &Account) -> String {
    let Account { name, defaults, .. } = account;
    let account = name;
    // What an entry asks for itself is not mended at the account.
    let is_own = |part: Part, name: &String| !machine::named(defaults, part).contains(name);
    let is_of_entry = |scope: &Scope| match scope {
        Scope::Named(part, name) => is_own(*part, name),
        Scope::Request(wanted) => Part::ALL
            .into_iter()
            .any(|part| wanted.each(part).iter().any(|name| is_own(part, name))),
        Scope::Account | Scope::Quota | Scope::Launch | Scope::Offering(_) | Scope::Entry(_) => {
            false
        }
    };
    match reason {
        Reason::Held => "; stop the other daemon, then say: omsctl takeover".to_owned(),
        Reason::Disabled => format!("; switch it on with: omsctl account enable {account}"),
        Reason::Maintenance { .. } => {
            format!("; end it with: omsctl account uncordon {account}")
        }
        Reason::NoImage => default_with("image", account),
        Reason::NoFlavor => default_with("flavor", account),
        Reason::NoRoom(_) => no_room(),
        Reason::Blocked { scope, failure, .. } => match scope {
            Scope::Request(_) | Scope::Named(..) if failure.class == FailureClass::Forbidden => {
                "; the user's role in this project does not allow it, or the cloud gives it to \
                 nobody: ask the provider"
                    .to_owned()
            }
            _ if is_of_entry(scope) => {
                format!("; ask for what it has, as told by: omsctl account offers {account}")
            }
            Scope::Request(_) | Scope::Named(..) => format!(
                "; see what it has with: omsctl account test {account}, or name something else \
                 with: omsctl account edit {account} --image I --flavor F --network N"
            ),
            Scope::Account if failure.class == FailureClass::Unauthorized => format!(
                "; give it credentials that work with: omsctl account edit {account}, which also \
                 lifts the block"
            ),
            Scope::Account | Scope::Launch => {
                format!("; look into it with: omsctl account test {account}")
            }
            Scope::Quota => no_room(),
            Scope::Offering(_) | Scope::Entry(_) => String::new(),
        },
        Reason::Unseen
        | Reason::NotAmongAccounts
        | Reason::Avoided
        | Reason::Probing { .. }
        | Reason::Busy { .. }
        | Reason::Budget { .. }
        | Reason::Trying
        | Reason::Overtaken { .. }
        | Reason::Rejected => String::new(),
    }
}

fn no_room() -> String {
    "; remove something there, or ask the provider for more".to_owned()
}

fn default_with(what: &str, account: &str) -> String {
    let value = what.to_uppercase();
    format!("; give the account one with: omsctl account edit {account} --{what} {value}")
}
