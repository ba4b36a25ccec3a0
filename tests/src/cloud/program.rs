//! The program `oms-simcloud`: simulated OpenStack clouds on loopback ports, for work on clients.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use super::{Scenario, SimulatedClouds};

/// Simulated OpenStack clouds on loopback ports.
///
/// Runs until Ctrl-C or SIGTERM and forgets everything then.
#[derive(Debug, Parser)]
#[command(name = "oms-simcloud", version)]
struct Args {
    /// The scenario: which clouds there are, how fast they are, and what goes wrong.
    #[arg(long, value_name = "FILE")]
    scenario: PathBuf,
    /// First port; each cloud takes a block of ten. 0 takes free ports.
    #[arg(long, value_name = "N", default_value_t = 0)]
    port_base: u16,
    /// Write a clouds.yaml with all accounts to this file.
    #[arg(long, value_name = "PATH")]
    print_clouds_yaml: Option<PathBuf>,
}

/// The program. The first argument is its name.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args = match Args::try_parse_from(args) {
        Ok(args) => args,
        Err(error) => {
            drop(error.print());
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(&args)),
        Err(error) => Err(error.into()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // If nobody reads it, the exit code still says it.
            drop(writeln!(std::io::stderr(), "oms-simcloud: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(args: &Args) -> anyhow::Result<()> {
    let scenario = Scenario::read(&args.scenario)?;
    // Before anything listens, so that no signal finds the default action.
    let mut term = signal(SignalKind::terminate())?;
    let mut int = signal(SignalKind::interrupt())?;
    let clouds = SimulatedClouds::start(&scenario, args.port_base).await?;
    if let Some(path) = &args.print_clouds_yaml {
        clouds.write_clouds_yaml(path)?;
    }
    tell(&clouds).context("cannot write to standard output")?;
    tokio::select! {
        _ = term.recv() => {}
        _ = int.recv() => {}
    }
    clouds.stop().await;
    Ok(())
}

fn tell(clouds: &SimulatedClouds) -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for cloud in clouds.clouds() {
        let (name, auth_url) = (cloud.sim().name(), cloud.auth_url());
        writeln!(out, "{name}\t{auth_url}")?;
    }
    out.flush()
}
