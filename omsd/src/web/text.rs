//! Every text of the page, one file a language in `omsd/texts`; a new language is a file there and a
//! row here.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use http::HeaderMap;
use http::header::ACCEPT_LANGUAGE;

use crate::access::cookie;

/// The cookie that holds the language somebody chose.
pub(super) const LANGUAGE_COOKIE: &str = "oms-language";

// The fields are borrowed and so need no drop: with that of some hundred texts behind each of them that
// may be missing, a derived `Deserialize` costs the compiler minutes.
macro_rules! texts {
    ($($name:ident)+) => {
        /// The texts of one language.
        #[derive(Debug)]
        pub(crate) struct Text {
            $(pub(super) $name: &'static str,)+
        }

        impl Text {
            /// The texts of a file, each by its name; one that is missing is its name.
            fn of(file: &'static File) -> Self {
                let text = |name: &'static str| file.get(name).map_or(name, String::as_str);
                Self {
                    $($name: text(stringify!($name)),)+
                }
            }

            /// The text that is called so.
            pub(super) fn named(&self, name: &str) -> Option<&'static str> {
                match name {
                    $(stringify!($name) => Some(self.$name),)+
                    _ => None,
                }
            }
        }

        /// What the texts are called.
        #[cfg(test)]
        const NAMES: &[&str] = &[$(stringify!($name),)+];
    };
}

texts! {
    code other_code other_name skip navigation overview queue instances accounts events sign_in sign_out sign_in_how token token_hint wrong_sign_in sign_in_user sign_in_token user users add_user user_added user_removed remove_user remove_user_hint no_users new_password password_hint tokens make_token token_made token_once no_tokens revoke_token revoke_hint revoked role roles_hint key_raw key_raw_hint created expires last_used days days_hint audit audit_hint too_many_tries you anonymous refused interface interface_hint live_on live_off live_none launch launched launch_hint machine where_and_how_long only_at not_at deadline_seconds commas more guest public_key public_key_hint user_data preview preview_hint fits passed what_is_wrong nothing_wrong rates rates_hint asked became_ready attempts_failed status all account sort newest oldest filter no_entries no_instances no_accounts no_events name address attempts accepted why pages previous next older in_all freshness never server_status boot_seconds ready vanished entry instance delete delete_entry delete_hint deleted private_key key_hint show_key copy copied download deadline server_id key_name timeline no_attempts removal passed_over register registered provider region priority running building answered test test_found edit edit_account edited save disable enable remove remove_account remove_hint removed auth_url signs_in last_failure blocks scope until failures lessons boots maintenance calendar calendar_hint no_maintenance maintenance_hint maintained from until_ended yes no hours cordon drain uncordon paste paste_hint cloud cloud_hint or_by_hand credentials credentials_keep password application_credential_id application_credential_secret username tenant_name tenant_id user_domain_name project_domain_name region_name image flavor networks security_groups availability_zone address_type address_family defaults defaults_hint trust ca_pem pinned_cert_pem cancel severity by at what answer body form place shapes post_hint not_found not_found_hint forbidden forbidden_hint stale_form failed available unavailable now seconds_ago minutes_ago hours_ago days_ago in_future accounts_word condition condition_hint servers cores memory
}

/// A file of texts, by their names.
type File = BTreeMap<String, String>;

const EN: &str = include_str!("../../texts/en.toml");
const JA: &str = include_str!("../../texts/ja.toml");

static ENGLISH_FILE: LazyLock<File> = LazyLock::new(|| read(EN));
static JAPANESE_FILE: LazyLock<File> = LazyLock::new(|| read(JA));
static ENGLISH: LazyLock<Text> = LazyLock::new(|| Text::of(&ENGLISH_FILE));
static JAPANESE: LazyLock<Text> = LazyLock::new(|| Text::of(&JAPANESE_FILE));

/// A test reads each file, so that none is bad here.
fn read(text: &str) -> File {
    toml::from_str(text).unwrap_or_default()
}

/// The texts in the language of that code.
pub(super) fn of(code: &str) -> Option<&'static Text> {
    match code {
        "en" => Some(&ENGLISH),
        "ja" => Some(&JAPANESE),
        _ => None,
    }
}

/// The texts in the language that somebody chose, or else in the one that their browser likes best.
pub(super) fn wanted(headers: &HeaderMap) -> &'static Text {
    if let Some(chosen) = cookie(headers, LANGUAGE_COOKIE).and_then(of) {
        return chosen;
    }
    let accepted = headers.get(ACCEPT_LANGUAGE);
    let accepted = accepted.and_then(|value| value.to_str().ok());
    let mut best: Option<(f32, &'static Text)> = None;
    for range in accepted.unwrap_or_default().split(',').take(32) {
        let mut parts = range.split(';').map(str::trim);
        let tag = parts.next().unwrap_or_default();
        let language = tag.split('-').next().unwrap_or_default();
        let quality = parts.find_map(|part| part.strip_prefix("q="));
        let quality = quality.map_or(1.0, |text| text.parse().unwrap_or(0.0_f32));
        if let Some(text) = of(&language.to_ascii_lowercase())
            && best.is_none_or(|(most, _)| quality > most)
            && quality > 0.0
        {
            best = Some((quality, text));
        }
    }
    best.map_or(&ENGLISH, |(_, text)| text)
}

/// A text with a number or a name in it.
pub(super) fn with(text: &str, n: impl std::fmt::Display) -> String {
    text.replace("{n}", &n.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use http::HeaderValue;

    use super::*;

    #[test]
    fn every_language_says_everything() {
        for file in [EN, JA] {
            let file: File = toml::from_str(file).unwrap();
            let said: BTreeSet<&str> = file.keys().map(String::as_str).collect();
            assert_eq!(said, NAMES.iter().copied().collect());
            for (name, text) in &file {
                assert!(!text.is_empty(), "{name}");
            }
        }
    }

    #[test]
    fn the_language_is_the_chosen_one_or_the_one_liked_best() {
        let wants = |accept: &'static str, chosen: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT_LANGUAGE, HeaderValue::from_static(accept));
            headers.insert(http::header::COOKIE, HeaderValue::from_static(chosen));
            wanted(&headers).code
        };
        assert_eq!(wants("ja,en;q=0.8", ""), "ja");
        assert_eq!(wants("en-GB,ja;q=0.8", ""), "en");
        assert_eq!(wants("fr, ja;q=0.2, en;q=0.1", ""), "ja");
        assert_eq!(wants("fr", ""), "en");
        assert_eq!(wants("ja", "a=b; oms-language=en"), "en");
        assert_eq!(wants("en", "oms-language=xx"), "en");
        assert_eq!(wants("ja;q=0", ""), "en");
    }
}
