//! From flags, files, environment and prompts to credentials. A secret never comes from the
//! command line.

use std::path::Path;

use dialoguer::Password;
use oms_proto::check::{Check, reach};
use oms_proto::spec::{
    ApplicationCredential, Credentials, Endpoints, NewSecret, PasswordCredentials, TokenCredentials,
};
use oms_proto::{Secret, pem};

use crate::cli::{CredentialFlags, ReachFlags, TrustFlags};
use crate::exit::Failure;
use crate::faults::Faults;
use crate::io::Io;

/// Most bytes of a file with a password.
const SECRET_BYTES_MAX: u64 = 16 * 1024;

/// Most bytes of a file with certificates: a whole system's bundle has a quarter of a megabyte,
/// and the request that carries it may have one.
pub(super) const PEM_BYTES_MAX: u64 = 512 * 1024;

/// A kind of secret and where it comes from.
struct Source<'a> {
    what: &'a str,
    flag: &'a str,
    variable: &'a str,
}

const PASSWORD: Source<'static> = Source {
    what: "password",
    flag: "--password-file",
    variable: "OMS_ACCOUNT_PASSWORD",
};

const TOTP: Source<'static> = Source {
    what: "secret of the passcodes",
    flag: "--totp-secret-file",
    variable: "OMS_ACCOUNT_TOTP_SECRET",
};

const TOKEN: Source<'static> = Source {
    what: "token",
    flag: "--token-file",
    variable: "OMS_ACCOUNT_TOKEN",
};

const SECRET: Source<'static> = Source {
    what: "secret of the application credential",
    flag: "--secret-file",
    variable: "OMS_ACCOUNT_SECRET",
};

/// The credentials that the flags describe. All that is missing goes to `faults`; nobody is asked for a
/// secret where something is wrong already.
pub(super) fn credentials(
    io: &mut Io,
    account: &str,
    flags: CredentialFlags,
    faults: &mut Faults,
) -> Option<Credentials> {
    let by_credential =
        flags.application_credential_id.is_some() || flags.application_credential_name.is_some();
    if by_credential {
        let file = flags.secret_file.as_deref();
        let secret = secret_unless(io, account, file, &SECRET, faults);
        return Some(application_credential(flags, secret?));
    }
    if flags.secret_file.is_some() {
        faults.tell(
            "--secret-file needs --application-credential-id or --application-credential-name",
        );
    }
    let has_project = flags.project_name.is_some() || flags.project_id.is_some();
    if flags.token_file.is_some() {
        if !has_project {
            faults.tell("which project is the token for? Give --project-name or --project-id");
        }
        let token = secret_unless(io, account, flags.token_file.as_deref(), &TOKEN, faults);
        return Some(Credentials::Token(TokenCredentials {
            token: token?,
            tenant_name: flags.project_name,
            tenant_id: flags.project_id,
            project_domain_name: flags.project_domain_name,
            project_domain_id: flags.project_domain_id,
        }));
    }
    let user = flags.username.as_ref().or(flags.user_id.as_ref());
    match user {
        None if flags.secret_file.is_none() => faults.tell(
            "how to sign in? Give --username with --project-name or --project-id, \
             --application-credential-id, or --token-file with the project",
        ),
        Some(user) if !has_project => faults.tell(format!(
            "which project of {user}? Give --project-name or --project-id"
        )),
        _ => {}
    }
    user?;
    let (password, totp_secret) = password(io, account, &flags, faults)?;
    Some(Credentials::Password(PasswordCredentials {
        user_domain_name: flags.user_domain_name,
        user_domain_id: flags.user_domain_id,
        password,
        tenant_name: flags.project_name,
        tenant_id: flags.project_id,
        project_domain_name: flags.project_domain_name,
        project_domain_id: flags.project_domain_id,
        username: flags.username.unwrap_or_default(),
        user_id: flags.user_id,
        totp_secret,
    }))
}

/// A password, and what passcodes are made from where there are some.
fn password(
    io: &mut Io,
    account: &str,
    flags: &CredentialFlags,
    faults: &mut Faults,
) -> Option<(Secret, Option<Secret>)> {
    let totp_secret = match flags.totp_secret_file.as_deref() {
        Some(path) => Some(faults.see(secret(io, account, Some(path), &TOTP))),
        None => io.var(TOTP.variable).map(|text| Some(Secret::new(text))),
    };
    let password = match (&totp_secret, flags.password_file.as_deref()) {
        // Passcodes may be all that the cloud wants.
        (Some(_), None) => match io.var(PASSWORD.variable) {
            Some(text) => Some(Secret::new(text)),
            None if can_ask(io) && faults.is_empty() => {
                let asked = ask("password (empty if passcodes are enough)", account, true);
                faults.see(asked.map_err(Failure::usage))
            }
            None => Some(Secret::default()),
        },
        (_, file) => secret_unless(io, account, file, &PASSWORD, faults),
    };
    let totp_secret = match totp_secret {
        Some(secret) => Some(secret?),
        None => None,
    };
    Some((password?, totp_secret))
}

/// A new secret for an account that goes on signing in as it does.
pub(super) fn secret_alone(
    io: &mut Io,
    account: &str,
    flags: &CredentialFlags,
) -> Result<NewSecret, Failure> {
    let mut read = |file: &Path, source| secret(io, account, Some(file), source);
    match (&flags.password_file, &flags.secret_file, &flags.token_file) {
        (Some(file), ..) => read(file, &PASSWORD).map(NewSecret::Password),
        (None, Some(file), _) => read(file, &SECRET).map(NewSecret::ApplicationCredential),
        (None, None, Some(file)) => read(file, &TOKEN).map(NewSecret::Token),
        (None, None, None) => Err(Failure::usage("no file with a secret is given")),
    }
}

fn application_credential(flags: CredentialFlags, secret: Secret) -> Credentials {
    Credentials::ApplicationCredential(ApplicationCredential {
        id: flags.application_credential_id,
        name: flags.application_credential_name,
        username: flags.username,
        user_domain_name: flags.user_domain_name,
        user_domain_id: flags.user_domain_id,
        secret,
        user_id: flags.user_id,
    })
}

/// A secret; no person is asked for it where something is wrong already.
fn secret_unless(
    io: &mut Io,
    account: &str,
    file: Option<&Path>,
    source: &Source<'_>,
    faults: &mut Faults,
) -> Option<Secret> {
    let would_ask = file.is_none() && io.var(source.variable).is_none() && can_ask(io);
    if would_ask && !faults.is_empty() {
        return None;
    }
    faults.see(secret(io, account, file, source))
}

/// A secret from its file, else from the environment, else from a prompt.
fn secret(
    io: &mut Io,
    account: &str,
    file: Option<&Path>,
    source: &Source<'_>,
) -> Result<Secret, Failure> {
    if let Some(path) = file {
        let text = io.read_text(path, SECRET_BYTES_MAX)?;
        // Editors and `echo` end a file with a line break that belongs to no password.
        let line = text.strip_suffix('\n').unwrap_or(&text);
        let line = line.strip_suffix('\r').unwrap_or(line);
        if line.is_empty() {
            return Err(Failure::usage(format!(
                "{}: the {} is empty",
                path.display(),
                source.what
            )));
        }
        return Ok(Secret::new(line));
    }
    if let Some(text) = io.var(source.variable) {
        return Ok(Secret::new(text));
    }
    if !can_ask(io) {
        return Err(Failure::usage(format!(
            "no {}: give {} FILE (- is standard input) or set {}",
            source.what, source.flag, source.variable
        )));
    }
    prompt(source.what, account).map_err(Failure::usage)
}

/// Whether there is a person to ask.
pub(super) fn can_ask(io: &Io) -> bool {
    io.terminals.stdin && io.terminals.stderr
}

/// Asks a person for a secret; says in words why it could not.
pub(super) fn prompt(what: &str, of: &str) -> Result<Secret, String> {
    ask(what, of, false)
}

fn ask(what: &str, of: &str, may_be_empty: bool) -> Result<Secret, String> {
    Password::new()
        .with_prompt(format!("{} for {of}", capital(what)))
        .allow_empty_password(may_be_empty)
        .interact()
        .map(Secret::new)
        .map_err(|error| format!("cannot ask for the {what}: {error}"))
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars
        .next()
        .map(|first| first.to_ascii_uppercase().to_string() + chars.as_str())
        .unwrap_or_default()
}

impl CredentialFlags {
    /// Whether they give nothing but a file with a secret.
    pub(super) fn is_secret_alone(&self) -> bool {
        let files = [&self.password_file, &self.secret_file, &self.token_file];
        let given = files.iter().filter(|file| file.is_some()).count();
        given == 1 && !self.says_more()
    }

    /// Whether any of them is given.
    pub(super) fn any(&self) -> bool {
        self.says_more()
            || self.password_file.is_some()
            || self.secret_file.is_some()
            || self.token_file.is_some()
    }

    /// Whether any is given that tells who signs in, where to or with what else.
    fn says_more(&self) -> bool {
        let texts = [
            &self.username,
            &self.user_id,
            &self.user_domain_name,
            &self.user_domain_id,
            &self.project_name,
            &self.project_id,
            &self.project_domain_name,
            &self.project_domain_id,
            &self.application_credential_id,
            &self.application_credential_name,
        ];
        texts.iter().any(|text| text.is_some()) || self.totp_secret_file.is_some()
    }
}

/// The way to a cloud as the flags give it; for the inner `Option`s, `Some(None)` is an empty flag.
#[expect(clippy::option_option, reason = "the type of the patch's fields")]
pub(super) struct Reach {
    /// Addresses to use instead of the catalogue's.
    pub(super) endpoints: Option<Endpoints>,
    /// The proxy to go through.
    pub(super) proxy: Option<Option<Secret>>,
    /// The certificate by which we prove who we are.
    pub(super) client_cert_pem: Option<Option<String>>,
    /// That certificate's key.
    pub(super) client_key_pem: Option<Option<Secret>>,
}

/// Reads what the flags for the way to a cloud name.
pub(super) fn way(io: &mut Io, flags: &ReachFlags) -> Result<Reach, Failure> {
    let proxy = match (&flags.proxy, &flags.proxy_file) {
        (Some(url), _) if url.contains('@') => {
            return Err(Failure::usage(
                "--proxy: every user of this machine can read it there; give an address with a \
                 password in a file with --proxy-file",
            ));
        }
        (Some(url), _) => Some(
            Some(url.as_str())
                .filter(|url| !url.is_empty())
                .map(Secret::new),
        ),
        (None, Some(path)) => {
            let text = io.read_text(path, SECRET_BYTES_MAX)?;
            Some(Some(Secret::new(text.trim())))
        }
        (None, None) => None,
    };
    let (client_cert_pem, client_key_pem) = match flags.client_cert_file.as_deref() {
        None => (None, None),
        Some("") => (Some(None), Some(None)),
        Some(path) => {
            let key = flags.client_key_file.as_deref();
            let held = io.read_text(key.unwrap_or(Path::new(path)), PEM_BYTES_MAX)?;
            let chain = io.read_text(Path::new(path), PEM_BYTES_MAX)?;
            (
                Some(Some(pem::certificates_alone(&chain))),
                Some(Some(Secret::new(pem::private_key_alone(&held)))),
            )
        }
    };
    Ok(Reach {
        endpoints: endpoints(&flags.endpoints)?,
        proxy,
        client_cert_pem,
        client_key_pem,
    })
}

fn endpoints(given: &[String]) -> Result<Option<Endpoints>, Failure> {
    let mut endpoints = Endpoints::default();
    for one in given.iter().filter(|one| !one.is_empty()) {
        let url = |it: &str| Some(it.to_owned());
        match one.split_once('=') {
            Some(("compute", it)) => endpoints.compute = url(it),
            Some(("image", it)) => endpoints.image = url(it),
            Some(("network", it)) => endpoints.network = url(it),
            _ => {
                return Err(Failure::usage(format!(
                    "--endpoint {one}: expected compute=URL, image=URL or network=URL"
                )));
            }
        }
    }
    Ok(Some(endpoints).filter(|_| !given.is_empty()))
}

/// Certificates as the flags give them. `Some(None)` is an empty flag.
#[expect(clippy::option_option, reason = "the type of the patch's fields")]
pub(super) struct Trust {
    /// Authorities to trust.
    pub(super) ca_pem: Option<Option<String>>,
    /// The one certificate to accept.
    pub(super) pinned_cert_pem: Option<Option<String>>,
}

/// Reads the certificates that the flags name.
pub(super) fn trust(io: &mut Io, flags: &TrustFlags) -> Result<Trust, Failure> {
    let trust = Trust {
        ca_pem: certificate(io, flags.ca_file.as_deref())?,
        pinned_cert_pem: certificate(io, flags.pin_cert_file.as_deref())?,
    };
    let mut check = Check::default();
    let given = |pem: &Option<Option<String>>| pem.clone().flatten();
    let (ca, pinned) = (given(&trust.ca_pem), given(&trust.pinned_cert_pem));
    reach::certificates(&mut check, ca.as_deref(), pinned.as_deref());
    check.finish().map_err(|error| {
        let words = error.detail.replace("pinned_cert_pem", "--pin-cert-file");
        Failure::usage(words.replace("ca_pem", "--ca-file"))
    })?;
    Ok(trust)
}

#[expect(clippy::option_option, reason = "the type of the patch's fields")]
fn certificate(io: &mut Io, path: Option<&str>) -> Result<Option<Option<String>>, Failure> {
    match path {
        None => Ok(None),
        Some("") => Ok(Some(None)),
        Some(path) => Ok(Some(Some(io.read_text(Path::new(path), PEM_BYTES_MAX)?))),
    }
}
