//! Tokens and users: who has one, and what people want of them.

use std::sync::Arc;

use oms_proto::{EntryId, Time};

use super::event::{Event, PassChange};
use super::holds;
use super::row::Row;
use super::verdict::{Answer, Recall, Rejection};
use super::{Misfit, World};
use crate::ground::limits::PASSES_MAX;
use crate::rows::pass::{self, Pass};

/// What a command comes to.
type Decided = Result<(Vec<Event>, Answer), Rejection>;

impl World {
    /// The token of that digest, as long as it lets somebody in.
    pub fn token(&self, digest: &[u8; 32], now: Time) -> Option<&Pass> {
        let pass = self.passes.get(self.index.digests.get(digest)?)?;
        (!pass.is_over(now)).then_some(&**pass)
    }

    /// A pass, as long as it lets somebody in.
    pub fn pass(&self, id: &pass::Id, now: Time) -> Option<&Pass> {
        let pass = self.passes.get(id)?;
        (!pass.is_over(now)).then_some(&**pass)
    }

    /// The tokens, or the users, in the order of their names.
    pub fn passes_of(&self, kind: pass::Kind) -> impl Iterator<Item = &Pass> {
        let passes = self.passes.values().map(|pass| &**pass);
        passes.filter(move |pass| pass.id.kind == kind)
    }

    pub(super) fn change_pass(
        &mut self,
        id: &pass::Id,
        change: &PassChange,
        at: Time,
    ) -> Result<Row, Misfit> {
        let before = self.passes.get(id).cloned();
        let is_new = matches!(change, PassChange::Made(_));
        let before = match before {
            Some(before) => Some(before),
            None if is_new => None,
            None => return Err(Misfit::NoPass(id.clone())),
        };
        let after = match (change, &before) {
            (PassChange::Made(pass) | PassChange::Changed(pass), _) => Some((**pass).clone()),
            (PassChange::Used, Some(before)) => Some(Pass {
                used: before.used.max(Some(at)),
                ..(**before).clone()
            }),
            (PassChange::Revoked | PassChange::Used, _) => None,
        };
        if let Some(before) = &before {
            self.index.dismiss(before);
        }
        if let Some(after) = after {
            holds::of_pass(id, &after);
            self.index.admit(&after);
            self.passes.insert(id.clone(), Arc::new(after));
        } else {
            self.passes.remove(id);
        }
        Ok(Row::Pass(id.clone()))
    }
}

/// A token or a user is to be made.
pub(super) fn make(world: &World, pass: &Pass) -> Decided {
    if world.passes.contains_key(&pass.id) {
        return Err(Rejection::PassTaken(pass.id.clone()));
    }
    if world.passes.len() >= PASSES_MAX {
        return Err(Rejection::TooManyPasses);
    }
    let pass = Pass {
        stamp: world.seq + 1,
        ..pass.clone()
    };
    done(pass.id.clone(), PassChange::Made(Box::new(pass)))
}

/// Its role or its proof is to be another.
pub(super) fn change(world: &World, id: &pass::Id, new: &pass::New, now: Time) -> Decided {
    let before = known(world, id)?;
    let role = new.role.unwrap_or(before.role);
    let proof = new.proof.clone().unwrap_or_else(|| before.proof.clone());
    if role == before.role && proof == before.proof {
        return Ok((Vec::new(), Answer::Done));
    }
    let after = Pass {
        role,
        proof,
        changed: now,
        stamp: world.seq + 1,
        ..before.clone()
    };
    done(id.clone(), PassChange::Changed(Box::new(after)))
}

/// It was used, if it is still what it was then.
pub(super) fn note_use(world: &World, id: &pass::Id, stamp: u64) -> Decided {
    let same = world.passes.get(id).is_some_and(|it| it.stamp == stamp);
    if !same {
        return Ok((Vec::new(), Answer::Done));
    }
    done(id.clone(), PassChange::Used)
}

/// It is to let nobody in any more.
pub(super) fn revoke(world: &World, id: &pass::Id) -> Decided {
    known(world, id)?;
    done(id.clone(), PassChange::Revoked)
}

/// The private key of an entry is to be shown to whom it is shown once.
pub(super) fn show_key(world: &World, recall: &Recall, id: EntryId) -> Decided {
    let entry = world.entries.get(&id);
    let Some(entry) = entry.map(|entry| &**entry) else {
        let past = recall.past.is_some();
        // Of what has ended there is no key any more.
        return Err(if past {
            Rejection::KeyShown(id)
        } else {
            Rejection::NoEntry(id)
        });
    };
    if entry.key_shown {
        return Err(Rejection::KeyShown(id));
    }
    Ok((vec![Event::KeyShown(id)], Answer::Entry(id)))
}

fn known<'a>(world: &'a World, id: &pass::Id) -> Result<&'a Pass, Rejection> {
    let pass = world.passes.get(id).map(|pass| &**pass);
    pass.ok_or_else(|| Rejection::NoPass(id.clone()))
}

#[expect(clippy::unnecessary_wraps, reason = "what every command comes to")]
fn done(id: pass::Id, change: PassChange) -> Decided {
    Ok((vec![Event::Pass { id, change }], Answer::Done))
}

#[cfg(test)]
mod tests {
    use oms_proto::spec::KeyPolicy;
    use oms_proto::{Actor, Role};

    use super::super::command::{Command, decide};
    use super::super::event::Fact;
    use super::*;
    use crate::rows::pass::{Id, Kind, Proof};

    fn token(name: &str, digest: u8) -> Pass {
        Pass {
            id: Id {
                kind: Kind::Token,
                name: name.to_owned(),
            },
            role: Role::Viewer,
            keys: KeyPolicy::Full,
            proof: Proof::Token([digest; 32]),
            made: Time(1),
            changed: Time(1),
            stamp: 0,
            expires: Some(Time(100)),
            used: None,
        }
    }

    fn carry_out(world: &mut World, command: &Command, at: Time) -> Result<usize, Rejection> {
        let (events, _) = decide(world, &Recall::default(), command, at)?;
        let count = events.len();
        for event in events {
            let by = Actor::Scheduler;
            world.happen(Fact { at, by, event }).unwrap();
            assert!(world.indexes_agree());
        }
        Ok(count)
    }

    #[test]
    fn a_token_lets_in_until_it_ends_or_is_revoked() {
        let mut world = World::new("5eed");
        let made = Command::MakePass(Box::new(token("ci", 7)));
        carry_out(&mut world, &made, Time(1)).unwrap();
        let taken = carry_out(&mut world, &made, Time(1)).unwrap_err();
        assert_eq!(taken.to_string(), "there is a token 'ci' already");
        let id = token("ci", 7).id;
        let stamp = world.token(&[7; 32], Time(99)).unwrap().stamp;
        assert!(world.token(&[7; 32], Time(100)).is_none(), "it is over");
        assert!(world.token(&[8; 32], Time(1)).is_none());
        let used = |stamp| Command::NoteUse {
            id: id.clone(),
            stamp,
        };
        assert_eq!(carry_out(&mut world, &used(stamp + 1), Time(5)), Ok(0));
        assert_eq!(carry_out(&mut world, &used(stamp), Time(5)), Ok(1));
        assert_eq!(world.pass(&id, Time(6)).unwrap().used, Some(Time(5)));
        let revoke = Command::RevokePass(id.clone());
        carry_out(&mut world, &revoke, Time(7)).unwrap();
        assert!(world.token(&[7; 32], Time(8)).is_none());
        let gone = carry_out(&mut world, &revoke, Time(8)).unwrap_err();
        assert_eq!(gone.to_string(), "there is no token 'ci'");
        carry_out(&mut world, &made, Time(9)).unwrap();
        let again = world.pass(&id, Time(9)).unwrap();
        assert!(again.stamp > stamp, "who was in by the old one is told");
    }

    #[test]
    fn a_user_with_another_password_is_told_from_before() {
        let mut world = World::new("5eed");
        let user = Pass {
            id: Id {
                kind: Kind::User,
                name: "ci".to_owned(),
            },
            proof: Proof::Password("one".to_owned()),
            expires: None,
            ..token("ci", 1)
        };
        carry_out(
            &mut world,
            &Command::MakePass(Box::new(user.clone())),
            Time(1),
        )
        .unwrap();
        carry_out(
            &mut world,
            &Command::MakePass(Box::new(token("ci", 1))),
            Time(1),
        )
        .unwrap();
        let stamp = world.pass(&user.id, Time(2)).unwrap().stamp;
        let change = |role, proof: Option<&str>| Command::ChangePass {
            id: user.id.clone(),
            new: pass::New {
                role,
                proof: proof.map(|it| Proof::Password(it.to_owned())),
            },
        };
        let same = change(Some(Role::Viewer), Some("one"));
        assert_eq!(carry_out(&mut world, &same, Time(2)), Ok(0));
        assert_eq!(
            carry_out(&mut world, &change(None, Some("two")), Time(3)),
            Ok(1)
        );
        let after = world.pass(&user.id, Time(3)).unwrap();
        assert!(after.stamp > stamp);
        assert_eq!(
            (after.made, after.changed, after.role),
            (Time(1), Time(3), Role::Viewer)
        );
        assert_eq!(world.passes_of(Kind::Token).count(), 1);
    }

    #[test]
    fn there_are_not_too_many() {
        let mut world = World::new("5eed");
        for number in 0..PASSES_MAX {
            let mut pass = token(&format!("t{number}"), 0);
            let number = u64::try_from(number).unwrap().to_be_bytes();
            let mut digest = [0; 32];
            digest[..8].copy_from_slice(&number);
            pass.proof = Proof::Token(digest);
            let (events, _) = make(&world, &pass).unwrap();
            for event in events {
                let (at, by) = (Time(1), Actor::Scheduler);
                world.happen(Fact { at, by, event }).unwrap();
            }
        }
        assert_eq!(
            make(&world, &token("more", 9)),
            Err(Rejection::TooManyPasses)
        );
    }
}
