//! The terminal: taken as a whole, and given back whatever happens.

use std::io;
use std::panic;
use std::sync::Once;
use std::sync::atomic::{AtomicBool, Ordering};

use crossterm::clipboard::CopyToClipboard;
use crossterm::cursor::{Hide, Show};
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::Print;
use crossterm::terminal::{
    EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode,
};
use signal_hook::consts::SIGTSTP;
use signal_hook::low_level::emulate_default_handler;

static HOOK: Once = Once::new();

/// Whether there is something to give back. Leaving a screen twice would put the cursor back into
/// the middle of what was written in between, such as the report of a panic.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Whether clicks and the wheel are for us; otherwise the terminal does with them what it does.
static MOUSE: AtomicBool = AtomicBool::new(false);

/// Buttons and the wheel, with places beyond column 223. Movements, which come by the hundred, are not
/// asked for.
const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// The terminal in raw mode with a screen of its own. Dropping it gives the terminal back as it
/// was; a panic does so before it is reported, so that the report can be read.
pub(super) struct Screen(());

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// There is none, or it does not do as it is told.
    pub(super) fn take(mouse: bool) -> io::Result<Self> {
        MOUSE.store(mouse, Ordering::Relaxed);
        HOOK.call_once(|| {
            let report = panic::take_hook();
            panic::set_hook(Box::new(move |panic| {
                give_back();
                report(panic);
            }));
        });
        // Made first, so that a failure half-way is undone too.
        let screen = Self(());
        set_up()?;
        Ok(screen)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back and stops this process, as Ctrl-Z does to programs that leave it
/// alone. Returns when somebody lets it go on; [`go_on`] takes the terminal again.
pub(super) fn stop() -> io::Result<()> {
    give_back();
    emulate_default_handler(SIGTSTP)
}

/// Takes the terminal again after this process was stopped. Whoever used it meanwhile left it in
/// their own mode, whatever this process believes.
pub(super) fn go_on() -> io::Result<()> {
    disable_raw_mode()?;
    set_up()
}

/// Gives the terminal to another program; [`go_on`] takes it again.
pub(super) fn lend() {
    give_back();
}

/// Puts a text into the terminal's clipboard (OSC 52), where it lets programs do so.
pub(super) fn copy(text: &str) -> io::Result<()> {
    execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text))
}

fn set_up() -> io::Result<()> {
    TAKEN.store(true, Ordering::Relaxed);
    enable_raw_mode()?;
    execute!(
        io::stdout(),
        EnterAlternateScreen,
        EnableBracketedPaste,
        Hide
    )?;
    if MOUSE.load(Ordering::Relaxed) {
        execute!(io::stdout(), Print(MOUSE_ON))?;
    }
    Ok(())
}

/// Does as much as can be done; there is nobody to complain to.
fn give_back() {
    if !TAKEN.swap(false, Ordering::Relaxed) {
        return;
    }
    if MOUSE.load(Ordering::Relaxed) {
        drop(execute!(io::stdout(), Print(MOUSE_OFF)));
    }
    drop(execute!(
        io::stdout(),
        DisableBracketedPaste,
        LeaveAlternateScreen,
        Show
    ));
    drop(disable_raw_mode());
}
