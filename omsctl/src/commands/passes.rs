//! `omsctl token` and `omsctl user`: who is let in over HTTP.

use dialoguer::Password;
use oms_proto::request::{
    TokenCreate, TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::spec::{KeyPolicy, TokenSpec, UserPatch, UserSpec};
use oms_proto::{Role, Secret};

use super::Context;
use super::choose::Chosen;
use crate::cli::{self, Format, PasswordFlags, TokenCommand, UserCommand};
use crate::exit::{Exit, Failure};
use crate::flags;

/// The largest file that is read as a password.
const PASSWORD_BYTES_MAX: u64 = 8 * 1024;

pub(super) async fn token(
    context: &mut Context<'_>,
    command: TokenCommand,
) -> Result<Exit, Failure> {
    match command {
        TokenCommand::Create(args) => create(context, args).await,
        TokenCommand::List(rows) => {
            let chosen = Chosen::read(&rows, &[])?;
            context.show_columns(rows.columns);
            let page = context.daemon().await?.ask(TokenList {}).await?;
            let none = "no tokens; make one with: omsctl token create NAME --role ROLE";
            let tokens = chosen.of(page.tokens, (context.io.now)());
            context.print_list(&tokens, none)?;
            Ok(Exit::Done)
        }
        TokenCommand::Revoke(cli::TokenName { name }) => {
            let revoke = TokenRevoke { name: name.clone() };
            context.daemon().await?.ask(revoke).await?;
            context.note(&format!("token {name} revoked"));
            Ok(Exit::Done)
        }
    }
}

async fn create(context: &mut Context<'_>, args: cli::TokenCreate) -> Result<Exit, Failure> {
    let now = (context.io.now)();
    let spec = TokenSpec {
        name: args.name,
        role: Role::of(&args.role),
        key_raw: KeyPolicy::of(&args.key_raw),
        expires: args.expires.map(|expires| expires.time(now)),
    };
    let made = context.daemon().await?.ask(TokenCreate { spec }).await;
    let made = made.map_err(|error| flags::in_flags(error.into()))?;
    if context.global.format() == Format::Name {
        let token = made.token.as_ref().map_or("", Secret::expose);
        context.io.print(&format!("{token}\n"))?;
        return Ok(Exit::Done);
    }
    context.print_one(&made)?;
    if context.is_for_people() {
        context.note("the token is shown this once; keep it where only its user can read it");
    }
    Ok(Exit::Done)
}

pub(super) async fn user(context: &mut Context<'_>, command: UserCommand) -> Result<Exit, Failure> {
    match command {
        UserCommand::Add(args) => {
            let daemon = context.daemon().await?;
            let spec = UserSpec {
                password: password(context, &args.name, &args.password)?,
                name: args.name,
                role: Role::of(&args.role),
            };
            let added = daemon.ask(UserAdd { spec }).await;
            let user = added.map_err(|error| flags::in_flags(error.into()))?;
            let sentence = format!("user {} added: {}", user.name, user.role);
            context.changed(&user, &sentence)?;
        }
        UserCommand::Passwd(args) => {
            let password = password(context, &args.name, &args.password)?;
            let patch = UserPatch {
                password: Some(password),
                ..UserPatch::default()
            };
            edit(context, args.name, patch, "has another password").await?;
        }
        UserCommand::Role(args) => {
            let patch = UserPatch {
                role: Some(Role::of(&args.role)),
                ..UserPatch::default()
            };
            let now = format!("is {} now", args.role);
            edit(context, args.name, patch, &now).await?;
        }
        UserCommand::List(rows) => {
            let chosen = Chosen::read(&rows, &[])?;
            context.show_columns(rows.columns);
            let page = context.daemon().await?.ask(UserList {}).await?;
            let none = "no users; add one with: omsctl user add NAME --role ROLE";
            let users = chosen.of(page.users, (context.io.now)());
            context.print_list(&users, none)?;
        }
        UserCommand::Remove(cli::UserName { name }) => {
            let remove = UserRemove { name: name.clone() };
            context.daemon().await?.ask(remove).await?;
            context.note(&format!("user {name} removed"));
        }
    }
    Ok(Exit::Done)
}

async fn edit(
    context: &mut Context<'_>,
    name: String,
    patch: UserPatch,
    done: &str,
) -> Result<(), Failure> {
    let edited = context.daemon().await?.ask(UserEdit { name, patch }).await;
    let user = edited.map_err(|error| flags::in_flags(error.into()))?;
    let sentence = format!("user {} {done}", user.name);
    context.changed(&user, &sentence)
}

/// A new password: of the file that was named, or asked for twice at the terminal.
fn password(
    context: &mut Context<'_>,
    name: &str,
    flags: &PasswordFlags,
) -> Result<Secret, Failure> {
    if let Some(path) = &flags.password_file {
        let text = Secret::new(context.io.read_text(path, PASSWORD_BYTES_MAX)?);
        let line = text.expose();
        let line = line.strip_suffix('\n').unwrap_or(line);
        return Ok(Secret::new(line.strip_suffix('\r').unwrap_or(line)));
    }
    if !(context.io.terminals.stdin && context.io.terminals.stderr) {
        return Err(Failure::usage(
            "there is no terminal to ask for the password at; name a file with --password-file, or \
             - for standard input",
        ));
    }
    let asked = Password::new()
        .with_prompt(format!("New password of {name}"))
        .with_confirmation("Once more", "They differ; once more")
        .interact();
    let text = asked.map_err(|error| Failure::usage(format!("no password: {error}")))?;
    Ok(Secret::new(text))
}
