//! The dashboard in a terminal of its own: it shows what there is, follows what happens, and leaves
//! the terminal as it was.

use std::fs::{File, Permissions};
use std::io::{Read as _, Write as _};
use std::iter;
use std::num::NonZero;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use oms_proto::view::Status;
use oms_tests::harness::wait::{PATIENCE, until};
use rustix::process::{Pid, Signal, kill_process};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::stage::{Stage, good};

const ROWS: NonZero<u16> = NonZero::new(40).unwrap();
const COLUMNS: NonZero<u16> = NonZero::new(120).unwrap();
const LOW: NonZero<u16> = NonZero::new(20).unwrap();
const NARROW: NonZero<u16> = NonZero::new(60).unwrap();

/// A program in a pseudo-terminal.
struct Terminal {
    child: Child,
    keyboard: File,
    screen: Arc<Mutex<vt100::Parser>>,
}

impl Terminal {
    fn start(mut command: Command) -> Result<Self> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        let size = Winsize {
            ws_row: ROWS.get(),
            ws_col: COLUMNS.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&master, size)?;
        let path = ptsname(&master, Vec::new())?;
        let open = || {
            File::options()
                .read(true)
                .write(true)
                .open(path.to_str().unwrap_or_default())
        };
        let child = command
            .env("TERM", "xterm-256color")
            .stdin(Stdio::from(open()?))
            .stdout(Stdio::from(open()?))
            .stderr(Stdio::from(open()?))
            .spawn()?;
        let keyboard = File::from(master);
        let mut output = keyboard.try_clone()?;
        let parser = vt100::Parser::new(ROWS, COLUMNS, 0);
        let screen = Arc::new(Mutex::new(parser));
        let drawn = Arc::clone(&screen);
        // Ends when the last program lets go of the terminal.
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = output.read(&mut bytes) {
                let bytes = bytes.get(..read).unwrap_or_default();
                drawn
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .process(bytes);
            }
        });
        Ok(Self {
            child,
            keyboard,
            screen,
        })
    }

    /// Makes the window another size, as a terminal does.
    fn resize(&mut self, rows: NonZero<u16>, columns: NonZero<u16>) -> Result<()> {
        let size = Winsize {
            ws_row: rows.get(),
            ws_col: columns.get(),
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        screen.screen_mut().set_size(rows, columns);
        drop(screen);
        tcsetwinsize(&self.keyboard, size)?;
        self.signal(Signal::WINCH)
    }

    fn signal(&self, signal: Signal) -> Result<()> {
        let id = self.child.id().context("it has ended")?;
        let pid = Pid::from_raw(id.cast_signed()).context("no such process")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Waits until the terminal is as it was before.
    async fn is_given_back(&self) -> Result<()> {
        until("the terminal is as it was", PATIENCE, async || {
            let left = self.look(|screen| !screen.alternate_screen() && !screen.hide_cursor());
            if left {
                Ok(())
            } else {
                Err("the other screen, or no cursor".to_owned())
            }
        })
        .await
    }

    /// Waits until the process stands still, as after Ctrl-Z in other programs.
    async fn is_stopped(&self) -> Result<()> {
        let id = self.child.id().context("it has ended")?;
        until("it is stopped", PATIENCE, async || {
            let stat = std::fs::read_to_string(format!("/proc/{id}/stat"));
            let stat = stat.map_err(|error| error.to_string())?;
            let state = stat.rsplit(") ").next().unwrap_or_default();
            if state.starts_with('T') {
                Ok(())
            } else {
                Err(state.to_owned())
            }
        })
        .await
    }

    fn press(&mut self, keys: &str) -> Result<()> {
        Ok(self.keyboard.write_all(keys.as_bytes())?)
    }

    fn look<T>(&self, look: impl FnOnce(&vt100::Screen) -> T) -> T {
        look(
            self.screen
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .screen(),
        )
    }

    /// Waits until a text is not there any more.
    async fn gone(&self, text: &str) -> Result<()> {
        until(&format!("{text:?} is gone"), PATIENCE, async || {
            let shown = self.look(vt100::Screen::contents);
            if shown.contains(text) {
                Err(format!("\n{shown}\n"))
            } else {
                Ok(())
            }
        })
        .await
    }

    async fn shows(&self, text: &str) -> Result<()> {
        until(
            &format!("{text:?} is on the screen"),
            PATIENCE,
            async || {
                let shown = self.look(vt100::Screen::contents);
                if shown.contains(text) {
                    Ok(())
                } else {
                    Err(format!("\n{shown}\n"))
                }
            },
        )
        .await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_follows_what_happens_and_quits_cleanly() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut terminal = Terminal::start(stage.home.omstui())?;
    terminal.shows("south").await?;
    let entry = stage.create(Some(r#"{"name":"web-1"}"#)).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let address = entry
        .instance
        .and_then(|instance| instance.ip_addr)
        .context("no address")?;
    for (key, words) in [("2", "web-1"), ("3", address.as_str()), ("4", "available")] {
        terminal.press(key)?;
        terminal.shows(words).await?;
    }
    // A click on the name of a view.
    terminal.press("\x1b[<0;5;3M\x1b[<0;5;3m")?;
    terminal.shows("Under way").await?;
    let mouse = |screen: &vt100::Screen| screen.mouse_protocol_mode();
    assert_ne!(terminal.look(mouse), vt100::MouseProtocolMode::None);
    terminal.press("q")?;
    let ended = tokio::time::timeout(PATIENCE, terminal.child.wait()).await??;
    assert_eq!(ended.code(), Some(0));
    terminal.is_given_back().await?;
    assert_eq!(terminal.look(mouse), vt100::MouseProtocolMode::None);
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn people_create_and_remove_in_the_dashboard() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut terminal = Terminal::start(stage.home.omstui())?;
    terminal.shows("south").await?;
    terminal.press("2+web-7")?;
    terminal.shows("New entry").await?;
    // Back from the first field over the last button to the preview, and from there to the first.
    terminal.press("\x1b[Z\x1b[Z\r")?;
    terminal.shows("it would go to south").await?;
    terminal.press("\x1b")?;
    terminal.gone("it would go to south").await?;
    terminal.press("\x1b[Z\r")?;
    terminal.shows("entry 1 accepted").await?;
    terminal.shows("web-7").await?;
    let entry = stage.reaches(oms_proto::EntryId(1), Status::Run).await?;
    terminal.press("x")?;
    terminal.shows("Cancel").await?;
    terminal.press("\t\r")?;
    terminal.shows("entry 1 is being removed").await?;
    stage.ended(entry.id).await?;
    terminal.press("q")?;
    terminal.is_given_back().await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_follows_the_window_and_stops_like_other_programs() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut terminal = Terminal::start(stage.home.omstui())?;
    terminal.shows("1 Overview").await?;
    terminal.resize(LOW, NARROW)?;
    // In a narrow window the open view alone has its name.
    terminal.shows(" 1 Overview  2  3 ").await?;
    terminal.resize(ROWS, COLUMNS)?;
    terminal.shows("2 Queue").await?;
    terminal.press("z")?;
    terminal.is_stopped().await?;
    terminal.is_given_back().await?;
    terminal.signal(Signal::CONT)?;
    terminal.shows("2 Queue").await?;
    terminal.signal(Signal::TERM)?;
    let ended = tokio::time::timeout(PATIENCE, terminal.child.wait()).await??;
    assert_eq!(ended.code(), Some(128 + 15));
    terminal.is_given_back().await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_dashboard_leaves_a_terminal_that_can_be_used() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut terminal = Terminal::start(stage.home.omstui_that_panics())?;
    terminal.shows("the clock stands still").await?;
    let ended = tokio::time::timeout(PATIENCE, terminal.child.wait()).await??;
    assert_eq!(ended.code(), Some(101));
    terminal.is_given_back().await?;
    let modes = tcgetattr(&terminal.keyboard)?.local_modes;
    assert!(modes.contains(LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG));
    let mouse = terminal.look(vt100::Screen::mouse_protocol_mode);
    assert_eq!(mouse, vt100::MouseProtocolMode::None);
    assert!(!terminal.look(vt100::Screen::bracketed_paste));
    stage.finish().await
}

/// A folder with programs of these names that do what the scripts say.
fn programs(scripts: &[(&str, &str)]) -> Result<TempDir> {
    let folder = TempDir::new()?;
    for (name, script) in scripts {
        let path = folder.path().join(name);
        std::fs::write(&path, format!("#!/bin/sh\n{script}\n"))?;
        std::fs::set_permissions(&path, Permissions::from_mode(0o755))?;
    }
    Ok(folder)
}

#[tokio::test(flavor = "multi_thread")]
async fn ssh_has_the_terminal_and_gives_it_back() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let entry = stage.create(Some(r#"{"name":"web-1"}"#)).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let instance = entry.instance.context("no instance")?;
    let address = instance.ip_addr.context("no address")?;
    let omsctl = stage.home.omsctl(&[]);
    let arguments = omsctl.as_std().get_args();
    let words = iter::once(omsctl.as_std().get_program())
        .chain(arguments.take_while(|word| *word != "--socket"))
        .map(|word| word.to_string_lossy());
    let omsctl = words.collect::<Vec<_>>().join(" ");
    let tools = programs(&[
        ("omsctl", &format!("exec {omsctl} \"$@\"")),
        (
            "ssh",
            "for word; do :; done; echo \"a shell at $word\"; read -r line",
        ),
    ])?;
    let path = std::env::var("PATH").unwrap_or_default();
    let mut command = stage.home.omstui();
    command.env("PATH", format!("{}:{path}", tools.path().display()));
    let mut terminal = Terminal::start(command)?;
    terminal.shows("south").await?;
    terminal.press("3")?;
    terminal.shows(&address).await?;
    terminal.press("s")?;
    terminal.shows("a shell at").await?;
    let other = terminal.look(vt100::Screen::alternate_screen);
    assert!(!other, "ssh does not have the terminal as it was");
    let shown = terminal.look(vt100::Screen::contents);
    assert!(shown.contains(&address), "{shown}");
    terminal.press("\r")?;
    terminal.shows("3 Instances").await?;
    assert!(terminal.look(vt100::Screen::alternate_screen));
    terminal.press("q")?;
    terminal.is_given_back().await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_dashboard_outlives_the_daemon() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let mut terminal = Terminal::start(stage.home.omstui())?;
    terminal.shows("south").await?;
    let stage = stage.kill_and_start().await?;
    let entry = stage.create(Some(r#"{"name":"web-after"}"#)).await?;
    terminal.press("2")?;
    terminal.shows("web-after").await?;
    terminal.shows("live").await?;
    terminal.press("q")?;
    terminal.is_given_back().await?;
    stage.remove(entry.id).await?;
    stage.finish().await
}
