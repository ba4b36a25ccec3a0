//! Becomes one of the programs by its first argument, with the very code that is shipped, so that
//! suites have real processes to start and to kill without another build.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

use omstui::runtime::wall_clock;

/// How often the clock is looked at before it breaks: it has drawn by then, and taken something in.
const LOOKS: usize = 5;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    let program = args.peek().and_then(|name| name.to_str());
    match program {
        Some("omsd") => omsd::main(args),
        Some("omstui-that-panics") => that_panics(args),
        Some("omsctl") => omsctl::main(args),
        Some("omstui") => omstui::main(args),
        Some("oms-simcloud") => oms_tests::cloud::program::main(args),
        _ => {
            let usage = "usage: oms-under-test omsd|omsctl|omstui|oms-simcloud ARGUMENTS...";
            // If nobody reads it, the exit code still says it.
            drop(writeln!(std::io::stderr(), "{usage}"));
            ExitCode::from(2)
        }
    }
}

/// The dashboard with a clock that breaks once something was drawn.
fn that_panics(args: impl Iterator<Item = OsString>) -> ExitCode {
    static LOOKED: AtomicUsize = AtomicUsize::new(0);
    let breaks = || {
        let looked = LOOKED.fetch_add(1, Ordering::Relaxed);
        assert!(looked < LOOKS, "the clock stands still");
        wall_clock()
    };
    match omstui::options::parse(args) {
        Ok(options) => omstui::runtime::start(options, breaks),
        Err(code) => code,
    }
}
