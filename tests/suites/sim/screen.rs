//! What the dashboard shows under "live" is what omsctl says: hours of trouble at simulated clouds, and
//! again and again each cell of the one beside each cell of the other, at the same number of event.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use oms_proto::actor::SocketUser;
use oms_proto::columns::Column;
use oms_proto::request::{
    AccountEdit, AccountList, AccountMaintain, AccountUnblock, EntryCreate, EntryHold, EntryList,
    EntryRemove, EntryRetry, StatusShow,
};
use oms_proto::response::{AccountPage, EntryPage, Snapshot, StreamEvent};
use oms_proto::spec::{AccountPatch, EntrySpec, Window};
use oms_proto::view::{AccountView, EntryView, Status, StatusView};
use oms_proto::{Actor, EntryId, StreamItem, Time};
use oms_tests::cloud::dice::Dice;
use oms_tests::cloud::{CloudSpec, SimCloud, SimClouds, TokioClock};
use oms_tests::harness::pool::each;
use oms_tests::harness::rig::Rig;
use oms_tests::harness::seed::{replay_line, seeds};
use omsd::clock::SystemEntropy;
use omsd::ports::{Clock, Entropy};
use omsd::secrets::{MissingKey, Vault};
use omsd::service::{Caller, Parts, Role, Service, Subscription};
use omsd::telemetry::Health;
use omsd_domain::rules::policy::Policy;
use omstui::keymap::Keymap;
use omstui::model::{Model, Options, Unsettled};
use omstui::msg::Msg;
use omstui::screen::View;
use omstui::tables::{ACCOUNTS, QUEUE, Table};
use omstui::text::Language;
use omstui::theme::{Glyphs, Theme};
use omstui::update::{settle, update};
use omstui::view;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::{Instant, timeout};

use crate::scene::{HOUR, MINUTE, SECOND};
use crate::swarm::{below, fault_between};

/// How long things go wrong under each seed.
const TROUBLE: Duration = HOUR.saturating_mul(2);

/// Entries that live at a time.
const ENTRIES_MAX: usize = 40;

/// A window in which everything has room.
const COLUMNS: u16 = 400;
const ROWS: u16 = 120;

/// How much of a cell must stand on the screen; long ones are cut.
const HEAD: usize = 5;

#[test]
fn what_is_live_on_the_screen_is_what_omsctl_says() {
    let seeds = seeds(3);
    let compared: Vec<usize> = each(&seeds, async |seed| {
        run(*seed).await.unwrap_or_else(|error| {
            let again = replay_line("what_is_live_on_the_screen", *seed);
            panic!("seed {seed:#x}: {error:#}\n{again}")
        })
    });
    println!(
        "compared {} times: {compared:?}",
        compared.iter().sum::<usize>()
    );
    assert!(compared.iter().all(|times| *times >= 20), "{compared:?}");
}

/// One seed; gives how often was compared.
async fn run(seed: u64) -> Result<usize> {
    let mut dice = Dice::new(seed, "screen");
    let clock = TokioClock::starting_at(Time(1_700_000_000_000_000));
    let shared: Arc<dyn Clock> = Arc::new(clock);
    let clouds = clouds(&mut dice, seed, &shared);
    let policy = Policy {
        build_deadline: MINUTE,
        ..Policy::default()
    };
    let mut rig = Rig::new(clouds, clock, policy);
    rig.start()?;
    rig.add_accounts().await?;
    let home = tempfile::tempdir()?;
    let service = service(&rig, home.path())?;
    let mut board = Board::open(&service, &shared)?;
    let mut compared = 0;
    let end = Instant::now() + TROUBLE;
    while Instant::now() < end {
        let acted = act(&service, &mut dice, shared.now()).await;
        tokio::time::sleep(dice.within(MINUTE * 3)).await;
        if board.follow().await? && board.compare(&service).await.context(acted)? {
            compared += 1;
        }
    }
    Ok(compared)
}

fn clouds(dice: &mut Dice, seed: u64, clock: &Arc<dyn Clock>) -> SimClouds {
    let count = 3 + below(dice, 2);
    let clouds = (0..count).map(|number| {
        let mut spec = CloudSpec::calm(&format!("cloud{number}"));
        spec.latency_ms = 5 + below(dice, 200);
        spec.build_ms = 500 + below(dice, 20_000);
        if dice.chance(0.3) {
            spec.accounts[0].quota_instances = 2;
        }
        for _ in 0..4 + below(dice, 5) {
            spec.faults.push(fault_between(dice, TROUBLE));
        }
        SimCloud::start(spec, seed, Arc::clone(clock))
    });
    SimClouds::new(clouds.collect())
}

fn service(rig: &Rig, home: &Path) -> Result<Service> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let key = home.join("key");
    let vault = Vault::load_or_create(&key, MissingKey::Make, Arc::clone(&entropy))?;
    Ok(Service::new(Parts {
        handle: rig.handle().clone(),
        store: rig.store().clone(),
        vault: Arc::new(vault),
        clock: Arc::clone(rig.clock()),
        entropy,
        health: Health::default(),
        policy: rig.policy.clone(),
        version: "0.0.0-test".to_owned(),
    }))
}

fn caller() -> Caller {
    of_role(Role::Admin)
}

/// As a dashboard is: without private keys.
fn viewer() -> Caller {
    of_role(Role::Viewer)
}

fn of_role(role: Role) -> Caller {
    let user = SocketUser {
        uid: 1000,
        name: Some("test".to_owned()),
    };
    Caller::standing(role, Actor::Socket(user))
}

/// Something that a person does. What is refused is not done, and that is all there is to it.
async fn act(service: &Service, dice: &mut Dice, now: Time) -> String {
    let living = entries(service).await.unwrap_or_default();
    let living: Vec<EntryId> = living.iter().map(|entry| entry.id).collect();
    let pick = usize::try_from(below(dice, 1000)).unwrap();
    let entry = living.get(pick % living.len().max(1)).copied();
    let name = format!("cloud{}", below(dice, 3));
    let what = below(dice, 12);
    match (what, entry) {
        (0, _) => drop(maintain(service, &name, dice, now).await),
        (1, _) => {
            let patch = AccountPatch {
                enabled: Some(dice.chance(0.7)),
                ..AccountPatch::default()
            };
            drop(service.ask(&caller(), AccountEdit { name, patch }).await);
        }
        (2, _) => drop(
            service
                .ask(&caller(), AccountUnblock { name, scope: None })
                .await,
        ),
        (3, Some(id)) => drop(service.ask(&caller(), EntryRetry { id }).await),
        (4, Some(id)) => {
            let held = dice.chance(0.3);
            drop(service.ask(&caller(), EntryHold { id, held }).await);
        }
        (5..=7, Some(id)) => drop(service.ask(&caller(), EntryRemove { id }).await),
        (_, Some(id)) if living.len() >= ENTRIES_MAX => {
            drop(service.ask(&caller(), EntryRemove { id }).await);
        }
        _ => drop(service.ask(&caller(), create(dice)).await),
    }
    format!("after {what} with {entry:?}")
}

async fn maintain(service: &Service, name: &str, dice: &mut Dice, now: Time) -> Result<()> {
    let from = now.plus(dice.within(MINUTE * 4));
    let window = Window {
        from,
        until: dice
            .chance(0.8)
            .then(|| from.plus(SECOND + dice.within(MINUTE * 5))),
        drain: dice.chance(0.3),
        reason: "new switches".to_owned(),
    };
    let maintain = AccountMaintain {
        name: name.to_owned(),
        windows: if dice.chance(0.3) {
            Vec::new()
        } else {
            vec![window]
        },
        expected: None,
    };
    service.ask(&caller(), maintain).await?;
    Ok(())
}

fn create(dice: &mut Dice) -> EntryCreate {
    let mut spec = EntrySpec {
        name: Some(format!("web-{}", below(dice, 100))),
        deadline_seconds: Some(60 + u32::try_from(below(dice, 1800)).unwrap()),
        ..EntrySpec::default()
    };
    if dice.chance(0.3) {
        spec.accounts = Some(vec![format!("cloud{}", below(dice, 3))]);
    }
    if dice.chance(0.1) {
        spec.machine.flavor = Some("no-such-flavor".to_owned());
    }
    EntryCreate {
        spec,
        idempotency_key: None,
    }
}

/// The dashboard: its model fed by a subscription, as its runtime feeds it.
struct Board {
    model: Model,
    stream: Subscription,
    clock: Arc<dyn Clock>,
    /// The number of the last event that it was told.
    seq: u64,
}

impl Board {
    fn open(service: &Service, clock: &Arc<dyn Clock>) -> Result<Self> {
        let options = Options {
            socket: "/run/oms/omsd.sock".to_owned(),
            theme: Theme::Mono,
            glyphs: Glyphs::Ascii,
            zone: jiff::tz::TimeZone::UTC,
            keymap: Keymap::default(),
            language: Language::English,
            readonly: true,
            mouse: false,
            themes: Vec::new(),
        };
        let mut model = Model::new(options, (COLUMNS, ROWS), clock.now());
        // Whatever it asks is only to have sooner what the stream will bring.
        drop(update(&mut model, Msg::Connected, clock.now()));
        Ok(Self {
            model,
            stream: service.subscribe(&caller(), None)?,
            clock: Arc::clone(clock),
            seq: 0,
        })
    }

    /// Takes in what comes until nothing has come for a second; tells whether that was so within a while.
    async fn follow(&mut self) -> Result<bool> {
        let end = Instant::now() + MINUTE;
        while Instant::now() < end {
            let Ok(item) = timeout(SECOND, self.stream.next()).await else {
                return Ok(true);
            };
            let item = item.context("the stream has ended")??;
            match &item {
                StreamItem::Snapshot(Snapshot { seq, .. }) => self.seq = *seq,
                StreamItem::Event(StreamEvent { event, .. }) => self.seq = event.seq,
                _ => {}
            }
            drop(update(&mut self.model, Msg::Item(item), self.clock.now()));
        }
        Ok(false)
    }

    /// Compares with what omsctl would print now; not where something has happened since.
    async fn compare(&mut self, service: &Service) -> Result<bool> {
        let told = Told::ask(service).await?;
        if told.status.seq != self.seq {
            return Ok(false);
        }
        self.model.now = self.clock.now();
        settle(&mut self.model);
        let mut wrong = Vec::new();
        let world = &self.model.world;
        let shown = world.entries().map(|it| (it.id.to_string(), plain(&it)));
        let said = told.entries.iter().map(|it| (it.id.to_string(), plain(it)));
        same(&mut wrong, shown, said);
        let shown = world.accounts().map(|it| (it.name.clone(), it.clone()));
        let said = told.accounts.iter().map(|it| (it.name.clone(), it.clone()));
        same(&mut wrong, shown, said);
        for wait in told.entries.iter().flat_map(|entry| &entry.waits) {
            let shown = world.end_of(wait, self.model.now);
            if wait.account.is_some() && shown != wait.until {
                wrong.push(format!("until {shown:?} told {wait:?}"));
            }
        }
        if world.alerts() != Some(told.status.alerts.as_slice()) {
            wrong.push(format!(
                "alerts {:?} told {:?}",
                world.alerts(),
                told.status.alerts
            ));
        }
        for status in Status::ALL {
            let shown = world.total(status);
            let told = told.status.entries.get(&status).copied().unwrap_or(0);
            if u64::try_from(shown)? != told {
                wrong.push(format!("{shown} {status} told {told}"));
            }
        }
        self.see(&told, &mut wrong)?;
        ensure!(
            wrong.is_empty(),
            "at {} of {}: {}",
            self.seq,
            self.model.now,
            wrong.join("\n")
        );
        Ok(true)
    }

    /// The same of what stands on the screen.
    fn see(&mut self, told: &Told, wrong: &mut Vec<String>) -> Result<()> {
        let (ready, all) = (told.status.accounts_ready, told.status.accounts);
        let overview = self.draw(View::Overview)?;
        for words in [format!("accounts {ready}/{all} ready"), "live".to_owned()] {
            if !overview.contains(&words) {
                let head: Vec<&str> = overview.lines().take(3).collect();
                wrong.push(format!("no {words:?} in {head:?}"));
            }
        }
        let queue = self.draw(View::Queue)?;
        for entry in &told.entries {
            let key = entry.id.to_string();
            self.row(&queue, &key, &QUEUE, entry, wrong);
        }
        let accounts = self.draw(View::Accounts)?;
        for account in &told.accounts {
            self.row(&accounts, &account.name, &ACCOUNTS, account, wrong);
        }
        Ok(())
    }

    /// Whether the row that begins so has all the cells of what was told, in their order.
    fn row<S>(
        &self,
        screen: &str,
        key: &str,
        table: &Table<S, S>,
        told: &S,
        wrong: &mut Vec<String>,
    ) {
        let pen = self.model.pen();
        let begins = |line: &&str| {
            let line = line.trim_start_matches(['"', '>', ' ']);
            line.split(' ').next() == Some(key)
        };
        // Below the header and the headings.
        let Some(line) = screen.lines().skip(4).find(begins) else {
            wrong.push(format!("no row {key} on the screen"));
            return;
        };
        let mut rest = line;
        for column in table.shown.columns {
            let cell = cell(table, told, column, &pen);
            let head: String = cell.chars().take(HEAD).collect();
            let Some((_, after)) = rest.split_once(head.trim_end()) else {
                let title = column.title;
                wrong.push(format!("row {key}, {title}: no {cell:?} in {line:?}"));
                return;
            };
            rest = after;
        }
    }

    fn draw(&mut self, view: View) -> Result<String> {
        self.model.view = view;
        self.model.unsettled = Unsettled::All;
        self.model.now = self.clock.now();
        settle(&mut self.model);
        let mut terminal = Terminal::new(TestBackend::new(COLUMNS, ROWS))?;
        terminal.draw(|frame| {
            view::draw(&self.model, frame);
        })?;
        Ok(terminal.backend().to_string())
    }
}

fn cell<S>(table: &Table<S, S>, row: &S, column: &Column<S>, pen: &omstui::pen::Pen<'_>) -> String {
    table.cell(row, column, pen).text
}

/// What omsctl says.
struct Told {
    status: StatusView,
    entries: Vec<EntryView>,
    accounts: Vec<AccountView>,
}

impl Told {
    async fn ask(service: &Service) -> Result<Self> {
        let status = service.ask(&viewer(), StatusShow {}).await?;
        let list = AccountList::default();
        let AccountPage { accounts, .. } = service.ask(&viewer(), list).await?;
        let entries = entries(service).await?;
        Ok(Self {
            status: printed(&status)?,
            entries: printed(&entries)?,
            accounts: printed(&accounts)?,
        })
    }
}

/// As it comes back from what `-o json` prints.
fn printed<T: Serialize + DeserializeOwned>(told: &T) -> Result<T> {
    Ok(serde_json::from_str(&serde_json::to_string(told)?)?)
}

/// All entries, whatever their status.
async fn entries(service: &Service) -> Result<Vec<EntryView>> {
    let mut list = EntryList {
        status: Status::ALL.to_vec(),
        ..EntryList::default()
    };
    let mut all = Vec::new();
    loop {
        let EntryPage { entries, more, .. } = service.ask(&viewer(), list.clone()).await?;
        list.after = entries.last().map(|entry| entry.id);
        all.extend(entries);
        if !more {
            return Ok(all);
        }
    }
}

/// Without what stands with the accounts.
fn plain(entry: &EntryView) -> EntryView {
    let mut entry = entry.clone();
    for wait in &mut entry.waits {
        wait.until = None;
    }
    entry
}

fn same<T: PartialEq + Debug>(
    wrong: &mut Vec<String>,
    shown: impl Iterator<Item = (String, T)>,
    told: impl Iterator<Item = (String, T)>,
) {
    let mut shown: BTreeMap<String, T> = shown.collect();
    for (key, told) in told {
        match shown.remove(&key) {
            Some(shown) if shown == told => {}
            shown => wrong.push(format!("{key}: shown {shown:#?}\ntold {told:#?}")),
        }
    }
    wrong.extend(
        shown
            .into_iter()
            .map(|(key, shown)| format!("{key}: nothing told of {shown:?}")),
    );
}
