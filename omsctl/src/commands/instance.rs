//! `omsctl instance ...`; signing in is in [`ssh`].

use oms_proto::EntryId;
use oms_proto::request::{EntryShow, InstanceList, InstanceShow};
use oms_proto::view::InstanceView;

use super::{Context, ssh};
use crate::cli::{InstanceCommand, InstanceName, SshArgs};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};

pub(super) async fn run(
    context: &mut Context<'_>,
    command: InstanceCommand,
) -> Result<Exit, Failure> {
    match command {
        InstanceCommand::List => {
            let list = InstanceList::default();
            let instances = context.daemon().await?.ask_all(list).await?;
            context.print_list(&instances, "no instances")?;
            Ok(Exit::Done)
        }
        InstanceCommand::Show { which } => {
            let daemon = context.daemon().await?;
            let instance = find(&daemon, &which).await?;
            context.print_one(&instance)?;
            Ok(Exit::Done)
        }
        InstanceCommand::Ssh(args) => sign_in(context, args).await,
    }
}

async fn sign_in(context: &mut Context<'_>, args: SshArgs) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let instance = match (args.entry, &args.which) {
        (Some(id), _) => of_entry(&daemon, EntryId(id)).await?,
        (None, which) => find(&daemon, which.as_deref().unwrap_or_default()).await?,
    };
    // Nothing more is asked, and the session may last for days.
    drop(daemon);
    ssh::run(context, &instance, args).await
}

/// The instance that an entry has.
async fn of_entry(daemon: &Daemon, id: EntryId) -> Result<InstanceView, Failure> {
    let entry = daemon.ask(EntryShow { id }).await?;
    let status = entry.status;
    entry.instance.ok_or_else(|| {
        Failure::new(
            Exit::NotFound,
            format!(
                "entry {id} has no instance yet, it is {status}; wait with: omsctl queue wait {id}"
            ),
        )
    })
}

/// The instance of this id, server name or server id.
async fn find(daemon: &Daemon, which: &str) -> Result<InstanceView, Failure> {
    let text = match InstanceName::from(which) {
        InstanceName::Id(id) => return Ok(daemon.ask(InstanceShow { id }).await?),
        InstanceName::Text(text) => text,
    };
    let instances = daemon.ask_all(InstanceList::default()).await?;
    let mut fits = instances
        .iter()
        .filter(|instance| instance.name == text || instance.instance_id == text);
    match (fits.next(), fits.next()) {
        // The list may leave out what showing one tells.
        (Some(instance), None) => Ok(daemon.ask(InstanceShow { id: instance.id }).await?),
        (Some(_), Some(_)) => Err(Failure::usage(format!(
            "there are several instances named {text}; name one by its id, see 'omsctl instance list'"
        ))),
        (None, _) => Err(Failure::new(
            Exit::NotFound,
            format!("no instance named {text}; see 'omsctl instance list'"),
        )),
    }
}
