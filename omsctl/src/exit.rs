//! Exit codes, each with one meaning, and the failure that leads to one.
//!
//! Scripts decide by these numbers, so they never change. `--help` prints [`TABLE`].

use std::collections::BTreeMap;
use std::io;

use oms_proto::{EntryId, ErrorCode, WireError};

/// The exit codes as `--help` shows them.
pub(crate) const TABLE: &str = "\
Exit codes:
  0    done
  1    refused by the daemon or by a cloud, or the entry FAILED
  2    the command line, or a file it names, cannot be used
  3    the daemon cannot be reached, or is starting or stopping
  4    no such entry, instance or account
  5    not there yet when --timeout was over; work goes on
  6    omsctl and omsd do not understand each other's version
  7    you may not do this
  130  interrupted by Ctrl-C; what the daemon was asked for goes on
With -o json, the last line of standard error is an object with code, detail and exit.
'instance ssh' ends with the exit code of ssh itself.";

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Refused, or the entry failed.
    Failed,
    /// The command line or a file it names cannot be used.
    Usage,
    /// The daemon cannot be reached or is not ready.
    Unreachable,
    /// No such thing.
    NotFound,
    /// Not there yet when the time was over.
    Timeout,
    /// The two programs' versions do not fit.
    Version,
    /// The caller may not do this.
    NotPermitted,
    /// Ctrl-C.
    Interrupted,
    /// What a program that was started in our place ended with.
    Of(u8),
}

impl Exit {
    /// The number that the shell sees.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::NotFound => 4,
            Self::Timeout => 5,
            Self::Version => 6,
            Self::NotPermitted => 7,
            Self::Interrupted => 130,
            Self::Of(code) => code,
        }
    }
}

impl Exit {
    /// What it means in a word, for programs.
    const fn word(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed | Self::Of(_) => "failed",
            Self::Usage => "usage",
            Self::Unreachable => "unreachable",
            Self::NotFound => "not_found",
            Self::Timeout => "timeout",
            Self::Version => "version",
            Self::NotPermitted => "forbidden",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<ErrorCode> for Exit {
    fn from(code: ErrorCode) -> Self {
        match code {
            ErrorCode::NotFound => Self::NotFound,
            ErrorCode::Forbidden | ErrorCode::Unauthorized => Self::NotPermitted,
            ErrorCode::Unavailable => Self::Unreachable,
            ErrorCode::Timeout => Self::Timeout,
            ErrorCode::Unsupported | ErrorCode::MethodNotAllowed => Self::Version,
            ErrorCode::Invalid
            | ErrorCode::Conflict
            | ErrorCode::TooLarge
            | ErrorCode::Internal
            | ErrorCode::IdempotencyMismatch
            | ErrorCode::Held
            | ErrorCode::Unknown => Self::Failed,
        }
    }
}

/// Why a command ends early: the code for scripts and the sentence for people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) exit: Exit,
    /// What went wrong and what to do about it; empty when it was said before.
    pub(crate) message: String,
    /// Its kind for programs, which never changes.
    pub(crate) code: &'static str,
    /// What is wrong with what was given, by field or flag.
    pub(crate) fields: BTreeMap<String, Vec<String>>,
}

impl Failure {
    /// A failure with its message.
    pub(crate) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self {
            exit,
            message: message.into(),
            code: exit.word(),
            fields: BTreeMap::new(),
        }
    }

    /// Names the entry that it concerns, where it does not yet.
    pub(crate) fn of_entry(mut self, id: EntryId) -> Self {
        if !self.message.contains(&format!("entry {id}")) {
            self.message = format!("entry {id}: {}", self.message);
        }
        self
    }

    /// A failure of the command line or of a file that it names.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self::new(Exit::Usage, message)
    }

    /// An end about which nothing more is to be said.
    pub(crate) fn silent(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// A failure to write our own output. A reader that has had enough (`| head`) is no failure.
    pub(crate) fn output(error: &io::Error) -> Self {
        if error.kind() == io::ErrorKind::BrokenPipe {
            Self::silent(Exit::Done)
        } else {
            Self::new(Exit::Failed, format!("cannot write the output: {error}"))
        }
    }
}

impl From<WireError> for Failure {
    fn from(error: WireError) -> Self {
        let mut message = error.detail.clone();
        for (field, problems) in &error.fields {
            for problem in problems {
                // The daemon may already have put the only field into the sentence.
                if !message.contains(problem.as_str()) {
                    message.push_str("\n  ");
                    message.push_str(field);
                    message.push_str(": ");
                    message.push_str(problem);
                }
            }
        }
        if message.is_empty() {
            message.push_str(error.code.as_str());
        }
        Self {
            code: error.code.as_str(),
            fields: error.fields,
            ..Self::new(Exit::from(error.code), message)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_has_its_exit_code() {
        let code = |code| Exit::from(code).code();
        assert_eq!(code(ErrorCode::Invalid), 1);
        assert_eq!(code(ErrorCode::Conflict), 1);
        assert_eq!(code(ErrorCode::Unavailable), 3);
        assert_eq!(code(ErrorCode::NotFound), 4);
        assert_eq!(code(ErrorCode::Timeout), 5);
        assert_eq!(code(ErrorCode::Unsupported), 6);
        assert_eq!(code(ErrorCode::Forbidden), 7);
    }

    #[test]
    fn fields_at_fault_are_listed_once() {
        let mut error = WireError::field("name", "is too long");
        error
            .fields
            .insert("image".to_owned(), vec!["is empty".to_owned()]);
        assert_eq!(
            Failure::from(error).message,
            "name: is too long\n  image: is empty"
        );
    }

    #[test]
    fn a_closed_pipe_is_a_quiet_success() {
        let failure = Failure::output(&io::Error::from(io::ErrorKind::BrokenPipe));
        assert_eq!(failure, Failure::silent(Exit::Done));
    }
}
