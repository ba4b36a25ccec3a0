//! The module's head alone: a world and its agenda, without engine, database or clouds. For
//! what is decided between two steps, and for benchmarks of how fast.

use std::sync::Arc;
use std::time::Duration;

use oms_proto::spec::EntrySpec;
use oms_proto::{Actor, EntryId, Time};
use omsd_domain::plan;
use omsd_domain::rows::attempt::Change;
use omsd_domain::rows::entry::EntryKey;
use omsd_domain::rules::policy::Policy;
use omsd_domain::schedule::agenda::Agenda;
use omsd_domain::schedule::effect::{Came, Effect, Of, Outcome};
use omsd_domain::settle::settle;
use omsd_domain::world::World;
use omsd_domain::world::command::{Command, NewEntry, Recall, decide};
use omsd_domain::world::event::{Event, Fact};

use super::rig::{PUBLIC_KEY, account};
use crate::cloud::{CloudSpec, SimCloud, TokioClock};

/// It is always this time.
pub const NOW: Time = Time(1_700_000_000_000_000);

/// Events in the life of an entry up to RUN, see [`Head::live`].
pub const LIFE: u32 = 5;

/// A world and what is to be done about it.
#[derive(Debug)]
pub struct Head {
    /// The world.
    pub world: World,
    agenda: Agenda,
}

impl Head {
    /// A world of so many accounts, each at a cloud of its own, without entries.
    ///
    /// # Panics
    /// Outside of a tokio runtime.
    pub fn new(accounts: u32) -> Self {
        let world = World::new("5eed5eed-0000-4000-8000-000000000002");
        let mut head = Self::over(world);
        head.happen(Event::Started {
            incarnation: "0a1b2c3d".to_owned(),
            doubt: None,
        });
        let clock = Arc::new(TokioClock::starting_at(NOW));
        for number in 0..accounts {
            let spec = CloudSpec::calm(&format!("cloud{number}"));
            let account = account(&SimCloud::start(spec, 1, clock.clone()));
            head.wish(&Command::AddAccount(Box::new(account)));
        }
        head
    }

    /// Takes up a world, and plans what it calls for.
    pub fn over(world: World) -> Self {
        let policy = Policy {
            launches_max: u32::MAX,
            ..Policy::default()
        };
        let agenda = Agenda::new(policy, &world);
        let mut head = Self { world, agenda };
        head.plan();
        head
    }

    /// The life of an entry up to RUN, and what it calls for. Gives its id.
    ///
    /// # Panics
    /// When the entry finds no account.
    #[expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
    pub fn live(&mut self) -> EntryId {
        let id = self.accept(EntrySpec::default());
        let entry = self.world.entries.get(&id).expect("it was accepted");
        let attempt = entry.attempts().next().expect("it found an account").id;
        let server = format!("00000000-0000-4000-8000-{:012x}", attempt.0);
        self.come(&Outcome {
            of: Of::Attempt(id, attempt),
            revision: 0,
            result: Came::Launched(Ok(server)),
        });
        let change = Change::Ready {
            status: "ACTIVE".to_owned(),
            addresses: vec!["192.0.2.1".to_owned()],
            watched: true,
        };
        self.happen(Event::Attempt {
            entry: id,
            attempt,
            change,
        });
        id
    }

    /// An entry is accepted and planned for.
    pub fn accept(&mut self, spec: EntrySpec) -> EntryId {
        let id = EntryId(self.world.next.entry);
        self.wish(&asking(spec));
        id
    }

    /// An effect has come to something.
    pub fn come(&mut self, outcome: &Outcome) {
        for event in settle(&self.world, &mut self.agenda, outcome, NOW) {
            self.apply(event);
        }
        self.plan();
    }

    /// Something happens.
    pub fn happen(&mut self, event: Event) {
        self.apply(event);
        self.plan();
    }

    /// A command is carried out, and nothing is planned yet.
    ///
    /// # Panics
    /// When it is refused.
    #[expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
    pub fn decide(&mut self, command: &Command) {
        let decided = decide(&self.world, &Recall::default(), command, NOW);
        let (events, _) = decided.expect("it is a fair wish");
        for event in events {
            self.apply(event);
        }
    }

    /// Plans one row; gives what is to be done, and `None` when nothing is left.
    pub fn step(&mut self) -> Option<Vec<Effect>> {
        let step = plan::next(&self.world, &mut self.agenda, NOW)?;
        for event in step.events {
            self.apply(event);
        }
        for effect in &step.effects {
            self.agenda.launch(effect, NOW);
        }
        Some(step.effects)
    }

    fn wish(&mut self, command: &Command) {
        self.decide(command);
        self.plan();
    }

    fn plan(&mut self) {
        while self.step().is_some() {}
    }

    #[expect(clippy::expect_used, reason = "a benchmark that cannot go on ends")]
    fn apply(&mut self, event: Event) {
        let fact = Fact {
            at: NOW,
            by: Actor::Scheduler,
            event,
        };
        let happened = self.world.happen(fact);
        for (fact, _) in happened.expect("it fits") {
            self.agenda.note(&self.world, &fact);
        }
    }
}

/// The command that has an entry accepted.
pub fn asking(spec: EntrySpec) -> Command {
    Command::AcceptEntry(Box::new(NewEntry {
        spec,
        key: EntryKey {
            public: PUBLIC_KEY.to_owned(),
            private: None,
        },
        user_data: None,
        idempotency: None,
        patience: Duration::from_secs(1800),
    }))
}
