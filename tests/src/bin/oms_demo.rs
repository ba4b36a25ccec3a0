//! `oms-demo`, which `cargo demo` runs; see [`oms_tests::demo`].

fn main() -> std::process::ExitCode {
    oms_tests::demo::main(std::env::args_os())
}
