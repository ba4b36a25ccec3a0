//! What can be asked of the dashboard, by a key or by name.

use crate::action::Act;
use crate::screen::View;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// End at once.
    Quit,
    /// Close what is open, or end.
    Back,
    /// Undo one step: layer, filter line, place gone into, marks, filter, problem switch.
    Escape,
    /// Give the terminal back and stop until the shell lets us go on.
    Suspend,
    /// Open or close help.
    Help,
    /// Type a command.
    Palette,
    /// Open a view.
    Open(View),
    /// The next view.
    NextView,
    /// The view before.
    PreviousView,
    /// The view that was open last.
    LastView,
    /// The place before this one.
    HistoryBack,
    /// The place that was left by going back.
    HistoryForward,
    /// One row or line up.
    Up,
    /// One row or line down.
    Down,
    /// Shows more of the left of long texts.
    Left,
    /// Shows more of the right of long texts.
    Right,
    /// First row or line.
    Top,
    /// Last row or line.
    Bottom,
    /// A window up.
    PageUp,
    /// A window down.
    PageDown,
    /// Half a window up.
    HalfUp,
    /// Half a window down.
    HalfDown,
    /// Go into the row: from an account to its entries, from an instance to its entry.
    Deeper,
    /// Look closely at the row under the cursor.
    Look,
    /// The instances of the account.
    Instances,
    /// The events of the entry or the account.
    Events,
    /// The row above, while looking closely.
    PreviousRow,
    /// The row below, while looking closely.
    NextRow,
    /// Show all columns, or those that are usual.
    Wide,
    /// Type a filter.
    Filter,
    /// Show only problems, or all again.
    Problems,
    /// Connect anew and read everything again.
    Refresh,
    /// Sort by the column with this letter; again: the other way round.
    SortBy(char),
    /// Sort by the column to the left.
    SortLeft,
    /// Sort by the column to the right.
    SortRight,
    /// Turn the order round.
    SortReverse,
    /// Mark the row, or take its mark away.
    Mark,
    /// Mark all rows that are shown, or none.
    MarkAll,
    /// What can be done with the row.
    Actions,
    /// Do something.
    Act(Act),
    /// Show the row as JSON or YAML.
    Json,
    /// Copy a part of the row.
    Copy,
    /// Sign in at the instance.
    Ssh,
    /// Import accounts of a clouds.yaml.
    Import,
    /// Change the colours.
    Theme,
    /// Change the language.
    Language,
    /// Add a letter to what is typed.
    Insert(char),
    /// Remove the letter before the caret.
    Erase,
    /// Remove the letter under the caret.
    EraseUnder,
    /// Remove the word before the caret.
    EraseWord,
    /// Remove all that is typed.
    EraseAll,
    /// Move the caret to the left.
    CaretLeft,
    /// Move the caret to the right.
    CaretRight,
    /// Move the caret to the beginning.
    CaretStart,
    /// Move the caret to the end.
    CaretEnd,
    /// Take the next of what the text may become.
    Complete,
    /// Take the one before.
    CompleteBack,
    /// The next field or button.
    NextField,
    /// The field or button before.
    PreviousField,
    /// Take what is typed or chosen.
    Accept,
}
