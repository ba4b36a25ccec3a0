//! All that is wrong with a command line, told at once: nobody is to mend and try again fault by fault.

use crate::exit::{Exit, Failure};

/// What is wrong so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Failure>);

impl Faults {
    /// What was found; what was wrong with it is kept.
    pub(crate) fn see<T>(&mut self, found: Result<T, Failure>) -> Option<T> {
        found.map_err(|failure| self.0.push(failure)).ok()
    }

    /// Notes a fault of the command line.
    pub(crate) fn tell(&mut self, fault: impl Into<String>) {
        self.0.push(Failure::usage(fault));
    }

    /// Whether nothing is wrong.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What was found, unless anything at all was wrong: then all of that, one below the other.
    pub(crate) fn unless_any<T>(self, found: Option<T>) -> Result<T, Failure> {
        match found {
            Some(found) if self.0.is_empty() => Ok(found),
            _ => Err(self.all()),
        }
    }

    fn all(self) -> Failure {
        let mut faults = self.0.into_iter();
        // Without one there was nothing to be found and nothing wrong: whoever asks has erred.
        let mut all = faults
            .next()
            .unwrap_or_else(|| Failure::new(Exit::Failed, "nothing was found"));
        for fault in faults {
            all.message.push_str("\n  ");
            all.message.push_str(&fault.message);
            all.fields.extend(fault.fields);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_faults_are_one_failure() {
        let mut faults = Faults::default();
        let seen = faults.see::<()>(Err(Failure::usage("one")));
        faults.tell("two");
        assert_eq!(seen, None);
        let failure = faults.unless_any(Some(())).unwrap_err();
        assert_eq!(
            (failure.exit, failure.message.as_str()),
            (Exit::Usage, "one\n  two")
        );
        assert_eq!(Faults::default().unless_any(Some(3)), Ok(3));
    }
}
