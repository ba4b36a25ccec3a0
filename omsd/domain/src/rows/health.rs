//! How an account fares: what is blocked there, and its last failure.

use std::sync::Arc;

use oms_proto::{AttemptId, EntryId, Time};

use super::scope::{Block, Scope};
use crate::ground::cloud::Wanted;
use crate::ground::failure::Failure;
use crate::ground::limits::BLOCKS_MAX;

/// How an account fares.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Health {
    /// What is blocked, in the order of scopes.
    pub blocks: Vec<Block>,
    /// The last failure that blocked anything.
    pub last_failure: Option<Arc<Failure>>,
}

impl Health {
    /// Of an account where nothing has failed.
    pub const fn well() -> Self {
        Self {
            blocks: Vec::new(),
            last_failure: None,
        }
    }

    /// The block of exactly that scope.
    pub fn block(&self, scope: &Scope) -> Option<&Block> {
        self.blocks.iter().find(|block| block.scope == *scope)
    }

    /// Sets or renews a block; when there are too many, the one that ends first makes room, and what is
    /// of one wish alone before what is of all.
    pub fn set_block(&mut self, block: Block) {
        self.blocks.retain(|old| old.scope != block.scope);
        if self.blocks.len() >= BLOCKS_MAX {
            let blocks = self.blocks.iter().enumerate();
            let least = blocks.min_by_key(|(_, old)| (!old.scope.is_of_wish(), old.until));
            if let Some(at) = least.map(|(at, _)| at) {
                self.blocks.remove(at);
            }
        }
        self.last_failure = Some(Arc::clone(&block.failure));
        let at = self.blocks.partition_point(|old| old.scope < block.scope);
        self.blocks.insert(at, block);
    }

    /// What is blocked there is blocked no more.
    pub fn lift(&mut self, scope: &Scope) {
        self.blocks.retain(|block| block.scope != *scope);
    }

    /// The time of a block is over at `at`, be it sooner than it was set.
    pub fn end(&mut self, scope: &Scope, at: Time) {
        for block in self.blocks.iter_mut().filter(|it| it.scope == *scope) {
            block.until = block.until.min(at);
            block.over = true;
        }
    }

    /// Somebody has lifted a block: what comes next is judged as if it had been the first time.
    pub fn lift_early(&mut self, scope: &Scope, at: Time) {
        self.end(scope, at);
        for block in self.blocks.iter_mut().filter(|it| it.scope == *scope) {
            block.failures = 0;
        }
    }

    /// Blocks whose time is over, which was not told yet.
    pub fn ended(&self, now: Time) -> impl Iterator<Item = &Block> {
        let ended = move |block: &&Block| !block.over && block.until <= now;
        self.blocks.iter().filter(ended)
    }

    /// Whether an attempt that begins at `at` probes something.
    pub fn is_probed_by(&self, entry: EntryId, wanted: &Wanted, at: Time) -> bool {
        self.blocks
            .iter()
            .any(|block| block.until <= at && block.scope.covers(entry, wanted))
    }

    /// An attempt that begins at `at` probes what has run out and covers it.
    pub fn probe(&mut self, (entry, attempt): (EntryId, AttemptId), wanted: &Wanted, at: Time) {
        for block in &mut self.blocks {
            if block.until <= at && block.scope.covers(entry, wanted) {
                block.probe = Some(attempt);
            }
        }
    }

    /// Whether an attempt probes anything.
    pub fn has_probe(&self, attempt: AttemptId) -> bool {
        self.blocks.iter().any(|block| block.probe == Some(attempt))
    }

    /// A probe that ended without a verdict leaves the block to the next one.
    pub fn end_probe(&mut self, attempt: AttemptId) {
        for block in &mut self.blocks {
            if block.probe == Some(attempt) {
                block.probe = None;
            }
        }
    }

    /// The earliest end of a block that is still ahead.
    pub fn next_unblock(&self, now: Time) -> Option<Time> {
        let ends = self.blocks.iter().map(|block| block.until);
        ends.filter(|until| *until > now).min()
    }

    /// Until when the account must not be called, for what its own block says.
    pub fn closed_until(&self, now: Time) -> Option<Time> {
        let block = self.block(&Scope::Account)?;
        (block.closes() && block.until > now).then_some(block.until)
    }

    /// Until when the account is not to be called unless something is to be removed, which costs money
    /// until it is: each call with credentials that are refused may bring its user nearer to being
    /// locked out.
    pub fn quiet_until(&self, now: Time) -> Option<Time> {
        let block = self.block(&Scope::Account)?;
        (block.failure.class.closes() && block.until > now).then_some(block.until)
    }
}
