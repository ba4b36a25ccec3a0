//! SSH keys: made for an instance, or checked when somebody brings their own.
//!
//! RSA is here for images that know nothing newer. RUSTSEC-2023-0071 is about the timing of
//! private-key operations that somebody can watch over a network; here keys are only made.

use oms_proto::Secret;
use oms_proto::spec::KeyType;
use ssh_key::private::{Ed25519Keypair, KeypairData, RsaKeypair};
use ssh_key::public::KeyData;
use ssh_key::rand_core::{self, CryptoRng, RngCore};
use ssh_key::{HashAlg, LineEnding, PrivateKey, PublicKey};
use zeroize::Zeroizing;

use crate::ports::Entropy;

/// Bits of an RSA key that is made: what ssh-keygen makes.
const RSA_BITS: usize = 3072;

/// Bits that an RSA key must have: OpenSSH accepts less, but nobody should.
const RSA_BITS_MIN: usize = 2048;

/// The longest public key in bytes: an RSA key with 16,384 bits has 2.8 kB, comments are short.
const PUBLIC_MAX_BYTES: usize = 8 * 1024;

/// The types of public key that may be brought.
const TYPES: [&str; 7] = [
    "ssh-ed25519",
    "ssh-rsa",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
];

/// A key, both halves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyPair {
    /// One line: type, key and comment.
    pub public_openssh: String,
    /// The private half in OpenSSH's own form, not encrypted.
    pub private_openssh: Secret,
}

/// Why a key cannot be made or read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// The comment would not stay on the key's line.
    #[error("the comment of a key must be one line of printable characters")]
    Comment,
    /// The type is one of a newer version.
    #[error("this omsd does not know the type of the key")]
    Type,
    /// The library does not want to.
    #[error("cannot {doing} an SSH key")]
    Library {
        /// What was being done.
        doing: &'static str,
        /// What it says.
        #[source]
        source: ssh_key::Error,
    },
}

fn failed(doing: &'static str) -> impl Fn(ssh_key::Error) -> KeyError {
    move |source| KeyError::Library { doing, source }
}

/// Makes a key. RSA takes a second or more of a processor: not on a thread that others wait for.
///
/// # Errors
/// [`KeyError`] for a comment of several lines, and what the library may say.
pub fn make(key_type: KeyType, comment: &str, entropy: &dyn Entropy) -> Result<KeyPair, KeyError> {
    if comment.chars().any(char::is_control) {
        return Err(KeyError::Comment);
    }
    let data = match key_type {
        KeyType::Ed25519 => {
            let mut seed = Zeroizing::new([0; 32]);
            entropy.fill(seed.as_mut_slice());
            KeypairData::from(Ed25519Keypair::from_seed(&seed))
        }
        KeyType::Rsa => RsaKeypair::random(&mut Source(entropy), RSA_BITS)
            .map(KeypairData::from)
            .map_err(failed("make"))?,
        KeyType::Unknown => return Err(KeyError::Type),
    };
    let key = PrivateKey::new(data, comment).map_err(failed("make"))?;
    let mut private = key.to_openssh(LineEnding::LF).map_err(failed("write"))?;
    Ok(KeyPair {
        public_openssh: key.public_key().to_openssh().map_err(failed("write"))?,
        // Taken and not copied: what is left behind is empty.
        private_openssh: Secret::new(std::mem::take(&mut *private)),
    })
}

/// The fingerprint of a public key as `ssh-keygen -l` shows it: `SHA256:` and base64.
///
/// # Errors
/// [`KeyError::Library`] for what is not a public key.
pub fn fingerprint(public: &str) -> Result<String, KeyError> {
    let key = PublicKey::from_openssh(public).map_err(failed("read"))?;
    Ok(key.fingerprint(HashAlg::Sha256).to_string())
}

/// Checks a public key that somebody gave, and gives it as one line without superfluous space.
///
/// # Errors
/// What is wrong with it, to follow the name of the field.
pub fn check_public(text: &str) -> Result<String, String> {
    let text = text.trim();
    if text.contains("PRIVATE KEY") {
        return Err("is a private key; give the public half, from the file ending in .pub".into());
    }
    if text.len() > PUBLIC_MAX_BYTES {
        return Err(format!("must have at most {PUBLIC_MAX_BYTES} bytes"));
    }
    if text.chars().any(|c| c.is_control() && c != '\t') {
        return Err("must be one line, as in a file ending in .pub".into());
    }
    let parts: Vec<_> = text.split_whitespace().collect();
    let kind = parts.first().copied().ok_or("must not be empty")?;
    check_type(kind)?;
    let key = PublicKey::from_openssh(&parts.join(" "))
        .map_err(|error| format!("cannot be read as an OpenSSH public key: {error}"))?;
    if let KeyData::Rsa(rsa) = key.key_data() {
        check_bits(rsa.n.as_positive_bytes().unwrap_or_default())?;
    }
    key.to_openssh()
        .map_err(|error| format!("cannot be written as an OpenSSH public key: {error}"))
}

fn check_type(kind: &str) -> Result<(), String> {
    if TYPES.contains(&kind) {
        return Ok(());
    }
    Err(if kind.contains("-cert-v01@") {
        "is a certificate; give the key itself".into()
    } else if kind == "ssh-dss" {
        "is a DSA key, which OpenSSH no longer accepts; use ssh-ed25519".into()
    } else {
        format!(
            "must begin with the type of the key, without options before it; one of {}",
            TYPES.join(", ")
        )
    })
}

fn check_bits(modulus: &[u8]) -> Result<(), String> {
    let unused = modulus.first().map_or(0, |byte| byte.leading_zeros());
    let unused = usize::try_from(unused).unwrap_or(0);
    let bits = (modulus.len() * 8).saturating_sub(unused);
    if bits < RSA_BITS_MIN {
        return Err(format!(
            "is an RSA key with {bits} bits; at least {RSA_BITS_MIN} are needed"
        ));
    }
    Ok(())
}

/// Our randomness as the library wants it.
struct Source<'a>(&'a dyn Entropy);

impl RngCore for Source<'_> {
    fn next_u32(&mut self) -> u32 {
        rand_core::impls::next_u32_via_fill(self)
    }

    fn next_u64(&mut self) -> u64 {
        rand_core::impls::next_u64_via_fill(self)
    }

    fn fill_bytes(&mut self, buffer: &mut [u8]) {
        self.0.fill(buffer);
    }

    fn try_fill_bytes(&mut self, buffer: &mut [u8]) -> Result<(), rand_core::Error> {
        self.0.fill(buffer);
        Ok(())
    }
}

impl CryptoRng for Source<'_> {}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};
    use std::sync::Mutex;

    use super::*;

    /// The same bytes in every run.
    struct Drawn(Mutex<u64>);

    impl Entropy for Drawn {
        fn fill(&self, buffer: &mut [u8]) {
            let mut state = self.0.lock().unwrap();
            for byte in buffer {
                *state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                *byte = state.to_be_bytes()[0];
            }
        }
    }

    fn made(key_type: KeyType) -> KeyPair {
        make(key_type, "oms entry 17", &Drawn(Mutex::new(1))).unwrap()
    }

    /// What ssh-keygen makes of a private key; `None` where there is no ssh-keygen.
    fn as_ssh_keygen_sees(pair: &KeyPair) -> Option<String> {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("key");
        write_private(&path, pair.private_openssh.expose());
        let output = Command::new("ssh-keygen")
            .arg("-y")
            .arg("-f")
            .arg(&path)
            .stdin(Stdio::null())
            .output()
            .ok()?;
        assert!(output.status.success(), "{output:?}");
        Some(String::from_utf8(output.stdout).unwrap())
    }

    fn write_private(path: &std::path::Path, text: &str) {
        use std::io::Write as _;
        use std::os::unix::fs::OpenOptionsExt as _;
        let mut options = std::fs::OpenOptions::new();
        let mut file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    /// The library's own signing takes one prime for both, so its parts are put together here.
    fn rsa_halves_belong_together(pair: &RsaKeypair) {
        let number = |part: &ssh_key::Mpint| rsa::BigUint::try_from(part).unwrap();
        let private = rsa::RsaPrivateKey::from_components(
            number(&pair.public.n),
            number(&pair.public.e),
            number(&pair.private.d),
            vec![number(&pair.private.p), number(&pair.private.q)],
        );
        let private = private.unwrap();
        private.validate().unwrap();
        let how = rsa::Pkcs1v15Sign::new_unprefixed;
        let signature = private.sign(how(), &[1; 32]).unwrap();
        let public = private.to_public_key();
        public.verify(how(), &[1; 32], &signature).unwrap();
        assert!(public.verify(how(), &[2; 32], &signature).is_err());
    }

    fn both_halves_belong_together(pair: &KeyPair) {
        let private = PrivateKey::from_openssh(pair.private_openssh.expose()).unwrap();
        let public = PublicKey::from_openssh(&pair.public_openssh).unwrap();
        assert_eq!(private.public_key(), &public);
        assert_eq!(public.comment(), "oms entry 17");
        if let KeypairData::Rsa(pair) = private.key_data() {
            rsa_halves_belong_together(pair);
        } else {
            let signature = private.sign("oms", HashAlg::Sha512, b"text").unwrap();
            public.verify("oms", b"text", &signature).unwrap();
            assert!(public.verify("oms", b"texT", &signature).is_err());
        }
        assert_eq!(
            check_public(&pair.public_openssh).unwrap(),
            pair.public_openssh
        );
        if let Some(seen) = as_ssh_keygen_sees(pair) {
            assert_eq!(seen.trim_end(), pair.public_openssh);
        }
    }

    #[test]
    fn an_ed25519_key_signs_and_ssh_keygen_reads_it() {
        let pair = made(KeyType::Ed25519);
        assert!(pair.public_openssh.starts_with("ssh-ed25519 AAAA"));
        both_halves_belong_together(&pair);
    }

    #[test]
    fn an_rsa_key_signs_and_ssh_keygen_reads_it() {
        let pair = made(KeyType::Rsa);
        assert!(pair.public_openssh.starts_with("ssh-rsa AAAA"));
        both_halves_belong_together(&pair);
    }

    #[test]
    fn the_private_half_is_not_shown() {
        let shown = format!("{:?}", made(KeyType::Ed25519));
        assert!(!shown.contains("BEGIN"), "{shown}");
    }

    #[test]
    fn a_comment_stays_on_its_line() {
        let made = make(KeyType::Ed25519, "a\nssh-ed25519 b", &Drawn(Mutex::new(1)));
        assert_eq!(made, Err(KeyError::Comment));
    }

    const ED25519: &str = "ssh-ed25519 \
        AAAAC3NzaC1lZDI1NTE5AAAAIFkHc0LTVpbKD5q4G4Cvn8rTr8YNBFfyrz1GFIVDjC0K";

    #[test]
    fn a_fingerprint_is_what_ssh_keygen_shows() {
        let pair = made(KeyType::Ed25519);
        let shown = fingerprint(&pair.public_openssh).unwrap();
        assert!(shown.starts_with("SHA256:") && shown.len() == 50, "{shown}");
        assert!(fingerprint("ssh-ed25519 nonsense").is_err());
    }

    #[test]
    fn a_public_key_is_given_back_as_one_tidy_line() {
        let key = ED25519.to_owned();
        assert_eq!(check_public(&key).unwrap(), key);
        let untidy = format!("  {}\tme@home  laptop \r\n", key.replace(' ', "   "));
        assert_eq!(
            check_public(&untidy).unwrap(),
            format!("{key} me@home laptop")
        );
    }

    #[test]
    fn what_is_not_a_public_key_is_refused_in_words() {
        let private = made(KeyType::Ed25519).private_openssh;
        let cases = [
            ("", "must not be empty"),
            (" \n", "must not be empty"),
            (private.expose(), "is a private key"),
            (&format!("no-pty {ED25519}"), "without options"),
            (&format!("{ED25519}\n{ED25519}"), "must be one line"),
            (&format!("{ED25519} a\0b"), "must be one line"),
            (&"x".repeat(PUBLIC_MAX_BYTES + 1), "at most 8192 bytes"),
            ("ssh-dss AAAAB3NzaC1kc3M=", "DSA"),
            ("ssh-ed25519-cert-v01@openssh.com AAAA", "certificate"),
            ("ssh-ed25519", "cannot be read"),
            ("ssh-ed25519 AAAA", "cannot be read"),
            (
                "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAIFkHc0LTVpbKD5q4G4Cvn8rTr8YNBFfyrz1GFIVDjC0K",
                "cannot be read",
            ),
            (&ED25519[..60], "cannot be read"),
        ];
        for (text, says) in cases {
            let told = check_public(text).unwrap_err();
            assert!(told.contains(says), "{text:?}: {told}");
        }
    }

    #[test]
    fn a_short_rsa_key_is_refused() {
        let short = ssh_key::public::RsaPublicKey {
            e: ssh_key::Mpint::from_positive_bytes(&[1, 0, 1]).unwrap(),
            n: ssh_key::Mpint::from_positive_bytes(&[0x81; 128]).unwrap(),
        };
        let public = PublicKey::new(KeyData::Rsa(short), "").to_openssh();
        let told = check_public(&public.unwrap()).unwrap_err();
        assert!(told.contains("1024 bits"), "{told}");
    }
}
