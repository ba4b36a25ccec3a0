//! `omsctl account ...`, but for the import.

use dialoguer::Confirm;
use oms_proto::check::{self, Check};
use oms_proto::machine::MachineSpec;
use oms_proto::request;
use oms_proto::spec::{AccountPatch, AccountSpec};
use oms_proto::view::{AccountTestView, AccountView};

use super::choose::{self, Chosen, Listed};
use super::credentials::{self, credentials, secret_alone, trust, way};
use super::{Context, import, maintenance, wait};
use crate::cli::{
    AccountAdd, AccountCommand, AccountEdit, AccountList, AccountRemove, AccountShow, AccountTest,
    AccountUnblock, SetOrClear as _,
};
use crate::daemon::Daemon;
use crate::exit::{Exit, Failure};
use crate::faults::Faults;
use crate::flags;
use crate::render::{self, OfferRow};
use crate::report;

pub(super) async fn run(
    context: &mut Context<'_>,
    command: AccountCommand,
) -> Result<Exit, Failure> {
    match command {
        AccountCommand::Add(args) => add(context, *args).await,
        AccountCommand::Import(args) => import::run(context, *args).await,
        AccountCommand::List(args) => list(context, args).await,
        AccountCommand::Show(args) => show(context, args).await,
        AccountCommand::Edit(args) => edit(context, *args).await,
        AccountCommand::Test(args) => {
            let daemon = context.daemon().await?;
            test(context, &daemon, args).await
        }
        AccountCommand::Offers(args) => offers(context, args).await,
        AccountCommand::Enable(named) => switch(context, named.name, true).await,
        AccountCommand::Disable(named) => switch(context, named.name, false).await,
        AccountCommand::Cordon(args) => maintenance::cordon(context, args).await,
        AccountCommand::Drain(args) => maintenance::drain(context, args).await,
        AccountCommand::Uncordon(args) => maintenance::uncordon(context, args).await,
        AccountCommand::Unblock(args) => unblock(context, args).await,
        AccountCommand::Maintenance(args) => maintenance::schedule(context, args).await,
        AccountCommand::Remove(args) => remove(context, args).await,
    }
}

async fn list(context: &mut Context<'_>, args: AccountList) -> Result<Exit, Failure> {
    let mut conditions = Vec::new();
    conditions.extend(args.name.map(|name| format!("name={name}")));
    if !args.status.is_empty() {
        conditions.push(format!("status={}", args.status.join(",")));
    }
    let listed = Listed {
        chosen: Chosen::read(&args.list.rows, &conditions)?,
        with_keys: false,
        when_empty: "no accounts; add one with 'omsctl account add' or 'omsctl account import'",
        watch: args.list.watch,
        account: None,
    };
    context.show_columns(args.list.rows.columns);
    choose::show(context, request::AccountList::default(), listed).await
}

async fn show(context: &mut Context<'_>, args: AccountShow) -> Result<Exit, Failure> {
    context.check_columns::<AccountView>(args.columns)?;
    let daemon = context.daemon().await?;
    let account = daemon.ask(request::AccountShow { name: args.name }).await?;
    context.print_one(&account)?;
    Ok(Exit::Done)
}

async fn remove(context: &mut Context<'_>, args: AccountRemove) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let name = args.name;
    if !args.yes {
        let ask = request::AccountShow { name: name.clone() };
        confirm_removal(context, &daemon.ask(ask).await?)?;
    }
    daemon
        .ask(request::AccountRemove { name: name.clone() })
        .await?;
    context.note(&format!("account {name} is removed"));
    Ok(Exit::Done)
}

/// Has a person agree that an account is forgotten, who is told which, and what stays there.
fn confirm_removal(context: &mut Context<'_>, account: &AccountView) -> Result<(), Failure> {
    let region = account.region_name.as_ref();
    let region = region.map(|it| format!(", {it}")).unwrap_or_default();
    let name = &account.name;
    let what = format!(
        "this forgets account {name} ({}{region}), its credentials and what was learned of it; what is \
         at the cloud and was not made by OMS stays there",
        account.provider
    );
    if !credentials::can_ask(context.io) {
        return Err(Failure::usage(format!("{what}; confirm it with --yes")));
    }
    report::say(context.io, &what);
    let agreed = Confirm::new()
        .with_prompt(format!("Remove account {name}?"))
        .default(false)
        .interact()
        .map_err(|error| Failure::usage(format!("cannot ask: {error}; use --yes")))?;
    if agreed {
        Ok(())
    } else {
        Err(Failure::new(Exit::Interrupted, "nothing was removed"))
    }
}

async fn add(context: &mut Context<'_>, args: AccountAdd) -> Result<Exit, Failure> {
    let (name, tests, is_dry) = (args.name.clone(), args.test, args.dry_run);
    let spec = spec(context, args)?;
    let daemon = context.daemon().await?;
    if is_dry {
        let tried = daemon.ask(request::AccountTry { spec }).await;
        let test = tried.map_err(|error| flags::in_flags(error.into()))?;
        return tell(context, &test);
    }
    let added = daemon.ask(request::AccountAdd { spec }).await;
    let account = added.map_err(|error| flags::in_flags(error.into()))?;
    if tests {
        context.note(&format!("account {name} is added"));
        return test(context, &daemon, without_boot(name)).await;
    }
    let sentence = format!("account {name} added; test it with: omsctl account test {name}");
    context.changed(&account, &sentence)?;
    Ok(Exit::Done)
}

/// The account that the flags describe, or all that is wrong with them.
fn spec(context: &mut Context<'_>, args: AccountAdd) -> Result<AccountSpec, Failure> {
    let mut faults = Faults::default();
    let trust = faults.see(trust(context.io, &args.trust));
    let reach = faults.see(way(context.io, &args.reach));
    let credentials = credentials(context.io, &args.name, args.credentials, &mut faults);
    let defaults: MachineSpec = args.defaults.into();
    if !faults.is_empty() {
        // The daemon would tell the rest, and is not asked about half an account.
        let mut check = Check::default();
        check.name("name", &args.name);
        if let Some(provider) = &args.provider {
            check::account::provider(&mut check, provider);
        }
        check::reach::auth_url(&mut check, &args.auth_url);
        check.line_if_any("region_name", args.region.as_deref());
        check.machine("defaults.", &defaults);
        let checked = check.finish();
        faults.see(checked.map_err(|error| flags::in_flags(error.into())));
    }
    let found = (|| {
        let (trust, reach) = (trust?, reach?);
        Some(AccountSpec {
            provider: args.provider,
            auth_url: args.auth_url,
            region_name: args.region,
            interface: args.interface.into(),
            credentials: credentials?,
            defaults,
            ca_pem: trust.ca_pem.flatten(),
            pinned_cert_pem: trust.pinned_cert_pem.flatten(),
            priority: args.priority,
            enabled: !args.disabled,
            name: args.name,
            endpoints: reach.endpoints.unwrap_or_default(),
            proxy: reach.proxy.flatten(),
            client_cert_pem: reach.client_cert_pem.flatten(),
            client_key_pem: reach.client_key_pem.flatten(),
        })
    })();
    faults.unless_any(found)
}

async fn offers(context: &mut Context<'_>, args: AccountShow) -> Result<Exit, Failure> {
    context.check_columns::<OfferRow>(args.columns)?;
    let daemon = context.daemon().await?;
    let ask = request::AccountOffers { name: args.name };
    let offers = daemon.ask(ask).await?;
    let text = render::offers(&offers, &context.style())?;
    context.io.print(&text)?;
    Ok(Exit::Done)
}

async fn edit(context: &mut Context<'_>, args: AccountEdit) -> Result<Exit, Failure> {
    let mut faults = Faults::default();
    let trust = faults.see(trust(context.io, &args.trust));
    let reach = faults.see(way(context.io, &args.reach));
    let mut secret = None;
    let mut whole = None;
    if args.credentials.is_secret_alone() {
        secret = faults.see(secret_alone(context.io, &args.name, &args.credentials));
    } else if args.credentials.any() {
        whole = credentials(context.io, &args.name, args.credentials, &mut faults);
    }
    let (trust, reach) = faults.unless_any(trust.zip(reach))?;
    let patch = AccountPatch {
        // Without one of its own an account's provider is called as the account is.
        provider: args.provider.map(|provider| match provider.as_str() {
            "" => args.name.clone(),
            _ => provider,
        }),
        auth_url: args.auth_url,
        region_name: args.region.set_or_clear(),
        interface: args.interface.map(Into::into),
        credentials: whole,
        secret,
        ca_pem: trust.ca_pem,
        pinned_cert_pem: trust.pinned_cert_pem,
        priority: args.priority,
        enabled: None,
        endpoints: reach.endpoints,
        proxy: reach.proxy,
        client_cert_pem: reach.client_cert_pem,
        client_key_pem: reach.client_key_pem,
        ..args.defaults.patch()
    };
    if patch == AccountPatch::default() {
        return Err(Failure::usage(format!(
            "what is to change? Give a flag, such as --image or --priority\n  all of them: omsctl \
             account edit --help\n  how it is now: omsctl account show {}",
            args.name
        )));
    }
    let daemon = context.daemon().await?;
    let account = daemon
        .ask(request::AccountEdit {
            name: args.name.clone(),
            patch,
        })
        .await
        .map_err(|error| flags::in_flags(error.into()))?;
    if args.test {
        context.note(&format!("account {} is changed", args.name));
        return test(context, &daemon, without_boot(args.name)).await;
    }
    context.changed(&account, &format!("account {} changed", account.name))?;
    Ok(Exit::Done)
}

async fn switch(context: &mut Context<'_>, name: String, on: bool) -> Result<Exit, Failure> {
    let patch = AccountPatch {
        enabled: Some(on),
        ..AccountPatch::default()
    };
    let edit = request::AccountEdit { name, patch };
    let account = context.daemon().await?.ask(edit).await?;
    let word = if on { "enabled" } else { "disabled" };
    context.changed(&account, &format!("account {} {word}", account.name))?;
    Ok(Exit::Done)
}

async fn unblock(context: &mut Context<'_>, args: AccountUnblock) -> Result<Exit, Failure> {
    let what = args.scope.clone().unwrap_or_else(|| "all".to_owned());
    let ask = request::AccountUnblock {
        name: args.name,
        scope: args.scope,
    };
    let unblocked = context.daemon().await?.ask(ask).await;
    let account = unblocked.map_err(|error| flags::in_flags(error.into()))?;
    let sentence = format!(
        "account {}: {what} unblocked, the next launch there is a try",
        account.name
    );
    context.changed(&account, &sentence)?;
    Ok(Exit::Done)
}

const fn without_boot(name: String) -> AccountTest {
    AccountTest { name, boot: false }
}

async fn test(
    context: &mut Context<'_>,
    daemon: &Daemon,
    args: AccountTest,
) -> Result<Exit, Failure> {
    let AccountTest { name, boot } = args;
    let doing = if boot {
        format!("booting an instance at {name} and removing it; this may take some minutes")
    } else {
        format!("testing account {name}")
    };
    let testing = daemon.ask(request::AccountTest {
        name: name.clone(),
        boot,
    });
    let Some(tested) = wait::watched(context, &doing, testing).await else {
        let rest = if boot {
            "the daemon goes on, and removes the instance"
        } else {
            "nothing was changed"
        };
        return Err(Failure::new(
            Exit::Interrupted,
            format!("stopped waiting; {rest}"),
        ));
    };
    tell(context, &tested?)
}

/// Tells what a test found.
fn tell(context: &mut Context<'_>, tested: &AccountTestView) -> Result<Exit, Failure> {
    let text = render::test(tested, &context.style())?;
    context.io.print(&text)?;
    if tested.ok {
        return Ok(Exit::Done);
    }
    let name = &tested.account;
    Err(Failure::new(
        Exit::Failed,
        format!("account {name} did not pass the test"),
    ))
}
