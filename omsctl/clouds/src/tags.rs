//! What is not the value but something to make it of, so that the file cannot be read without the
//! program that can: tags that are not YAML's own, such as Ansible's `!vault`, what SOPS has
//! encrypted, and places that a template or an example leaves to be filled in.

use granit_parser::{Event, Parser, Tag};

/// Where YAML's own tags live.
const NAMESPACE: &str = "tag:yaml.org,2002:";

/// YAML's own tags.
const OWN: [&str; 12] = [
    "binary",
    "bool",
    "float",
    "int",
    "map",
    "merge",
    "null",
    "seq",
    "str",
    "timestamp",
    "value",
    "",
];

/// Looks for foreign tags, and for a second document. Text that is no YAML has none: it is refused by
/// whoever parses it.
///
/// # Errors
/// A sentence that names the first one and its line.
pub(super) fn check(text: &str) -> Result<(), String> {
    let mut documents = 0;
    for next in Parser::new_from_str(text) {
        let Ok((event, span)) = next else {
            return Ok(());
        };
        documents += usize::from(matches!(event, Event::DocumentStart(..)));
        if documents > 1 {
            return Err(format!(
                "line {}: a second YAML document begins; OMS reads a file of one, so split it",
                span.start.line()
            ));
        }
        if let Some(tag) = event.tag().filter(|tag| !is_own(tag)) {
            // A block of text begins on the line below its tag.
            let line = span.tag_start.unwrap_or(span.start).line();
            // A tag with nothing behind it may be a password.
            if matches!(&event, Event::Scalar(value, ..) if value.is_empty()) {
                return Err(format!(
                    "line {line}: what begins with ! is a tag to YAML; put it in quotes if it is \
                     meant as it stands"
                ));
            }
            return Err(foreign(&tag.original(), line));
        }
    }
    Ok(())
}

/// What to do about what SOPS has encrypted.
const ENCRYPTED: &str = "which OMS cannot open; import the file that 'sops -d' has decrypted, or \
                         leave the secrets out and set OS_PASSWORD (or \
                         OS_APPLICATION_CREDENTIAL_SECRET)";

/// Looks at the text as a whole: whether it is no YAML at all because it is encrypted.
///
/// # Errors
/// A sentence that says by what.
pub(super) fn check_whole(text: &str) -> Result<(), String> {
    if text.trim_start().starts_with("$ANSIBLE_VAULT;") {
        return Err(
            "is a file that Ansible Vault has encrypted; import the one that 'ansible-vault \
             decrypt --output FILE' writes"
                .to_owned(),
        );
    }
    Ok(())
}

/// Why a file is refused that SOPS has left its own key in.
pub(super) fn of_sops() -> String {
    format!("is a file that SOPS has encrypted, {ENCRYPTED}")
}

/// Why a value is none, if it is none. It is not repeated: it may be a secret after all.
pub(super) fn unmade(value: &str) -> Option<String> {
    let value = value.trim();
    let within = |open: &str, close: &str| {
        let inner = value.strip_prefix(open)?.strip_suffix(close)?;
        Some(inner.trim()).filter(|inner| !inner.is_empty())
    };
    let of_words = |inner: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.');
        inner.chars().all(fits) && inner.chars().any(|c| c.is_ascii_alphabetic())
    };
    if within("ENC[", "]").is_some_and(|it| it.contains("type:")) {
        return Some(format!("is text that SOPS has encrypted, {ENCRYPTED}"));
    }
    if value.starts_with("$ANSIBLE_VAULT;") {
        return Some(
            "is text that Ansible Vault has encrypted, which OMS cannot open; leave it out and be \
             asked for it, or import the file that 'ansible-vault' has decrypted"
                .to_owned(),
        );
    }
    let holds = |open: &str, close: &str| {
        let behind = value.split_once(open).map(|(_, behind)| behind);
        behind.is_some_and(|behind| behind.contains(close))
    };
    if holds("{{", "}}") || holds("{%", "%}") || holds("<%", "%>") {
        return Some(
            "is a template, which OMS does not fill in; import the file that comes of it"
                .to_owned(),
        );
    }
    let to_fill_in = within("<", ">").is_some_and(of_words);
    let of_variable = within("${", "}").is_some_and(of_words);
    (to_fill_in || of_variable).then(|| {
        "is a place that was left to be filled in; write the value there, or leave a secret out to \
         be asked for it"
            .to_owned()
    })
}

fn is_own(tag: &Tag) -> bool {
    // `!` alone says that the value is the text as it stands.
    let plain = tag.handle() == "!" && tag.suffix().is_empty();
    let own = tag.suffix_in_namespace(NAMESPACE);
    plain || own.is_some_and(|suffix| OWN.contains(&suffix.as_ref()))
}

fn foreign(tag: &str, line: usize) -> String {
    if tag.starts_with("!vault") {
        return format!(
            "line {line}: !vault is text that Ansible Vault has encrypted, which OMS cannot open; \
             leave the value out and set OS_PASSWORD (or OS_APPLICATION_CREDENTIAL_SECRET) \
             instead, or import the file that 'ansible-vault' has decrypted"
        );
    }
    // What follows the mark may be the begin of a secret.
    format!(
        "line {line}: a value begins with '!' and so with a tag that is not YAML's own; put it between \
         quotes if it is the text itself"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_made_into_a_value_is_told_from_values() {
        for unmade_value in [
            "ENC[AES256_GCM,data:p673w==,iv:YY=,aad:UQ=,tag:A=,type:str]",
            "$ANSIBLE_VAULT;1.1;AES256\n6162",
            "{{ lookup('env', 'OS_PASSWORD') }}",
            "https://{{ host }}:5000/v3",
            "{% if prod %}a{% endif %}",
            "<password>",
            "<your project-name>",
            "${OS_PASSWORD}",
        ] {
            assert!(unmade(unmade_value).is_some(), "{unmade_value}");
        }
        for value in [
            "",
            "https://{region_name}.example/v3",
            "a<b>c",
            "<>",
            "<3>",
            "p$$w{d}",
            "}}{{",
            "ENC[",
            "ENC[x]",
            "${a}${b}",
            "<a&b>",
            "$",
        ] {
            assert_eq!(unmade(value), None, "{value}");
        }
    }
}
