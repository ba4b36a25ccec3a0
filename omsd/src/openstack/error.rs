//! What an answer that says no means: the one place where HTTP statuses become classes.
//!
//! The rows are those of the table of failures that the project keeps; the sources are Nova's
//! API reference and its `nova/exception.py`. The words of an answer are looked at only where
//! OpenStack gives two meanings one status: 403 and 413 (policy or rate, or quota) and 409.

use crate::ports::{CloudError, Message, Named, Part, Resolved};
use omsd_domain::ground::failure::FailureClass;

/// What a request is for, as far as its failure's meaning depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Signing in, and finding out where and in which version.
    SignIn,
    /// Looking up an image, flavor or network.
    Resolve,
    /// `POST /os-keypairs`: what can be wrong with it is the key.
    Import,
    /// `POST /servers`, the one request whose repetition would do harm.
    Create,
    /// Anything else that has an object with a life of its own.
    Object,
}

/// An error of our own making, of a request that was not sent or whose answer is no use.
pub(super) fn failed(
    operation: &'static str,
    class: FailureClass,
    message: impl Into<Message>,
) -> CloudError {
    CloudError::new(class, operation, message)
}

/// The class of a status that is not a success. `asks_to_wait` tells whether the answer says
/// when to come back.
pub(super) fn class_of(
    status: u16,
    purpose: Purpose,
    words: &str,
    asks_to_wait: bool,
) -> FailureClass {
    let words = words.to_lowercase();
    match status {
        400 if purpose == Purpose::Import => FailureClass::Rejected,
        400 if purpose == Purpose::Create && says(&words, OWN_WORDS) => FailureClass::Rejected,
        403 if says(&words, &["metadata items"]) => FailureClass::Rejected,
        // Redirects are not followed: they would carry the token away. One means that the
        // address we were given is not the right one.
        300..=399 if purpose == Purpose::SignIn => FailureClass::Configuration,
        400 | 422 => FailureClass::Configuration,
        404 if !matches!(purpose, Purpose::Object | Purpose::Import) => FailureClass::Configuration,
        401 => FailureClass::Unauthorized,
        403 if says(&words, &["quota", "exceed", "too many", "maximum number"]) => {
            FailureClass::Quota
        }
        // Some providers answer so to whoever has not paid, or lives in the wrong country.
        402 | 403 | 451 => FailureClass::Forbidden,
        404 | 410 => FailureClass::NotFound,
        // A proxy on the way wants to know who we are.
        407 => FailureClass::Unreachable,
        408 => FailureClass::Timeout,
        // Nova answered 413 to a full quota before it answered 403.
        413 if says(&words, &["quota"]) => FailureClass::Quota,
        413 | 425 | 429 => FailureClass::Throttled,
        // Nova's NetworkAmbiguous and NoUniqueMatch are nothing that time heals.
        409 if says(
            &words,
            &[
                "multiple possible networks",
                "multiple security_group",
                "more than one",
            ],
        ) =>
        {
            FailureClass::Configuration
        }
        409 | 423 => FailureClass::Conflict,
        503 if asks_to_wait => FailureClass::Throttled,
        // Where one service is elsewhere, no name is at fault that is looked for there.
        300..=399 | 500..=599 => FailureClass::ServerError,
        // 405, 406, 411, ...: not what this API says to a request like ours.
        _ => FailureClass::Garbage,
    }
}

/// Whether a create that was answered with this status may have made a server all the same. A
/// client error is the API's own refusal; anything else may come from a proxy that has passed
/// the request on, with or without a `Retry-After`.
pub(super) fn leaves_open(status: u16) -> bool {
    !matches!(status, 300..=407 | 409..=499)
}

/// What Nova says of what an entry itself brings to a create.
const OWN_WORDS: &[&str] = &[
    "field/attribute name.",
    "field/attribute metadata",
    "field/attribute user_data",
    "invalid metadata",
    "user_data",
];

/// What of a request Nova's refusal of a create names as the cause, by the words of its
/// `nova/exception.py`. Where it speaks of two parts, as of a flavor that is too small for an image,
/// neither alone is.
pub(super) fn named(error: &CloudError, asked: &Resolved) -> Option<Named> {
    if !matches!(
        error.class,
        FailureClass::Configuration | FailureClass::Forbidden
    ) {
        return None;
    }
    let words = error.message.to_lowercase();
    let missing = says(
        &words,
        &[
            "not be found",
            "not find",
            "not found",
            "unable to find",
            "not active",
        ],
    );
    let about = |phrases: &[&str]| says(&words, phrases);
    let parts = [
        (Part::Image, missing && about(&["image"])),
        (Part::Flavor, missing && about(&["flavor"])),
        (
            Part::Network,
            (missing && about(&["network"])) || about(&["external network"]),
        ),
        (
            Part::SecurityGroup,
            about(&["security_group", "security group"]),
        ),
        (
            Part::Zone,
            about(&["availability zone", "availability_zone"]),
        ),
    ];
    let mut told = parts
        .into_iter()
        .filter_map(|(part, is)| is.then_some(part));
    let (Some(part), None) = (told.next(), told.next()) else {
        return None;
    };
    let nth = match part {
        Part::Image | Part::Flavor | Part::Zone => 0,
        Part::Network => which(&words, &asked.network_ids)?,
        Part::SecurityGroup => which(&words, &asked.security_groups)?,
    };
    Some(Named { part, nth })
}

/// Which of several a refusal speaks of: the only one, or the only one that it names.
fn which(words: &str, asked: &[String]) -> Option<usize> {
    if asked.len() == 1 {
        return Some(0);
    }
    let named = |name: &&(usize, &String)| words.contains(&name.1.to_lowercase());
    let each: Vec<_> = asked.iter().enumerate().collect();
    let mut told = each.iter().filter(named);
    match (told.next(), told.next()) {
        (Some((nth, _)), None) => Some(*nth),
        _ => None,
    }
}

fn says(words: &str, phrases: &[&str]) -> bool {
    phrases.iter().any(|phrase| words.contains(phrase))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[expect(clippy::too_many_lines, reason = "it is a table")]
    fn every_row_of_the_table_of_failures_has_its_class() {
        use FailureClass as C;
        use Purpose::{Create, Object, Resolve, SignIn};
        for (status, purpose, words, waits, class) in [
            (401, SignIn, "", false, C::Unauthorized),
            (401, Create, "", false, C::Unauthorized),
            (
                403,
                Create,
                "Quota exceeded for instances: Requested 1, but already used 1 of 0 instances",
                false,
                C::Quota,
            ),
            (
                403,
                Object,
                "Quota exceeded, too many key pairs.",
                false,
                C::Quota,
            ),
            (
                403,
                Create,
                "Maximum number of ports exceeded",
                false,
                C::Quota,
            ),
            (
                403,
                Object,
                "Policy doesn't allow os_compute_api:servers:create to be performed.",
                false,
                C::Forbidden,
            ),
            (
                400,
                Create,
                "Can not find requested image",
                false,
                C::Configuration,
            ),
            (404, Create, "", false, C::Configuration),
            (404, Resolve, "", false, C::Configuration),
            (404, SignIn, "", false, C::Configuration),
            (404, Object, "", false, C::NotFound),
            (
                409,
                Create,
                "Multiple possible networks found, use a Network ID to be more specific.",
                false,
                C::Configuration,
            ),
            (
                409,
                Create,
                "Multiple security_group matches found for name 'default', use an ID to be more specific.",
                false,
                C::Configuration,
            ),
            (
                409,
                Object,
                "Cannot 'delete' instance while it is locked",
                false,
                C::Conflict,
            ),
            (
                413,
                Create,
                "This request was rate-limited.",
                false,
                C::Throttled,
            ),
            (413, Create, "Quota exceeded for cores", false, C::Quota),
            (
                429,
                Create,
                "Quota of requests exceeded",
                false,
                C::Throttled,
            ),
            (503, Create, "", true, C::Throttled),
            (503, Create, "", false, C::ServerError),
            (500, Create, "", true, C::ServerError),
            (502, Object, "", false, C::ServerError),
            (504, Create, "", false, C::ServerError),
            (301, SignIn, "", false, C::Configuration),
            (300, Resolve, "", false, C::ServerError),
            (301, Create, "", false, C::ServerError),
            (402, Create, "", false, C::Forbidden),
            (423, Create, "", false, C::Conflict),
            (425, Create, "", false, C::Throttled),
            (406, Create, "", false, C::Garbage),
            (408, Create, "", false, C::Timeout),
        ] {
            assert_eq!(
                class_of(status, purpose, words, waits),
                class,
                "{status} {purpose:?} {words}"
            );
        }
    }

    #[test]
    fn a_refusal_names_one_part_or_none() {
        let asked = Resolved {
            network_ids: vec!["1111".into(), "2222".into()],
            security_groups: vec!["web".into(), "db".into()],
            ..Resolved::default()
        };
        let at = |part, nth| Some(Named { part, nth });
        for (words, told) in [
            ("Can not find requested image", at(Part::Image, 0)),
            ("Image 77 is not active.", at(Part::Image, 0)),
            ("Flavor 42 could not be found.", at(Part::Flavor, 0)),
            ("Network 2222 could not be found.", at(Part::Network, 1)),
            ("Network 3333 could not be found.", None),
            (
                "It is not allowed to create an interface on external network 1111",
                at(Part::Network, 0),
            ),
            (
                "Unable to find security_group with name or id 'db'",
                at(Part::SecurityGroup, 1),
            ),
            (
                "The requested availability zone is not available",
                at(Part::Zone, 0),
            ),
            ("Flavor's disk is too small for requested image.", None),
            (
                "Only volume-backed servers are allowed for flavors with zero disk.",
                None,
            ),
            ("Policy doesn't allow os_compute_api:servers:create", None),
            ("Invalid key_name provided.", None),
        ] {
            let error = failed("create server", FailureClass::Configuration, words);
            assert_eq!(named(&error, &asked), told, "{words}");
        }
        let trouble = failed(
            "create server",
            FailureClass::ServerError,
            "no such image found",
        );
        assert_eq!(named(&trouble, &asked), None);
    }

    #[test]
    fn only_a_refusal_of_the_api_itself_rules_a_create_out() {
        for status in [301, 400, 401, 403, 404, 409, 413, 429] {
            assert!(!leaves_open(status), "{status}");
        }
        for status in [200, 202, 408, 500, 502, 503, 504] {
            assert!(leaves_open(status), "{status}");
        }
    }
}
