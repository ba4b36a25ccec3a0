//! Why an account does not take an entry, in words.

use crate::rows::passed::Cause;

/// Why an account cannot take an entry, without anything that changes by the second.
pub fn cause(cause: Cause) -> String {
    match cause {
        Cause::NoRoom(resource) => format!("no room, too few {resource} left"),
        Cause::Blocked(scope, class) => {
            let word = |word: &str| word.replace('_', " ");
            let (scope, class) = (word(scope.as_str()), word(class.as_str()));
            format!("{scope} is blocked, {class}")
        }
        Cause::Maintenance => "under maintenance".to_owned(),
        Cause::Budget => "launches failed there of late".to_owned(),
        Cause::Busy => "busy".to_owned(),
        Cause::Probing => "what was blocked there is being tried again".to_owned(),
        Cause::Trying => "an attempt is under way there".to_owned(),
        Cause::Overtaken(spur) => format!("its attempt there is not waited for, {}", spur.as_str()),
        Cause::Rejected => "it has refused what this entry brings".to_owned(),
        Cause::Held => "nothing is launched, another daemon may be at work".to_owned(),
        Cause::Unseen => "not yet listed since the database went back".to_owned(),
        Cause::Disabled => "disabled".to_owned(),
        Cause::NoImage => "neither the entry nor the account names an image".to_owned(),
        Cause::NoFlavor => "neither the entry nor the account names a flavor".to_owned(),
        Cause::Avoided => "the entry avoids it".to_owned(),
        Cause::NotAmongAccounts => "the entry names other accounts".to_owned(),
    }
}
