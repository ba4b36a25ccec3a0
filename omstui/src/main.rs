//! The program; see the library for what it does.

/// What comes in thousands of pieces a second, and goes again, is a third of the work with the C
/// library's own.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    omstui::main(std::env::args_os())
}
