//! `omsctl token` and `omsctl user`: who is let in over HTTP.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use clap_complete::ArgValueCandidates;

use super::choose::RowFlags;
use super::maintenance::When;
use super::value;
use crate::complete;

/// What to do with tokens.
#[derive(Debug, Subcommand)]
pub(crate) enum TokenCommand {
    /// Make a token and print it; it is shown this once
    #[command(after_help = CREATE_EXAMPLES, long_about = CREATE_ABOUT)]
    Create(TokenCreate),
    /// List tokens, without what they are
    #[command(
        visible_alias = "ls",
        after_help = "Example:\n  omsctl token list -o json"
    )]
    List(RowFlags),
    /// Let nobody in with a token any more; sessions and event streams by it end at once
    #[command(after_help = "Example:\n  omsctl token revoke ci")]
    Revoke(TokenName),
}

/// One token.
#[derive(Debug, Args)]
pub(crate) struct TokenName {
    /// The token, by name
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::tokens))]
    pub(crate) name: String,
}

/// See [`TokenCommand::Create`].
#[derive(Debug, Args)]
pub(crate) struct TokenCreate {
    /// Its name, for lists and for the journal
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What its bearer may do
    #[arg(long, value_name = "ROLE", value_parser = value::roles())]
    pub(crate) role: String,
    /// How often its bearer is shown the private keys of instances
    #[arg(
        long,
        value_name = "HOW-OFTEN",
        default_value = "full",
        value_parser = value::key_policies()
    )]
    pub(crate) key_raw: String,
    /// When it ends: RFC 3339, or +720h from now [default: never]
    #[arg(long, value_name = "TIME", value_parser = value::when)]
    pub(crate) expires: Option<When>,
}

/// What to do with users.
#[derive(Debug, Subcommand)]
pub(crate) enum UserCommand {
    /// Add somebody who signs in to the web page with a password
    #[command(after_help = ADD_EXAMPLES, long_about = ADD_ABOUT)]
    Add(UserAdd),
    /// Give a user another password; their sessions end
    #[command(after_help = "Examples:\n  omsctl user passwd ann\n  \
                      omsctl user passwd ann --password-file secret.txt")]
    Passwd(UserPasswd),
    /// Give a user another role; their sessions end
    #[command(after_help = "Example:\n  omsctl user role ann viewer")]
    Role(UserRole),
    /// List users
    #[command(
        visible_alias = "ls",
        after_help = "Example:\n  omsctl user list -o json"
    )]
    List(RowFlags),
    /// Remove a user; their sessions end
    #[command(
        visible_alias = "rm",
        after_help = "Example:\n  omsctl user remove ann"
    )]
    Remove(UserName),
}

/// One user.
#[derive(Debug, Args)]
pub(crate) struct UserName {
    /// The user
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::users))]
    pub(crate) name: String,
}

/// See [`UserCommand::Add`].
#[derive(Debug, Args)]
pub(crate) struct UserAdd {
    /// Their name
    #[arg(value_name = "NAME")]
    pub(crate) name: String,
    /// What they may do
    #[arg(long, value_name = "ROLE", value_parser = value::roles())]
    pub(crate) role: String,
    /// Where the password is.
    #[command(flatten)]
    pub(crate) password: PasswordFlags,
}

/// See [`UserCommand::Passwd`].
#[derive(Debug, Args)]
pub(crate) struct UserPasswd {
    /// The user
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::users))]
    pub(crate) name: String,
    /// Where the password is.
    #[command(flatten)]
    pub(crate) password: PasswordFlags,
}

/// See [`UserCommand::Role`].
#[derive(Debug, Args)]
pub(crate) struct UserRole {
    /// The user
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::users))]
    pub(crate) name: String,
    /// What they may do
    #[arg(value_name = "ROLE", value_parser = value::roles())]
    pub(crate) role: String,
}

/// Where a password is, which is never an argument: every user of the machine could read it there.
#[derive(Debug, Args)]
pub(crate) struct PasswordFlags {
    /// Read the password from this file, or from standard input for -, instead of asking for it; a line
    /// break at its end is no part of it
    #[arg(long, value_name = "FILE")]
    pub(crate) password_file: Option<PathBuf>,
}

const CREATE_ABOUT: &str = "\
Make a token that lets a program in over HTTP, and print it. It is shown this once: the daemon keeps a \
hash alone. With -q the token alone is printed.

A viewer looks at everything but private keys and user data; an operator creates and removes entries \
as well; an admin may do everything. --key-raw once shows the private key of an instance in the first \
answer that shows the instance alone, and to no other token of this kind after that; never shows none.";

const CREATE_EXAMPLES: &str = "\
Examples:
  TOKEN=$(omsctl token create ci --role operator --expires +720h -q)
  omsctl token create grafana --role viewer
  omsctl token create launcher --role operator --key-raw once -o json";

const ADD_ABOUT: &str = "\
Add somebody who signs in to the web page with a password of at least 12 characters. It is asked for \
at the terminal, or read from a file; the daemon keeps a hash alone.";

const ADD_EXAMPLES: &str = "\
Examples:
  omsctl user add ann --role admin
  cat secret.txt | omsctl user add bob --role operator --password-file -";
