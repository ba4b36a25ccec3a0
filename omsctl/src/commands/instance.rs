//! `omsctl instance ...`; signing in is in [`ssh`].

use oms_proto::request;

use super::choose::{self, Chosen, Listed};
use super::{Context, find, queue, ssh};
use crate::cli::{
    EntryName, InstanceCommand, InstanceDelete, InstanceList, InstanceShow, QueueDelete, SshArgs,
};
use crate::exit::{Exit, Failure};

pub(super) async fn run(
    context: &mut Context<'_>,
    command: InstanceCommand,
) -> Result<Exit, Failure> {
    match command {
        InstanceCommand::List(args) => list(context, args).await,
        InstanceCommand::Show(args) => show(context, args).await,
        InstanceCommand::Delete(args) => delete(context, args).await,
        InstanceCommand::Explain { which } => {
            let daemon = context.daemon().await?;
            let instance = find::instance(&daemon, &which).await?;
            queue::explain(context, &EntryName::Id(instance.entry)).await
        }
        InstanceCommand::Ssh(args) => sign_in(context, args).await,
    }
}

async fn list(context: &mut Context<'_>, args: InstanceList) -> Result<Exit, Failure> {
    let said = [
        ("account", &args.account),
        ("name", &args.name),
        ("status", &args.status),
    ];
    let conditions = said
        .into_iter()
        .filter_map(|(key, said)| Some(format!("{key}={}", said.as_ref()?)));
    let conditions: Vec<String> = conditions.collect();
    let listed = Listed {
        chosen: Chosen::read(&args.list, &conditions)?,
        with_keys: args.keys.with_keys,
        when_empty: "no instances",
        watch: args.list.watch,
        account: args.account.clone(),
    };
    context.show_columns(args.list.columns);
    choose::show(context, request::InstanceList::default(), listed).await
}

async fn show(context: &mut Context<'_>, args: InstanceShow) -> Result<Exit, Failure> {
    context.check_columns::<oms_proto::view::InstanceView>(args.columns)?;
    let daemon = context.daemon().await?;
    let instance = find::instance(&daemon, &args.which).await?;
    context.print_one(&instance)?;
    Ok(Exit::Done)
}

/// Removes the entries that instances serve: an instance is what its entry got.
async fn delete(context: &mut Context<'_>, args: InstanceDelete) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let mut entries = Vec::new();
    for which in &args.which {
        let instance = find::instance(&daemon, which).await?;
        entries.push(EntryName::Id(instance.entry));
    }
    let delete = QueueDelete {
        which: entries,
        wait: args.wait,
        timeout: args.timeout,
        yes: args.yes,
        ..QueueDelete::default()
    };
    queue::delete(context, &delete).await
}

async fn sign_in(context: &mut Context<'_>, args: SshArgs) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let instance = match (&args.entry, &args.which) {
        (Some(which), _) => find::instance_of(&daemon, which).await?,
        (None, which) => find::instance(&daemon, which.as_deref().unwrap_or_default()).await?,
    };
    // Nothing more is asked, and the session may last for days.
    drop(daemon);
    ssh::run(context, &instance, args).await
}
