//! Turns views into text: for people ([`table`], [`explain`]) and for scripts (json, jsonl, yaml,
//! csv, names). Pure; the time and the zone come in as arguments.

mod explain;
pub(crate) mod human;
mod record;
mod reports;
mod rows;
mod strays;
mod table;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use oms_proto::Time;
use oms_proto::view::{AccountTestView, ExplanationView, StraysView};
use serde::Serialize;

pub(crate) use record::{Cell, Column, Record};
pub(crate) use reports::{ImportRow, VersionRow};
pub(crate) use strays::GcRow;

use crate::cli::Format;
use crate::exit::{Exit, Failure};

/// How to print.
#[derive(Debug, Clone)]
pub(crate) struct Style {
    /// In which format.
    pub(crate) format: Format,
    /// Whether tables and csv begin with a line of headers.
    pub(crate) headers: bool,
    /// Whether the terminal shows colour.
    pub(crate) colour: bool,
    /// Now, for ages.
    pub(crate) now: Time,
    /// The zone in which people read times.
    pub(crate) zone: TimeZone,
}

/// Prints a list.
pub(crate) fn list<T: Record>(items: &[T], style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::table(items, style)),
        Format::Json => json(&items),
        Format::Jsonl => items.iter().map(|item| json_line(item)).collect(),
        Format::Yaml => yaml(&items),
        Format::Csv => csv(items, style),
        Format::Name => Ok(items.iter().map(|item| item.name() + "\n").collect()),
    }
}

/// Prints one thing.
pub(crate) fn one<T: Record>(item: &T, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::detail(&item.detail(), style)),
        Format::Json => json(item),
        Format::Jsonl => json_line(item),
        Format::Yaml => yaml(item),
        Format::Csv => csv(std::slice::from_ref(item), style),
        Format::Name => Ok(item.name() + "\n"),
    }
}

/// Prints how an entry came to stand as it does; as csv, its attempts.
pub(crate) fn story(story: &ExplanationView, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(explain::explain(story, style)),
        Format::Json => json(story),
        Format::Jsonl => json_line(story),
        Format::Yaml => yaml(story),
        Format::Csv => csv(&story.attempts, style),
        Format::Name => Ok(story.entry.name() + "\n"),
    }
}

/// Prints the test of an account; as a table or csv, its steps.
pub(crate) fn test(test: &AccountTestView, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::table(&test.steps, style)),
        Format::Json => json(test),
        Format::Jsonl => json_line(test),
        Format::Yaml => yaml(test),
        Format::Csv => csv(&test.steps, style),
        Format::Name => Ok(test.account.clone() + "\n"),
    }
}

/// Prints what stands at the clouds; as a table or csv, these rows of it.
pub(crate) fn strays(all: &StraysView, rows: &[GcRow], style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide if rows.is_empty() => Ok(String::new()),
        Format::Json => json(all),
        Format::Jsonl => json_line(all),
        Format::Yaml => yaml(all),
        Format::Table | Format::Wide | Format::Csv | Format::Name => list(rows, style),
    }
}

/// Prints the header of a list that is printed line by line, if there is one.
pub(crate) fn stream_header<T: Record>(style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::stream_header::<T>(style)),
        Format::Csv => csv::<T>(&[], style),
        Format::Json | Format::Jsonl | Format::Yaml | Format::Name => Ok(String::new()),
    }
}

/// Prints one item of a list that is printed line by line.
pub(crate) fn stream_item<T: Record>(item: &T, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::stream_row(item, style)),
        Format::Json | Format::Jsonl => json_line(item),
        Format::Yaml => Ok(format!("---\n{}", yaml(item)?)),
        Format::Csv => {
            let bare = Style {
                headers: false,
                ..style.clone()
            };
            csv(std::slice::from_ref(item), &bare)
        }
        Format::Name => Ok(item.name() + "\n"),
    }
}

fn json<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value)
        .map(|text| text + "\n")
        .map_err(|error| unprintable(&error))
}

fn json_line<T: Serialize + ?Sized>(value: &T) -> Result<String, Failure> {
    serde_json::to_string(value)
        .map(|text| text + "\n")
        .map_err(|error| unprintable(&error))
}

fn yaml<T: Serialize>(value: &T) -> Result<String, Failure> {
    serde_saphyr::to_string(value).map_err(|error| unprintable(&error))
}

/// All columns, unshortened, in forms that programs read.
fn csv<T: Record>(items: &[T], style: &Style) -> Result<String, Failure> {
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let mut write = || -> Result<(), csv::Error> {
        if style.headers {
            writer.write_record(T::COLUMNS.iter().map(Column::key))?;
        }
        for item in items {
            writer.write_record(item.cells().iter().map(Cell::plain))?;
        }
        Ok(writer.flush()?)
    };
    write().map_err(|error| unprintable(&error))?;
    let bytes = writer.into_inner().map_err(|error| unprintable(&error))?;
    String::from_utf8(bytes).map_err(|error| unprintable(&error))
}

fn unprintable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot print the answer: {error}"))
}
