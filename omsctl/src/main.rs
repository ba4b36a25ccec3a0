//! The command `omsctl`; everything it does is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    omsctl::main(std::env::args_os())
}
