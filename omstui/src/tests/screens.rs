//! Whole screens, at the smallest usual size and at a comfortable one.

use std::time::{Duration, Instant};

use crossterm::event::KeyCode;
use oms_proto::EventKind;
use oms_proto::response::EventPage;
use oms_proto::spec::Window;
use oms_proto::view::{AlertKind, AlertView, LessonsView, Status};
use oms_proto::{EntryId, Response};

use super::{Board, accounts, entries, lost, snapshot};
use crate::call::Purpose;
use crate::fixture;
use crate::msg::Msg;
use crate::theme::{Glyphs, Theme};

const SIZES: [(u16, u16); 4] = [(60, 20), (80, 24), (120, 40), (200, 60)];

fn check(name: &str, prepare: impl Fn(&mut Board)) {
    for (columns, rows) in SIZES {
        let mut board = Board::live(columns, rows);
        prepare(&mut board);
        insta::assert_snapshot!(format!("{name}_{columns}x{rows}"), board.screen());
    }
}

fn explain(board: &mut Board, id: u64) {
    let entry = board.model.world.entry(EntryId(id)).unwrap().clone();
    let explanation = fixture::explanation(entry.into_owned());
    let explained = Response::Explanation(Box::new(explanation));
    board.answer(&Purpose::Explain(EntryId(id)), Ok(explained));
}

#[test]
fn each_view_has_its_screen() {
    check("overview", |_| {});
    check("queue", |board| {
        board.keys("2");
    });
    check("instances", |board| {
        board.keys("3");
    });
    check("accounts", |board| {
        board.keys("4");
    });
    check("events", |board| {
        board.keys("5");
    });
    check("alerts", |board| {
        board.keys("6");
    });
}

#[test]
fn each_kind_of_detail_has_its_screen() {
    check("detail_entry", |board| {
        // The third from below: the one that boots.
        board.keys("2Ijjd");
        explain(board, 3);
    });
    check("detail_entry_scrolled", |board| {
        board.keys("2Ijjd");
        explain(board, 3);
        board.keys("G");
    });
    check("detail_instance", |board| {
        board.keys("3d");
    });
    check("detail_account", |board| {
        board.keys("4jjd");
    });
    check("detail_account_serving", |board| {
        board.keys("4d");
    });
    check("detail_event", |board| {
        board.keys("5jd");
    });
    check("detail_gone", |board| {
        board.keys("2d");
        board.feed(super::gone_event(20, 7));
    });
}

#[test]
fn before_the_first_picture_the_screen_says_what_is_tried() {
    for (columns, rows) in SIZES {
        let mut board = Board::new(columns, rows);
        insta::assert_snapshot!(format!("connecting_{columns}x{rows}"), board.screen());
        board.feed(lost(
            "cannot reach omsd at /run/oms/omsd.sock; is it running?",
        ));
        board.feed(lost(
            "cannot reach omsd at /run/oms/omsd.sock; is it running?",
        ));
        insta::assert_snapshot!(
            format!("connecting_failed_{columns}x{rows}"),
            board.screen()
        );
        board.feed(Msg::Connected);
        insta::assert_snapshot!(format!("loading_{columns}x{rows}"), board.screen());
    }
}

#[test]
fn a_lost_daemon_leaves_its_last_picture_dimmed_and_dated() {
    check("lost", |board| {
        board.feed(lost("omsd closed the connection"));
        board.feed(lost("cannot reach omsd at /run/oms/omsd.sock"));
        board.model.now = board.model.now.plus(Duration::from_secs(12));
    });
    let mut board = Board::live(80, 24);
    board.feed(lost("omsd closed the connection"));
    let stale = board.draw();
    let dim = ratatui::style::Modifier::DIM;
    let cell = stale.buffer().cell((4, 6)).unwrap();
    assert!(cell.modifier.contains(dim), "the data is not dimmed");
    let header = stale.buffer().cell((2, 0)).unwrap();
    assert!(!header.modifier.contains(dim), "the header is dimmed too");
}

#[test]
fn help_filter_and_problems_have_their_screens() {
    check("help", |board| {
        board.keys("2?");
    });
    check("help_end", |board| {
        board.keys("2?G");
    });
    check("filter_typing", |board| {
        board.keys("2/web-[12");
    });
    check("filter_set", |board| {
        board.keys("2/!run");
        board.key(KeyCode::Enter);
    });
    check("filter_hides_all", |board| {
        board.keys("2/nothing of the kind");
        board.key(KeyCode::Enter);
    });
    check("problems", |board| {
        board.keys("2");
        board.ctrl('z');
    });
}

#[test]
fn what_lies_over_a_view_has_its_screen() {
    check("palette", |board| {
        board.keys("2:co");
    });
    check("menu_account", |board| {
        board.keys("4a");
    });
    check("copy_instance", |board| {
        board.keys("3c");
    });
    check("confirm_one", |board| {
        board.keys("2x");
    });
    check("confirm_several", |board| {
        board.keys("2");
        board.ctrl('a');
        board.keys("x7");
    });
    check("form_create", |board| {
        board.keys("2+web-9");
        board.key(KeyCode::Tab);
    });
    check("form_add", |board| {
        board.keys("4+lab-2");
    });
    check("form_edit", |board| {
        board.keys("4e");
    });
    check("form_password", |board| {
        board.keys("4:password");
        board.key(KeyCode::Enter);
        board.keys("secret");
    });
    check("json_account", |board| {
        board.keys("4y");
    });
    check("scoped_queue", |board| {
        board.keys("4");
        board.key(KeyCode::Enter);
    });
}

#[test]
fn an_empty_daemon_says_how_to_begin() {
    for view in ["1", "2", "3", "4", "5", "6"] {
        let mut board = Board::new(80, 24);
        board.feed(Msg::Connected);
        board.feed(snapshot(0, Vec::new(), Vec::new()));
        board.keys(view);
        insta::assert_snapshot!(format!("empty_{view}_80x24"), board.screen());
    }
}

#[test]
fn wide_characters_keep_the_columns_straight() {
    check("wide", |board| {
        let mut wide = entries();
        wide[0].name = Some("\u{6f22}\u{5b57}\u{306e}\u{540d}\u{524d}".to_owned());
        wide[1].name = Some("\u{d55c}\u{ad6d}\u{c5b4}".repeat(12));
        wide[2].name = Some("e\u{301}clair \u{1f469}\u{200d}\u{1f680}".to_owned());
        wide[3].account = Some("\u{6771}\u{4eac}".to_owned());
        board.feed(snapshot(10, accounts(), wide));
        board.keys("2");
    });
}

#[test]
fn the_dashboard_speaks_japanese() {
    for (name, keys) in [
        ("overview", "1"),
        ("help", "2?"),
        ("form", "2+"),
        ("confirm", "2x"),
        ("account", "4jjd"),
    ] {
        let mut board = Board::live(80, 24);
        board.model.options.language = crate::text::Language::Japanese;
        board.keys(keys);
        insta::assert_snapshot!(format!("japanese_{name}_80x24"), board.screen());
    }
    let mut board = Board::live(80, 24);
    board.keys(":language ja");
    board.key(KeyCode::Enter);
    assert!(
        board.screen().contains("\u{6982}\u{8981}"),
        "{}",
        board.screen()
    );
    board.keys(":language xx");
    board.key(KeyCode::Enter);
    board.keys(":language en");
    board.key(KeyCode::Enter);
    assert!(board.screen().contains("Overview"));
}

#[test]
fn ascii_signs_need_no_symbols() {
    let mut board = Board::live(80, 24);
    board.model.options.glyphs = Glyphs::Ascii;
    board.keys("2/web-.....");
    board.key(KeyCode::Enter);
    board.keys("5");
    assert!(board.screen().is_ascii(), "{}", board.screen());
    board.keys("1");
    assert!(board.screen().is_ascii(), "{}", board.screen());
    insta::assert_snapshot!("ascii_80x24", board.screen());
    board.keys("?");
    assert!(board.screen().is_ascii(), "{}", board.screen());
}

#[test]
fn ten_thousand_rows_draw_like_twenty() {
    let mut board = Board::new(80, 24);
    board.feed(Msg::Connected);
    let many = (1..=10_000)
        .map(|id| fixture::entry(id, Status::Run))
        .collect();
    board.feed(snapshot(1, accounts(), many));
    board.keys("2G");
    insta::assert_snapshot!("many_end_80x24", board.screen());
    board.keys("gg");
    insta::assert_snapshot!("many_80x24", board.screen());
    let begun = Instant::now();
    for _ in 0..100 {
        board.keys("j");
        board.draw();
    }
    // Unoptimised this takes some 0.1 s; drawing every row would take a hundred times that.
    assert!(
        begun.elapsed() < Duration::from_secs(5),
        "{:?}",
        begun.elapsed()
    );
}

#[test]
fn hostile_text_is_shown_as_escapes_in_every_view_and_detail() {
    let hostile = "\u{1b}[2J\u{7}\u{9b}31m\u{202e}evil\r\n\u{200b}\u{e0041}";
    let mut bad = entries();
    for entry in &mut bad {
        entry.name = Some(hostile.to_owned());
        entry.reason = Some(hostile.to_owned());
        entry.account = Some(hostile.to_owned());
        if let Some(instance) = &mut entry.instance {
            hostile.clone_into(&mut instance.name);
            hostile.clone_into(&mut instance.server_status);
            hostile.clone_into(&mut instance.account.provider);
            instance.ip_addr = Some(hostile.to_owned());
            instance.addresses = vec![hostile.to_owned()];
        }
    }
    let mut account = fixture::blocked_account(hostile);
    hostile.clone_into(&mut account.provider);
    account.reason = Some(hostile.to_owned());
    account.blocks[0].scope = hostile.to_owned();
    let mut board = Board::live(120, 40);
    board.model.options.socket = hostile.to_owned();
    board.feed(snapshot(10, vec![account], bad));
    board.feed(Msg::Connected);
    let events = vec![fixture::event(11, EventKind::Unknown, hostile)];
    let page = Response::Events(EventPage {
        events,
        reached: None,
    });
    board.answer(&Purpose::Events, Ok(page));
    board.feed(lost(hostile));
    for view in ["1", "2", "3", "4", "5", "6"] {
        board.keys(view);
        inspect(&board);
        board.keys("d");
        inspect(&board);
        for over in ["a", "c", "y", "x"] {
            board.keys(over);
            inspect(&board);
            board.key(KeyCode::Esc);
        }
    }
    board.keys("2d");
    board.answer(&Purpose::Explain(EntryId(7)), Err(hostile));
    inspect(&board);
    board.keys("2/");
    board.feed(Msg::Paste(hostile.to_owned()));
    inspect(&board);
    let mut board = Board::new(80, 24);
    board.model.options.socket = hostile.to_owned();
    board.feed(lost(hostile));
    inspect(&board);
}

fn inspect(board: &Board) {
    let screen = board.draw();
    for cell in screen.buffer().content() {
        for character in cell.symbol().chars() {
            let harmful =
                character.is_control() || matches!(u32::from(character), 0x200b | 0x202e | 0xe0041);
            assert!(!harmful, "{character:?} on\n{}", board.screen());
        }
    }
    // It is there to be seen, not just left out.
    let screen = board.screen();
    let shown = screen.contains("\\x1b[2J") || screen.contains("\\u{202e}");
    assert!(shown, "{screen}");
}

#[test]
fn no_screen_shows_a_private_key_or_user_data() {
    let mut board = Board::live(120, 70);
    for keys in ["1", "2", "3", "4", "5", "3d", "2Ijjjd"] {
        board.keys(keys);
        assert!(
            !board.screen().contains("PRIVATE KEY"),
            "{}",
            board.screen()
        );
    }
    explain(&mut board, 4);
    assert!(board.screen().contains("user data"), "{}", board.screen());
    assert!(
        !board.screen().contains("password: secret"),
        "{}",
        board.screen()
    );
    assert!(!format!("{:?}", board.model.world).contains("PRIVATE KEY"));
}

#[test]
fn every_size_can_be_drawn_with_anything_open() {
    let sizes = [
        (0, 0),
        (1, 1),
        (10, 3),
        (20, 4),
        (21, 5),
        (40, 8),
        (80, 9),
        (81, 31),
        (500, 200),
    ];
    for (columns, rows) in sizes {
        let open = [
            "1", "2", "3", "4", "5", "6", "2d", "4d", "5d", "6d", "2?", "2/x", "2:", "4a", "4+",
            "2+", "2x", "4e", "4y", "3c",
        ];
        for keys in open {
            let mut board = Board::live(columns, rows);
            board.keys(keys);
            board.key(KeyCode::PageDown);
            board.keys("G");
            board.draw();
            board.feed(lost("gone"));
            board.draw();
        }
    }
}

#[test]
fn every_theme_draws_and_none_of_the_plain_ones_sets_a_colour() {
    for theme in [
        Theme::Default,
        Theme::Dark,
        Theme::Light,
        Theme::Mono,
        Theme::HighContrast,
    ] {
        let mut board = Board::live(80, 24);
        board.model.options.theme = theme;
        let drawn = board.draw();
        let reset = ratatui::style::Color::Reset;
        let coloured = |cell: &ratatui::buffer::Cell| cell.fg != reset || cell.bg != reset;
        let colours = drawn.buffer().content().iter().any(coloured);
        assert_eq!(colours, theme != Theme::Mono, "{theme:?}");
    }
}

#[test]
fn a_screen_on_which_nothing_ages_asks_for_no_clock() {
    let mut board = Board::new(80, 24);
    let change = |board: &Board| {
        let mut change = None;
        let backend = ratatui::backend::TestBackend::new(80, 24);
        let mut terminal = ratatui::Terminal::new(backend).unwrap();
        terminal
            .draw(|frame| change = crate::view::draw(&board.model, frame))
            .unwrap();
        change
    };
    assert_eq!(change(&board), None, "connecting");
    board.feed(Msg::Connected);
    board.feed(snapshot(0, Vec::new(), Vec::new()));
    assert_eq!(change(&board), None, "empty");
    board.feed(snapshot(
        1,
        Vec::new(),
        vec![fixture::entry(1, Status::Run)],
    ));
    board.keys("2");
    // 599 s old: "9 m" until the minute is full.
    assert_eq!(change(&board), Some(Duration::from_secs(1)));
    board.model.now = board.model.now.plus(Duration::from_secs(1));
    assert_eq!(change(&board), Some(Duration::from_secs(60)));
    board.feed(lost("gone"));
    assert_eq!(change(&board), Some(Duration::from_secs(1)), "lost");
}

#[test]
fn a_maintenance_has_a_word_in_the_table_and_its_own_part_of_the_detail() {
    let mut account = fixture::account("alpha");
    account.maintenance = vec![Window {
        from: fixture::ago(60),
        until: Some(fixture::NOW.plus(Duration::from_secs(3600))),
        drain: true,
        reason: "new switches".to_owned(),
    }];
    account.offerings = vec![LessonsView {
        availability_zone: None,
        flavor: "m1.small".to_owned(),
        boots: 20,
        boot_seconds: Some(31),
        slow_boot_seconds: Some(90),
        budget: Some(2),
        learned: fixture::ago(60),
    }];
    let mut board = Board::live(120, 40);
    board.feed(snapshot(10, vec![account], Vec::new()));
    board.keys("4");
    let table = board.screen();
    assert!(table.contains("maintenance"), "{table}");
    board.keys("d");
    insta::assert_snapshot!(board.screen());
}

#[test]
fn what_needs_a_person_stands_above_what_happened() {
    let mut status = fixture::status();
    status.alerts = vec![AlertView {
        kind: AlertKind::RemovalOverdue,
        account: Some("beta".to_owned()),
        entry: Some(EntryId(7)),
        message: "oms-7-9 of entry 7 is still not removed".to_owned(),
        since: Some(fixture::ago(1200)),
        until: None,
        count: 0,
    }];
    let mut board = Board::live(120, 40);
    board.feed(Msg::Status(Box::new(status)));
    let screen = board.screen();
    let alert = screen.lines().find(|line| line.contains("oms-7-9"));
    assert!(
        alert.is_some_and(|line| line.contains("beta") && line.contains("20 m")),
        "{screen}"
    );
}
