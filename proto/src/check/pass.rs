//! What makes a token or a user a valid one.

use super::Check;
use crate::WireError;
use crate::spec::{TokenSpec, UserPatch, UserSpec};
use crate::time::Time;

/// The name of the token in the file that the daemon makes for itself.
pub const ADMIN_TOKEN: &str = "admin";

/// The fewest characters of a password. Whoever guesses is slowed down; a database that is stolen is not.
const PASSWORD_MIN: usize = 12;

/// The most characters of a password.
const PASSWORD_MAX: usize = 1024;

/// Checks a token that is to be made.
///
/// # Errors
/// [`crate::ErrorCode::Invalid`] with the fields at fault.
pub fn token(spec: &TokenSpec, now: Time) -> Result<(), WireError> {
    let mut check = Check::default();
    check.name("name", &spec.name);
    if spec.name == ADMIN_TOKEN {
        let message = "is the name of the token in omsd's own file; choose another";
        check.refuse("name", message);
    }
    if spec.expires.is_some_and(|expires| expires <= now) {
        check.refuse("expires", "must lie in the future");
    }
    check.finish()
}

/// Checks a user that is to be added.
///
/// # Errors
/// [`crate::ErrorCode::Invalid`] with the fields at fault.
pub fn user(spec: &UserSpec) -> Result<(), WireError> {
    let mut check = Check::default();
    check.name("name", &spec.name);
    password(&mut check, &spec.name, spec.password.expose());
    check.finish()
}

/// Checks a change of a user.
///
/// # Errors
/// [`crate::ErrorCode::Invalid`] with the fields at fault.
pub fn user_patch(name: &str, patch: &UserPatch) -> Result<(), WireError> {
    let mut check = Check::default();
    if let Some(given) = &patch.password {
        password(&mut check, name, given.expose());
    }
    check.finish()
}

fn password(check: &mut Check, name: &str, password: &str) {
    let length = password.chars().count();
    if length < PASSWORD_MIN {
        let message = format!("must have at least {PASSWORD_MIN} characters");
        check.refuse("password", message);
    } else if length > PASSWORD_MAX {
        let message = format!("must have at most {PASSWORD_MAX} characters");
        check.refuse("password", message);
    } else if password.eq_ignore_ascii_case(name) {
        check.refuse("password", "must not be the name");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::Role;
    use crate::secret::Secret;
    use crate::spec::KeyPolicy;

    #[test]
    fn what_cannot_be_is_told_field_by_field() {
        let spec = |name: &str, expires| TokenSpec {
            name: name.to_owned(),
            role: Role::Viewer,
            key_raw: KeyPolicy::Never,
            expires,
        };
        assert!(token(&spec("ci.1", None), Time(5)).is_ok());
        assert!(token(&spec("ci", Some(Time(6))), Time(5)).is_ok());
        for bad in [
            spec("", None),
            spec("a b", None),
            spec("-a", None),
            spec(&"a".repeat(65), None),
            spec("admin", None),
        ] {
            let refused = token(&bad, Time(5)).unwrap_err();
            assert!(refused.fields.contains_key("name"), "{refused:?}");
        }
        let over = token(&spec("ci", Some(Time(5))), Time(5)).unwrap_err();
        assert!(over.fields.contains_key("expires"));
        let user_of = |password: &str| UserSpec {
            name: "some-long-name".to_owned(),
            role: Role::Admin,
            password: Secret::new(password),
        };
        assert!(user(&user_of("correct horse")).is_ok());
        for bad in ["", "short", "Some-Long-Name", &"x".repeat(1025)] {
            let refused = user(&user_of(bad)).unwrap_err();
            assert!(refused.fields.contains_key("password"), "{bad}");
        }
    }
}
