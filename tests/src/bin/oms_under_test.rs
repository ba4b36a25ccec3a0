//! Becomes one of the programs by its first argument, with the very code that is shipped, so that
//! suites have real processes to start and to kill without another build.

use std::io::Write as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1).peekable();
    let program = args.peek().and_then(|name| name.to_str());
    match program {
        Some("omsd") => omsd::main(args),
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
