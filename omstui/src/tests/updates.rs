//! What each thing that happens does to the model, and which effects it has.

use crossterm::event::{KeyCode, KeyModifiers};
use oms_proto::response::Snapshot;
use oms_proto::view::Status;
use oms_proto::{EntryId, Response, StreamItem};

use super::{Board, accounts, asked, entry_event, gone_event, lost, snapshot};
use crate::call::Purpose;
use crate::effect::Effect;
use crate::fixture;
use crate::keymap::Mode;
use crate::model::Link;
use crate::msg::Msg;
use crate::screen::View;

#[test]
fn keys_open_views() {
    let table = [
        ("1", View::Overview),
        ("2", View::Queue),
        ("3", View::Instances),
        ("4", View::Accounts),
        ("5", View::Events),
        ("2-", View::Overview),
        ("24-", View::Queue),
        ("24--", View::Accounts),
    ];
    for (keys, view) in table {
        let mut board = Board::live(80, 24);
        board.keys(keys);
        assert_eq!(board.model.view, view, "{keys}");
    }
    let mut board = Board::live(80, 24);
    for expected in [
        View::Queue,
        View::Instances,
        View::Accounts,
        View::Events,
        View::Alerts,
        View::Overview,
    ] {
        board.key(KeyCode::Tab);
        assert_eq!(board.model.view, expected);
    }
    board.press(KeyCode::BackTab, KeyModifiers::SHIFT);
    assert_eq!(board.model.view, View::Alerts);
}

#[test]
fn keys_move_the_cursor() {
    // Entries 7 to 1 in a queue of which all are visible.
    let table = [
        ("", "7"),
        ("j", "6"),
        ("jjk", "6"),
        ("k", "7"),
        ("G", "1"),
        ("Gj", "1"),
        ("Ggg", "7"),
        ("Gg", "1"),
        ("Ggjg", "1"),
        (" ", "6"),
    ];
    for (keys, row) in table {
        let mut board = Board::live(80, 24);
        board.keys("2");
        board.keys(keys);
        assert_eq!(board.cursor(), row, "{keys:?}");
    }
}

#[test]
fn pages_and_half_pages_are_counted_in_visible_rows() {
    let mut board = Board::new(80, 24);
    board.feed(Msg::Connected);
    let many = (1..=100)
        .map(|id| fixture::entry(id, Status::Run))
        .collect();
    board.feed(snapshot(1, accounts(), many));
    board.keys("2");
    // 24 rows less header, headings and footer leave 19.
    for (key, row) in [
        ('f', "81"),
        ('d', "72"),
        ('u', "81"),
        ('b', "100"),
        ('b', "100"),
    ] {
        board.ctrl(key);
        assert_eq!(board.cursor(), row, "Ctrl-{key}");
    }
    board.key(KeyCode::End);
    assert_eq!((board.cursor().as_str(), board.model.pane().top), ("1", 81));
}

#[test]
fn the_cursor_stays_on_its_row_while_others_come_and_go() {
    let mut board = Board::live(80, 24);
    board.keys("2jj");
    assert_eq!(board.cursor(), "5");
    board.feed(entry_event(20, fixture::entry(30, Status::Boot)));
    assert_eq!(board.cursor(), "5");
    board.feed(gone_event(21, 5));
    assert_eq!(board.cursor(), "4", "the next one takes its place");
    board.keys("G");
    board.feed(gone_event(22, 1));
    assert_eq!(board.cursor(), "2", "the last one takes its place");
}

#[test]
fn an_untouched_cursor_follows_what_is_new() {
    let mut board = Board::live(80, 24);
    board.keys("2");
    board.feed(entry_event(20, fixture::entry(30, Status::Boot)));
    assert_eq!(board.cursor(), "30");
    board.keys("jgg");
    board.feed(entry_event(21, fixture::entry(31, Status::Boot)));
    assert_eq!(board.cursor(), "31", "gg makes it follow again");
}

#[test]
fn letters_and_arrows_sort() {
    let table = [
        ("", "7 6 5 4 3 2 1"),
        ("I", "1 2 3 4 5 6 7"),
        ("II", "7 6 5 4 3 2 1"),
        ("O", "1 2 3 4 5 6 7"),
        ("S", "1 2 3 4 7 5 6"),
        ("SS", "6 5 7 4 3 2 1"),
        ("A", "7 6 5 4 3 2 1"),
        (">", "6 5 7 4 3 2 1"),
        ("><", "7 6 5 4 3 2 1"),
        ("<", "7 6 5 4 3 2 1"),
        ("X", "7 6 5 4 3 2 1"),
    ];
    for (keys, rows) in table {
        let mut board = Board::live(80, 24);
        board.keys("2");
        board.keys(keys);
        assert_eq!(board.rows().join(" "), rows, "{keys:?}");
    }
    let mut board = Board::live(80, 24);
    board.keys("2S");
    board.feed(entry_event(20, fixture::entry(8, Status::Request)));
    assert_eq!(
        board.rows().join(" "),
        "1 8 2 3 4 7 5 6",
        "the order survives events"
    );
    board.keys("13");
    board.keys("2");
    assert_eq!(board.rows().join(" "), "1 8 2 3 4 7 5 6", "and other views");
}

#[test]
fn filter_and_problem_switch_combine_and_esc_undoes_them_one_by_one() {
    let mut board = Board::live(80, 24);
    board.keys("2/web-[267]");
    assert_eq!(board.model.mode(), Mode::Typing);
    assert_eq!(board.rows().join(" "), "7 6 2");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.mode(), Mode::Table);
    board.ctrl('z');
    board.keys("/!failed");
    board.ctrl('u');
    board.keys("web-[1267]");
    board.key(KeyCode::Enter);
    assert_eq!(board.rows().join(" "), "7 6 2");
    board.key(KeyCode::Esc);
    assert_eq!(board.rows().join(" "), "7 6 2", "problems only");
    board.key(KeyCode::Esc);
    assert_eq!(board.rows().len(), 7);
    assert_eq!(board.key(KeyCode::Esc), [], "Esc never quits");
}

#[test]
fn the_filter_line_is_edited() {
    let table: [(&[KeyCode], &str); 4] = [
        (&[KeyCode::Backspace], "one tw"),
        (&[KeyCode::Char('q')], "one twoq"),
        (&[KeyCode::Tab], "one two"),
        (&[KeyCode::Up, KeyCode::F(5)], "one two"),
    ];
    for (keys, text) in table {
        let mut board = Board::live(80, 24);
        board.keys("2/one two");
        for key in keys {
            board.key(*key);
        }
        assert_eq!(board.model.pane().filter.text(), text);
    }
    let mut board = Board::live(80, 24);
    board.keys("2/one two");
    board.ctrl('w');
    assert_eq!(board.model.pane().filter.text(), "one ");
    board.feed(Msg::Paste("pasted\nlines".repeat(10_000)));
    assert_eq!(board.model.pane().filter.text(), "one pasted");
    board.key(KeyCode::Esc);
    assert!(board.model.pane().filter.is_empty());
    board.feed(Msg::Paste("q".to_owned()));
    assert!(
        board.model.pane().filter.is_empty(),
        "pasted text is never taken for keys"
    );
}

#[test]
fn quitting_takes_one_key_and_back_closes_first() {
    let mut board = Board::live(80, 24);
    assert_eq!(board.keys("q"), [Effect::Quit]);
    board.keys("2d?");
    assert_eq!(board.keys("q"), []);
    assert_eq!(board.keys("q"), []);
    assert_eq!(board.keys("q"), [Effect::Quit]);
    for open in ["", "2d", "?", "2/x"] {
        let mut board = Board::live(80, 24);
        board.keys(open);
        assert_eq!(board.ctrl('c'), [Effect::Quit], "{open:?}");
    }
}

#[test]
fn an_entrys_explanation_is_asked_for_once_at_a_time_and_kept_up_to_date() {
    let purpose = Purpose::Explain(EntryId(7));
    let entry = || fixture::entry(7, Status::Run);
    let answer = || {
        let explanation = fixture::explanation(entry());
        Ok(Response::Explanation(Box::new(explanation)))
    };
    let mut board = Board::live(80, 24);
    board.keys("2");
    assert_eq!(asked(&board.key(KeyCode::Enter)), ["EntryExplain"]);
    assert_eq!(
        board.feed(entry_event(20, entry())),
        [],
        "one is on its way"
    );
    assert_eq!(board.feed(entry_event(21, entry())), []);
    let again = board.answer(&purpose, answer());
    assert_eq!(asked(&again), ["EntryExplain"], "it may be too old");
    assert_eq!(board.answer(&purpose, answer()), []);
    assert_eq!(
        board.feed(entry_event(22, fixture::entry(3, Status::Run))),
        []
    );
    let anew = board.feed(entry_event(23, entry()));
    assert_eq!(asked(&anew), ["EntryExplain"]);
    let explanation = board.model.detail.as_ref().unwrap().explanation.as_ref();
    let instance = explanation.unwrap().entry.instance.as_ref().unwrap();
    assert_eq!(instance.key_raw, None);
    board.key(KeyCode::Esc);
    let late = board.answer(&purpose, answer());
    assert_eq!(late, [], "nobody looks any more");
    assert!(board.model.detail.is_none());
}

#[test]
fn in_a_detail_n_and_p_walk_over_the_rows() {
    let mut board = Board::live(80, 24);
    board.keys("2d");
    assert_eq!(asked(&board.keys("n")), ["EntryExplain"]);
    assert_eq!(board.cursor(), "6");
    board.keys("p");
    assert_eq!(board.cursor(), "7");
    assert_eq!(board.keys("p"), [], "there is none before");
    board.key(KeyCode::Esc);
    board.keys("3");
    assert_eq!(board.keys("d"), [], "instances need no explanation");
}

#[test]
fn a_detail_scrolls_within_its_text() {
    let mut board = Board::live(80, 16);
    board.keys("4jjd");
    board.keys("jjjj");
    assert_eq!(board.model.detail.as_ref().unwrap().scroll, 4);
    board.keys("Gjjj");
    let end = board.model.detail.as_ref().unwrap().scroll;
    board.keys("k");
    assert_eq!(board.model.detail.as_ref().unwrap().scroll, end - 1);
    board.keys("gg");
    assert_eq!(board.model.detail.as_ref().unwrap().scroll, 0);
}

#[test]
fn the_connection_is_followed_through_loss_and_return() {
    let mut board = Board::new(80, 24);
    let since = board.model.now;
    let connecting = |tries, error: Option<&str>| Link::Connecting {
        tries,
        error: error.map(str::to_owned),
    };
    let gone = |tries, error: &str| Link::Lost {
        since,
        tries,
        error: error.to_owned(),
    };
    assert_eq!(board.model.link, connecting(0, None));
    board.feed(lost("refused"));
    board.feed(lost("refused again"));
    assert_eq!(board.model.link, connecting(2, Some("refused again")));
    let first = board.feed(Msg::Connected);
    assert_eq!(asked(&first), ["StatusShow", "EventList"]);
    assert_eq!(board.model.link, Link::Loading);
    board.feed(lost("closed"));
    assert_eq!(board.model.link, connecting(1, Some("closed")));
    board.feed(Msg::Connected);
    board.feed(snapshot(
        9,
        Vec::new(),
        vec![fixture::entry(1, Status::Run)],
    ));
    assert_eq!(board.model.link, Link::Live);
    board.feed(lost("closed"));
    board.model.now = since.plus(std::time::Duration::from_secs(5));
    board.feed(lost("refused"));
    assert_eq!(
        board.model.link,
        gone(2, "refused"),
        "stale since the first loss"
    );
    board.keys("2");
    assert_eq!(board.rows(), ["1"], "what was there can still be read");
    board.feed(Msg::Connected);
    assert_eq!(
        board.model.link,
        Link::Live,
        "events go on where they stopped"
    );
}

#[test]
fn a_detail_asks_again_after_the_connection_came_back() {
    let mut board = Board::live(80, 24);
    board.keys("2d");
    board.feed(lost("closed"));
    let effects = board.feed(Msg::Connected);
    assert_eq!(asked(&effects), ["StatusShow", "EventList", "EntryExplain"]);
}

#[test]
fn refresh_connects_anew_and_forgets_half_a_snapshot() {
    let mut board = Board::live(80, 24);
    board.feed(Msg::Item(StreamItem::Snapshot(Snapshot {
        seq: 10,
        accounts: Vec::new(),
        entries: vec![fixture::entry(50, Status::Run)],
        last: false,
    })));
    assert_eq!(board.ctrl('r'), [Effect::Reconnect]);
    board.feed(Msg::Connected);
    board.feed(snapshot(
        11,
        Vec::new(),
        vec![fixture::entry(51, Status::Run)],
    ));
    board.keys("2");
    assert_eq!(board.rows(), ["51"]);
}

#[test]
fn events_missed_are_replaced_by_a_snapshot() {
    let mut board = Board::live(80, 24);
    board.keys("2");
    board.feed(Msg::Item(StreamItem::MISSED));
    assert_eq!(board.rows().len(), 7, "the old picture stays meanwhile");
    board.feed(snapshot(
        99,
        Vec::new(),
        vec![fixture::entry(8, Status::Boot)],
    ));
    assert_eq!(board.rows(), ["8"]);
}

#[test]
fn answers_that_do_not_fit_change_nothing_but_say_so() {
    let mut board = Board::live(80, 24);
    board.keys("2d");
    board.answer(&Purpose::Explain(EntryId(7)), Ok(Response::DONE));
    assert!(board.model.detail.as_ref().unwrap().error.is_some());
    board.feed(Msg::Connected);
    board.answer(&Purpose::Status, Err("busy"));
    assert!(
        board.model.status.is_some(),
        "the status known before stays"
    );
}

#[test]
fn a_warning_asks_what_needs_a_person_once_at_a_time() {
    let mut board = Board::live(80, 24);
    let warned = |seq| {
        let mut event = fixture::event(seq, oms_proto::EventKind::Blocked, "quota");
        event.entry = None;
        Msg::Item(StreamItem::Event(oms_proto::response::StreamEvent {
            event,
            change: None,
        }))
    };
    assert_eq!(asked(&board.feed(warned(20))), ["StatusShow"]);
    assert_eq!(board.feed(warned(21)), [], "it is on its way");
    board.answer(&Purpose::Status, Ok(Response::Status(fixture::status())));
    assert_eq!(asked(&board.feed(warned(22))), ["StatusShow"]);
}

#[test]
fn enter_goes_deeper_and_esc_comes_back_where_one_was() {
    let mut board = Board::live(80, 24);
    board.keys("4j");
    board.feed(Msg::Connected);
    assert_eq!(board.cursor(), "beta");
    board.keys("k");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.view, View::Queue);
    assert_eq!(board.rows().join(" "), "7 4 3", "the entries of alpha");
    board.keys("jj");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.mode(), Mode::Detail);
    board.key(KeyCode::Esc);
    assert_eq!((board.rows().len(), board.cursor().as_str()), (3, "3"));
    board.key(KeyCode::Esc);
    assert_eq!(board.model.view, View::Accounts);
    assert_eq!(board.cursor(), "alpha");
    board.keys("i");
    assert_eq!(board.model.view, View::Instances);
    assert_eq!(board.rows().join(" "), "7 4");
    board.key(KeyCode::Enter);
    assert_eq!(
        board.model.view,
        View::Queue,
        "from an instance to its entry"
    );
    assert_eq!(board.model.mode(), Mode::Detail);
    board.keys("[[");
    assert_eq!(board.model.view, View::Accounts);
    board.keys("]");
    assert_eq!(board.model.view, View::Instances);
    board.keys("5");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.view, View::Queue, "from an event to its entry");
    board.keys("q");
    assert_eq!(board.model.view, View::Events);
}

#[test]
fn a_key_without_a_meaning_says_so() {
    let mut board = Board::live(80, 24);
    board.keys("~");
    assert!(board.screen().contains("no such key"), "{}", board.screen());
    board.model.now = board.model.now.plus(std::time::Duration::from_secs(60));
    board.feed(Msg::Tick);
    assert!(!board.screen().contains("no such key"));
}

#[test]
fn commands_are_typed_by_name() {
    for (typed, view) in [
        ("q", View::Queue),
        ("acc", View::Accounts),
        ("alr", View::Alerts),
    ] {
        let mut board = Board::live(80, 24);
        board.keys(":");
        board.keys(typed);
        board.key(KeyCode::Enter);
        assert_eq!(board.model.view, view, "{typed}");
    }
    let mut board = Board::live(80, 24);
    board.keys(":xyzzy");
    board.key(KeyCode::Enter);
    assert!(board.screen().contains("there is no command xyzzy"));
    board.keys(":theme mono");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.options.theme, crate::theme::Theme::Mono);
    board.keys(":theme pink");
    board.key(KeyCode::Enter);
    assert!(board.screen().contains("there is no theme pink"));
    board.keys(":");
    board.key(KeyCode::Backspace);
    assert_eq!(board.model.mode(), Mode::Table);
}

#[test]
fn help_is_filtered() {
    let mut board = Board::live(80, 24);
    board.keys("?/cordon");
    let screen = board.screen();
    assert!(screen.contains(":uncordon"), "{screen}");
    assert!(!screen.contains(":queue"), "{screen}");
    board.key(KeyCode::Esc);
    assert!(board.screen().contains(":queue"));
    board.key(KeyCode::Esc);
    assert_eq!(board.model.mode(), Mode::Table);
}

#[test]
fn commands_take_the_names_of_entries_and_of_columns() {
    let mut board = Board::live(120, 40);
    board.keys("2:remove web-3");
    board.key(KeyCode::Enter);
    let screen = board.screen();
    assert_eq!(board.model.mode(), crate::keymap::Mode::Confirm, "{screen}");
    assert!(screen.contains("entry 3  web-3"), "{screen}");
    board.key(KeyCode::Esc);
    board.keys(":sort name");
    board.key(KeyCode::Enter);
    assert_eq!(board.rows().join(" "), "1 2 3 4 5 6 7");
    board.keys(":sort colour");
    board.key(KeyCode::Enter);
    let screen = board.screen();
    assert!(screen.contains("there is no column colour"), "{screen}");
}

#[test]
fn a_filter_that_cannot_be_read_says_why_where_the_rows_were() {
    let mut board = Board::live(120, 40);
    board.keys("2/attempts>many");
    board.key(KeyCode::Enter);
    let screen = board.screen();
    assert!(screen.contains("expected a number"), "{screen}");
    assert!(screen.contains("/attempts>many"), "{screen}");
}
