//! What is in memory stays there: it holds the key that seals every secret, and what was unsealed for
//! the moment. A core file, or another process of our own user, would carry it away.

use std::io;

use mimalloc::MiMalloc;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// A turn allocates much that lives shortly, on threads that hand it to each other, which the C
/// library's allocator is slow at.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// Sees to it that no core of this process is written, nor handed to a program that collects them
/// (prctl(2), `PR_SET_DUMPABLE`; core(5)), and that none but root looks into it.
///
/// # Errors
/// What the system says.
pub(crate) fn keep() -> io::Result<()> {
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    setrlimit(Resource::Core, none)?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
