//! Tests an account: signs in, looks up its defaults, asks how much room there is. Changes
//! nothing at the cloud, unless it is asked for a canary; see [`super::canary`].

use std::time::Duration;

use oms_proto::request::AccountTest;
use oms_proto::spec::AccountSpec;
use oms_proto::view::{AccountTestView, OffersView, TestStepView, Trust};
use oms_proto::{ErrorCode, Response, Time, WireError};
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::rows::account::Account;
use omsd_domain::rules::machine;
use omsd_domain::tell::words;
use tokio::time::{Instant, timeout, timeout_at};

use super::named;
use crate::ports::{Checked, Cloud, CloudError, Offers, Part, Quota, RESOLVE, Resource, Survey};
use crate::service::{Caller, Service, view};

/// The whole test. Each call has a deadline of its own; clients wait somewhat longer than this.
const TEST_DEADLINE: Duration = Duration::from_secs(120);

/// How long a cloud may take to tell what it offers; a person waits for it.
const OFFERS_WITHIN: Duration = Duration::from_secs(50);

impl Service {
    pub(in crate::service) async fn account_test(
        &self,
        caller: &Caller,
        test: &AccountTest,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let account = named(&world, &test.name)?;
        let mut trial = self.tried(account, true).await;
        if test.boot && trial.steps.iter().all(|step| step.ok) {
            let booted = self.canary(caller, &account.name).await;
            trial.steps.extend(booted);
        }
        Ok(trial.told())
    }

    /// Tests an account that is not added. Nothing is stored.
    pub(in crate::service) async fn account_try(
        &self,
        spec: AccountSpec,
    ) -> Result<Response, WireError> {
        let account = self.candidate(spec)?;
        Ok(self.tried(&account, false).await.told())
    }

    /// What the cloud of an account offers.
    pub(in crate::service) async fn account_offers(
        &self,
        name: &str,
    ) -> Result<Response, WireError> {
        let world = self.parts.handle.world();
        let account = named(&world, name)?;
        let cloud = self.parts.handle.cloud_of_candidate(account);
        let offers = match cloud {
            Ok(cloud) => timeout(OFFERS_WITHIN, cloud.offers()).await,
            Err(error) => Ok(Err(error)),
        };
        let refused = |told: String| {
            let detail = format!("account {name} does not tell what it offers: {told}");
            WireError::new(ErrorCode::Conflict, detail)
        };
        match offers {
            Ok(Ok(offers)) => Ok(Response::Offers(Box::new(shown(name, offers)))),
            Ok(Err(error)) => Err(refused(words(&error))),
            Err(_elapsed) => {
                let seconds = OFFERS_WITHIN.as_secs();
                Err(refused(format!("no answer within {seconds} s")))
            }
        }
    }

    async fn tried<'a>(&self, account: &'a Account, is_added: bool) -> Trial<'a> {
        let mut trial = Trial::new(account, is_added, self.parts.clock.now());
        // A client of its own: the engine's would answer from what it remembers.
        match self.parts.handle.cloud_of_candidate(account) {
            Ok(cloud) => trial.run(&*cloud).await,
            Err(error) => trial.failed("settings", &error),
        }
        trial
    }
}

fn shown(account: &str, offers: Offers) -> OffersView {
    let Offers {
        images,
        flavors,
        networks,
        security_groups,
        zones,
    } = offers;
    OffersView {
        account: account.to_owned(),
        images,
        flavors,
        networks,
        security_groups,
        availability_zones: zones,
    }
}

struct Trial<'a> {
    account: &'a Account,
    /// Whether it can be edited, or only be added otherwise.
    is_added: bool,
    offers: Option<OffersView>,
    steps: Vec<TestStepView>,
    deadline: Instant,
    step_began: Instant,
    now: Time,
}

impl<'a> Trial<'a> {
    fn new(account: &'a Account, is_added: bool, today: Time) -> Self {
        let now = Instant::now();
        Self {
            account,
            is_added,
            offers: None,
            steps: Vec::new(),
            deadline: now + TEST_DEADLINE,
            step_began: now,
            now: today,
        }
    }

    fn told(self) -> Response {
        Response::AccountTest(AccountTestView {
            account: self.account.name.clone(),
            ok: self.steps.iter().all(|step| step.ok),
            steps: self.steps,
            offers: self.offers.map(Box::new),
        })
    }

    /// Advice on an account: how to edit it is said of those that are added alone.
    fn advice(&self, text: String) -> String {
        if self.is_added {
            return text;
        }
        let without = [" with: omsctl", ": omsctl"];
        let ends = without.into_iter().filter_map(|mark| text.find(mark));
        let end = ends.min().unwrap_or(text.len());
        text.get(..end).unwrap_or_default().to_owned()
    }

    async fn run(&mut self, cloud: &dyn Cloud) {
        match self.within(cloud.sign_in()).await {
            Ok(signed_in) => {
                let detail = format!(
                    "project {} ({}), token good for {}{}",
                    or_unnamed(&signed_in.project_name),
                    signed_in.project_id,
                    signed_in.expires.map_or_else(
                        || "an untold time".to_owned(),
                        |expires| words::span(expires.since(self.now))
                    ),
                    self.warning()
                );
                self.passed("sign in", detail);
                let detail = format!(
                    "region {}, compute {} with microversion {}",
                    or_unnamed(&signed_in.region_name),
                    signed_in.compute_endpoint,
                    signed_in.microversion
                );
                self.passed("endpoints", detail);
            }
            // Without a token nothing else can be asked.
            Err(error) => return self.failed("sign in", &error),
        }
        self.defaults(cloud).await;
        // Launches are watched by it. What changed lately will do, of a project that may have thousands.
        match self.within(cloud.list_servers(Some(self.now))).await {
            Ok(_) => self.passed("servers", "can be listed".to_owned()),
            Err(error) => self.failed("servers", &error),
        }
        match self.within(cloud.survey()).await {
            Ok(survey) => self.room(&survey),
            Err(error) if is_beside(error.class) || may_be_told_later(error.class) => {
                self.untold("room", &error);
            }
            Err(error) => self.failed("room", &error),
        }
        if let Ok(offers) = self.within(cloud.offers()).await {
            self.offers = Some(shown(&self.account.name, offers));
        }
    }

    /// What is sent in clear deserves a word.
    fn warning(&self) -> &'static str {
        if view::account::trust(self.account) == Trust::None {
            "; the password crosses the network in clear, use https if you can"
        } else {
            ""
        }
    }

    /// Tells of each thing that the defaults name, and of what they must name and do not.
    async fn defaults(&mut self, cloud: &dyn Cloud) {
        let defaults = &self.account.defaults;
        for part in [Part::Image, Part::Flavor] {
            if machine::named(defaults, part).is_empty() {
                self.unnamed(part);
            }
        }
        let all = async { Ok(cloud.check(defaults).await) };
        let checked = match self.within(all).await {
            Ok(checked) => checked,
            Err(error) => return self.failed("defaults", &error),
        };
        let mut chosen = None;
        let mut failed: Vec<(String, CloudError)> = Vec::new();
        for Checked { part, name, found } in checked {
            if part == Part::Network && name.is_empty() {
                chosen = Some(found);
                continue;
            }
            let step = format!("{} {name}", part.as_str());
            match found {
                Ok(Some(id)) => self.passed(&step, format!("id {id}")),
                Ok(None) => self.passed(&step, "there".to_owned()),
                Err(error) if is_unasked(part) && is_beside(error.class) => {
                    self.untold(&step, &error);
                }
                // What is wrong with several is told once.
                Err(error) => match failed.iter_mut().find(|it| it.1.message == error.message) {
                    Some((steps, _)) => {
                        steps.push_str(", ");
                        steps.push_str(&step);
                    }
                    None => failed.push((step, error)),
                },
            }
        }
        for (steps, error) in failed {
            self.failed(&steps, &error);
        }
        match chosen {
            Some(Ok(_)) => self.passed("networks", NONE_NAMED.to_owned()),
            Some(Err(error)) => self.failed("networks", &error),
            None => {}
        }
    }

    fn unnamed(&mut self, part: Part) {
        let what = part.as_str();
        let detail = format!(
            "the account has no default {what}, so entries that name none are not placed here; set \
             one with: omsctl account edit {} --{what} {}",
            self.account.name,
            what.to_uppercase()
        );
        let detail = self.advice(detail);
        self.step(what, Outcome::Failed, detail);
    }

    fn room(&mut self, survey: &Survey) {
        let of = |quota: &Quota| match quota.max {
            Some(max) => format!("{} of {max} {}", quota.used, quota.resource),
            None => format!("{} {}", quota.used, quota.resource),
        };
        let told: Vec<_> = survey.quotas.iter().map(of).collect();
        let is_told = |it: &Quota| it.resource == Resource::Instances;
        if !survey.quotas.iter().any(is_told) {
            let known = if told.is_empty() {
                String::new()
            } else {
                format!("; in use: {}", told.join(", "))
            };
            return self.passed("room", format!("{UNTOLD}{known}"));
        }
        let detail = format!("in use: {}", told.join(", "));
        // A launch takes one of each of these at least.
        let needed = |quota: &&Quota| quota.resource.is_taken_by_launches();
        let full = |quota: &&Quota| quota.max.is_some_and(|max| quota.used >= max);
        match survey.quotas.iter().filter(needed).find(full) {
            Some(quota) => {
                let detail = format!(
                    "{detail}: no {} left for another instance; remove something there, or ask \
                     the provider for more quota",
                    quota.resource
                );
                self.step("room", Outcome::Failed, detail);
            }
            None => self.passed("room", detail),
        }
    }

    /// Bounds a call by what is left of the test's time.
    async fn within<T>(
        &self,
        call: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let answer = timeout_at(self.deadline, call).await;
        answer.unwrap_or_else(|_elapsed| {
            let message = format!("the test took longer than {} s", TEST_DEADLINE.as_secs());
            Err(CloudError::new(FailureClass::Timeout, "test", message))
        })
    }

    /// What launches do without.
    fn untold(&mut self, name: &str, error: &CloudError) {
        self.passed(name, format!("{UNTOLD} ({})", words(error)));
    }

    fn passed(&mut self, name: &str, detail: String) {
        self.step(name, Outcome::Passed, detail);
    }

    fn failed(&mut self, name: &str, error: &CloudError) {
        let mut detail = words(error);
        if let Some(id) = &error.request_id {
            detail = format!("{detail} (request id {id})");
        }
        let remedy = if error.lack.is_some() || name == "settings" {
            None
        } else {
            remedy(error)
        };
        if let Some(remedy) = remedy {
            let remedy = remedy.replace("NAME", &self.account.name);
            detail = format!("{detail}; {}", self.advice(remedy));
        }
        self.step(name, Outcome::Failed, detail);
    }

    fn step(&mut self, name: &str, outcome: Outcome, detail: String) {
        let now = Instant::now();
        let took = now.duration_since(self.step_began);
        self.step_began = now;
        self.steps.push(TestStepView {
            name: name.to_owned(),
            ok: matches!(outcome, Outcome::Passed),
            detail,
            milliseconds: u32::try_from(took.as_millis()).unwrap_or(u32::MAX),
        });
    }
}

/// What is said where the account names no networks.
const NONE_NAMED: &str = "none named; the cloud chooses";

/// What is said of what a cloud does not tell, and what need not be known.
const UNTOLD: &str = "not told by the cloud; entries are launched all the same";

/// Whether Nova alone looks for such a thing, when it makes a server.
const fn is_unasked(part: Part) -> bool {
    matches!(part, Part::SecurityGroup | Part::Zone)
}

/// Whether a call that launches do without was put off, or led elsewhere.
const fn may_be_told_later(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::Throttled | FailureClass::Configuration | FailureClass::Conflict
    )
}

/// Whether a failure of a call that launches do without says nothing of those that they need: the cloud
/// answered, and lets everybody in.
const fn is_beside(class: FailureClass) -> bool {
    matches!(
        class,
        FailureClass::Forbidden
            | FailureClass::NotFound
            | FailureClass::ServerError
            | FailureClass::Garbage
    )
}

fn words(error: &CloudError) -> String {
    match error.http_status {
        Some(status) => format!("{}: HTTP {status}: {}", error.operation, error.message),
        None => error.to_string(),
    }
}

#[derive(Clone, Copy)]
enum Outcome {
    Passed,
    Failed,
}

fn or_unnamed(name: &str) -> &str {
    if name.is_empty() { "(unnamed)" } else { name }
}

/// What a person can do about a failure, where it is not plain from the cloud's words.
fn remedy(error: &CloudError) -> Option<&'static str> {
    use FailureClass as F;
    // What is looked for among what the cloud has, and is not there.
    let of_lookup = error.operation == RESOLVE;
    Some(match error.class {
        F::Unauthorized => {
            "check user, password, domains and project, then give them anew with: \
                            omsctl account edit NAME --help"
        }
        F::Unreachable | F::Timeout => "check the address, the network and any firewall between",
        F::Tls => {
            "if the provider has an authority of its own, give it with: omsctl account edit \
                   NAME --ca-file FILE"
        }
        F::Configuration | F::NotFound if of_lookup => {
            "give the names that this provider uses with: omsctl account edit NAME --image I \
             --flavor F --network N --security-group G --availability-zone Z"
        }
        F::Configuration if is_of_identity(error.operation) && error.http_status == Some(400) => {
            "give what is missing with: omsctl account edit NAME --user-domain-name D \
             --project-domain-name D --project-name P"
        }
        F::Configuration | F::NotFound => {
            "check where it is looked for: omsctl account edit NAME --auth-url U --region R \
             --interface I --endpoint SERVICE=URL"
        }
        F::Forbidden => "the user's role in this project does not allow it; ask the provider",
        F::Throttled => "try again later",
        F::ServerError | F::Garbage if is_of_identity(error.operation) => {
            "the provider has trouble, or the address is not Keystone's"
        }
        F::ServerError | F::Garbage => {
            "that service has trouble; try again later, and ask the provider if it stays so"
        }
        F::Quota
        | F::Conflict
        | F::NoCapacity
        | F::BuildFailed
        | F::BuildTimeout
        | F::Vanished
        | F::Interrupted
        | F::Rejected => return None,
    })
}

/// Whether Keystone was asked.
fn is_of_identity(operation: &str) -> bool {
    operation.contains("Keystone") || operation == "sign in"
}
