//! What one cloud means: its regions, and an account for each.

use oms_proto::spec::AccountSpec;

use super::cloud::{Cloud, Region};
use super::{Additions, Desk, Problem, Problems, bounds, reach, signing};

/// Longest account name, in characters; the daemon's bound.
const NAME_CHARS_MAX: usize = 64;

/// Splits a cloud by its regions: the name of the account, and the cloud as it is there, laid over
/// its profile. What the cloud itself says of regions stands before what the profile says.
pub(super) fn by_region(
    name: &str,
    own: &Cloud,
    profile: Cloud,
) -> Result<Vec<(String, Cloud)>, Problem> {
    let regions = match regions(own)? {
        Some(own) => own,
        None => regions_of_profile(&profile),
    };
    let mut cloud = profile.overlaid(own.clone());
    cloud.regions = None;
    cloud.check_places()?;
    let regions = each_once(regions)?;
    let several = regions.len() > 1;
    regions
        .iter()
        .map(|region| {
            if several && region.name.is_empty() {
                return Err(Problem::at("regions", "a region without a name"));
            }
            let account = if several {
                format!("{name}-{}", region.name)
            } else {
                name.to_owned()
            };
            let there = cloud.clone().in_region(region);
            let there = there.with_region_put_out()?;
            there.check_places()?;
            Ok((account_name(&account)?, there))
        })
        .collect()
}

/// The regions that a cloud itself names, if it does.
fn regions(own: &Cloud) -> Result<Option<Vec<Region>>, Problem> {
    let named = own.first(&["region_name", "region"]);
    let listed = own.regions.as_deref().filter(|list| !list.is_empty());
    match (listed, named) {
        (Some(listed), Some(named)) => {
            if listed.iter().any(|region| region.name != named) {
                return Err(Problem::at(
                    "region_name",
                    format!("says {named}, and regions says something else; keep one of them"),
                ));
            }
            Ok(Some(listed.to_vec()))
        }
        (Some(listed), None) => Ok(Some(listed.to_vec())),
        // Several regions behind commas are the old way to write a list.
        (None, Some(named)) => Ok(Some(named.split(',').map(plain).collect())),
        // An empty list says that there are none to choose from, whatever the profile has.
        (None, None) if own.regions.is_some() => Ok(Some(vec![plain("")])),
        (None, None) => Ok(None),
    }
}

/// A region that is listed twice is there once; which of two is meant cannot be told.
fn each_once(regions: Vec<Region>) -> Result<Vec<Region>, Problem> {
    let mut once: Vec<Region> = Vec::new();
    for region in regions {
        match once.iter().find(|known| known.name == region.name) {
            None => once.push(region),
            Some(known) if known.values.says_the_same(&region.values) => {}
            Some(_) => {
                return Err(Problem::at(
                    "regions",
                    format!(
                        "{} is there twice, with other values; keep one",
                        region.name
                    ),
                ));
            }
        }
    }
    Ok(once)
}

fn regions_of_profile(profile: &Cloud) -> Vec<Region> {
    match profile.regions.as_deref() {
        Some(listed) if !listed.is_empty() => listed.to_vec(),
        _ => vec![plain(profile.get("region_name").unwrap_or_default())],
    }
}

fn plain(name: &str) -> Region {
    Region {
        name: name.trim().to_owned(),
        values: Cloud::default(),
    }
}

/// A name as accounts may have them: other characters become `-`, and signs at the front go.
fn account_name(text: &str) -> Result<String, Problem> {
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let name: String = text
        .chars()
        .map(|c| if fits(c) { c } else { '-' })
        .collect();
    let name = name.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
    if name.is_empty() || name.len() > NAME_CHARS_MAX {
        return Err(Problem::new(format!(
            "'{text}' cannot be the name of an account: 1 to {NAME_CHARS_MAX} characters, with a \
             letter or digit of ASCII among them; give one with --name"
        )));
    }
    Ok(name.to_owned())
}

/// Makes an account of a cloud in one region.
///
/// # Errors
/// All that is wrong with it. Secrets that it leaves out are asked for where nothing else is.
pub(super) fn account(
    name: String,
    cloud_name: &str,
    cloud: &Cloud,
    additions: &Additions,
    desk: &mut Desk<'_>,
    notes: &mut Vec<String>,
) -> Result<AccountSpec, Problems> {
    // Values that nobody can make out would be told again by all that uses them.
    cloud.check_values()?;
    let mut problems = Problems::default();
    let way = problems.see(signing::way(cloud));
    problems.see(reach::check_identity_version(cloud));
    problems.see(reach::check_verify(cloud, additions));
    let interface = problems.see(reach::interface(cloud));
    let endpoints = reach::services(cloud, interface, &mut problems, notes);
    let client = problems.see(reach::client(cloud, desk));
    let auth_url = problems.see(reach::auth_url(cloud));
    let ca_pem = problems.see(reach::ca_pem(cloud, additions, desk));
    let credentials =
        way.and_then(|way| signing::credentials(&way, cloud_name, cloud, desk, &mut problems));
    let provider = cloud.first(&["profile", "cloud"]).unwrap_or(cloud_name);
    let found = (|| {
        let (client_cert_pem, client_key_pem) = client?;
        Some(AccountSpec {
            provider: Some(provider.to_owned()),
            auth_url: auth_url?,
            region_name: cloud.get("region_name").map(str::to_owned),
            interface: interface?,
            credentials: credentials?,
            defaults: additions.defaults.clone(),
            ca_pem: ca_pem?,
            pinned_cert_pem: additions.pinned_cert_pem.clone(),
            priority: 0,
            enabled: true,
            name,
            endpoints,
            proxy: None,
            client_cert_pem,
            client_key_pem,
        })
    })();
    let spec = problems.unless_any(found)?;
    bounds::check(&spec, additions).map_err(Problems)?;
    let unused = cloud.unasked();
    if !unused.is_empty() {
        notes.push(format!("OMS does not use {}", unused.join(", ")));
    }
    Ok(spec)
}
