//! `oms-simcloud`; see [`oms_tests::cloud::program`].

fn main() -> std::process::ExitCode {
    oms_tests::cloud::program::main(std::env::args_os())
}
