//! Runs effects against clouds. Decides nothing: every answer goes back as an outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use oms_proto::{AccountId, Time};

use crate::ports::{Clock, Cloud, CloudError, CloudResult, CreateServer, Lack};
use omsd_domain::ground::cloud::{Mark, Removal, SOFT_DELETED};
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::stray;
use omsd_domain::rules::wish::Step;
use omsd_domain::schedule::effect::{
    Came, Effect, Launch, LaunchFailure, Left, Of, Outcome, Target,
};

use super::registry::Registry;
use super::sweep::Sweeps;

/// The longest that one effect may take, whatever its calls promise. A launch is several calls,
/// of which the create alone may take 90 s.
const EFFECT_DEADLINE: Duration = Duration::from_secs(240);

/// What effects run with.
#[derive(Clone)]
pub(super) struct Executor {
    pub(super) sweeps: Arc<Sweeps>,
    pub(super) registry: Arc<Registry>,
    pub(super) clock: Arc<dyn Clock>,
}

impl Executor {
    /// Runs one effect to its outcome; never fails and never takes for ever. A client that
    /// panics costs its own call, not the attempt's future.
    pub(super) async fn run(&self, effect: Effect, account: Arc<Account>) -> Outcome {
        let lost = self.lost(&effect);
        let revision = account.revision;
        let perform = AssertUnwindSafe(self.perform(effect, account)).catch_unwind();
        let (of, result) = perform.await.unwrap_or(lost);
        Outcome {
            of,
            revision,
            result,
        }
    }

    /// The outcome of an effect whose client panicked.
    fn lost(&self, effect: &Effect) -> (Of, Came) {
        let message = "the client failed on this answer; the log has more";
        let failure = self.failure(CloudError {
            maybe_done: true,
            ..CloudError::new(FailureClass::Garbage, "call cloud", message)
        });
        let came = match effect {
            Effect::Launch(_) => Came::Launched(Err(LaunchFailure {
                failure,
                left: Left::Perhaps,
                step: Step::Before,
                named: None,
            })),
            Effect::Look { since, .. } => Came::Looked {
                full: since.is_none(),
                began: self.clock.now(),
                result: Err(failure),
            },
            Effect::Survey { .. } => Came::Surveyed(Err(failure)),
            Effect::ListKeypairs { .. } => Came::KeypairsListed(Err(failure)),
            Effect::Collect { id, .. } => Came::Collected {
                id: id.clone(),
                result: Err(failure),
            },
            Effect::LookAt(_) => Came::LookedAt(Err(failure)),
            Effect::RemoveServer { .. } => Came::ServerRemoval(Err(failure)),
            Effect::Clear { .. } => Came::Cleared(Err(failure)),
        };
        (of(effect), came)
    }

    async fn perform(&self, effect: Effect, account: Arc<Account>) -> (Of, Came) {
        let (of, flight) = (of(&effect), effect.flight());
        let came = match self.act(effect, account).await {
            Ok(came) => came,
            Err(lack) => {
                tracing::debug!(?flight, lack = lack.as_str(), "put off");
                Came::Untried(flight)
            }
        };
        (of, came)
    }

    /// Carries an effect out.
    ///
    /// # Errors
    /// What of our own there was too little of to do so.
    async fn act(&self, effect: Effect, account: Arc<Account>) -> Result<Came, Lack> {
        let began = self.clock.now();
        let cloud = self.registry.cloud(&account);
        Ok(match effect {
            Effect::Launch(launch) => Came::Launched(self.launch(cloud, *launch).await?),
            Effect::Look { account: _, since } => {
                let list = bounded("list servers", async { cloud?.list_servers(since).await });
                Came::Looked {
                    full: since.is_none(),
                    began,
                    result: self.told(list.await)?,
                }
            }
            Effect::Survey { account: _ } => {
                let survey = bounded("survey", async { cloud?.survey().await });
                Came::Surveyed(self.told(survey.await)?)
            }
            Effect::ListKeypairs { account: _ } => {
                let list = bounded("list key pairs", async { cloud?.list_keypairs().await });
                Came::KeypairsListed(self.told(list.await)?)
            }
            Effect::Collect { account, id, mark } => {
                let remove = async { self.collect(&*cloud?, account, &id, mark).await };
                let result = self.told(bounded("remove stray", remove).await)?;
                Came::Collected { id, result }
            }
            Effect::LookAt(target) => {
                let look = async { cloud?.get_server(&target.server).await };
                let server = match bounded("look at server", look).await {
                    Ok(server) => Ok(Some(server)),
                    Err(error) if error.class == FailureClass::NotFound => Ok(None),
                    Err(error) => Err(error),
                };
                Came::LookedAt(self.told(server)?)
            }
            Effect::RemoveServer { target, verify } => {
                let remove = async { remove(&*cloud?, &target, verify).await };
                Came::ServerRemoval(self.told(bounded("delete server", remove).await)?)
            }
            Effect::Clear {
                account,
                keypair,
                server,
                ..
            } => {
                let clear = async { self.clear(&*cloud?, account, &keypair, server).await };
                Came::Cleared(self.told(bounded("clear up", clear).await)?)
            }
        })
    }

    /// What a call tells of its cloud.
    ///
    /// # Errors
    /// What was lacking, where it tells nothing.
    fn told<T>(&self, result: CloudResult<T>) -> Result<Result<T, Arc<Failure>>, Lack> {
        match result {
            Ok(told) => Ok(Ok(told)),
            Err(error) => match error.lack {
                Some(lack) => Err(lack),
                None => Ok(Err(self.failure(error))),
            },
        }
    }

    async fn launch(
        &self,
        cloud: CloudResult<Arc<dyn Cloud>>,
        launch: Launch,
    ) -> Result<Result<String, LaunchFailure>, Lack> {
        match self.begin(cloud, launch).await {
            Ok(server) => Ok(Ok(server)),
            Err((
                CloudError {
                    lack: Some(lack), ..
                },
                ..,
            )) => Err(lack),
            Err((error, left, step)) => {
                let named = error.named;
                let failure = self.failure(error);
                Ok(Err(LaunchFailure {
                    failure,
                    left,
                    step,
                    named,
                }))
            }
        }
    }

    /// Imports the key and asks for the server; an error comes with what may be left.
    async fn begin(
        &self,
        cloud: CloudResult<Arc<dyn Cloud>>,
        launch: Launch,
    ) -> Result<String, (CloudError, Left, Step)> {
        let before = |error: CloudError| (error, Left::Nothing, Step::Before);
        let cloud = cloud.map_err(before)?;
        let user_data = self.registry.user_data(&launch).map_err(before)?;
        let resolve = cloud.resolve(&launch.wanted);
        let resolved = bounded("resolve names", resolve).await.map_err(before)?;
        // No server was asked for yet, so there is none to look for. A key pair that turns up after
        // it was removed is a stray like any other.
        let import = cloud.import_keypair(&launch.key_name, &launch.public_key);
        bounded("import key pair", import).await.map_err(|error| {
            // The name is another key's: what is there is not ours.
            let left = match error.class {
                FailureClass::Conflict => Left::Nothing,
                _ => Left::KeyPair,
            };
            (error, left, Step::Key)
        })?;
        let mut metadata = launch.metadata;
        launch.mark.write(&mut metadata);
        let create = CreateServer {
            name: launch.server_name,
            resolved,
            key_name: launch.key_name,
            user_data,
            metadata,
        };
        bounded("create server", cloud.create_server(&create))
            .await
            .map_err(|error| {
                let left = if error.maybe_done {
                    Left::Perhaps
                } else {
                    Left::KeyPair
                };
                (error, left, Step::Server)
            })
    }

    /// Removes a stray: a server only if it still carries our mark; a key pair's name is its mark.
    async fn collect(
        &self,
        cloud: &dyn Cloud,
        account: AccountId,
        id: &stray::Id,
        mark: Mark,
    ) -> CloudResult<Removal> {
        match id.kind {
            stray::Kind::Server => {
                let server = id.id.clone();
                let target = Target {
                    account,
                    mark,
                    server,
                };
                let removal = remove(cloud, &target, true).await?;
                if removal == Removal::Gone {
                    let sweep = self.sweeps.remove_ports(cloud, account, &target.server);
                    sweep.await?;
                }
                Ok(removal)
            }
            stray::Kind::Keypair => cloud.delete_keypair(&id.id).await,
        }
    }

    /// Removes what is left of an attempt once its server is gone.
    async fn clear(
        &self,
        cloud: &dyn Cloud,
        account: AccountId,
        keypair: &str,
        server: Option<String>,
    ) -> CloudResult<()> {
        cloud.delete_keypair(keypair).await?;
        match server {
            Some(server) => self.sweeps.remove_ports(cloud, account, &server).await,
            None => Ok(()),
        }
    }

    fn failure(&self, error: CloudError) -> Arc<Failure> {
        Arc::new(to_failure(error, self.clock.now()))
    }
}

/// What an effect is of.
fn of(effect: &Effect) -> Of {
    match effect {
        Effect::Launch(launch) => Of::Attempt(launch.mark.entry, launch.mark.attempt),
        Effect::LookAt(target) | Effect::RemoveServer { target, .. } => {
            Of::Attempt(target.mark.entry, target.mark.attempt)
        }
        Effect::Clear { entry, attempt, .. } => Of::Attempt(*entry, *attempt),
        Effect::Look { account, .. }
        | Effect::Survey { account }
        | Effect::ListKeypairs { account }
        | Effect::Collect { account, .. } => Of::Account(*account),
    }
}

/// Removes a server, but only one that carries the mark it should.
async fn remove(cloud: &dyn Cloud, target: &Target, verify: bool) -> CloudResult<Removal> {
    if verify {
        match cloud.get_server(&target.server).await {
            // Nova shows a deleted server for a moment, newer releases without its metadata.
            Ok(server) if server.status == "DELETED" => return Ok(Removal::Gone),
            Ok(server) if server.mark.as_ref() != Some(&target.mark) => {
                return Err(foreign(target, server.mark.as_ref()));
            }
            Ok(server) if server.status == SOFT_DELETED => {
                return cloud.force_delete_server(&target.server).await;
            }
            Ok(_) => {}
            Err(error) if error.class == FailureClass::NotFound => return Ok(Removal::Gone),
            Err(error) => return Err(error),
        }
    }
    cloud.delete_server(&target.server).await
}

fn foreign(target: &Target, mark: Option<&Mark>) -> CloudError {
    let found = mark.map_or_else(
        || "no mark".to_owned(),
        |mark| {
            format!(
                "the mark of entry {} of installation {}",
                mark.entry, mark.installation
            )
        },
    );
    let message = format!(
        "server {} carries {found} instead of ours and is left alone; put the oms_ metadata back \
         or delete the server by hand",
        target.server
    );
    CloudError::new(FailureClass::Conflict, "delete server", message)
}

/// Ends a call that outstays every deadline of its own.
async fn bounded<T>(
    operation: &'static str,
    call: impl Future<Output = CloudResult<T>>,
) -> CloudResult<T> {
    tokio::time::timeout(EFFECT_DEADLINE, call)
        .await
        .unwrap_or_else(|_| {
            let message = format!("no answer for {} s", EFFECT_DEADLINE.as_secs());
            Err(CloudError {
                maybe_done: true,
                ..CloudError::new(FailureClass::Timeout, operation, message)
            })
        })
}

fn to_failure(error: CloudError, at: Time) -> Failure {
    Failure {
        class: error.class,
        operation: error.operation.to_owned(),
        http_status: error.http_status,
        message: error.message.into(),
        request_id: error.request_id,
        retry_after: error.retry_after,
        at,
    }
}
