//! `omsctl account import`: finds and reads the files, [`clouds`] says what they mean, the daemon
//! gets the accounts.

use std::path::{Path, PathBuf};

use oms_proto::request::{AccountAdd, AccountEdit, AccountList};
use oms_proto::spec::{AccountPatch, AccountSpec, Credentials};

use oms_proto::view::{AuthType, Trust};

use super::Context;
use super::credentials::{PEM_BYTES_MAX, trust};
use crate::cli::AccountImport;
use crate::clouds::search::{Found, Places};
use crate::clouds::{
    self, Additions, Cloud, CloudsError, Document, ENVVARS, FILE_BYTES_MAX, Sources,
};
use crate::exit::{Exit, Failure};
use crate::io::{self, Io};
use crate::render::ImportRow;

impl From<CloudsError> for Failure {
    fn from(error: CloudsError) -> Self {
        Self::usage(error.to_string())
    }
}

pub(super) async fn run(context: &mut Context<'_>, args: AccountImport) -> Result<Exit, Failure> {
    let trust = trust(context.io, &args.trust)?;
    let additions = Additions {
        defaults: args.defaults.into(),
        ca_pem: trust.ca_pem.flatten(),
        pinned_cert_pem: trust.pinned_cert_pem.flatten(),
    };
    let places = places(context.io);
    let wants_envvars = args.clouds.iter().any(|cloud| cloud == ENVVARS);
    let sources = sources(
        context.io,
        &places,
        args.clouds_yaml.as_deref(),
        wants_envvars,
    )?;
    let read = |path: &str| io::read_file(&places.expanded(path), PEM_BYTES_MAX);
    let specs = clouds::accounts(&sources, &args.clouds, &additions, &read)?;
    if args.dry_run {
        let rows: Vec<ImportRow> = specs.iter().map(row).collect();
        context.print_list(&rows, "nothing to import")?;
        return Ok(Exit::Done);
    }
    hand_in(context, specs, args.update).await
}

/// Adds or changes the accounts. Whether that can be done is looked at for all of them before the
/// first is touched.
async fn hand_in(
    context: &mut Context<'_>,
    specs: Vec<AccountSpec>,
    update: bool,
) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let there = daemon.ask_all(AccountList::default()).await?;
    let exists = |spec: &AccountSpec| there.iter().any(|account| account.name == spec.name);
    let taken: Vec<&str> = specs
        .iter()
        .filter(|spec| exists(spec))
        .map(|spec| spec.name.as_str())
        .collect();
    if !(taken.is_empty() || update) {
        return Err(Failure::new(
            Exit::Failed,
            format!(
                "there are accounts of these names already: {}\n  --update changes them, --cloud \
                 imports others only; nothing was imported",
                taken.join(", ")
            ),
        ));
    }
    let mut accounts = Vec::new();
    let mut outcome = Ok(Exit::Done);
    for spec in specs {
        let name = spec.name.clone();
        let handed = if exists(&spec) {
            let (name, patch) = (name.clone(), patch(spec));
            daemon.ask(AccountEdit { name, patch }).await
        } else {
            daemon.ask(AccountAdd { spec }).await
        };
        match handed {
            Ok(account) => accounts.push(account),
            Err(error) => {
                let failure = Failure::from(error);
                // One that is refused does not keep the others out.
                let failure = Failure::new(failure.exit, format!("account {name}: {failure}"));
                if outcome.is_ok() {
                    outcome = Err(failure);
                } else {
                    context.io.say(&format!("omsctl: {failure}"));
                }
            }
        }
    }
    context.print_list(&accounts, "nothing was imported")?;
    outcome
}

/// What an import changes at an account that is there: everything that the file or a flag says.
fn patch(spec: AccountSpec) -> AccountPatch {
    // A pinned certificate and authorities exclude each other: the new one ends the old one.
    let (ca_pem, pinned_cert_pem) = match (spec.ca_pem, spec.pinned_cert_pem) {
        (None, None) => (None, None),
        (ca, pin) => (Some(ca), Some(pin)),
    };
    AccountPatch {
        provider: spec.provider,
        auth_url: Some(spec.auth_url),
        region_name: Some(spec.region_name),
        interface: Some(spec.interface),
        credentials: Some(spec.credentials),
        ca_pem,
        pinned_cert_pem,
        ..AccountPatch::of_defaults(spec.defaults)
    }
}

fn places(io: &Io) -> Places {
    let path = |name: &str| io.var(name).map(PathBuf::from);
    Places {
        home: io.home(),
        config_file: path("OS_CLIENT_CONFIG_FILE"),
        secure_file: path("OS_CLIENT_SECURE_FILE"),
        vendor_file: path("OS_CLIENT_VENDOR_FILE"),
    }
}

/// Reads what there is to read.
fn sources(
    io: &mut Io,
    places: &Places,
    named: Option<&Path>,
    wants_envvars: bool,
) -> Result<Sources, Failure> {
    let (file, found) = match named {
        Some(path) => (Some(path.to_owned()), Found::Named),
        None => (first_file(places.clouds()), Found::Searched),
    };
    let envvars = envvars(io);
    let Some(file) = file else {
        return match envvars {
            Some((name, cloud)) => Ok(Sources {
                file: "environment".to_owned(),
                clouds: [(name, cloud)].into(),
                public: read_first(io, places.public(Path::new("")))?.profiles(),
            }),
            None => Err(nothing_found(places)),
        };
    };
    let secure = read_first(io, places.secure(&file, found))?;
    let mut clouds = read_document(io, &file)?.clouds_under(secure);
    if let (true, Some((name, cloud))) = (wants_envvars, envvars) {
        clouds.entry(name).or_insert(cloud);
    }
    Ok(Sources {
        public: read_first(io, places.public(&file))?.profiles(),
        file: file.display().to_string(),
        clouds,
    })
}

fn nothing_found(places: &Places) -> Failure {
    let looked: Vec<String> = places
        .clouds()
        .iter()
        .filter(|path| path.extension().is_some_and(|suffix| suffix == "yaml"))
        .map(|path| path.display().to_string())
        .collect();
    Failure::usage(format!(
        "no clouds.yaml found; looked for {}; name one with --clouds-yaml",
        looked.join(", ")
    ))
}

fn first_file(candidates: Vec<PathBuf>) -> Option<PathBuf> {
    candidates.into_iter().find(|path| path.is_file())
}

fn read_first(io: &mut Io, candidates: Vec<PathBuf>) -> Result<Document, Failure> {
    match first_file(candidates) {
        Some(path) => read_document(io, &path),
        None => Ok(Document::default()),
    }
}

fn read_document(io: &mut Io, path: &Path) -> Result<Document, Failure> {
    let text = io.read_text(path, FILE_BYTES_MAX)?;
    Ok(Document::parse(&path.display().to_string(), &text)?)
}

/// The cloud that the variables `OS_*` describe, if they describe one.
fn envvars(io: &Io) -> Option<(String, Cloud)> {
    io.var("OS_AUTH_URL")?;
    let fields = io.env.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix("OS_").filter(|key| *key != "CLOUD")?;
        Some((key.to_ascii_lowercase(), value.clone()))
    });
    Some((ENVVARS.to_owned(), Cloud::of_fields(fields)))
}

fn row(spec: &AccountSpec) -> ImportRow {
    let (auth_type, user, project) = match &spec.credentials {
        Credentials::Password(password) => (
            AuthType::Password,
            Some(password.username.clone()),
            password
                .tenant_name
                .clone()
                .or_else(|| password.tenant_id.clone()),
        ),
        Credentials::ApplicationCredential(credential) => (
            AuthType::ApplicationCredential,
            credential.id.clone().or_else(|| credential.name.clone()),
            None,
        ),
    };
    let trust = match (&spec.pinned_cert_pem, &spec.ca_pem) {
        (Some(_), _) => Trust::Pinned,
        (None, Some(_)) => Trust::Ca,
        (None, None) => Trust::System,
    };
    ImportRow {
        name: spec.name.clone(),
        provider: spec.provider.clone(),
        region_name: spec.region_name.clone(),
        project,
        auth_type,
        user,
        auth_url: spec.auth_url.clone(),
        trust,
    }
}
