//! The daemon's program; everything is in the library.

fn main() -> std::process::ExitCode {
    omsd::main(std::env::args_os())
}
