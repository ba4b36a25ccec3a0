//! Runs effects against clouds. Decides nothing: every answer goes back as an outcome.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use oms_proto::{AccountId, Time};

use crate::ports::{Clock, Cloud, CloudError, CloudResult, CreateServer};
use omsd_domain::ground::cloud::{Mark, Removal, SOFT_DELETED};
use omsd_domain::ground::failure::{Failure, FailureClass};
use omsd_domain::rows::account::Account;
use omsd_domain::rows::stray;
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
        let failure = self.failure(CloudError {
            class: FailureClass::Garbage,
            operation: "call cloud",
            http_status: None,
            message: "the client failed on this answer; the log has more".to_owned(),
            request_id: None,
            retry_after: None,
            maybe_done: true,
        });
        match effect {
            Effect::Launch(launch) => (
                Of::Attempt(launch.mark.entry, launch.mark.attempt),
                Came::Launched(Err(LaunchFailure {
                    failure,
                    left: Left::Perhaps,
                })),
            ),
            Effect::Look { account, since } => {
                let began = self.clock.now();
                let result = Err(failure);
                (
                    Of::Account(*account),
                    Came::Looked {
                        full: since.is_none(),
                        began,
                        result,
                    },
                )
            }
            Effect::Survey { account } => (Of::Account(*account), Came::Surveyed(Err(failure))),
            Effect::Inspect { account } => (Of::Account(*account), Came::Inspected(Err(failure))),
            Effect::Collect { account, id, .. } => {
                let (id, result) = (id.clone(), Err(failure));
                (Of::Account(*account), Came::Collected { id, result })
            }
            Effect::LookAt(target) => (
                Of::Attempt(target.mark.entry, target.mark.attempt),
                Came::LookedAt(Err(failure)),
            ),
            Effect::RemoveServer { target, .. } => (
                Of::Attempt(target.mark.entry, target.mark.attempt),
                Came::ServerRemoval(Err(failure)),
            ),
            Effect::Clear { entry, attempt, .. } => {
                (Of::Attempt(*entry, *attempt), Came::Cleared(Err(failure)))
            }
        }
    }

    async fn perform(&self, effect: Effect, account: Arc<Account>) -> (Of, Came) {
        let began = self.clock.now();
        let cloud = self.registry.cloud(&account);
        match effect {
            Effect::Launch(launch) => {
                let of = Of::Attempt(launch.mark.entry, launch.mark.attempt);
                (of, Came::Launched(self.launch(cloud, *launch).await))
            }
            Effect::Look { account, since } => {
                let list = bounded("list servers", async { cloud?.list_servers(since).await });
                let result = list.await.map_err(|error| self.failure(error));
                let came = Came::Looked {
                    full: since.is_none(),
                    began,
                    result,
                };
                (Of::Account(account), came)
            }
            Effect::Survey { account } => {
                let survey = bounded("survey", async { cloud?.survey().await });
                let result = survey.await.map_err(|error| self.failure(error));
                (Of::Account(account), Came::Surveyed(result))
            }
            Effect::Inspect { account } => {
                let list = bounded("list key pairs", async { cloud?.list_keypairs().await });
                let result = list.await.map_err(|error| self.failure(error));
                (Of::Account(account), Came::Inspected(result))
            }
            Effect::Collect { account, id, mark } => {
                let remove = async { self.collect(&*cloud?, account, &id, mark).await };
                let result = bounded("remove stray", remove).await;
                let result = result.map_err(|error| self.failure(error));
                (Of::Account(account), Came::Collected { id, result })
            }
            Effect::LookAt(target) => {
                let of = Of::Attempt(target.mark.entry, target.mark.attempt);
                let look = async { cloud?.get_server(&target.server).await };
                let result = match bounded("look at server", look).await {
                    Ok(server) => Ok(Some(server)),
                    Err(error) if error.class == FailureClass::NotFound => Ok(None),
                    Err(error) => Err(self.failure(error)),
                };
                (of, Came::LookedAt(result))
            }
            Effect::RemoveServer { target, verify } => {
                let of = Of::Attempt(target.mark.entry, target.mark.attempt);
                let remove = async { remove(&*cloud?, &target, verify).await };
                let result = bounded("delete server", remove).await;
                let result = result.map_err(|error| self.failure(error));
                (of, Came::ServerRemoval(result))
            }
            Effect::Clear {
                entry,
                attempt,
                account,
                keypair,
                server,
            } => {
                let clear = async { self.clear(&*cloud?, account, &keypair, server).await };
                let result = bounded("clear up", clear).await;
                let result = result.map_err(|error| self.failure(error));
                (Of::Attempt(entry, attempt), Came::Cleared(result))
            }
        }
    }

    async fn launch(
        &self,
        cloud: CloudResult<Arc<dyn Cloud>>,
        launch: Launch,
    ) -> Result<String, LaunchFailure> {
        let fail = |error: CloudError| LaunchFailure {
            left: if error.maybe_done {
                Left::Perhaps
            } else {
                Left::KeyPair
            },
            failure: self.failure(error),
        };
        let before = |error: CloudError| LaunchFailure {
            left: Left::Nothing,
            failure: self.failure(error),
        };
        let cloud = cloud.map_err(before)?;
        let resolve = cloud.resolve(&launch.wanted);
        let resolved = bounded("resolve names", resolve).await.map_err(before)?;
        // A key pair that turns up late is as much a leftover as a server: where the answer to
        // its import was lost, it is removed once the settle time is over.
        let import = cloud.import_keypair(&launch.key_name, &launch.public_key);
        bounded("import key pair", import).await.map_err(|error| {
            // The name is another key's: what is there is not ours.
            if error.class == FailureClass::Conflict {
                return before(error);
            }
            let lost = matches!(
                error.class,
                FailureClass::Timeout | FailureClass::ServerError | FailureClass::Garbage
            );
            fail(CloudError {
                maybe_done: error.maybe_done || lost,
                ..error
            })
        })?;
        let mut metadata = launch.metadata;
        launch.mark.write(&mut metadata);
        let create = CreateServer {
            name: launch.server_name,
            resolved,
            key_name: launch.key_name,
            user_data: launch.user_data,
            metadata,
        };
        bounded("create server", cloud.create_server(&create))
            .await
            .map_err(fail)
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
    CloudError {
        class: FailureClass::Conflict,
        operation: "delete server",
        http_status: None,
        message: format!(
            "server {} carries {found} instead of ours and is left alone; put the oms_ metadata \
             back or delete the server by hand",
            target.server
        ),
        request_id: None,
        retry_after: None,
        maybe_done: false,
    }
}

/// Ends a call that outstays every deadline of its own.
async fn bounded<T>(
    operation: &'static str,
    call: impl Future<Output = CloudResult<T>>,
) -> CloudResult<T> {
    tokio::time::timeout(EFFECT_DEADLINE, call)
        .await
        .unwrap_or_else(|_| {
            Err(CloudError {
                class: FailureClass::Timeout,
                operation,
                http_status: None,
                message: format!("no answer for {} s", EFFECT_DEADLINE.as_secs()),
                request_id: None,
                retry_after: None,
                maybe_done: true,
            })
        })
}

fn to_failure(error: CloudError, at: Time) -> Failure {
    Failure {
        class: error.class,
        operation: error.operation.to_owned(),
        http_status: error.http_status,
        message: error.message,
        request_id: error.request_id,
        retry_after: error.retry_after,
        at,
    }
}
