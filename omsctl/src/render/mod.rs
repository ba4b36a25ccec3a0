//! Turns views into text: for people ([`table`], [`explain`]) and for scripts (json, jsonl, yaml,
//! csv, names, values). Pure; the time and the zone come in as arguments.

mod bundle;
mod check;
mod choice;
mod explain;
pub(crate) mod human;
mod offers;
mod passes;
mod picked;
mod record;
mod reports;
mod rows;
mod strays;
mod table;

#[cfg(test)]
mod tests;

use jiff::tz::TimeZone;
use oms_proto::Time;
use oms_proto::columns::Column;
use oms_proto::view::{AccountTestView, ExplanationView, OffersView, PreviewView, StraysView};
use serde::Serialize;

pub(crate) use bundle::{Bundle, BundlePlace};
pub(crate) use check::Check;
pub(crate) use offers::OfferRow;
use picked::Picked;
pub(crate) use record::Record;
pub(crate) use reports::{ImportRow, VersionRow};
pub(crate) use strays::GcRow;

use table::Long;

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
    /// How wide it is, where there is one.
    pub(crate) width: Option<usize>,
    /// Only these columns, by name; none means those that the format shows.
    pub(crate) columns: Vec<String>,
    /// Now, for ages.
    pub(crate) now: Time,
    /// The zone in which people read times.
    pub(crate) zone: TimeZone,
}

/// The columns that were asked for, if any were. Whoever takes them from a person has them checked by
/// [`check_columns`] before anything is asked.
pub(crate) fn chosen<T: Record>(style: &Style) -> Option<Vec<&'static Column<T>>> {
    let known = |word: &String| T::TABLE.column(word);
    (!style.columns.is_empty()).then(|| style.columns.iter().filter_map(known).collect())
}

/// What is wrong with the names of columns.
pub(crate) fn check_columns<T: Record>(columns: &[String]) -> Vec<String> {
    let unknown = columns
        .iter()
        .filter(|word| T::TABLE.column(word).is_none());
    let known = T::TABLE.keys().join(", ");
    unknown
        .map(|word| format!("--columns: there is no column {word}; there are {known}"))
        .collect()
}

/// Prints a list.
pub(crate) fn list<T: Record>(items: &[T], style: &Style) -> Result<String, Failure> {
    if let Some(columns) = chosen::<T>(style) {
        let rows = || {
            items
                .iter()
                .map(|item| Picked::of(item, &columns, style.now))
        };
        match style.format {
            Format::Json => return json(&rows().collect::<Vec<_>>()),
            Format::Jsonl => return rows().map(|row| json_line(&row)).collect(),
            Format::Yaml => return yaml(&rows().collect::<Vec<_>>()),
            Format::Table | Format::Wide | Format::Csv | Format::Name | Format::Value => {}
        }
    }
    match style.format {
        Format::Table if !T::IS_READ => Ok(table::table(items, style, Long::Cut)),
        Format::Table | Format::Wide => Ok(table::table(items, style, Long::Wrap)),
        Format::Json => json(&items),
        Format::Jsonl => items.iter().map(|item| json_line(item)).collect(),
        Format::Yaml => yaml(&items),
        Format::Csv => csv(items, style),
        Format::Name => Ok(items.iter().map(|item| item.name() + "\n").collect()),
        Format::Value => Ok(values(items, style)),
    }
}

/// Prints one thing.
pub(crate) fn one<T: Record>(item: &T, style: &Style) -> Result<String, Failure> {
    let picked = chosen::<T>(style).map(|columns| Picked::of(item, &columns, style.now));
    match (style.format, &picked) {
        (Format::Table | Format::Wide, None) => Ok(table::detail(&item.detail(style.now), style)),
        (Format::Json, None) => json(item),
        (Format::Json, Some(picked)) => json(picked),
        (Format::Jsonl, None) => json_line(item),
        (Format::Jsonl, Some(picked)) => json_line(picked),
        (Format::Yaml, None) => yaml(item),
        (Format::Yaml, Some(picked)) => yaml(picked),
        (Format::Table | Format::Wide | Format::Csv | Format::Name | Format::Value, _) => {
            list(std::slice::from_ref(item), style)
        }
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
        Format::Value => Ok(values(&story.attempts, style)),
        Format::Name => Ok(story.entry.name() + "\n"),
    }
}

/// Prints what would become of an entry; as a table or csv, what each account says to it.
pub(crate) fn preview(preview: &PreviewView, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Json if style.columns.is_empty() => json(preview),
        Format::Jsonl if style.columns.is_empty() => json_line(preview),
        Format::Yaml if style.columns.is_empty() => yaml(preview),
        Format::Name => {
            let chosen = preview.account.iter();
            Ok(chosen.flat_map(|name| [name.as_str(), "\n"]).collect())
        }
        _ => list(&preview.choices, style),
    }
}

/// Prints what the cloud of an account offers; as a table or csv, a row a thing.
pub(crate) fn offers(offers: &OffersView, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Json if style.columns.is_empty() => json(offers),
        Format::Jsonl if style.columns.is_empty() => json_line(offers),
        Format::Yaml if style.columns.is_empty() => yaml(offers),
        _ => list(&OfferRow::of(offers), style),
    }
}

/// Prints the test of an account; as a table or csv, its steps.
pub(crate) fn test(test: &AccountTestView, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => list(&test.steps, style),
        Format::Json => json(test),
        Format::Jsonl => json_line(test),
        Format::Yaml => yaml(test),
        Format::Csv => csv(&test.steps, style),
        Format::Value => Ok(values(&test.steps, style)),
        Format::Name => Ok(test.account.clone() + "\n"),
    }
}

/// Prints a report for a provider; as a table it is a text, as csv its attempts.
pub(crate) fn bundle(bundle: &Bundle, style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(bundle::text(bundle)),
        Format::Json => json(bundle),
        Format::Jsonl => json_line(bundle),
        Format::Yaml => yaml(bundle),
        Format::Csv | Format::Name | Format::Value => list(&bundle.attempts, style),
    }
}

/// Prints what stands at the clouds; as a table or csv, these rows of it.
pub(crate) fn strays(all: &StraysView, rows: &[GcRow], style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide if rows.is_empty() => Ok(String::new()),
        Format::Json => json(all),
        Format::Jsonl => json_line(all),
        Format::Yaml => yaml(all),
        Format::Table | Format::Wide | Format::Csv | Format::Name | Format::Value => {
            list(rows, style)
        }
    }
}

/// Prints the header of a list that is printed line by line, if there is one.
pub(crate) fn stream_header<T: Record>(style: &Style) -> Result<String, Failure> {
    match style.format {
        Format::Table | Format::Wide => Ok(table::stream_header::<T>(style)),
        Format::Csv => csv::<T>(&[], style),
        Format::Json | Format::Jsonl | Format::Yaml | Format::Name | Format::Value => {
            Ok(String::new())
        }
    }
}

/// Prints one item of a list that is printed line by line.
pub(crate) fn stream_item<T: Record>(item: &T, style: &Style) -> Result<String, Failure> {
    let bare = |format| Style {
        headers: false,
        format,
        ..style.clone()
    };
    match style.format {
        Format::Table | Format::Wide => Ok(table::stream_row(item, style)),
        Format::Json | Format::Jsonl => one(item, &bare(Format::Jsonl)),
        Format::Yaml => Ok(format!("---\n{}", one(item, style)?)),
        Format::Csv | Format::Name | Format::Value => {
            list(std::slice::from_ref(item), &bare(style.format))
        }
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

/// The columns for programs: those that were asked for, or all.
fn columns<T: Record>(style: &Style) -> Vec<&'static Column<T>> {
    chosen::<T>(style).unwrap_or_else(|| T::TABLE.columns.iter().collect())
}

/// All columns, unshortened, in forms that programs read.
fn csv<T: Record>(items: &[T], style: &Style) -> Result<String, Failure> {
    let columns = columns::<T>(style);
    let mut writer = csv::WriterBuilder::new()
        .terminator(csv::Terminator::CRLF)
        .from_writer(Vec::new());
    let mut write = || -> Result<(), csv::Error> {
        if style.headers {
            writer.write_record(columns.iter().map(|column| column.key))?;
        }
        for item in items {
            let values = columns.iter().map(|column| (column.value)(item, style.now));
            writer.write_record(values.map(|value| record::plain(&value).into_owned()))?;
        }
        Ok(writer.flush()?)
    };
    write().map_err(|error| unprintable(&error))?;
    let bytes = writer.into_inner().map_err(|error| unprintable(&error))?;
    String::from_utf8(bytes).map_err(|error| unprintable(&error))
}

/// Values alone, a row a line, tabs between them.
fn values<T: Record>(items: &[T], style: &Style) -> String {
    let columns = columns::<T>(style);
    let line = |item: &T| {
        let values = columns.iter().map(|column| {
            let value = (column.value)(item, style.now);
            record::plain(&value).replace(['\t', '\n'], " ")
        });
        values.collect::<Vec<_>>().join("\t") + "\n"
    };
    items.iter().map(line).collect()
}

fn unprintable(error: &dyn std::error::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot print the answer: {error}"))
}
