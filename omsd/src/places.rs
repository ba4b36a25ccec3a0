//! How many things that take an open file there may be at once, by what the system allows this
//! process. So strangers' connections never take the files that calls to clouds or the database
//! need.

use std::fmt;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// HTTP connections, however many files there are: as many as anybody needs, and each may hold some
/// memory.
const HTTP_MAX: u64 = 512;

/// Connections of the socket: people and scripts of one machine.
const SOCKET_MAX: u64 = 128;

/// Peers of the socket told at a time why they are turned away; more are just cut off.
const REFUSALS_MAX: u64 = 32;

/// Calls to clouds: a thousand accounts with as many calls each as they may have.
const CALLS_MAX: u64 = 100_000;

/// Files for everything else: the database, the log, listeners, the look-up of names.
const OTHERS: u64 = 64;

/// The fewest places of a kind, so that a daemon with next to no files does everything, if slowly.
const LEAST: u64 = 2;

/// Fewer files than these are said at start: with the places that they leave for calls, a handful of
/// accounts wait for one another.
const FEW: u64 = 256;

/// Places by kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Places {
    /// Files that this process may have open.
    pub files: u64,
    /// HTTP connections.
    pub http: usize,
    /// Connections of the socket.
    pub socket: usize,
    /// Peers of the socket that are turned away with a word.
    pub refusals: usize,
    /// Calls to clouds, of all accounts.
    pub calls: usize,
}

impl Places {
    /// The places of a process that may have so many files open: a quarter for HTTP at most, an eighth
    /// for the socket, the rest for calls to clouds.
    pub fn of(files: u64) -> Self {
        let http = (files / 4).clamp(LEAST, HTTP_MAX);
        let socket = (files / 8).clamp(LEAST, SOCKET_MAX);
        let refusals = (files / 32).clamp(LEAST, REFUSALS_MAX);
        let others = OTHERS.min(files / 4);
        let taken = http + socket + refusals + others;
        let calls = files.saturating_sub(taken).clamp(LEAST, CALLS_MAX);
        let places = |count| usize::try_from(count).unwrap_or(usize::MAX);
        Self {
            files,
            http: places(http),
            socket: places(socket),
            refusals: places(refusals),
            calls: places(calls),
        }
    }

    /// What to do if there are so few files that work waits for them.
    pub fn complaint(&self) -> Option<String> {
        (self.files < FEW).then(|| {
            format!(
                "omsd may have no more than {} files open and will be slow; raise the hard limit \
                 to 1024 or more (LimitNOFILE= in its unit, or ulimit -Hn)",
                self.files
            )
        })
    }

    /// The places of this process.
    pub fn here() -> Self {
        Self::of(files(getrlimit(Resource::Nofile).current))
    }

    /// As [`Places::here`], after this process has asked for as many files as it may have.
    pub fn most() -> Self {
        let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
        if files(current) < files(maximum) {
            let raised = Rlimit {
                current: maximum,
                maximum,
            };
            if let Err(error) = setrlimit(Resource::Nofile, raised) {
                tracing::warn!(%error, "cannot raise the limit of open files");
            }
        }
        Self::here()
    }
}

/// A limit; `None` is no limit.
fn files(limit: Option<u64>) -> u64 {
    limit.unwrap_or(u64::MAX)
}

impl fmt::Display for Places {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            files,
            http,
            socket,
            calls,
            ..
        } = self;
        write!(
            f,
            "of {files} open files, {http} are for HTTP connections, {socket} for those of the \
             socket, {calls} for calls to clouds"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_get_a_quarter_and_clouds_what_is_left() {
        let told = |files| {
            let places = Places::of(files);
            (places.http, places.socket, places.refusals, places.calls)
        };
        assert_eq!(told(64), (16, 8, 2, 22));
        assert_eq!(told(1024), (256, 128, 32, 544));
        assert_eq!(told(4096), (512, 128, 32, 3360));
        assert_eq!(told(u64::MAX), (512, 128, 32, 100_000));
        assert_eq!(told(0), (2, 2, 2, 2));
    }

    #[test]
    fn few_files_are_said() {
        let said = Places::of(255).complaint().unwrap();
        assert!(said.contains("no more than 255 files"), "{said}");
        assert_eq!(Places::of(256).complaint(), None);
    }

    #[test]
    fn the_places_of_every_limit_fit_into_it() {
        for files in 32..5000 {
            let places = Places::of(files);
            let all = places.http + places.socket + places.refusals + places.calls;
            assert!(u64::try_from(all).unwrap() <= files, "{places:?}");
        }
    }
}
