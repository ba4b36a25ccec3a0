//! What the daemon says of fields, in the words of the flags that gave them.

use std::collections::BTreeMap;

use crate::exit::Failure;

/// Fields whose flag has another name than they.
const OTHERS: [(&str, &str); 18] = [
    ("accounts", "--account"),
    ("application_credential", "--application-credential-id"),
    ("avoid_accounts", "--avoid-account"),
    ("ca_pem", "--ca-file"),
    ("client_cert_pem", "--client-cert-file"),
    ("client_key_pem", "--client-key-file"),
    ("deadline_seconds", "--deadline"),
    ("endpoints", "--endpoint"),
    ("id", "--application-credential-id"),
    ("networks", "--network"),
    ("password", "--password-file"),
    ("pinned_cert_pem", "--pin-cert-file"),
    ("region_name", "--region"),
    ("secret", "--secret-file"),
    ("security_groups", "--security-group"),
    ("tenant_id", "--project-id"),
    ("tenant_name", "--project-name"),
    ("token", "--token-file"),
];

/// The same failure with flags instead of fields, all that is at fault one below the other, for a
/// command that takes a name without a flag.
pub(crate) fn in_flags(failure: Failure) -> Failure {
    told(failure, "NAME")
}

/// The same for a command whose name has a flag.
pub(crate) fn in_flags_with_name(failure: Failure) -> Failure {
    told(failure, "--name")
}

fn told(mut failure: Failure, name: &str) -> Failure {
    if failure.fields.is_empty() {
        return failure;
    }
    let fields = std::mem::take(&mut failure.fields);
    let mut flags: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (field, problems) in fields {
        let known = flags.entry(flag(&field, name)).or_default();
        let anew = problems.into_iter().map(|problem| in_words(&problem));
        known.extend(anew);
        known.dedup();
    }
    let lines = flags.iter().flat_map(|(flag, problems)| {
        let line = move |problem: &String| format!("{flag}: {problem}");
        problems.iter().map(line)
    });
    failure.message = lines.collect::<Vec<_>>().join("\n  ");
    failure.fields = flags;
    failure
}

/// The flag that gives a field: `[0].reason` and `defaults.image` are `--reason` and `--image`.
fn flag(field: &str, name: &str) -> String {
    match field {
        "name" => return name.to_owned(),
        "credentials.name" => return "--application-credential-name".to_owned(),
        _ => {}
    }
    let last = field.rsplit(['.', ']']).find(|part| !part.is_empty());
    let word = last.unwrap_or(field);
    let word = word.split('[').next().unwrap_or(word);
    let other = OTHERS.iter().find(|(known, _)| *known == word);
    other.map_or_else(
        || format!("--{}", word.replace('_', "-")),
        |(_, flag)| (*flag).to_owned(),
    )
}

/// A problem that names other fields, with their flags.
fn in_words(problem: &str) -> String {
    if problem == "must be after from" {
        return "must be after --from".to_owned();
    }
    let word = |word: &str| {
        let other = OTHERS
            .iter()
            .find(|(known, _)| *known == word && word.contains('_'));
        other.map_or_else(|| word.to_owned(), |(_, flag)| (*flag).to_owned())
    };
    problem.split(' ').map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use oms_proto::WireError;

    #[test]
    fn fields_become_flags_and_all_of_them_are_told() {
        let mut error = WireError::field("[0].reason", "must not contain control characters");
        for (field, problem) in [
            ("defaults.security_groups[2]", "is too long"),
            ("deadline_seconds", "must be at least 1"),
            ("avoid_accounts", "names all accounts"),
            ("auth_url", "must be an address"),
            ("name", "must not be empty"),
            ("credentials.name", "must not be empty"),
            ("[0].until", "must be after from"),
        ] {
            error
                .fields
                .insert(field.to_owned(), vec![problem.to_owned()]);
        }
        let failure = in_flags(Failure::from(error));
        insta::assert_snapshot!(failure.message, @r"
        --application-credential-name: must not be empty
          --auth-url: must be an address
          --avoid-account: names all accounts
          --deadline: must be at least 1
          --reason: must not contain control characters
          --security-group: is too long
          --until: must be after --from
          NAME: must not be empty
        ");
    }
}
