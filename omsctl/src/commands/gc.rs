//! `omsctl gc`: what stands at the clouds, and the collection of what has no owner.

use oms_proto::request::Strays;
use oms_proto::view::{StraysView, Verdict};

use super::Context;
use crate::cli::GcArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, GcRow, human};

pub(super) async fn run(context: &mut Context<'_>, args: GcArgs) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    if context.shows_progress() && !args.dry_run {
        context.note("looking at the clouds; this takes up to a minute");
    }
    let strays = daemon
        .ask(Strays {
            account: args.account,
            dry_run: args.dry_run,
        })
        .await?;
    let rows = rows(&strays, args.all);
    let text = render::strays(&strays, &rows, &context.style())?;
    context.io.print(&text)?;
    tell(context, &strays);
    let failed: Vec<_> = strays
        .accounts
        .iter()
        .filter(|account| account.error.is_some())
        .map(|account| account.account.as_str())
        .collect();
    if failed.is_empty() {
        return Ok(Exit::Done);
    }
    let count = human::count(failed.len().try_into().unwrap_or(u64::MAX), "account");
    Err(Failure::new(
        Exit::Failed,
        format!("{count} could not be looked at: {}", failed.join(", ")),
    ))
}

fn rows(strays: &StraysView, all: bool) -> Vec<GcRow> {
    let mut rows = Vec::new();
    for account in &strays.accounts {
        if let Some(error) = &account.error {
            rows.push(GcRow::failed(&account.account, error));
        }
        let objects = account.objects.iter();
        // What has an owner is as it should be, and what others have there is their business.
        let shown = objects.filter(|object| all || object.verdict.is_telling());
        rows.extend(shown.map(|object| GcRow::of(&account.account, object)));
    }
    rows
}

/// Sums it up for people.
fn tell(context: &mut Context<'_>, strays: &StraysView) {
    let objects = || strays.accounts.iter().flat_map(|it| &it.objects);
    let count = |verdict: Verdict| {
        let found = objects().filter(|object| object.verdict == verdict).count();
        u64::try_from(found).unwrap_or(u64::MAX)
    };
    let (ours, missing, aliens) = (
        count(Verdict::Stray),
        count(Verdict::Missing),
        count(Verdict::Alien),
    );
    let objects = human::count(ours, "object");
    let mut parts = vec![format!("{objects} of ours without an owner")];
    if ours > 0 && strays.dry_run {
        parts.push("'omsctl gc' has them removed".to_owned());
    }
    if missing > 0 {
        let missing = human::count(missing, "instance");
        parts.push(format!("{missing} that the cloud does not show"));
    }
    if aliens > 0 {
        let aliens = human::count(aliens, "object");
        parts.push(format!("{aliens} of others, which OMS never touches"));
    }
    let left_out: u64 = strays
        .accounts
        .iter()
        .map(|account| u64::from(account.left_out))
        .sum();
    if left_out > 0 {
        parts.push(format!("{left_out} more are not shown, ask with --account"));
    }
    context.note(&parts.join("; "));
}
