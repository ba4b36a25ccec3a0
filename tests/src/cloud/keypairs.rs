//! Nova's key pairs: they belong to the user, their names are unique, and only the public half is
//! ever here.

use std::collections::BTreeMap;

use super::call::{KeypairShown, Page, PageAsk, Refusal, Reply};
use super::dice::stable_hex;
use super::identity::Who;
use super::model::Model;

/// By user and name.
pub(super) type Keypairs = BTreeMap<(String, String), KeypairShown>;

/// Nova's bound on a name.
const NAME_MAX: usize = 255;

impl Model {
    pub(super) fn import_keypair(
        &mut self,
        who: &Who,
        name: &str,
        public_key: Option<&str>,
    ) -> Result<Reply, Refusal> {
        check_name(name)?;
        let Some(public_key) = public_key else {
            // Before 2.92 Nova would make a key; nobody should want that, so nobody gets it.
            return Err(Refusal::nova(
                400,
                "Invalid input for field/attribute keypair. 'public_key' is a required property",
            ));
        };
        if !looks_like_a_key(public_key) {
            return Err(Refusal::nova(
                400,
                "Keypair data is invalid: failed to generate fingerprint",
            ));
        }
        let place = (who.user_id.clone(), name.to_owned());
        if self.keypairs.contains_key(&place) {
            return Err(Refusal::nova(
                409,
                format!("Key pair '{name}' already exists."),
            ));
        }
        let quota = who.account.quota_keypairs;
        if quota >= 0 && count(self.keypairs_of(&who.user_id).count()) >= quota {
            return Err(Refusal::nova(403, "Quota exceeded, too many key pairs."));
        }
        self.serial += 1;
        let keypair = KeypairShown {
            name: name.to_owned(),
            public_key: public_key.to_owned(),
            fingerprint: fingerprint(public_key),
            user_id: who.user_id.clone(),
            created: self.wall(),
            number: self.serial,
        };
        self.keypairs.insert(place, keypair.clone());
        Ok(Reply::KeypairImported(keypair))
    }

    pub(super) fn get_keypair(&self, who: &Who, name: &str) -> Result<Reply, Refusal> {
        self.keypairs
            .get(&(who.user_id.clone(), name.to_owned()))
            .map(|keypair| Reply::Keypair(keypair.clone()))
            .ok_or_else(|| not_found(who, name))
    }

    pub(super) fn delete_keypair(&mut self, who: &Who, name: &str) -> Result<Reply, Refusal> {
        self.keypairs
            .remove(&(who.user_id.clone(), name.to_owned()))
            .map(|_| Reply::KeypairDeleted)
            .ok_or_else(|| not_found(who, name))
    }

    pub(super) fn list_keypairs(&self, who: &Who, ask: &PageAsk) -> Result<Reply, Refusal> {
        let all: Vec<KeypairShown> = self.keypairs_of(&who.user_id).cloned().collect();
        let gone =
            |marker: &str| Refusal::nova(400, format!("Marker {marker} could not be found."));
        page(
            all,
            ask,
            self.spec.page_max,
            |keypair| keypair.name.clone(),
            gone,
        )
        .map(Reply::Keypairs)
    }

    fn keypairs_of(&self, user_id: &str) -> impl Iterator<Item = &KeypairShown> {
        self.keypairs
            .values()
            .filter(move |keypair| keypair.user_id == user_id)
    }
}

/// A length as the API counts.
pub(super) fn count(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}

/// Cuts a page out of a list.
pub(super) fn page<T>(
    items: Vec<T>,
    ask: &PageAsk,
    page_max: usize,
    key: impl Fn(&T) -> String,
    gone: impl Fn(&str) -> Refusal,
) -> Result<Page<T>, Refusal> {
    let start = match &ask.marker {
        Some(marker) => {
            let place = items.iter().position(|item| key(item) == *marker);
            place.ok_or_else(|| gone(marker))? + 1
        }
        None => 0,
    };
    // A limit of 0 means none, to Nova.
    let limit = ask.limit.filter(|limit| *limit > 0);
    let length = limit.unwrap_or(page_max).min(page_max);
    let mut rest = items.into_iter().skip(start);
    let items: Vec<T> = rest.by_ref().take(length).collect();
    // As the real ones do: a full page has a link even if nothing follows.
    let full = items.len() == length && (limit.is_some() || rest.next().is_some());
    let next = items.last().filter(|_| full).map(&key);
    Ok(Page { items, next })
}

fn check_name(name: &str) -> Result<(), Refusal> {
    let words = |reason: &str| {
        Refusal::nova(
            400,
            format!("Invalid input for field/attribute name. Value: {name}. '{name}' {reason}"),
        )
    };
    if name.is_empty() {
        return Err(words("is too short"));
    }
    if name.chars().count() > NAME_MAX {
        return Err(words("is too long"));
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || "@._- ".contains(c);
    if !name.chars().all(allowed) {
        return Err(Refusal::nova(
            400,
            "An invalid 'name' value was provided. The name must be: Only expected characters: \
             [@._- 0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ]",
        ));
    }
    Ok(())
}

fn looks_like_a_key(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let kind = words.next().unwrap_or_default();
    let body = words.next().unwrap_or_default();
    (kind.starts_with("ssh-") || kind.starts_with("ecdsa-sha2-")) && body.starts_with("AAAA")
}

/// Looks like MD5 and is as good for telling keys apart.
fn fingerprint(public_key: &str) -> String {
    let digits = stable_hex(&["fingerprint", public_key]);
    let pairs: Vec<&str> = (0..16)
        .filter_map(|place| digits.get(place * 2..place * 2 + 2))
        .collect();
    pairs.join(":")
}

fn not_found(who: &Who, name: &str) -> Refusal {
    Refusal::nova(
        404,
        format!("Keypair {name} not found for user {}", who.user_id),
    )
}
