//! Texts about what is done: keys and commands, actions and what came of them, questions, forms.

use super::{fill, grouped, say};
use crate::action::Act;
use crate::theme::Theme;

/// A key without a meaning here.
pub fn no_such_key() -> String {
    say("no such key here; ? shows those there are").to_owned()
}
/// A command that nobody knows.
pub fn no_such_command(word: &str) -> String {
    fill(
        "there is no command {word}; ? shows those there are",
        &[("word", &word)],
    )
}
/// A theme that nobody knows.
pub fn no_such_theme(word: &str) -> String {
    let names: Vec<&str> = Theme::ALL.into_iter().map(Theme::name).collect();
    let names = names.join(", ");
    fill(
        "there is no theme {word}; there are {names}",
        &[("word", &word), ("names", &names)],
    )
}
/// Which theme it is now.
pub fn theme_is(name: &str) -> String {
    fill("theme {name}", &[("name", &name)])
}
/// A language that nobody speaks.
pub fn no_such_language(word: &str) -> String {
    fill(
        "there is no language {word}; there are en, ja",
        &[("word", &word)],
    )
}
/// Which language it is now.
pub fn language_is(name: &str) -> String {
    fill("language {name}", &[("name", &name)])
}
/// An entry by its number.
pub fn entry_named(id: &str) -> String {
    fill("entry {id}", &[("id", &id)])
}
/// An account by its name.
pub fn account_named(name: &str) -> String {
    fill("account {name}", &[("name", &name)])
}
/// A command that stands alone.
pub fn takes_nothing(word: &str) -> String {
    fill("{word} takes nothing after it", &[("word", &word)])
}
/// A column that is not there.
pub fn no_such_column(name: &str, there: &str) -> String {
    fill(
        "there is no column {name}; there are {there}",
        &[("name", &name), ("there", &there)],
    )
}
/// Neither an entry nor an account.
pub fn no_such_object(name: &str) -> String {
    fill("there is no {name}", &[("name", &name)])
}
/// An action for something else.
pub fn does_not_fit(act: &str, object: &str) -> String {
    fill(
        "{act} does not apply to {object}; a shows what does",
        &[("act", &act), ("object", &object)],
    )
}
/// There is nothing to end.
pub fn not_under_maintenance(name: &str) -> String {
    fill(
        "account {name} is not under maintenance now",
        &[("name", &name)],
    )
}
/// Something is on its way.
pub fn doing(act: &str, object: &str) -> String {
    fill("{act} {object} ...", &[("act", &act), ("object", &object)])
}
/// It is done, and what that means.
pub fn done(act: Act, object: &str) -> String {
    let text = match act {
        Act::New => "{object} made",
        Act::Remove => "{object} is being removed",
        Act::Cordon => "{object} cordoned: no entries are placed there",
        Act::Drain => "{object} drained: what does not run yet moves elsewhere",
        Act::Uncordon => "{object} takes entries again",
        Act::Enable => "{object} enabled",
        Act::Disable => "{object} disabled: no entries are placed there",
        Act::Test => "{object} tested",
        Act::Edit => "{object} changed",
        Act::Password => "{object} has another secret",
        Act::Unblock => "{object} unblocked: the next launch tries what failed",
        Act::Retry => "{object} is tried again",
        Act::Hold => "{object} held: nobody can remove it",
        Act::Release => "{object} released: it can be removed",
    };
    fill(text, &[("object", &object)])
}
/// It is not done.
pub fn failed(act: &str, object: &str, error: &str) -> String {
    fill(
        "{act} {object}: {error}",
        &[("act", &act), ("object", &object), ("error", &error)],
    )
}
/// Nobody knows whether it was done.
pub fn unanswered(act: &str, object: &str) -> String {
    fill(
        "{act} {object}: the connection was lost before the answer; look whether it was done",
        &[("act", &act), ("object", &object)],
    )
}
/// How far the same for several is.
pub fn batch(act: &str, done: usize, all: usize) -> String {
    fill(
        "{act}: {done} of {all}",
        &[("act", &act), ("done", &done), ("all", &all)],
    )
}
/// What a test came to.
pub fn tested(account: &str, passed: usize, all: usize) -> String {
    fill(
        "test of account {account}: {passed} of {all} passed",
        &[("account", &account), ("passed", &passed), ("all", &all)],
    )
}
/// A step of a test passed.
pub const PASSED: &str = "passed";
/// A step of a test did not pass.
pub const NOT_PASSED: &str = "failed";
/// Milliseconds as seconds.
pub fn seconds(milliseconds: u32) -> String {
    format!("{}.{} s", milliseconds / 1_000, milliseconds % 1_000 / 100)
}
/// How long an answer is waited for.
pub fn asking_for(seconds: u64) -> String {
    fill(
        "asking the daemon ... {seconds} s; Esc leaves it alone",
        &[("seconds", &seconds)],
    )
}
/// Every column is wanted.
pub const WIDE: &str = "all columns that there is room for";
/// The usual columns are wanted.
pub const NOT_WIDE: &str = "the usual columns";
/// Nothing may be done.
pub const READ_ONLY: &str = "read-only: omstui was started with --readonly";
/// There is no row.
pub const NOTHING_CHOSEN: &str = "there is no row for that here";
/// A form is for one.
pub const ONE_AT_A_TIME: &str = "one account at a time; Esc takes the marks away";
/// One bulk action after the other.
pub const STILL_AT_WORK: &str = "the last action for several is still under way; wait for it";
/// ssh without a server.
pub const NO_INSTANCE_HERE: &str = "there is no instance to sign in at";
/// An event of the daemon itself.
pub const ABOUT_NOTHING: &str = "it is about no entry and no account";
/// There will be no answer.
pub const NO_ANSWER: &str = "the connection was lost before the answer; look whether it was done";
/// Without a connection nothing is asked.
pub const NOT_CONNECTED: &str = "not connected to omsd; nothing was asked";
/// A form that somebody has filled is about to be closed.
pub const ESC_AGAIN: &str = "Esc again closes the form, and what was typed is lost";
/// Nothing was done.
pub const CANCELLED: &str = "cancelled; nothing was done";
/// The button that does nothing.
pub const CANCEL: &str = "Cancel";
/// Title of the list of texts to copy.
pub const COPY: &str = "Copy";
/// Text is in the clipboard.
pub fn copied(bytes: usize) -> String {
    fill(
        "copied {bytes} bytes, if the terminal lets programs copy",
        &[("bytes", &bytes)],
    )
}
/// So many are marked.
pub fn chosen(count: usize) -> String {
    fill("{count} marked", &[("count", &grouped(count))])
}
/// Asks whether.
pub fn confirm(act: &str, count: usize) -> String {
    let act = say(act);
    match count {
        1 => format!("{act}?"),
        several => format!("{act} {}?", grouped(several)),
    }
}
/// Objects that are not named.
pub fn and_more(count: usize) -> String {
    fill("and {count} more", &[("count", &grouped(count))])
}
/// What the number is typed for.
pub fn type_the_number(count: usize) -> String {
    fill("type {count} to go on", &[("count", &count)])
}
/// What something leads to.
pub fn consequence(act: Act, of_account: bool) -> &'static str {
    say(match act {
        Act::Remove if of_account => {
            "The account and its credentials are forgotten; nothing is removed at the cloud. \
             It is refused while anything of ours is there."
        }
        Act::Remove => "Servers and all that was made for them are removed at the cloud.",
        Act::Drain => "No entries are placed there, and what does not run yet is moved elsewhere.",
        Act::Disable => "No entries are placed there until it is enabled again; what runs stays.",
        Act::Cordon => "No entries are placed there until somebody ends it; what runs stays.",
        Act::Uncordon | Act::Enable => "Entries are placed there again.",
        Act::Test => "Each of them is signed in at.",
        Act::Unblock => "The next launch at each of them is a probe, whatever failed before.",
        Act::Retry => "They are tried again, with as much time as they had at first.",
        Act::Hold => "Nobody can remove them until they are released.",
        Act::Release => "They can be removed again.",
        Act::New | Act::Edit | Act::Password => "",
    })
}
/// An account without what entries get by default.
pub fn no_defaults(name: &str) -> String {
    fill(
        "entries that name no image or flavor are not placed here; \
         omsctl account edit {name} --image IMAGE --flavor FLAVOR, or e",
        &[("name", &name)],
    )
}

/// Title of the form.
pub const FORM_CREATE: &str = "New entry";
/// Title of the form.
pub const FORM_ADD: &str = "New account";
/// Title of the form.
pub fn form_edit(name: &str) -> String {
    fill("Defaults of account {name}", &[("name", &name)])
}
/// Title of the form.
pub fn form_password(name: &str, kind: &str) -> String {
    fill(
        "New {kind} of account {name}",
        &[("kind", &kind), ("name", &name)],
    )
}
/// Keys in a form.
pub const FORM_KEYS: &str = "Tab next, Shift-Tab back, Ctrl-n completes, Enter takes, Esc leaves";
/// Keys on a page.
pub const PAGER_KEYS: &str = "Esc closes, j k scroll, y JSON or YAML, c copies all";
/// Button of a form.
pub const VERB_CREATE: &str = "Create";
/// Button of a form.
pub const VERB_ADD: &str = "Add";
/// Button of a form.
pub const VERB_SAVE: &str = "Save";
/// Button of a form that tests as well.
pub fn and_test(verb: &str) -> String {
    fill("{verb} and test", &[("verb", &verb)])
}
/// An entry that is held.
pub const IS_HELD: &str = "it cannot be removed until it is released";
/// Button of a form, and title of what it shows: what would come of it.
pub const PREVIEW: &str = "Preview";
/// Button of a form: tests what is not added yet.
pub const TEST: &str = "Test";
/// Where an entry would be placed.
pub fn would_go_to(account: &str) -> String {
    fill(
        "it would go to {account}; the others follow in this order",
        &[("account", &account)],
    )
}
/// Nowhere.
pub const WOULD_WAIT: &str = "no account would take it now; it would wait";
/// There is none.
pub const NO_ACCOUNT_YET: &str = "there is no account; + in the accounts adds one";
/// An entry was accepted.
pub fn accepted(id: &str) -> String {
    fill("entry {id} accepted", &[("id", &id)])
}
/// An account was saved.
pub fn saved(name: &str) -> String {
    fill("account {name} saved", &[("name", &name)])
}
/// A field that may not be empty.
pub const NEEDED: &str = "needed";
/// Two secrets that should be one.
pub const DIFFERS: &str = "differs from the one above";
/// Hint of a field.
pub const HINT_NAME: &str = "made up where empty";
/// Hint of a field.
pub const HINT_DEFAULT: &str = "the account's default";
/// Hint of a field of an account's defaults.
pub const HINT_NO_DEFAULT: &str = "none: entries that name none are not placed there";
/// Hint of a field.
pub const HINT_LIST: &str = "several with commas";
/// Hint of a field.
pub const HINT_ZONE: &str = "any";
/// Hint of a field.
pub const HINT_ACCOUNTS: &str = "any; several with commas";
/// Hint of a field.
pub const HINT_KEY: &str = "OpenSSH, of one line; one is made where empty";
/// Hint of a field.
pub const HINT_METADATA: &str = "key=value, several with commas";
/// Hint of a field.
pub const HINT_DEADLINE: &str = "such as 90s, 30m or 2h";
/// Hint of a field.
pub const HINT_ACCOUNT_NAME: &str = "letters, digits, . _ -";
/// Hint of a field.
pub const HINT_PROVIDER: &str = "the account's name";
/// Hint of a field.
pub const HINT_AUTH_URL: &str = "https://HOST:5000/v3";
/// Hint of a field.
pub const HINT_REGION: &str = "where there are several";
/// Hint of a field.
pub const HINT_DOMAIN: &str = "Default";
/// Hint of a field.
pub const HINT_PROJECT: &str = "by name";
/// Hint of a field.
pub const HINT_PRIORITY: &str = "a number, 0; higher is preferred";
