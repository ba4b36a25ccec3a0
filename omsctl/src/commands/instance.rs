//! `omsctl instance ...`; signing in is in [`ssh`].

use oms_proto::columns::INSTANCES;
use oms_proto::request;
use oms_proto::view::InstanceView;

use super::choose::{self, Chosen, Listed};
use super::{Context, find, queue, removal, ssh};
use crate::cli::{
    EntryFlags, EntryName, InstanceCommand, InstanceDelete, InstanceFlags, InstanceList,
    InstanceShow, QueueDelete, SshArgs,
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
    let mut conditions = args.instances.conditions();
    if !args.instances.metadata.is_empty() {
        // What is wrong with the others is told before anything is asked.
        Chosen::<InstanceView>::read(&args.list.rows, &conditions)?;
        conditions.push(with_metadata(context, &args.instances).await?);
    }
    let listed = Listed {
        chosen: Chosen::read(&args.list.rows, &conditions)?,
        with_keys: args.keys.with_keys,
        when_empty: "no instances",
        watch: args.list.watch,
        account: args.instances.account,
    };
    context.show_columns(args.list.rows.columns);
    choose::show(context, request::InstanceList::default(), listed).await
}

/// The condition that the entry is one with this metadata, which instances themselves do not carry.
async fn with_metadata(context: &Context<'_>, flags: &InstanceFlags) -> Result<String, Failure> {
    let entries = EntryFlags {
        metadata: flags.metadata.clone(),
        ..EntryFlags::default()
    };
    let daemon = context.daemon().await?;
    let entries = choose::entries(context, &daemon, &entries, &[]).await?;
    let ids: Vec<String> = entries.iter().map(|entry| entry.id.to_string()).collect();
    // No entry has the number 0.
    Ok(format!(
        "entry={}",
        if ids.is_empty() {
            "0".to_owned()
        } else {
            ids.join(",")
        }
    ))
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
    let by_name = !args.which.is_empty();
    let mut conditions = args.instances.conditions();
    if !args.instances.metadata.is_empty() {
        conditions.push(with_metadata(context, &args.instances).await?);
    }
    let mut faults = Vec::new();
    let conditions = choose::conditions(&INSTANCES, &conditions, &args.filter, &mut faults);
    if !faults.is_empty() {
        return Err(Failure::usage(faults.join("\n  ")));
    }
    let daemon = context.daemon().await?;
    let mut entries = Vec::new();
    for which in &args.which {
        let instance = find::instance(&daemon, which).await?;
        entries.push(EntryName::Id(instance.entry));
    }
    if !by_name {
        let now = (context.io.now)();
        let mut found = daemon.ask_all(request::InstanceList::default()).await?;
        found.retain(|it| choose::hold(&conditions, &INSTANCES, it, now));
        if found.is_empty() {
            find::check_account(&daemon, args.instances.account.as_deref()).await?;
            context.note("no instance is as was asked for");
            return Ok(Exit::Done);
        }
        entries.extend(found.iter().map(|it| EntryName::Id(it.entry)));
    }
    let delete = QueueDelete {
        which: entries,
        wait: args.wait,
        timeout: args.timeout,
        yes: args.yes,
        ..QueueDelete::default()
    };
    let asks = if by_name {
        removal::Asks::Several
    } else {
        removal::Asks::Any
    };
    removal::delete(context, &delete, asks).await
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
