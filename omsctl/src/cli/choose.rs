//! What every list takes: which rows, which columns, in which order.

use clap::Args;
use clap_complete::ArgValueCandidates;

use super::value;
use crate::complete;

/// Which rows of a list are shown, and how, once or for as long as somebody looks.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ListFlags {
    /// Which rows.
    #[command(flatten)]
    pub(crate) rows: RowFlags,
    /// Print the list again whenever something changes, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Which rows of a list are shown, and how.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct RowFlags {
    /// Only rows for which this holds, such as status=RUN,BOOT 'name=web-*' reason~quota 'attempts>1'
    /// 'age<2h' 'account!=alpha', or a word anywhere; repeat for more, all of which must hold
    #[arg(long, value_name = "CONDITION")]
    pub(crate) filter: Vec<String>,
    /// Order by these columns; a - before one turns it around
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        allow_hyphen_values = true
    )]
    pub(crate) sort: Vec<String>,
    /// At most this many rows
    #[arg(long, value_name = "N", value_parser = value::limit)]
    pub(crate) limit: Option<usize>,
    /// Which columns.
    #[command(flatten)]
    pub(crate) columns: ColumnFlags,
}

/// Which columns are shown.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct ColumnFlags {
    /// Only these columns, in every format; separate several by commas
    #[arg(short, long, value_name = "COLUMN", value_delimiter = ',')]
    pub(crate) columns: Vec<String>,
}

/// Whether private keys are shown.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct KeyFlag {
    /// Have json, jsonl and yaml contain the private keys, which lists leave out
    #[arg(long)]
    pub(crate) with_keys: bool,
}

/// Which entries are meant.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct EntryFlags {
    /// Only entries that stand so; separate several by commas
    #[arg(
        long,
        value_name = "STATUS",
        value_delimiter = ',',
        ignore_case = true,
        value_parser = value::statuses()
    )]
    pub(crate) status: Vec<String>,
    /// Only entries at this account
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::accounts))]
    pub(crate) account: Option<String>,
    /// Only entries of this name, in which * stands for anything
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
    /// Only entries with this metadata; the value may be left out, and * in it stands for anything
    #[arg(long, value_name = "KEY=VALUE", value_parser = value::label)]
    pub(crate) metadata: Vec<String>,
    /// Only entries accepted since then: 2h ago, or RFC 3339
    #[arg(long, value_name = "TIME", value_parser = value::since)]
    pub(crate) since: Option<String>,
}

impl EntryFlags {
    /// What they say, as conditions on rows.
    pub(crate) fn conditions(&self) -> Vec<String> {
        let of =
            |key: &str, said: &Option<String>| said.as_ref().map(|said| format!("{key}={said}"));
        let since = self.since.as_ref().map(|since| {
            let sign = if since.contains('T') { ">=" } else { "<=" };
            format!("regist_datetime{sign}{since}")
        });
        let patterns = self.metadata.iter().filter(|it| it.contains('*'));
        let patterns = patterns.map(|label| {
            let any = if label.contains('=') { "" } else { "=*" };
            format!("metadata={label}{any}")
        });
        [of("account", &self.account), of("name", &self.name), since]
            .into_iter()
            .flatten()
            .chain(patterns)
            .collect()
    }

    /// The metadata without patterns, which the daemon looks for itself.
    pub(crate) fn exact_metadata(&self) -> Vec<String> {
        let exact = self.metadata.iter().filter(|it| !it.contains('*'));
        exact.cloned().collect()
    }
}
