//! Secrets that files leave out, for `omsctl account import`.

use oms_clouds::{Lacking, MISSING};
use oms_proto::Secret;

use super::credentials;
use crate::io::Io;

/// Stands for a secret in a dry run, so that all else is judged as it will be. It could be a secret of
/// each kind; those of passcodes are base32.
const TO_BE_ASKED_FOR: &str = "ASKED";

/// Gets secrets that files leave out: from the environment, or at a terminal from a person.
pub(super) struct Asking<'a> {
    pub(super) io: &'a mut Io,
    pub(super) dry_run: bool,
    /// What was got so far, and for which cloud: its regions share it.
    pub(super) given: Vec<(String, Lacking, Secret)>,
    pub(super) notes: &'a mut Vec<String>,
}

impl Asking<'_> {
    pub(super) fn ask(&mut self, cloud: &str, lacking: Lacking) -> Result<Secret, String> {
        let same = |given: &&(String, Lacking, Secret)| given.0 == cloud && given.1 == lacking;
        if let Some((_, _, secret)) = self.given.iter().find(same) {
            return Ok(secret.clone());
        }
        let secret = self.get(cloud, lacking)?;
        self.given.push((cloud.to_owned(), lacking, secret.clone()));
        Ok(secret)
    }

    fn get(&mut self, cloud: &str, lacking: Lacking) -> Result<Secret, String> {
        let set = |name: &&str| self.io.var(name).is_some();
        if let Some(variable) = lacking.variables.iter().copied().find(|it| set(it)) {
            // One site's password is not to be shown to another.
            if let Some((other, ..)) = self.given.iter().find(|given| given.1 == lacking) {
                return Err(format!(
                    "{MISSING}, and so it is for cloud {other}; {variable} can be meant for one of \
                     them only, so choose it with --cloud"
                ));
            }
            return Ok(Secret::new(self.io.var(variable).unwrap_or_default()));
        }
        if !credentials::can_ask(self.io) {
            let [ours, theirs] = lacking.variables;
            return Err(format!(
                "{MISSING}; set {theirs} or {ours}, or import at a terminal to be asked for it"
            ));
        }
        if self.dry_run {
            let what = lacking.what;
            self.notes
                .push(format!("cloud {cloud}: the {what} will be asked for"));
            return Ok(Secret::new(TO_BE_ASKED_FOR));
        }
        credentials::prompt(lacking.what, cloud)
    }
}
