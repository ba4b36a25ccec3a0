//! Every view in every format.

use super::*;
use crate::fixture::{self, NOON};

fn style(format: Format) -> Style {
    Style {
        format,
        headers: true,
        colour: false,
        width: None,
        columns: Vec::new(),
        now: NOON,
        zone: TimeZone::UTC,
    }
}

fn entries() -> Vec<oms_proto::view::EntryView> {
    vec![fixture::running(), fixture::waiting(), fixture::failed()]
}

#[test]
fn entries_as_a_table() {
    insta::assert_snapshot!(list(&entries(), &style(Format::Table)).unwrap());
}

#[test]
fn entries_as_a_wide_table() {
    insta::assert_snapshot!(list(&entries(), &style(Format::Wide)).unwrap());
}

#[test]
fn entries_for_programs() {
    let mut text = String::new();
    for format in [
        Format::Json,
        Format::Jsonl,
        Format::Yaml,
        Format::Csv,
        Format::Name,
    ] {
        let printed = list(&[fixture::running(), fixture::waiting()], &style(format)).unwrap();
        let printed = printed.replace('\r', "<CR>");
        text += &["==== ", &format!("{format:?}"), "\n", &printed, "\n"].concat();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn one_of_each_in_detail() {
    let wide = style(Format::Table);
    let parts = [
        one(&fixture::running(), &wide),
        one(&fixture::waiting(), &wide),
        one(&fixture::instance(), &wide),
        one(&fixture::account("alpha"), &wide),
        one(&fixture::blocked(), &wide),
        one(&fixture::status(), &wide),
    ];
    let parts: Vec<String> = parts.into_iter().map(Result::unwrap).collect();
    insta::assert_snapshot!(parts.join("\n"));
}

#[test]
fn accounts_instances_and_tests_as_tables() {
    let mut disabled = fixture::account("gamma");
    disabled.enabled = false;
    let mut gone = fixture::instance();
    gone.vanished = true;
    let accounts = [fixture::account("alpha"), fixture::blocked(), disabled];
    let instances = [fixture::instance(), gone];
    let mut text = String::new();
    for format in [Format::Table, Format::Wide] {
        let style = style(format);
        text += &list(&accounts, &style).unwrap();
        text += &list(&instances, &style).unwrap();
        text += &test(&fixture::tested(false), &style).unwrap();
    }
    insta::assert_snapshot!(text);
}

#[test]
fn the_story_of_an_entry() {
    insta::assert_snapshot!(story(&fixture::story(), &style(Format::Table)).unwrap());
}

#[test]
fn the_story_of_an_entry_that_never_was_tried() {
    let mut told = fixture::story();
    told.entry = fixture::waiting();
    told.attempts.clear();
    told.passed_over.clear();
    told.spec = oms_proto::spec::EntrySpec::default();
    insta::assert_snapshot!(story(&told, &style(Format::Table)).unwrap());
}

#[test]
fn the_story_as_csv_is_its_attempts() {
    let text = story(&fixture::story(), &style(Format::Csv)).unwrap();
    insta::assert_snapshot!(text.replace('\r', ""));
}

#[test]
fn events_line_by_line() {
    let mut text = String::new();
    for format in [
        Format::Table,
        Format::Wide,
        Format::Jsonl,
        Format::Yaml,
        Format::Csv,
    ] {
        let style = style(format);
        text += &stream_header::<oms_proto::view::EventView>(&style).unwrap();
        text += &stream_item(&fixture::event(9), &style).unwrap();
        text += &stream_item(&fixture::event(12345), &style).unwrap();
    }
    insta::assert_snapshot!(text.replace('\r', ""));
}

#[test]
fn json_is_what_rest_answers() {
    let text = one(&fixture::running(), &style(Format::Json)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value, serde_json::to_value(fixture::running()).unwrap());
    assert_eq!(value["instance"]["key_raw"], fixture::KEY);
    let array = list(&entries(), &style(Format::Json)).unwrap();
    assert!(array.starts_with('['));
}

#[test]
fn tables_never_show_a_private_key() {
    for format in [Format::Table, Format::Wide, Format::Csv, Format::Name] {
        let style = style(format);
        let shown = list(&[fixture::instance()], &style).unwrap()
            + &one(&fixture::instance(), &style).unwrap()
            + &one(&fixture::running(), &style).unwrap();
        assert!(!shown.contains("PRIVATE KEY"), "{shown}");
    }
}

#[test]
fn yaml_reads_back_as_the_same_data() {
    for entry in entries() {
        let text = one(&entry, &style(Format::Yaml)).unwrap();
        let back: oms_proto::view::EntryView = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(back, entry, "{text}");
    }
}

#[test]
fn csv_quotes_what_needs_it() {
    let mut entry = fixture::waiting();
    entry.reason = Some("a, \"b\"\nc".to_owned());
    let text = list(&[entry], &style(Format::Csv)).unwrap();
    assert!(text.ends_with("\"a, \"\"b\"\"\nc\"\r\n"), "{text}");
    assert!(text.starts_with("id,status,name,"), "{text}");
}

#[test]
fn colour_is_only_there_when_asked_for() {
    let mut style = style(Format::Table);
    assert!(!list(&entries(), &style).unwrap().contains('\x1b'));
    style.colour = true;
    assert!(list(&entries(), &style).unwrap().contains('\x1b'));
}

#[test]
fn headers_can_be_left_out() {
    for format in [Format::Table, Format::Wide, Format::Csv] {
        let style = Style {
            headers: false,
            ..style(format)
        };
        let text = list(&entries(), &style).unwrap();
        assert_eq!(text.lines().count(), 3, "{text}");
        assert_eq!(list::<oms_proto::view::EntryView>(&[], &style).unwrap(), "");
    }
}

#[test]
fn tables_fit_the_terminal_and_break_no_word() {
    let mut long = fixture::waiting();
    long.account = Some("inmotion-hosting-iad3".to_owned());
    long.name = Some("build-runner-for-the-release-4711".to_owned());
    let entries = [fixture::running(), long, fixture::failed()];
    let mut text = String::new();
    for width in [40, 60, 80, 120, 200] {
        for format in [Format::Table, Format::Wide] {
            let style = Style {
                width: Some(width),
                ..style(format)
            };
            let table = list(&entries, &style).unwrap();
            if format == Format::Table {
                assert!(
                    table.lines().all(|line| line.len() <= width),
                    "{width}\n{table}"
                );
            }
            text += &["==== ", &format!("{format:?} at {width}\n"), &table].concat();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn what_a_test_found_is_never_cut() {
    let mut tested = fixture::tested(false);
    if let Some(step) = tested.steps.last_mut() {
        step.detail =
            "nothing of this name or id; there are ".to_owned() + &"debian-12, ".repeat(9);
    }
    let style = Style {
        width: Some(60),
        ..style(Format::Table)
    };
    insta::assert_snapshot!(test(&tested, &style).unwrap());
}

#[test]
fn the_account_list_at_eighty_columns_keeps_names_and_reasons() {
    let accounts = [
        fixture::account("inmotion-hosting-iad3"),
        fixture::blocked(),
    ];
    let style = Style {
        width: Some(80),
        ..style(Format::Table)
    };
    let text = list(&accounts, &style).unwrap();
    assert!(text.contains("inmotion-hosting-iad3"), "{text}");
    assert!(
        text.contains("REASON") && text.contains("over quota"),
        "{text}"
    );
}
