//! A picture of the dashboard: drawn by its own code, from what the omsd of the demo tells.

use std::time::Duration;

use anyhow::Context as _;
use jiff::tz::TimeZone;
use oms_proto::Response;
use oms_proto::request::{EventList, StatusShow};
use oms_proto::response::EventPage;
use omstui::keymap::Keymap;
use omstui::model::{Model, Options};
use omstui::msg::Msg;
use omstui::runtime::wall_clock;
use omstui::text::Language;
use omstui::theme::{Glyphs, Theme};
use omstui::update::{settle, update};
use omstui::view;
use omstui::world::EVENTS_MAX;
use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::stage::Stage;
use super::svg;

/// Wide enough for the bars of what is used.
const COLUMNS: u16 = 120;
const ROWS: u16 = 20;

/// The picture is whole when nothing more has come for so long.
const QUIET: Duration = Duration::from_secs(2);

/// The overview as it is now.
pub(super) async fn take(stage: &Stage) -> anyhow::Result<String> {
    let options = Options {
        socket: "/run/oms/omsd.sock".to_owned(),
        theme: Theme::Dark,
        glyphs: Glyphs::Symbols,
        zone: TimeZone::system(),
        keymap: Keymap::default(),
        language: Language::English,
        readonly: false,
        mouse: false,
        themes: Vec::new(),
    };
    let mut model = Model::new(options, (COLUMNS, ROWS), wall_clock());
    let mut news = stage.news().await?;
    // What it would ask is asked here.
    drop(update(&mut model, Msg::Connected, wall_clock()));
    while let Ok(item) = tokio::time::timeout(QUIET, news.next()).await {
        let item = item.context("omsd has ended")??;
        drop(update(&mut model, Msg::Item(item), wall_clock()));
    }
    let Response::Status(status) = stage.ask(StatusShow {}.into()).await? else {
        anyhow::bail!("omsd does not tell how it stands");
    };
    drop(update(
        &mut model,
        Msg::Status(Box::new(status)),
        wall_clock(),
    ));
    let all = EventList {
        limit: EVENTS_MAX.try_into()?,
        ..EventList::default()
    };
    if let Response::Events(EventPage { events, .. }) = stage.ask(all.into()).await? {
        model.world.add_events(events);
    }
    model.now = wall_clock();
    settle(&mut model);
    let mut terminal = Terminal::new(TestBackend::new(COLUMNS, ROWS))?;
    terminal.draw(|frame| {
        view::draw(&model, frame);
    })?;
    Ok(svg::of(terminal.backend().buffer()))
}
