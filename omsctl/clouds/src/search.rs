//! Where the files are looked for: names only, nothing is opened here.

use std::path::{Path, PathBuf};

/// What the places depend on.
#[derive(Debug, Clone, Default)]
pub struct Places {
    /// The user's home directory.
    pub home: Option<PathBuf>,
    /// `XDG_CONFIG_HOME`, where people move their configuration.
    pub config_home: Option<PathBuf>,
    /// `OS_CLIENT_CONFIG_FILE`.
    pub config_file: Option<PathBuf>,
    /// `OS_CLIENT_SECURE_FILE`.
    pub secure_file: Option<PathBuf>,
    /// `OS_CLIENT_VENDOR_FILE`.
    pub vendor_file: Option<PathBuf>,
}

/// How the file `clouds.yaml` was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Found {
    /// The user named it.
    Named,
    /// It was found in one of the usual places.
    Searched,
}

impl Places {
    /// Candidates for `clouds.yaml`; the first that exists is taken.
    pub fn clouds(&self) -> Vec<PathBuf> {
        let folders = self.folders();
        let folders = folders.iter().map(PathBuf::as_path);
        self.config_file
            .iter()
            .cloned()
            .chain(candidates("clouds", folders))
            .collect()
    }

    /// Candidates for the `secure.yaml` that goes with the file `clouds`. Other folders count only
    /// where `clouds` was found by search: a file named by hand is not mixed with the secrets of
    /// another.
    pub fn secure(&self, clouds: &Path, found: Found) -> Vec<PathBuf> {
        let folders = match found {
            Found::Named => Vec::new(),
            Found::Searched => self.folders(),
        };
        beside("secure", self.secure_file.as_ref(), clouds, &folders)
    }

    /// Candidates for the `clouds-public.yaml` that goes with the file `clouds`.
    pub fn public(&self, clouds: &Path) -> Vec<PathBuf> {
        beside(
            "clouds-public",
            self.vendor_file.as_ref(),
            clouds,
            &self.folders(),
        )
    }

    fn folders(&self) -> Vec<PathBuf> {
        let mut folders = vec![PathBuf::new()];
        folders.extend(self.config_home.as_ref().map(|home| home.join("openstack")));
        folders.extend(
            self.home
                .as_ref()
                .map(|home| home.join(".config").join("openstack")),
        );
        folders.push(PathBuf::from("/etc/xdg/openstack"));
        folders.push(PathBuf::from("/etc/openstack"));
        folders
    }

    /// A path with `~` put out.
    pub fn expanded(&self, path: &str) -> PathBuf {
        match (path.strip_prefix("~/"), &self.home) {
            (Some(rest), Some(home)) => home.join(rest),
            _ => PathBuf::from(path),
        }
    }
}

/// The named file, then beside `clouds`, then in `folders`.
fn beside(stem: &str, named: Option<&PathBuf>, clouds: &Path, folders: &[PathBuf]) -> Vec<PathBuf> {
    let all = clouds
        .parent()
        .into_iter()
        .chain(folders.iter().map(PathBuf::as_path));
    named
        .into_iter()
        .cloned()
        .chain(candidates(stem, all))
        .collect()
}

fn candidates<'a>(stem: &str, folders: impl Iterator<Item = &'a Path>) -> Vec<PathBuf> {
    folders
        .flat_map(|folder| {
            ["yaml", "yml", "json"]
                .into_iter()
                .map(move |suffix| folder.join(format!("{stem}.{suffix}")))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(paths: &[PathBuf]) -> Vec<String> {
        paths
            .iter()
            .filter(|path| path.extension().is_some_and(|suffix| suffix == "yaml"))
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn the_named_file_comes_first_then_here_home_and_etc() {
        let places = Places {
            home: Some(PathBuf::from("/home/me")),
            config_file: Some(PathBuf::from("/opt/c.yaml")),
            ..Places::default()
        };
        assert_eq!(
            names(&places.clouds()),
            [
                "/opt/c.yaml",
                "clouds.yaml",
                "/home/me/.config/openstack/clouds.yaml",
                "/etc/xdg/openstack/clouds.yaml",
                "/etc/openstack/clouds.yaml",
            ]
        );
    }

    #[test]
    fn secrets_are_looked_for_beside_the_file_before_elsewhere() {
        let places = Places::default();
        assert_eq!(
            names(&places.secure(Path::new("/opt/clouds.yaml"), Found::Searched)),
            [
                "/opt/secure.yaml",
                "secure.yaml",
                "/etc/xdg/openstack/secure.yaml",
                "/etc/openstack/secure.yaml"
            ]
        );
        assert_eq!(
            names(&places.secure(Path::new("/opt/clouds.yaml"), Found::Named)),
            ["/opt/secure.yaml"]
        );
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let places = Places {
            home: Some(PathBuf::from("/home/me")),
            ..Places::default()
        };
        assert_eq!(places.expanded("~/ca.pem"), Path::new("/home/me/ca.pem"));
        assert_eq!(places.expanded("~other/ca.pem"), Path::new("~other/ca.pem"));
    }
}
