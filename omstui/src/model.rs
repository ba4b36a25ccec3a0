//! Everything on screen as plain data, the cursor and the scroll position included.
//!
//! Only `update` changes a model, and only the views read it for drawing.

use std::collections::{BTreeMap, BTreeSet};

use jiff::tz::TimeZone;
use oms_proto::view::{ExplanationView, OffersView, StatusView};
use oms_proto::{EntryId, Time};

use crate::call::{Calls, Purpose};
use crate::filter::Filter;
use crate::history::{History, Place, Scope};
use crate::input::Input;
use crate::keymap::{Command, Keymap, Mode, Prefix};
use crate::layer::Layer;
use crate::notice::Notice;
use crate::pen::Pen;
use crate::row::{Cause, RowKey};
use crate::screen::View;
use crate::tables::{Row, Sort};
use crate::text::Language;
use crate::theme::{Glyphs, Theme, Tone};
use crate::world::World;

/// The dashboard.
#[derive(Debug)]
pub struct Model {
    /// What was chosen at the start.
    pub options: Options,
    /// The present, as of the latest message.
    pub now: Time,
    /// Columns and rows of the window.
    pub size: (u16, u16),
    /// The daemon's picture.
    pub world: World,
    /// The connection.
    pub link: Link,
    /// The daemon's version and state, once it told.
    pub status: Option<StatusView>,
    /// The open view.
    pub view: View,
    /// The one before.
    pub previous: View,
    /// Cursor, order and filter of each view.
    pub panes: Panes,
    /// What the view is narrowed to, for one came from there.
    pub scope: Option<Scope>,
    /// Whether one came here by going into something.
    pub deep: bool,
    /// The way here.
    pub history: History,
    /// The object that is looked at closely.
    pub detail: Option<Detail>,
    /// What lies over the view, the top last.
    pub layers: Vec<Layer>,
    /// The filter's line, while keys go into it.
    pub typing: Option<Input>,
    /// What clouds offer, by account, as far as forms have asked.
    pub offers: BTreeMap<String, OffersView>,
    /// Requests that wait for an answer.
    pub calls: Calls,
    /// What came of what was done last.
    pub notice: Option<Notice>,
    /// What is wrong now.
    pub causes: Vec<Cause>,
    /// The first half of a key that is pressed twice.
    pub prefix: Option<Prefix>,
    /// In what the rows no longer match the world.
    pub unsettled: Unsettled,
    /// When it was last looked at what is wrong.
    pub looked: Time,
    /// Whether that may be out of date, so that it is looked again soon.
    pub stale: bool,
}

/// In what the rows no longer match the world.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Unsettled {
    /// In nothing.
    Nothing,
    /// In these entries.
    Entries(BTreeSet<EntryId>),
    /// In anything.
    #[default]
    All,
}

impl Unsettled {
    /// Nothing that has rows in sight has changed, but something has.
    pub fn touch(&mut self) {
        if *self == Self::Nothing {
            *self = Self::Entries(BTreeSet::new());
        }
    }

    /// An entry has changed.
    pub fn entry(&mut self, id: EntryId) {
        match self {
            Self::Nothing => *self = Self::Entries(BTreeSet::from([id])),
            Self::Entries(ids) => drop(ids.insert(id)),
            Self::All => {}
        }
    }
}

/// What the command line and the environment chose.
#[derive(Debug, Clone)]
pub struct Options {
    /// The daemon's socket, as text.
    pub socket: String,
    /// Colours.
    pub theme: Theme,
    /// Signs.
    pub glyphs: Glyphs,
    /// The zone of clock times.
    pub zone: TimeZone,
    /// The keys.
    pub keymap: Keymap,
    /// The language.
    pub language: Language,
    /// Whether nothing may be changed from here.
    pub readonly: bool,
    /// Whether the mouse is for us.
    pub mouse: bool,
    /// Themes of a file, by name.
    pub themes: Vec<(String, Theme)>,
}

impl Options {
    /// A pen for a picture of `now`.
    pub fn pen(&self, now: Time) -> Pen<'_> {
        Pen::new(now, &self.zone, self.theme, self.glyphs)
    }
}

/// How the connection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Link {
    /// There never was one.
    Connecting {
        /// Tries that failed.
        tries: u32,
        /// Why the last one did.
        error: Option<String>,
    },
    /// The daemon is there; its first snapshot is not whole yet.
    Loading,
    /// What is shown is so.
    Live,
    /// What is shown was so.
    Lost {
        /// Since when it may be out of date.
        since: Time,
        /// Tries to reconnect, the one under way included.
        tries: u32,
        /// Why the last one failed.
        error: String,
    },
}

/// What has been seen in a column while a view was open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Columns of its widest cell.
    pub width: usize,
    /// Whether anything but zero or nothing stood there.
    pub says: bool,
}

/// One view's table.
#[derive(Debug)]
pub struct Pane {
    /// Shown rows must match it.
    pub filter: Filter,
    /// Only problems are shown.
    pub problems: bool,
    /// Order.
    pub sort: Sort,
    /// All rows that belong here, in order, whether the filter admits them or not.
    pub order: Vec<Row>,
    /// The places in that order of the rows to show.
    pub rows: Vec<usize>,
    /// Room for the next order.
    pub spare: Vec<Row>,
    /// The row under the cursor. `None` is the first row whichever that is: it follows what is
    /// new until the cursor is moved.
    pub cursor: Option<RowKey>,
    /// Where that row is now.
    pub index: usize,
    /// The first row in the window.
    pub top: usize,
    /// Rows that are marked, for what is done to several.
    pub marks: BTreeSet<RowKey>,
    /// How many columns of long texts are left out at their beginning.
    pub shift: usize,
    /// What has been seen in the columns.
    pub seen: Vec<Seen>,
    /// Whether the columns are shown that are for whoever wants much.
    pub wide: bool,
}

impl Pane {
    fn new(sort: Sort) -> Self {
        Self {
            filter: Filter::default(),
            problems: false,
            sort,
            order: Vec::new(),
            rows: Vec::new(),
            spare: Vec::new(),
            cursor: None,
            index: 0,
            top: 0,
            marks: BTreeSet::new(),
            shift: 0,
            seen: Vec::new(),
            wide: false,
        }
    }

    /// The row at a place among those that are shown.
    pub fn key(&self, index: usize) -> Option<&RowKey> {
        self.order.get(*self.rows.get(index)?).map(|row| &row.key)
    }

    /// The rows that are shown, in order.
    pub fn keys(&self) -> impl Iterator<Item = &RowKey> {
        self.window_at(0, self.rows.len())
    }

    /// The row under the cursor, if there are rows.
    pub fn current(&self) -> Option<&RowKey> {
        self.key(self.index)
    }

    /// The rows in a window of so many.
    pub fn window(&self, rows: usize) -> impl Iterator<Item = &RowKey> {
        self.window_at(self.top, rows)
    }

    fn window_at(&self, top: usize, rows: usize) -> impl Iterator<Item = &RowKey> {
        let places = self.rows.iter().skip(top).take(rows);
        places.filter_map(|place| self.order.get(*place).map(|row| &row.key))
    }

    /// How many rows there are, whether the filter admits them or not.
    pub fn all(&self) -> usize {
        self.order.len()
    }

    /// Whether some rows may be hidden.
    pub fn is_narrowed(&self) -> bool {
        self.problems || !self.filter.is_empty()
    }
}

/// The tables of all views.
#[derive(Debug)]
pub struct Panes {
    overview: Pane,
    queue: Pane,
    instances: Pane,
    accounts: Pane,
    events: Pane,
    alerts: Pane,
}

impl Panes {
    fn new() -> Self {
        Self {
            overview: Pane::new(View::Overview.spec().sort),
            queue: Pane::new(View::Queue.spec().sort),
            instances: Pane::new(View::Instances.spec().sort),
            accounts: Pane::new(View::Accounts.spec().sort),
            events: Pane::new(View::Events.spec().sort),
            alerts: Pane::new(View::Alerts.spec().sort),
        }
    }

    /// A view's table.
    pub fn get(&self, view: View) -> &Pane {
        match view {
            View::Overview => &self.overview,
            View::Queue => &self.queue,
            View::Instances => &self.instances,
            View::Accounts => &self.accounts,
            View::Events => &self.events,
            View::Alerts => &self.alerts,
        }
    }

    /// A view's table, to change it.
    pub fn get_mut(&mut self, view: View) -> &mut Pane {
        match view {
            View::Overview => &mut self.overview,
            View::Queue => &mut self.queue,
            View::Instances => &mut self.instances,
            View::Accounts => &mut self.accounts,
            View::Events => &mut self.events,
            View::Alerts => &mut self.alerts,
        }
    }
}

/// The object that is looked at closely.
#[derive(Debug)]
pub struct Detail {
    /// Which.
    pub target: RowKey,
    /// The first line in the window.
    pub scroll: usize,
    /// The daemon's explanation, for entries.
    pub explanation: Option<Box<ExplanationView>>,
    /// Why there is no newer explanation.
    pub error: Option<String>,
    /// Whether something happened since it was asked.
    pub outdated: bool,
}

impl Detail {
    /// The beginning of a close look.
    pub fn new(target: RowKey) -> Self {
        Self {
            target,
            scroll: 0,
            explanation: None,
            error: None,
            outdated: false,
        }
    }
}

impl Model {
    /// The dashboard before anything is known.
    pub fn new(options: Options, size: (u16, u16), now: Time) -> Self {
        Self {
            options,
            now,
            size,
            world: World::default(),
            link: Link::Connecting {
                tries: 0,
                error: None,
            },
            status: None,
            view: View::Overview,
            previous: View::Queue,
            panes: Panes::new(),
            scope: None,
            deep: false,
            offers: BTreeMap::new(),
            history: History::default(),
            detail: None,
            layers: Vec::new(),
            typing: None,
            calls: Calls::default(),
            notice: None,
            causes: Vec::new(),
            prefix: None,
            unsettled: Unsettled::All,
            looked: Time(0),
            stale: false,
        }
    }

    /// What keys mean now.
    pub fn mode(&self) -> Mode {
        match self.layers.last() {
            Some(layer) => layer.mode(),
            None if self.typing.is_some() => Mode::Typing,
            None if self.detail.is_some() => Mode::Detail,
            None => Mode::Table,
        }
    }

    /// The open view's table.
    pub fn pane(&self) -> &Pane {
        self.panes.get(self.view)
    }

    /// The open view's table, to change it.
    pub fn pane_mut(&mut self) -> &mut Pane {
        self.panes.get_mut(self.view)
    }

    /// The row that keys are about: the one looked at closely, or the one under the cursor.
    pub fn row(&self) -> Option<&RowKey> {
        match &self.detail {
            Some(detail) => Some(&detail.target),
            None => self.pane().current(),
        }
    }

    /// Where one is, to come back there.
    pub fn place(&self) -> Place {
        Place {
            view: self.view,
            scope: self.scope.clone(),
            target: self.detail.as_ref().map(|detail| detail.target.clone()),
            cursor: self.pane().cursor.clone(),
            deep: self.deep,
        }
    }

    /// Whether the explanation of what is looked at is on its way.
    pub fn is_asking(&self) -> bool {
        match self.detail.as_ref().map(|detail| &detail.target) {
            Some(RowKey::Entry(id)) => self.calls.has(&Purpose::Explain(*id)),
            _ => false,
        }
    }

    /// Says something in the last line for a while.
    pub fn tell(&mut self, text: String, tone: Tone) {
        self.notice = Some(Notice::new(text, tone, self.now));
    }

    /// What may stand behind the command that is typed.
    pub fn arguments(&self) -> Vec<String> {
        let Some(Layer::Palette(palette)) = self.layers.last() else {
            return Vec::new();
        };
        let chosen = palette.chosen(&self.options.keymap);
        match chosen.map(|bound| bound.binding.command) {
            Some(Command::Act(_)) => self.world.accounts().map(|it| it.name.clone()).collect(),
            Some(Command::Theme) => self.themes().into_iter().map(|(name, _)| name).collect(),
            Some(Command::Language) => Language::ALL.map(|it| it.name().to_owned()).to_vec(),
            _ => Vec::new(),
        }
    }

    /// The themes that there are, by name.
    pub fn themes(&self) -> Vec<(String, Theme)> {
        let built_in = Theme::ALL.map(|theme| (theme.name().to_owned(), theme));
        let own = self.options.themes.iter().cloned();
        built_in.into_iter().chain(own).collect()
    }

    /// A pen for a picture of the present.
    pub fn pen(&self) -> Pen<'_> {
        self.options.pen(self.now)
    }
}
