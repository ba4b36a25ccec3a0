//! The keys as they are unless a file says otherwise, in the order in which help shows them.
//!
//! The names are what `:` takes and what a file of keys calls them. Neither names nor keys change
//! their meaning between releases, and nothing that pages ever removes.

use crossterm::event::KeyCode;

use super::command::Command;
use super::press::{Press, code, ctrl, letter, shift, twice};
use super::{Binding, Mode};
use crate::action::Act;
use crate::screen::View;

const ANY: &[Mode] = &Mode::ALL;
const READING: &[Mode] = &[
    Mode::Table,
    Mode::Detail,
    Mode::Help,
    Mode::Pager,
    Mode::Menu,
];
const MOVING: &[Mode] = READING;
const ROWS: &[Mode] = &[Mode::Table, Mode::Detail];
const PAGED: &[Mode] = &[Mode::Table, Mode::Detail, Mode::Pager];
const TABLE: &[Mode] = &[Mode::Table];
const DETAIL: &[Mode] = &[Mode::Detail];
const FILTERED: &[Mode] = &[Mode::Table, Mode::Help];
const WRITING: &[Mode] = &[Mode::Typing, Mode::Palette, Mode::Form, Mode::Confirm];
const COMPLETED: &[Mode] = &[Mode::Palette, Mode::Form];
const FIELDS: &[Mode] = &[Mode::Form, Mode::Confirm, Mode::Palette];
const TYPED: &[Mode] = &[
    Mode::Typing,
    Mode::Palette,
    Mode::Form,
    Mode::Confirm,
    Mode::Menu,
];

const fn bind(
    name: &'static str,
    aliases: &'static [&'static str],
    keys: &'static [Press],
    command: Command,
    modes: &'static [Mode],
    help: &'static str,
) -> Binding {
    Binding {
        name,
        aliases,
        keys,
        command,
        help,
        modes,
    }
}

const fn opens(view: View, keys: &'static [Press]) -> Binding {
    let spec = view.spec();
    bind(
        spec.name,
        spec.aliases,
        keys,
        Command::Open(view),
        ROWS,
        spec.help,
    )
}

/// The bindings.
#[rustfmt::skip]
pub const BINDINGS: &[Binding] = &[
    bind("help", &["keys", "h"], &[letter('?'), code(KeyCode::F(1))], Command::Help, READING, "open or close this page"),
    bind("command", &[], &[letter(':')], Command::Palette, ROWS, "type a command by its name"),
    bind("back", &[], &[letter('q')], Command::Back, READING, "close what is open, or quit"),
    bind("quit", &["q!", "exit"], &[ctrl('c')], Command::Quit, ANY, "quit, always"),
    bind("escape", &[], &[code(KeyCode::Esc)], Command::Escape, ANY, "one step back: what is open, marks, filter, problems"),
    bind("suspend", &["stop"], &[letter('z')], Command::Suspend, ROWS, "give the terminal back until `fg`"),
    opens(View::Overview, &[letter('1')]),
    opens(View::Queue, &[letter('2')]),
    opens(View::Instances, &[letter('3')]),
    opens(View::Accounts, &[letter('4')]),
    opens(View::Events, &[letter('5')]),
    opens(View::Alerts, &[letter('6')]),
    bind("next-view", &[], &[code(KeyCode::Tab)], Command::NextView, ROWS, "next view"),
    bind("previous-view", &[], &[code(KeyCode::BackTab)], Command::PreviousView, ROWS, "previous view"),
    bind("last-view", &[], &[letter('-')], Command::LastView, ROWS, "the view before this one"),
    bind("history-back", &[], &[letter('[')], Command::HistoryBack, ROWS, "where one was before"),
    bind("history-forward", &[], &[letter(']')], Command::HistoryForward, ROWS, "forward again"),
    bind("down", &[], &[letter('j'), code(KeyCode::Down)], Command::Down, MOVING, "down"),
    bind("up", &[], &[letter('k'), code(KeyCode::Up)], Command::Up, MOVING, "up"),
    bind("left", &[], &[letter('h'), code(KeyCode::Left)], Command::Left, TABLE, "the beginning of long texts"),
    bind("right", &[], &[letter('l'), code(KeyCode::Right)], Command::Right, TABLE, "the rest of long texts"),
    bind("top", &[], &[twice('g'), code(KeyCode::Home)], Command::Top, READING, "first; follows what is new"),
    bind("bottom", &[], &[letter('G'), code(KeyCode::End)], Command::Bottom, READING, "last"),
    bind("half-down", &[], &[ctrl('d')], Command::HalfDown, READING, "half a page down"),
    bind("half-up", &[], &[ctrl('u')], Command::HalfUp, READING, "half a page up"),
    bind("page-down", &[], &[code(KeyCode::PageDown), ctrl('f')], Command::PageDown, READING, "a page down"),
    bind("page-up", &[], &[code(KeyCode::PageUp), ctrl('b')], Command::PageUp, READING, "a page up"),
    bind("enter", &[], &[code(KeyCode::Enter)], Command::Deeper, ROWS, "go into the row: account to entries, instance to entry"),
    bind("look", &["describe", "details"], &[letter('d')], Command::Look, TABLE, "look at the row closely"),
    bind("instances-of", &[], &[letter('i')], Command::Instances, ROWS, "the instances of the account"),
    bind("events-of", &[], &[letter('v')], Command::Events, ROWS, "the events of the entry or the account"),
    bind("next", &[], &[letter('n'), code(KeyCode::Right)], Command::NextRow, DETAIL, "next row, in a detail"),
    bind("previous", &[], &[letter('p'), code(KeyCode::Left)], Command::PreviousRow, DETAIL, "previous row, in a detail"),
    bind("filter", &[], &[letter('/')], Command::Filter, FILTERED, "filter: text, regular expression, !not, -f fuzzy, status=RUN"),
    bind("wide", &["columns"], &[letter('w')], Command::Wide, TABLE, "all columns, or the usual ones"),
    bind("problems", &[], &[ctrl('z')], Command::Problems, TABLE, "only problems, or all again"),
    bind("refresh", &["reload", "reconnect"], &[ctrl('r')], Command::Refresh, ROWS, "connect anew and read everything again"),
    bind("sort-next", &[], &[letter('>'), shift(KeyCode::Right)], Command::SortRight, TABLE, "sort by the next column"),
    bind("sort-previous", &[], &[letter('<'), shift(KeyCode::Left)], Command::SortLeft, TABLE, "sort by the previous column"),
    bind("sort-reverse", &["sort"], &[letter('O')], Command::SortReverse, TABLE, "turn the order round"),
    bind("mark", &[], &[letter(' ')], Command::Mark, TABLE, "mark the row, or unmark it"),
    bind("mark-all", &[], &[ctrl('a')], Command::MarkAll, TABLE, "mark all rows shown, or none"),
    bind("actions", &["menu"], &[letter('a')], Command::Actions, ROWS, "what can be done with the row or the marked ones"),
    bind("new", &["create", "launch", "add"], &[letter('+'), code(KeyCode::Insert)], Command::Act(Act::New), ROWS, "ask for an instance; in accounts: add one"),
    bind("remove", &["delete", "rm", "destroy"], &[letter('x'), code(KeyCode::Delete)], Command::Act(Act::Remove), ROWS, "remove it: an entry with its instance, or an account"),
    bind("cordon", &[], &[letter('o')], Command::Act(Act::Cordon), ROWS, "account: place no entries there"),
    bind("drain", &[], &[letter('r')], Command::Act(Act::Drain), ROWS, "account: cordon, and move what does not run yet"),
    bind("uncordon", &[], &[letter('u')], Command::Act(Act::Uncordon), ROWS, "account: end its maintenance"),
    bind("unblock", &["lift"], &[letter('b')], Command::Act(Act::Unblock), ROWS, "account: lift what is blocked there"),
    bind("retry", &["again"], &[letter('m')], Command::Act(Act::Retry), ROWS, "entry: try it once more that has failed"),
    bind("hold", &["keep", "freeze"], &[letter('f')], Command::Act(Act::Hold), ROWS, "entry: keep it from being removed"),
    bind("release", &["unhold"], &[], Command::Act(Act::Release), ROWS, "entry: let it be removed again"),
    bind("test", &["check"], &[letter('t')], Command::Act(Act::Test), ROWS, "account: sign in and look up its defaults"),
    bind("edit", &["defaults"], &[letter('e')], Command::Act(Act::Edit), ROWS, "account: edit its defaults"),
    bind("enable", &["on"], &[], Command::Act(Act::Enable), ROWS, "account: switch it on"),
    bind("disable", &["off"], &[], Command::Act(Act::Disable), ROWS, "account: switch it off"),
    bind("password", &["secret", "passwd"], &[], Command::Act(Act::Password), ROWS, "account: change its secret alone"),
    bind("json", &["yaml", "show"], &[letter('y')], Command::Json, PAGED, "show as JSON, again: YAML"),
    bind("copy", &["yank"], &[letter('c')], Command::Copy, PAGED, "copy id, address or all of it"),
    bind("ssh", &["shell", "login"], &[letter('s')], Command::Ssh, ROWS, "sign in at the instance"),
    bind("import", &["clouds.yaml"], &[ctrl('o')], Command::Import, ROWS, "add accounts of a clouds.yaml, chosen from a list"),
    bind("theme", &["colours", "colors", "skin"], &[], Command::Theme, ROWS, "colours: the next, or :theme NAME"),
    bind("language", &["lang"], &[], Command::Language, ROWS, "the next language, or :language NAME"),
    bind("accept", &[], &[code(KeyCode::Enter)], Command::Accept, TYPED, "while typing or choosing: take it"),
    bind("complete", &[], &[ctrl('n')], Command::Complete, COMPLETED, "while typing: the next of what it may become"),
    bind("complete-back", &[], &[ctrl('p')], Command::CompleteBack, COMPLETED, "while typing: the one before"),
    bind("next-field", &[], &[code(KeyCode::Tab), code(KeyCode::Down)], Command::NextField, FIELDS, "in a form: the next field"),
    bind("previous-field", &[], &[code(KeyCode::BackTab), code(KeyCode::Up)], Command::PreviousField, FIELDS, "in a form: the field before"),
    bind("erase", &[], &[code(KeyCode::Backspace), ctrl('h')], Command::Erase, WRITING, "while typing: erase a letter"),
    bind("erase-under", &[], &[code(KeyCode::Delete), ctrl('d')], Command::EraseUnder, WRITING, "while typing: erase the letter under the caret"),
    bind("erase-word", &[], &[ctrl('w')], Command::EraseWord, WRITING, "while typing: erase a word"),
    bind("erase-all", &[], &[ctrl('u')], Command::EraseAll, WRITING, "while typing: erase all"),
    bind("caret-left", &[], &[code(KeyCode::Left), ctrl('b')], Command::CaretLeft, WRITING, "while typing: to the left"),
    bind("caret-right", &[], &[code(KeyCode::Right), ctrl('f')], Command::CaretRight, WRITING, "while typing: to the right"),
    bind("caret-start", &[], &[code(KeyCode::Home)], Command::CaretStart, WRITING, "while typing: to the beginning"),
    bind("caret-end", &[], &[code(KeyCode::End)], Command::CaretEnd, WRITING, "while typing: to the end"),
];
