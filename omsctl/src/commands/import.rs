//! `omsctl account import`: finds and reads the files, [`oms_clouds`] says what they mean, the daemon
//! gets the accounts.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use dialoguer::MultiSelect;
use oms_clouds::search::{Found, Places};
use oms_clouds::{
    self as clouds, Additions, Cloud, CloudsError, Desk, Document, ENVVARS, FILE_BYTES_MAX, Reads,
    Said, Sources,
};
use oms_proto::request::{AccountAdd, AccountEdit, AccountList};
use oms_proto::spec::{AccountPatch, AccountSpec, Credentials, Endpoints};
use oms_proto::view::{AccountView, AuthType, Trust};

use super::Context;
use super::asking::Asking;
use super::credentials::{self, PEM_BYTES_MAX, trust};
use crate::cli::AccountImport;
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
        name: args.name,
        defaults: args.defaults.clone().said(),
        ca_pem: trust.ca_pem.flatten(),
        pinned_cert_pem: trust.pinned_cert_pem.flatten(),
    };
    let places = places(context.io);
    let mut notes = Vec::new();
    let (sources, selection) = if let Some(path) = &args.openrc {
        (openrc(context.io, path)?, Vec::new())
    } else {
        let selection = if args.choose {
            Vec::new()
        } else {
            selection(context.io, &args.clouds, &mut notes)
        };
        let file = args.clouds_yaml.as_deref();
        let sources = sources(context.io, &places, file, &selection, &mut notes)?;
        let chosen = if args.choose {
            choose(context.io, &sources)?
        } else {
            selection
        };
        (sources, chosen)
    };
    let read = |path: &str| io::read_file(&places.expanded(path), PEM_BYTES_MAX);
    let is_person = !args.dry_run && credentials::can_ask(context.io);
    let mut asking = Asking {
        io: context.io,
        dry_run: args.dry_run,
        given: Vec::new(),
        notes: &mut notes,
    };
    let mut ask = |cloud: &str, lacking| asking.ask(cloud, lacking);
    let mut desk = Desk {
        read: &read,
        ask: &mut ask,
        is_person,
    };
    let import = clouds::accounts(&sources, &selection, &additions, &mut desk)?;
    for note in notes.iter().chain(&import.notes) {
        context.note(&format!("omsctl: {note}"));
    }
    let (specs, said) = (import.specs, import.said);
    let unusable = unusable(&import.faults, &specs, args.skip_unusable);
    if args.dry_run {
        let rows: Vec<ImportRow> = specs.iter().map(row).collect();
        if unusable.is_none() || !rows.is_empty() {
            context.print_list(&rows, "nothing to import")?;
        }
    }
    if let Some(failure) = unusable {
        return Err(failure);
    }
    for fault in &import.faults {
        context.note(&format!("omsctl: left out: {fault}"));
    }
    if args.dry_run {
        return Ok(Exit::Done);
    }
    let updates = args.update.then(|| args.defaults.patch());
    hand_in(context, specs, &said, updates).await
}

/// All that is wrong with clouds, where that ends the import, and what would go on without them.
fn unusable(faults: &[CloudsError], usable: &[AccountSpec], skip: bool) -> Option<Failure> {
    if faults.is_empty() || (skip && !usable.is_empty()) {
        return None;
    }
    let mut lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
    if !usable.is_empty() {
        let names: Vec<&str> = usable.iter().map(|spec| spec.name.as_str()).collect();
        lines.push(format!(
            "nothing was imported; --skip-unusable imports the rest: {}",
            names.join(", ")
        ));
    }
    Some(Failure::usage(lines.join("\n  ")))
}

/// The clouds to import: those of the flag, or else the one that `OS_CLOUD` names.
fn selection(io: &Io, asked: &[String], notes: &mut Vec<String>) -> Vec<String> {
    match io.var("OS_CLOUD") {
        Some(cloud) if asked.is_empty() => {
            notes.push(format!(
                "only cloud {cloud} is imported, because OS_CLOUD names it; --cloud chooses others"
            ));
            vec![cloud.to_owned()]
        }
        _ => asked.to_vec(),
    }
}

/// The clouds that a person chooses from all that there are.
fn choose(io: &Io, sources: &Sources) -> Result<Vec<String>, Failure> {
    let names: Vec<&String> = sources.clouds.keys().collect();
    if !credentials::can_ask(io) {
        return Err(Failure::usage(
            "--choose asks at a terminal; name the clouds with --cloud",
        ));
    }
    let chosen = MultiSelect::new()
        .with_prompt(format!(
            "Clouds of {}: space chooses, Enter imports, Esc ends",
            sources.file
        ))
        .items(&names)
        .interact_opt()
        .map_err(|error| Failure::usage(format!("cannot ask: {error}; use --cloud")))?;
    let chosen: Vec<String> = chosen
        .unwrap_or_default()
        .into_iter()
        .filter_map(|at| names.get(at).map(|name| (*name).clone()))
        .collect();
    if chosen.is_empty() {
        return Err(Failure::new(Exit::Interrupted, "nothing was imported"));
    }
    Ok(chosen)
}

/// The cloud of an openrc file, named for the file.
fn openrc(io: &mut Io, path: &Path) -> Result<Sources, Failure> {
    let file = path.display().to_string();
    let text = io.read_text(path, FILE_BYTES_MAX)?;
    let cloud = clouds::openrc::parse(&file, &text)?;
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = stem
        .trim_end_matches("openrc")
        .trim_end_matches(['-', '_', '.']);
    let name = if name.is_empty() { "openrc" } else { name };
    Ok(Sources {
        clouds: [(name.to_owned(), cloud)].into(),
        public: BTreeMap::new(),
        file,
    })
}

/// Adds the accounts, or where `updates` says what flags change, changes those that are there. Whether that can be done is looked at for all of them before the
/// first is touched.
async fn hand_in(
    context: &mut Context<'_>,
    specs: Vec<AccountSpec>,
    said: &BTreeMap<String, Said>,
    updates: Option<AccountPatch>,
) -> Result<Exit, Failure> {
    let daemon = context.daemon().await?;
    let there = daemon.ask_all(AccountList::default()).await?;
    let exists = |spec: &AccountSpec| there.iter().any(|account| account.name == spec.name);
    let taken: Vec<&str> = specs
        .iter()
        .filter(|spec| exists(spec))
        .map(|spec| spec.name.as_str())
        .collect();
    if !taken.is_empty() && updates.is_none() {
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
        let known = there.iter().find(|account| account.name == name);
        let handed = if let Some(known) = known {
            let said = said.get(&name).copied().unwrap_or_default();
            let (name, patch) = (
                name.clone(),
                patch(spec, said, known, updates.clone().unwrap_or_default()),
            );
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

/// What an import changes at an account that is there: everything that the file or a flag says. What
/// they leave out stays, for somebody may have set it by hand.
fn patch(spec: AccountSpec, said: Said, known: &AccountView, flags: AccountPatch) -> AccountPatch {
    // A pinned certificate and authorities exclude each other: the new one ends the old one.
    let (ca_pem, pinned_cert_pem) = match (spec.ca_pem, spec.pinned_cert_pem) {
        (None, None) => (None, None),
        (ca, pin) => (Some(ca), Some(pin)),
    };
    // They are set together, so those that the file leaves out are said again.
    let known = &known.endpoints;
    let endpoints = Endpoints {
        compute: spec.endpoints.compute.clone().or(known.compute.clone()),
        image: spec.endpoints.image.clone().or(known.image.clone()),
        network: spec.endpoints.network.clone().or(known.network.clone()),
    };
    AccountPatch {
        provider: spec.provider.filter(|_| said.provider),
        auth_url: Some(spec.auth_url),
        region_name: spec.region_name.map(Some),
        interface: said.interface.then_some(spec.interface),
        credentials: Some(spec.credentials),
        ca_pem,
        pinned_cert_pem,
        endpoints: (spec.endpoints != Endpoints::default()).then_some(endpoints),
        proxy: spec.proxy.map(Some),
        client_cert_pem: spec.client_cert_pem.map(Some),
        client_key_pem: spec.client_key_pem.map(Some),
        ..flags
    }
}

fn places(io: &Io) -> Places {
    let path = |name: &str| io.var(name).map(PathBuf::from);
    Places {
        home: io.home(),
        config_home: path("XDG_CONFIG_HOME"),
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
    selection: &[String],
    notes: &mut Vec<String>,
) -> Result<Sources, Failure> {
    check_named(places, named)?;
    let (file, found) = match named {
        Some(path) => (Some(path.to_owned()), Found::Named),
        None => (first_file(places.clouds()), Found::Searched),
    };
    let envvars = envvars(io);
    let wants = |name: &String| selection.iter().any(|cloud| cloud == name);
    let Some(file) = file else {
        return match envvars {
            Some((name, cloud)) => Ok(Sources {
                file: "environment".to_owned(),
                clouds: [(name, cloud)].into(),
                public: read_first(io, places.public(Path::new("")), Reads::Profiles, notes)?
                    .profiles(),
            }),
            None => Err(nothing_found(places)),
        };
    };
    let secure = read_first(io, places.secure(&file, found), Reads::Clouds, notes)?;
    let document = read_document(io, &file, Reads::Clouds, notes)?;
    let known: BTreeSet<String> = document.names().map(str::to_owned).collect();
    let mut clouds = document.clouds_under(secure);
    // Secrets may lie there for clouds of other files.
    clouds.retain(|name, cloud| {
        let whole = known.contains(name) || cloud.is_whole() || selection.contains(name);
        if !whole {
            notes.push(format!(
                "cloud {name} is in secure.yaml only, and is left out"
            ));
        }
        whole
    });
    match envvars {
        Some((name, _)) if wants(&name) && clouds.contains_key(&name) => {
            return Err(Failure::usage(format!(
                "{} has a cloud {name}, and so have the variables OS_*; call theirs otherwise with \
                 OS_CLOUD_NAME",
                file.display()
            )));
        }
        Some((name, cloud)) if wants(&name) => drop(clouds.insert(name, cloud)),
        Some((name, _)) if selection.is_empty() => notes.push(format!(
            "the variables OS_* describe a cloud too, which is left out; '--cloud {name}' imports it"
        )),
        _ => {}
    }
    Ok(Sources {
        public: read_first(io, places.public(&file), Reads::Profiles, notes)?.profiles(),
        file: file.display().to_string(),
        clouds,
    })
}

/// A file that a variable names has to be there: another one in its place would be another cloud.
fn check_named(places: &Places, named: Option<&Path>) -> Result<(), Failure> {
    let config = places.config_file.as_ref().filter(|_| named.is_none());
    let of_variables = [
        ("OS_CLIENT_CONFIG_FILE", config),
        ("OS_CLIENT_SECURE_FILE", places.secure_file.as_ref()),
        ("OS_CLIENT_VENDOR_FILE", places.vendor_file.as_ref()),
    ];
    for (variable, path) in of_variables {
        if let Some(path) = path.filter(|path| !path.is_file()) {
            return Err(Failure::usage(format!(
                "{variable} names {}, which is no file",
                path.display()
            )));
        }
    }
    Ok(())
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

fn read_first(
    io: &mut Io,
    candidates: Vec<PathBuf>,
    reads: Reads,
    notes: &mut Vec<String>,
) -> Result<Document, Failure> {
    match first_file(candidates) {
        Some(path) => read_document(io, &path, reads, notes),
        None => Ok(Document::default()),
    }
}

fn read_document(
    io: &mut Io,
    path: &Path,
    reads: Reads,
    notes: &mut Vec<String>,
) -> Result<Document, Failure> {
    let text = io.read_text(path, FILE_BYTES_MAX)?;
    let file = path.display().to_string();
    let document = Document::parse(&file, &text)?;
    let unused = document.unused(reads).into_iter();
    notes.extend(unused.map(|note| format!("{file}: {note}")));
    Ok(document)
}

/// The cloud that the variables `OS_*` describe, if they describe one.
fn envvars(io: &Io) -> Option<(String, Cloud)> {
    io.var("OS_AUTH_URL")?;
    let fields = io.env.iter().filter_map(|(name, value)| {
        let key = name.strip_prefix("OS_")?;
        Some((key.to_ascii_lowercase(), value.clone()))
    });
    let name = io.var("OS_CLOUD_NAME").unwrap_or(ENVVARS);
    Some((name.to_owned(), clouds::envvars(fields)))
}

fn row(spec: &AccountSpec) -> ImportRow {
    let mut row = ImportRow {
        name: spec.name.clone(),
        provider: spec.provider.clone(),
        region_name: spec.region_name.clone(),
        auth_url: spec.auth_url.clone(),
        interface: spec.interface,
        endpoints: spec.endpoints.clone(),
        client_certificate: spec.client_cert_pem.is_some(),
        ..ImportRow::default()
    };
    match spec.credentials.clone() {
        Credentials::Password(given) => {
            row.auth_type = match (given.totp_secret, given.password.expose().is_empty()) {
                (None, _) => AuthType::Password,
                (Some(_), false) => AuthType::PasswordTotp,
                (Some(_), true) => AuthType::Totp,
            };
            row.project = given
                .tenant_name
                .clone()
                .or_else(|| given.tenant_id.clone());
            row.project_id = given.tenant_id;
            row.project_domain = given.project_domain_id.or(given.project_domain_name);
            // The id is what counts where there are both.
            let name = Some(given.username).filter(|name| !name.is_empty());
            row.user = given.user_id.or(name);
            row.user_domain = given.user_domain_id.or(given.user_domain_name);
        }
        Credentials::ApplicationCredential(given) => {
            row.auth_type = AuthType::ApplicationCredential;
            row.user = given.id.or(given.name);
            row.user_domain = given.user_domain_id.or(given.user_domain_name);
        }
        Credentials::Token(given) => {
            row.auth_type = AuthType::Token;
            row.project = given
                .tenant_name
                .clone()
                .or_else(|| given.tenant_id.clone());
            row.project_id = given.tenant_id;
            row.project_domain = given.project_domain_id.or(given.project_domain_name);
        }
    }
    row.trust = match (&spec.pinned_cert_pem, &spec.ca_pem) {
        (Some(_), _) => Trust::Pinned,
        (None, Some(_)) => Trust::Ca,
        (None, None) => Trust::System,
    };
    row
}
