//! What is done to objects: asked first, done, told; and nothing of it where only looking is allowed.

use std::time::Duration;

use crossterm::event::KeyCode;
use oms_proto::request::{EntryHold, Request};
use oms_proto::view::{AccountTestView, ChoiceView, OffersView, PreviewView, TestStepView};
use oms_proto::{EntryId, Response};

use super::{Board, asked, lost};
use crate::action::{Act, Object};
use crate::call::Purpose;
use crate::effect::Effect;
use crate::fixture;
use crate::keymap::Mode;
use crate::layer::Layer;
use crate::layer::form::{Button, Form};

fn entry(id: u64) -> Object {
    Object::Entry(EntryId(id))
}

fn account(name: &str) -> Object {
    Object::Account(name.to_owned())
}

fn request(effects: &[Effect]) -> Request {
    match effects {
        [Effect::Call { request, .. }] => (**request).clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn removing_asks_first_and_cancel_is_the_default() {
    let mut board = Board::live(80, 24);
    board.keys("2");
    assert_eq!(board.keys("x"), []);
    assert_eq!(board.model.mode(), Mode::Confirm);
    assert!(board.screen().contains("entry 7"), "{}", board.screen());
    assert_eq!(board.key(KeyCode::Enter), []);
    assert!(board.screen().contains("nothing was done"));
    board.keys("x");
    assert_eq!(board.key(KeyCode::Esc), []);
    board.keys("x");
    board.key(KeyCode::Tab);
    let effects = board.key(KeyCode::Enter);
    assert_eq!(asked(&effects), ["EntryRemove"]);
    board.answer(&Purpose::Act(Act::Remove, entry(7)), Ok(Response::DONE));
    assert!(board.screen().contains("entry 7 is being removed"));
}

#[test]
fn what_is_done_to_several_wants_their_number() {
    let mut board = Board::live(80, 24);
    board.keys("2   x");
    assert_eq!(board.model.mode(), Mode::Confirm);
    board.key(KeyCode::Tab);
    assert_eq!(board.key(KeyCode::Enter), [], "without the number");
    board.keys("2");
    assert_eq!(board.key(KeyCode::Enter), [], "with another number");
    board.key(KeyCode::Backspace);
    board.keys("3");
    let effects = board.key(KeyCode::Enter);
    assert_eq!(asked(&effects), ["EntryRemove"; 3]);
    for id in [5, 6] {
        board.answer(&Purpose::Act(Act::Remove, entry(id)), Ok(Response::DONE));
    }
    let last = Purpose::Act(Act::Remove, entry(7));
    board.answer(&last, Err("it is gone already"));
    let screen = board.screen();
    assert!(
        screen.contains("remove: 2 of 3") && screen.contains("remove entry 7: it is gone"),
        "{screen}"
    );
    assert!(board.model.pane().marks.is_empty());
}

#[test]
fn very_many_are_asked_for_in_small_parts() {
    let mut board = Board::new(80, 24);
    board.feed(crate::msg::Msg::Connected);
    let many = (1..=100).map(|id| fixture::entry(id, oms_proto::view::Status::Boot));
    board.feed(super::snapshot(1, Vec::new(), many.collect()));
    board.keys("2");
    board.ctrl('a');
    board.keys("x");
    board.key(KeyCode::Tab);
    board.keys("100");
    let mut open = board.key(KeyCode::Enter).len();
    assert_eq!(open, crate::call::BATCH_CALLS_MAX);
    for id in 1..=100 {
        let purpose = Purpose::Act(Act::Remove, entry(id));
        open += board.answer(&purpose, Ok(Response::DONE)).len();
    }
    assert_eq!(open, 100);
    assert!(board.screen().contains("remove: 100 of 100"));
}

#[test]
fn accounts_are_cordoned_with_what_was_on_screen_as_the_condition() {
    let mut board = Board::live(80, 24);
    let Request::AccountMaintain(maintain) = request(&board.keys("4o")) else {
        panic!("another request");
    };
    assert_eq!(maintain.expected, Some(Vec::new()));
    assert_eq!(maintain.windows.len(), 1);
    assert!(!maintain.windows[0].drain);
    assert_eq!(board.keys("u"), [], "there is nothing to end");
    assert!(board.screen().contains("not under maintenance"));
    board.keys("r");
    assert_eq!(board.model.mode(), Mode::Confirm, "draining is asked about");
    board.key(KeyCode::Esc);
    board.keys("2o");
    assert!(board.screen().contains("cordon does not apply to entry 7"));
}

#[test]
fn a_test_fills_its_page_or_is_told_when_that_is_closed() {
    let test = || {
        let step = |name: &str, ok| TestStepView {
            name: name.to_owned(),
            ok,
            detail: "found".to_owned(),
            milliseconds: 1_250,
        };
        Ok(Response::AccountTest(AccountTestView {
            account: "alpha".to_owned(),
            ok: false,
            steps: vec![step("sign in", true), step("image debian-12", false)],
            offers: None,
        }))
    };
    let purpose = Purpose::Act(Act::Test, account("alpha"));
    let mut board = Board::live(80, 24);
    assert_eq!(asked(&board.keys("4t")), ["AccountTest"]);
    assert_eq!(board.model.mode(), Mode::Pager);
    board.answer(&purpose, test());
    let screen = board.screen();
    assert!(
        screen.contains("failed    1.2 s  image debian-12: found"),
        "{screen}"
    );
    board.key(KeyCode::Esc);
    board.keys("t");
    board.key(KeyCode::Esc);
    board.answer(&purpose, test());
    assert!(
        board
            .screen()
            .contains("test of account alpha: 1 of 2 passed")
    );
}

#[test]
fn what_was_not_answered_before_the_connection_went_is_told() {
    let mut board = Board::live(120, 24);
    board.keys("4o");
    board.feed(lost("closed"));
    let screen = board.screen();
    assert!(screen.contains("look whether it was done"), "{screen}");
}

#[test]
fn nothing_is_done_where_only_looking_is_allowed() {
    let mut board = Board::live(80, 24);
    board.model.options.readonly = true;
    for keys in ["2x", "2+", "4o", "4e", "4t", "4+"] {
        assert_eq!(board.keys(keys), [], "{keys}");
        assert_eq!(board.model.mode(), Mode::Table, "{keys}");
        assert!(board.screen().contains("--readonly"), "{}", board.screen());
    }
    board.keys(":remove 3");
    assert_eq!(board.key(KeyCode::Enter), []);
    assert_eq!(board.model.mode(), Mode::Table);
}

#[test]
fn objects_can_be_named_on_the_command_line() {
    let mut board = Board::live(80, 24);
    board.keys(":cordon beta");
    let Request::AccountMaintain(maintain) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert_eq!(maintain.name, "beta");
    board.keys(":remove 99");
    assert_eq!(board.key(KeyCode::Enter), []);
    assert!(board.screen().contains("there is no 99"));
}

#[test]
fn an_entry_is_asked_for_in_a_form() {
    let mut board = Board::live(100, 30);
    board.keys("2+web-9");
    board.key(KeyCode::Tab);
    board.keys("deb");
    board.ctrl('n');
    for _ in 0..2 {
        board.key(KeyCode::Tab);
    }
    board.keys("net-1, net-2");
    for _ in 0..8 {
        board.key(KeyCode::Tab);
    }
    board.keys("role");
    board.key(KeyCode::Tab);
    board.keys("30m");
    board.key(KeyCode::Tab);
    assert_eq!(board.key(KeyCode::Enter), [], "metadata needs a value");
    assert!(board.screen().contains("key=value"), "{}", board.screen());
    board.keys("=web");
    board.key(KeyCode::Tab);
    board.key(KeyCode::Tab);
    let Request::EntryCreate(create) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    let spec = create.spec;
    assert_eq!(spec.name.as_deref(), Some("web-9"));
    assert_eq!(spec.machine.image.as_deref(), Some("debian-12"));
    let networks = ["net-1", "net-2"].map(str::to_owned).to_vec();
    assert_eq!(spec.machine.networks, Some(networks));
    assert_eq!(spec.deadline_seconds, Some(1_800));
    assert_eq!(spec.metadata.unwrap()["role"], "web");
    assert_eq!(board.key(KeyCode::Enter), [], "one is on its way");
    let made = fixture::entry(30, oms_proto::view::Status::Request);
    board.answer(&Purpose::Form, Ok(Response::Entry(Box::new(made))));
    assert_eq!(board.model.mode(), Mode::Table);
    assert!(board.screen().contains("entry 30 accepted"));
}

#[test]
fn an_account_is_added_and_tested_and_its_secret_is_never_shown() {
    let mut board = Board::live(100, 40);
    board.keys("4+lab-2");
    let fields: [(usize, &str); 6] = [
        (2, "https://keystone.example:5000/v3"),
        (4, "ops"),
        (2, "hunter2"),
        (1, ""),
        (1, ""),
        (1, ""),
    ];
    for (steps, text) in fields {
        for _ in 0..steps {
            board.key(KeyCode::Tab);
        }
        board.keys(text);
    }
    assert!(!board.screen().contains("hunter2"), "{}", board.screen());
    assert!(!format!("{:?}", board.model).contains("hunter2"));
    while !board.screen().contains("[>Add and test<]") {
        board.key(KeyCode::Tab);
    }
    assert_eq!(board.key(KeyCode::Enter), []);
    assert!(board.screen().contains("needed"), "{}", board.screen());
    board.keys("demo");
    while !board.screen().contains("[>Add and test<]") {
        board.key(KeyCode::Tab);
    }
    let Request::AccountAdd(add) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert_eq!(add.spec.name, "lab-2");
    let added = Response::Account(Box::new(fixture::account("lab-2")));
    assert_eq!(
        asked(&board.answer(&Purpose::Form, Ok(added))),
        ["AccountTest"]
    );
    assert_eq!(board.model.mode(), Mode::Pager);
}

#[test]
fn a_password_is_typed_twice_and_sent_alone() {
    let mut board = Board::live(100, 40);
    board.keys("4:password");
    board.key(KeyCode::Enter);
    board.keys("one");
    board.key(KeyCode::Tab);
    board.keys("two");
    board.key(KeyCode::Tab);
    board.key(KeyCode::Tab);
    assert_eq!(board.key(KeyCode::Enter), []);
    assert!(board.screen().contains("differs"), "{}", board.screen());
    board.ctrl('u');
    board.keys("one");
    board.key(KeyCode::Tab);
    board.key(KeyCode::Tab);
    let Request::AccountEdit(edit) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert!(edit.patch.secret.is_some());
    assert_eq!(edit.patch.credentials, None);
}

#[test]
fn a_refusal_stands_beside_its_field() {
    let mut board = Board::live(100, 40);
    board.keys("4e");
    while !board.screen().contains("[>Save<]") {
        board.key(KeyCode::Tab);
    }
    assert_eq!(asked(&board.key(KeyCode::Enter)), ["AccountEdit"]);
    let ticket = board.model.calls.tickets(&Purpose::Form)[0];
    let mut error = crate::call::CallError::from("image: no such image");
    let words = vec!["no such image".to_owned()];
    error.fields.insert("image".to_owned(), words);
    let result = Err(error);
    board.feed(crate::msg::Msg::Answer { ticket, result });
    let line = board.screen();
    let line = line.lines().find(|line| line.contains("no such image"));
    assert!(
        line.is_some_and(|line| line.contains("image ")),
        "{}",
        board.screen()
    );
    assert_eq!(board.model.mode(), Mode::Form);
}

#[test]
fn parts_are_copied_and_the_whole_is_shown_as_json_and_yaml() {
    let mut board = Board::live(100, 40);
    board.keys("3c");
    assert!(board.screen().contains("203.0.113.7"), "{}", board.screen());
    let copied = board.key(KeyCode::Enter);
    assert_eq!(copied, [Effect::Copy("203.0.113.7".to_owned())]);
    board.keys("y");
    assert!(
        board.screen().contains("\"instance_id\": \"bec7c0ea"),
        "{}",
        board.screen()
    );
    board.keys("y");
    assert!(
        board.screen().contains("instance_id: bec7c0ea"),
        "{}",
        board.screen()
    );
    assert!(!board.screen().contains("PRIVATE"));
}

#[test]
fn import_hands_the_terminal_over_unless_only_looking_is_allowed() {
    let mut board = Board::live(100, 40);
    let words = ["account", "import", "--choose"].map(Into::into).to_vec();
    assert_eq!(board.ctrl('o'), [Effect::Hand(words)]);
    board.model.options.readonly = true;
    assert_eq!(board.ctrl('o'), []);
    assert!(board.screen().contains("read-only"));
}

#[test]
fn ssh_hands_the_terminal_over_where_there_is_an_instance() {
    let mut board = Board::live(100, 40);
    let words = ["instance", "ssh", "107"].map(Into::into).to_vec();
    assert_eq!(board.keys("3s"), [Effect::Hand(words)]);
    assert_eq!(board.keys("4s"), []);
    assert!(board.screen().contains("no instance to sign in"));
}

#[test]
fn the_menu_offers_what_fits() {
    let mut board = Board::live(100, 40);
    board.keys("2a");
    let screen = board.screen();
    assert!(
        screen.contains("remove") && screen.contains("ssh"),
        "{screen}"
    );
    assert!(!screen.contains("cordon"), "{screen}");
    board.key(KeyCode::Enter);
    assert_eq!(board.model.mode(), Mode::Confirm);
    board.key(KeyCode::Esc);
    board.keys("4a");
    let screen = board.screen();
    assert!(screen.contains("cordon"), "{screen}");
    // What an account is not under cannot be ended.
    assert!(!screen.contains("uncordon"), "{screen}");
    assert!(!screen.contains("enable"), "{screen}");
}

#[test]
fn a_preview_shows_where_an_entry_would_land_and_leaves_the_form_as_it_is() {
    let mut board = Board::live(120, 40);
    board.keys("2+");
    board.keys("web");
    // Back from the name over Cancel to the preview.
    for _ in 0..2 {
        board.press(KeyCode::BackTab, crossterm::event::KeyModifiers::SHIFT);
    }
    let Request::EntryPreview(ask) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert_eq!(ask.spec.name.as_deref(), Some("web"));
    let choice = |account: &str, place| ChoiceView {
        account: account.to_owned(),
        place,
        machine: place.map(|_| fixture::account(account).defaults),
        cause: None,
        until: place
            .is_none()
            .then(|| fixture::NOW.plus(Duration::from_secs(300))),
        reason: place.is_none().then(|| "quota is blocked".to_owned()),
    };
    let told = PreviewView {
        account: Some("beta".to_owned()),
        choices: vec![choice("beta", Some(1)), choice("gamma", None)],
        left_out: 0,
    };
    board.answer(&Purpose::Form, Ok(Response::Preview(Box::new(told))));
    insta::assert_snapshot!(board.screen());
    board.key(KeyCode::Esc);
    assert_eq!(board.model.mode(), Mode::Form);
    assert!(board.screen().contains("web"), "{}", board.screen());
    board.press(KeyCode::BackTab, crossterm::event::KeyModifiers::SHIFT);
    assert_eq!(asked(&board.key(KeyCode::Enter)), ["EntryCreate"]);
}

#[test]
fn a_block_is_lifted_and_entries_are_tried_again_held_and_released() {
    let mut board = Board::live(120, 40);
    let Request::AccountUnblock(unblock) = request(&board.keys("4b")) else {
        panic!("another request");
    };
    assert_eq!((unblock.name.as_str(), unblock.scope), ("alpha", None));
    let lifted = Response::Account(Box::new(fixture::account("alpha")));
    board.answer(&Purpose::Act(Act::Unblock, account("alpha")), Ok(lifted));
    assert!(board.screen().contains("account alpha unblocked"));
    assert_eq!(board.keys("m"), [], "an account is not tried again");
    assert!(
        board
            .screen()
            .contains("retry does not apply to account alpha")
    );

    assert_eq!(asked(&board.keys("2m")), ["EntryRetry"]);
    board.answer(&Purpose::Act(Act::Retry, entry(7)), Err("entry 7 is RUN"));
    assert!(board.screen().contains("retry entry 7: entry 7 is RUN"));
    let held = request(&board.keys("f"));
    board.keys(":release");
    let released = request(&board.key(KeyCode::Enter));
    for (asked, held) in [(held, true), (released, false)] {
        let id = EntryId(7);
        assert_eq!(asked, Request::EntryHold(EntryHold { id, held }));
    }
    board.model.options.readonly = true;
    assert_eq!(board.keys("f"), []);
}

#[test]
fn the_mouse_goes_to_rows_sorts_by_headings_and_opens_views() {
    use crossterm::event::{MouseButton, MouseEvent, MouseEventKind};
    let mut board = Board::live(120, 40);
    let mouse = |kind, column, row| {
        let modifiers = crossterm::event::KeyModifiers::NONE;
        crate::msg::Msg::Mouse(MouseEvent {
            kind,
            column,
            row,
            modifiers,
        })
    };
    let at = |board: &Board, words: &str| {
        let screen = board.screen();
        let mut lines = screen.lines().enumerate();
        let (row, line) = lines.find(|(_, line)| line.contains(words)).unwrap();
        let column = line.split(words).next().unwrap().chars().count();
        (u16::try_from(column).unwrap(), u16::try_from(row).unwrap())
    };
    let click = |board: &mut Board, words: &str| {
        let (column, row) = at(board, words);
        board.feed(mouse(
            MouseEventKind::Down(MouseButton::Left),
            column + 1,
            row,
        ))
    };
    click(&mut board, " 4 ");
    assert_eq!(board.model.view, crate::screen::View::Accounts);
    assert_eq!(board.cursor(), "alpha");
    click(&mut board, "gamma");
    assert_eq!(board.cursor(), "gamma");
    let before = board.rows();
    click(&mut board, "NAME");
    assert_eq!(
        board.rows(),
        before.iter().rev().cloned().collect::<Vec<_>>()
    );
    click(&mut board, "STATUS");
    assert_ne!(board.rows(), before);
    board.feed(mouse(MouseEventKind::ScrollUp, 1, 10));
    board.feed(mouse(MouseEventKind::ScrollUp, 1, 10));
    assert_eq!(board.cursor(), board.rows()[0]);
    board.feed(mouse(MouseEventKind::ScrollDown, 1, 10));
    assert_eq!(board.cursor(), board.rows()[3]);
    click(&mut board, "gamma");
    assert_eq!(board.model.view, crate::screen::View::Accounts);
    click(&mut board, "gamma");
    assert_eq!(board.model.view, crate::screen::View::Queue, "into the row");
    // Where something lies over the view, nothing below it is hit.
    board.keys("?");
    click(&mut board, "1");
    assert_eq!(board.model.mode(), Mode::Help);
}

#[test]
fn a_new_account_is_tested_in_place_and_what_its_cloud_offers_completes_the_form() {
    let mut board = Board::live(120, 40);
    board.keys("4+");
    let typed = [
        ("name", "tokyo"),
        ("auth_url", "https://k.example/v3"),
        ("username", "me"),
        ("password", "hush"),
        ("tenant_name", "web"),
    ];
    for (name, text) in typed {
        goes_to(&mut board, name);
        board.keys(text);
    }
    press_button(&mut board, Button::Preview);
    let Request::AccountTry(tried) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert_eq!(tried.spec.name, "tokyo");
    let offers = OffersView {
        account: "tokyo".to_owned(),
        images: vec!["debian-12".to_owned(), "debian-13".to_owned()],
        flavors: vec!["c2.small".to_owned()],
        ..OffersView::default()
    };
    let test = AccountTestView {
        account: "tokyo".to_owned(),
        ok: true,
        steps: vec![TestStepView {
            name: "sign in".to_owned(),
            ok: true,
            detail: "project web".to_owned(),
            milliseconds: 120,
        }],
        offers: Some(Box::new(offers)),
    };
    board.answer(&Purpose::Form, Ok(Response::AccountTest(test)));
    let screen = board.screen();
    assert!(
        screen.contains("project web") && screen.contains("c2.small"),
        "{screen}"
    );
    board.key(KeyCode::Esc);
    goes_to(&mut board, "flavor");
    board.keys("c2");
    board.ctrl('n');
    assert!(board.screen().contains("c2.small"), "{}", board.screen());
    press_button(&mut board, Button::Submit);
    let Request::AccountAdd(add) = request(&board.key(KeyCode::Enter)) else {
        panic!("another request");
    };
    assert_eq!(add.spec.defaults.flavor.as_deref(), Some("c2.small"));
}

#[test]
fn a_form_asks_clouds_once_what_they_offer() {
    let mut board = Board::live(120, 40);
    let asks = board.keys("4e");
    assert_eq!(asked(&asks), ["AccountOffers"]);
    let offers = OffersView {
        account: "alpha".to_owned(),
        images: vec!["plan9".to_owned()],
        ..OffersView::default()
    };
    board.answer(&Purpose::Offers, Ok(Response::Offers(Box::new(offers))));
    goes_to(&mut board, "image");
    for _ in 0..20 {
        board.key(KeyCode::Backspace);
    }
    board.keys("pl");
    assert!(board.screen().contains("plan9"), "{}", board.screen());
    // What was typed does not go by a slip.
    board.key(KeyCode::Esc);
    assert!(
        board.screen().contains("Esc again closes"),
        "{}",
        board.screen()
    );
    board.key(KeyCode::Esc);
    assert_eq!(board.keys("e"), [], "it is known by now");
    board.key(KeyCode::Esc);
    let others = asked(&board.keys("2+"));
    assert_eq!(others, ["AccountOffers"; 3]);
}

/// The form on top.
fn form(board: &Board) -> &Form {
    match board.model.layers.last() {
        Some(Layer::Form(form)) => form,
        other => panic!("no form: {other:?}"),
    }
}

/// Steps to a field of the form.
fn goes_to(board: &mut Board, name: &str) {
    while form(board).current().is_none_or(|field| field.name != name) {
        board.key(KeyCode::Tab);
    }
}

/// Steps to a button of the form.
fn press_button(board: &mut Board, button: Button) {
    while form(board).button() != Some(button) {
        board.key(KeyCode::Tab);
    }
}
