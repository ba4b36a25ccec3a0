//! Sealing, the key file and the token's file.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU8, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tempfile::TempDir;

use super::*;

/// Never the same twice.
#[derive(Default)]
struct Counting(AtomicU8);

impl Entropy for Counting {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(self.0.fetch_add(1, Ordering::Relaxed).wrapping_add(1));
    }
}

fn entropy() -> Arc<dyn Entropy> {
    Arc::new(Counting::default())
}

fn home() -> (TempDir, PathBuf) {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().join("oms.key");
    (home, path)
}

fn vault() -> Vault {
    Vault::new(&[7; KEY_BYTES], entropy())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

fn put(path: &Path, content: &[u8], mode: u32) {
    fs::write(path, content).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn load(path: &Path, missing: MissingKey) -> Result<Vault, SecretsError> {
    Vault::load_or_create(path, missing, entropy())
}

#[test]
fn what_is_sealed_opens_for_its_context_alone() {
    let vault = vault();
    let sealed = vault.seal("account/1", b"hunter2");
    assert_eq!(
        vault.open("account/1", &sealed).unwrap().expose(),
        "hunter2"
    );
    let error = vault.open("account/2", &sealed).unwrap_err().to_string();
    assert!(
        error.contains("account/2") && !error.contains("hunter2"),
        "{error}"
    );
    assert!(!sealed.0.windows(7).any(|part| part == b"hunter2"));
}

#[test]
fn the_same_secret_never_looks_the_same() {
    let vault = vault();
    assert_ne!(vault.seal("a", b"x").0, vault.seal("a", b"x").0);
}

#[test]
fn no_changed_or_shortened_byte_opens() {
    let vault = vault();
    let sealed = vault.seal("a", b"secret").0;
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert!(vault.open("a", &Sealed(changed)).is_err(), "byte {at}");
        assert!(vault.open("a", &Sealed(sealed[..at].to_vec())).is_err());
    }
}

#[test]
fn another_key_opens_nothing_and_is_told_by_its_check_value() {
    let (one, two) = (vault(), Vault::new(&[8; KEY_BYTES], entropy()));
    assert!(two.open("a", &one.seal("a", b"secret")).is_err());
    assert!(one.verifies(&vault().check_value()));
    assert!(!two.verifies(&one.check_value()));
    assert!(!one.verifies(&[]));
}

#[test]
fn bytes_that_are_no_text_do_not_open() {
    let vault = vault();
    assert!(vault.open("a", &vault.seal("a", &[0xff])).is_err());
}

#[test]
fn nothing_shows_the_key() {
    assert_eq!(format!("{:?}", vault()), "Vault(..)");
}

#[test]
fn a_key_is_made_once_for_its_owner_alone() {
    let (home, path) = home();
    let made = load(&path, MissingKey::Make).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(fs::read(&path).unwrap().len(), KEY_BYTES);
    let again = load(&path, MissingKey::Refuse).unwrap();
    assert!(again.verifies(&made.check_value()));
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "leftovers");
}

#[test]
fn no_key_is_made_where_a_database_is() {
    let (_home, path) = home();
    let error = load(&path, MissingKey::Refuse).unwrap_err();
    assert!(matches!(error, SecretsError::NoKey { .. }), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_key_that_others_may_use_is_refused() {
    let (_home, path) = home();
    for mode in [0o640, 0o604, 0o620, 0o601, 0o777] {
        put(&path, &[1; KEY_BYTES], mode);
        let error = load(&path, MissingKey::Make).unwrap_err().to_string();
        assert!(error.contains("chmod 600"), "{error}");
    }
    for mode in [0o600, 0o400] {
        put(&path, &[1; KEY_BYTES], mode);
        load(&path, MissingKey::Make).unwrap();
        fs::remove_file(&path).unwrap();
    }
}

#[test]
fn a_file_that_is_no_key_is_refused_and_kept() {
    let (_home, path) = home();
    for length in [0, 31, 33, 1000] {
        put(&path, &vec![1; length], 0o600);
        let error = load(&path, MissingKey::Make).unwrap_err();
        assert!(matches!(error, SecretsError::NotAKey { .. }), "{error}");
        assert_eq!(fs::read(&path).unwrap().len(), length);
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    let error = load(&path, MissingKey::Make).unwrap_err();
    assert!(matches!(error, SecretsError::NotAFile { .. }), "{error}");
}

#[test]
fn a_key_cannot_be_made_where_there_is_no_directory() {
    let (home, _) = home();
    let error = load(&home.path().join("none/oms.key"), MissingKey::Make).unwrap_err();
    assert!(matches!(error, SecretsError::Io { .. }), "{error}");
}

#[test]
fn the_daemon_that_was_slower_takes_the_key_of_the_other() {
    let (home, path) = home();
    put(&path, &[9; KEY_BYTES], 0o600);
    match file::create_private(&path, &[1; KEY_BYTES], &Counting::default()).unwrap() {
        file::Created::Existing(bytes) => assert_eq!(&**bytes, [9; KEY_BYTES]),
        file::Created::New => panic!("it replaced the key"),
    }
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "leftovers");
}

#[test]
fn a_credential_of_systemd_is_taken_whatever_its_bits() {
    let (home, _) = home();
    let none = Vault::from_credential(home.path(), entropy()).unwrap();
    assert!(none.is_none());
    put(&home.path().join(CREDENTIAL_NAME), &[7; KEY_BYTES], 0o440);
    let given = Vault::from_credential(home.path(), entropy()).unwrap();
    assert!(given.unwrap().verifies(&vault().check_value()));
    put(&home.path().join(CREDENTIAL_NAME), b"short", 0o440);
    assert!(Vault::from_credential(home.path(), entropy()).is_err());
}

#[test]
fn a_token_is_made_once_and_known_again() {
    let (home, _) = home();
    let path = home.path().join("admin.token");
    let made = AdminToken::load_or_create(&path, &Counting::default()).unwrap();
    assert_eq!(mode(&path), 0o600);
    let line = fs::read_to_string(&path).unwrap();
    assert_eq!(line.len(), 44, "43 characters and the line's end");
    let loaded = AdminToken::load_or_create(&path, &Counting::default()).unwrap();
    for token in [made, loaded] {
        assert!(token.matches(line.trim()));
        assert!(!token.matches(&line));
        assert!(!token.matches(""));
        assert!(!token.matches(&line[..42]));
        assert_eq!(format!("{token:?}"), "AdminToken(..)");
    }
}

#[test]
fn a_token_that_others_may_read_or_that_is_none_is_refused() {
    let (home, _) = home();
    let path = home.path().join("admin.token");
    let token = URL_SAFE_NO_PAD.encode([1; 32]);
    put(&path, token.as_bytes(), 0o644);
    let lax = AdminToken::load_or_create(&path, &Counting::default());
    assert!(matches!(lax, Err(SecretsError::Lax { .. })));
    for text in ["", "\n", "hello", &token[1..], &format!("{token}{token}")] {
        put(&path, text.as_bytes(), 0o600);
        let none = AdminToken::load_or_create(&path, &Counting::default());
        assert!(
            matches!(none, Err(SecretsError::NotAToken { .. })),
            "{text}"
        );
    }
}
