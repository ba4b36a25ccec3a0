//! Rules that an operator puts in the place of the built-in ones: what a failure keeps other
//! entries from, and for how long.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::value::Seconds;
use omsd_domain::ground::failure::FailureClass;
use omsd_domain::ground::limits::BLOCK_LONGEST;
use omsd_domain::rules::policy::{self, Phase, Reach};

/// Rules by what was going on when the failure came.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Rules {
    /// While the server was being asked for.
    pub launch: BTreeMap<Class, Rule>,
    /// While the server was building.
    pub build: BTreeMap<Class, Rule>,
    /// While servers were being listed.
    pub watch: BTreeMap<Class, WatchRule>,
}

/// One rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written")]
pub struct Rule {
    /// What the failure keeps entries from.
    pub scope: Scope,
    /// For how long at first; none for a scope of none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seconds: Option<Seconds<1, 86_400>>,
    /// For how long at most, when it fails again and again; 15 minutes unless told otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub longest_seconds: Option<Seconds<1, 86_400>>,
}

/// A rule for what fails while servers are listed, which no entry's wish is part of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Rule")]
pub struct WatchRule(Rule);

/// A rule as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "a table")]
struct Written {
    scope: Scope,
    #[serde(default)]
    seconds: Option<Seconds<1, 86_400>>,
    #[serde(default)]
    longest_seconds: Option<Seconds<1, 86_400>>,
}

impl TryFrom<Written> for Rule {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<Self, Self::Error> {
        let Written {
            scope,
            seconds,
            longest_seconds,
        } = written;
        match (scope, seconds, longest_seconds) {
            (Scope::None, None, None) => {}
            (Scope::None, ..) => return Err("a rule of scope \"none\" takes no seconds"),
            (_, None, _) => return Err("missing field `seconds`"),
            (_, Some(first), Some(longest)) if longest.duration() < first.duration() => {
                return Err("longest_seconds is less than seconds");
            }
            _ => {}
        }
        Ok(Self {
            scope,
            seconds,
            longest_seconds,
        })
    }
}

impl TryFrom<Rule> for WatchRule {
    type Error = &'static str;

    fn try_from(rule: Rule) -> Result<Self, Self::Error> {
        match rule.scope {
            Scope::Offering | Scope::Request => Err(
                "listing servers fails for the account as a whole, so the scope is one of \
                 `none`, `account`, `quota`, `launch`",
            ),
            Scope::None | Scope::Account | Scope::Quota | Scope::Launch => Ok(Self(rule)),
        }
    }
}

/// What a failure keeps entries from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// From nothing.
    None,
    /// From the account.
    Account,
    /// From launches, for want of room.
    Quota,
    /// From launches.
    Launch,
    /// From the flavor in its zone.
    Offering,
    /// From what was asked, as a whole.
    Request,
}

/// A class of failure, by its word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Class(FailureClass);

impl Rules {
    /// The rules as the scheduler takes them.
    pub fn of_policy(&self) -> BTreeMap<(Phase, FailureClass), Option<policy::Rule>> {
        let of = |phase, class: &Class, rule: &Rule| ((phase, class.0), rule.of_policy());
        let launch = self.launch.iter();
        let launch = launch.map(|(class, rule)| of(Phase::Launch, class, rule));
        let build = self.build.iter();
        let build = build.map(|(class, rule)| of(Phase::Build, class, rule));
        let watch = self.watch.iter();
        let watch = watch.map(|(class, rule)| of(Phase::Watch, class, &rule.0));
        launch.chain(build).chain(watch).collect()
    }
}

impl Rule {
    fn of_policy(&self) -> Option<policy::Rule> {
        let reach = match self.scope {
            Scope::None => return None,
            Scope::Account => Reach::Account,
            Scope::Quota => Reach::Quota,
            Scope::Launch => Reach::Launch,
            Scope::Offering => Reach::Offering,
            Scope::Request => Reach::Request,
        };
        let first = self.seconds?.duration();
        let longest = self
            .longest_seconds
            .map_or(BLOCK_LONGEST, Seconds::duration);
        Some(policy::Rule {
            reach,
            first,
            longest: longest.max(first),
        })
    }
}

impl Serialize for Class {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Class {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Word)
    }
}

struct Word;

impl Visitor<'_> for Word {
    type Value = Class;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words: Vec<_> = FailureClass::ALL.iter().map(|it| it.as_str()).collect();
        write!(f, "a class of failure: {}", words.join(", "))
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Class, E> {
        let class = FailureClass::ALL
            .iter()
            .find(|class| class.as_str() == word);
        class
            .copied()
            .map(Class)
            .ok_or_else(|| E::invalid_value(de::Unexpected::Str(word), &self))
    }
}
