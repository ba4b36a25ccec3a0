//! `omsctl gc`: what stands at the clouds, and the collection of what has no owner.

use oms_proto::request::{StrayRemove, Strays};
use oms_proto::view::{StraysView, Verdict};

use super::{Context, wait};
use crate::cli::GcArgs;
use crate::exit::{Exit, Failure};
use crate::render::{self, GcRow, human};

pub(super) async fn run(context: &mut Context<'_>, args: GcArgs) -> Result<Exit, Failure> {
    if let (Some(account), Some(id)) = (&args.account, &args.remove) {
        return remove(context, account, id).await;
    }
    let daemon = context.daemon().await?;
    let looking = daemon.ask(Strays {
        account: args.account,
        dry_run: args.dry_run,
    });
    let doing = "looking at the clouds; this takes up to a minute";
    let Some(strays) = wait::watched(context, doing, looking).await else {
        return Err(Failure::new(
            Exit::Interrupted,
            "stopped waiting; the daemon goes on looking",
        ));
    };
    let strays = strays?;
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

/// Has one object removed. What kind it is, and that it is nobody's, the cloud is asked first.
async fn remove(context: &mut Context<'_>, account: &str, id: &str) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let strays = daemon
        .ask(Strays {
            account: Some(account.to_owned()),
            dry_run: true,
        })
        .await?;
    let refused = |what: String| Err(Failure::new(Exit::Failed, what));
    let mut all = strays.accounts.iter();
    if let Some(error) = all.find_map(|it| it.error.as_ref()) {
        return refused(format!("{account} could not be looked at: {error}"));
    }
    let mut objects = strays.accounts.iter().flat_map(|it| &it.objects);
    let Some(object) = objects.find(|object| object.id == id) else {
        return Err(Failure::new(
            Exit::NotFound,
            format!(
                "{account} shows no server and no key pair {id}; omsctl gc --account {account} --all lists them"
            ),
        ));
    };
    match object.verdict {
        Verdict::Stray | Verdict::FromAhead | Verdict::Stranger => {}
        other => {
            return refused(format!(
                "{id} is not removed: it is {other}, and only what is ours and has no owner goes this way"
            ));
        }
    }
    let kind = object.kind;
    daemon
        .ask(StrayRemove {
            account: account.to_owned(),
            kind,
            id: id.to_owned(),
        })
        .await?;
    context.note(&format!("the {kind} {id} at {account} is being removed"));
    Ok(Exit::Done)
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
