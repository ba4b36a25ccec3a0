//! Reads the account of a clouds.yaml that somebody pastes, as `omsctl account import` reads the file:
//! by [`oms_clouds`]. Other files are not there for a page, and nobody can be asked meanwhile, so what
//! a file leaves out is refused with what to write instead.

use std::collections::BTreeMap;

use oms_clouds::{Additions, Desk, Document, FILE_BYTES_MAX, Sources};
use oms_proto::WireError;
use oms_proto::machine::MachineSpec;
use oms_proto::spec::AccountSpec;

/// What the text is called where something in it is wrong.
const FILE: &str = "clouds.yaml";

/// The account of a cloud; of the only one where none is named.
pub(super) fn account(yaml: &str, wanted: &str) -> Result<AccountSpec, WireError> {
    let at_fault = |message: String| WireError::field("yaml", message);
    if u64::try_from(yaml.len()).is_ok_and(|bytes| bytes > FILE_BYTES_MAX) {
        return Err(at_fault(format!("longer than {FILE_BYTES_MAX} bytes")));
    }
    let document = Document::parse(FILE, yaml).map_err(|error| at_fault(error.to_string()))?;
    let names: Vec<String> = document.names().map(str::to_owned).collect();
    if wanted.is_empty() && names.len() > 1 {
        let message = format!("say which of {}", names.join(", "));
        return Err(WireError::field("cloud", message));
    }
    if !wanted.is_empty() && !names.iter().any(|name| name == wanted) {
        let message = format!("there is no such cloud; there is {}", names.join(", "));
        return Err(WireError::field("cloud", message));
    }
    let sources = Sources {
        file: FILE.to_owned(),
        clouds: document.clouds_under(Document::default()),
        public: BTreeMap::new(),
    };
    let selection: Vec<String> = Some(wanted.to_owned())
        .filter(|name| !name.is_empty())
        .into_iter()
        .collect();
    let mut desk = Desk {
        read: &|path| {
            Err(format!(
                "{path} cannot be read from here; paste what is in it into the form by hand, or \
                 use `omsctl account import`"
            ))
        },
        ask: &mut |_, lacking| {
            Err(format!(
                "the {} is missing; write it into the text",
                lacking.what
            ))
        },
        is_person: false,
    };
    let none = Additions {
        name: None,
        defaults: MachineSpec::default(),
        ca_pem: None,
        pinned_cert_pem: None,
    };
    let import = oms_clouds::accounts(&sources, &selection, &none, &mut desk)
        .map_err(|error| at_fault(error.to_string()))?;
    if !import.faults.is_empty() {
        let faults: Vec<String> = import.faults.iter().map(ToString::to_string).collect();
        return Err(at_fault(faults.join("; ")));
    }
    let mut specs = import.specs.into_iter();
    match (specs.next(), specs.next()) {
        (Some(spec), None) => Ok(spec),
        _ => Err(at_fault(
            "it describes several regions, each of which is an account; keep one of them, or use \
             `omsctl account import`"
                .to_owned(),
        )),
    }
}

#[cfg(test)]
mod tests {
    use oms_proto::spec::Credentials;

    use super::*;

    const ONE: &str = "clouds:\n  tokyo:\n    region_name: tyo1\n    auth:\n      auth_url: \
        https://k.example/v3\n      username: u\n      password: hush\n      project_name: p\n";

    #[test]
    fn the_only_cloud_is_taken() {
        let spec = account(ONE, "").unwrap();
        assert_eq!(
            (spec.name.as_str(), spec.region_name.as_deref()),
            ("tokyo", Some("tyo1"))
        );
        let Credentials::Password(given) = &spec.credentials else {
            panic!("{spec:?}");
        };
        assert_eq!(
            (given.password.expose(), given.tenant_name.as_deref()),
            ("hush", Some("p"))
        );
    }

    #[test]
    fn what_cannot_be_is_told_without_a_secret() {
        let two = format!("{ONE}  osaka:\n    auth: {{auth_url: x}}\n");
        assert_eq!(
            account(&two, "").unwrap_err().detail,
            "cloud: say which of osaka, tokyo"
        );
        assert_eq!(account(&two, "tokyo").unwrap().name, "tokyo");
        assert!(
            account(ONE, "kyoto")
                .unwrap_err()
                .detail
                .contains("there is tokyo")
        );
        for (written, told) in [
            ("trust_id: t\n      password: hush", "trust_id"),
            ("x: y", "the password is missing; write it into the text"),
        ] {
            let odd = ONE.replace("password: hush", written);
            let error = account(&odd, "").unwrap_err().detail;
            assert!(error.contains(told) && !error.contains("hush"), "{error}");
        }
        let regions = ONE.replace("region_name: tyo1", "regions: [a, b]");
        let error = account(&regions, "").unwrap_err().detail;
        assert!(error.contains("several regions"), "{error}");
        let elsewhere = ONE.replace("    auth:", "    cacert: /etc/passwd\n    auth:");
        let error = account(&elsewhere, "").unwrap_err().detail;
        assert!(
            error.contains("/etc/passwd cannot be read from here"),
            "{error}"
        );
        for bad in ["", "nonsense", "clouds: {}", "clouds: [1]"] {
            account(bad, "").unwrap_err();
        }
    }
}
