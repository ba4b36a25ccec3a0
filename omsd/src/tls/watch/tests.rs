//! The certificate through its life and through all that can be in its files.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;

use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;

struct At(Time);

impl Clock for At {
    fn now(&self) -> Time {
        self.0
    }
}

/// The year's first moment.
fn year(year: i16) -> Time {
    let date = jiff::civil::date(year, 1, 1);
    let stamp = date.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp();
    stamp.into()
}

/// A certificate and its key, good from the one year to the other.
fn made(from: i32, until: i32) -> (String, String) {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["oms.example.org".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(from, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    let certificate = params.self_signed(&key).unwrap().pem();
    (certificate, key.serialize_pem())
}

fn put(path: &Path, text: &str, mode: u32) {
    // Beside it and renamed, as certbot does.
    let beside = path.with_extension("new");
    fs::write(&beside, text).unwrap();
    fs::set_permissions(&beside, fs::Permissions::from_mode(mode)).unwrap();
    fs::rename(&beside, path).unwrap();
}

fn files(dir: &TempDir) -> Files {
    Files {
        certificate: dir.path().join("cert.pem"),
        key: dir.path().join("key.pem"),
    }
}

fn write(files: &Files, (certificate, key): &(String, String)) {
    put(&files.certificate, certificate, 0o644);
    put(&files.key, key, 0o600);
}

fn start(files: &Files, now: Time) -> Result<(Watch, Tls), TlsError> {
    let metrics = Metrics::new();
    let clock: Arc<dyn Clock> = Arc::new(At(now));
    let health = Health::new(metrics.clone(), Arc::clone(&clock));
    Watch::start(files.clone(), health, metrics, clock)
}

fn told(watch: &Watch) -> Option<String> {
    let troubles = watch.health.troubles();
    troubles.into_iter().next().map(|(_, told)| told.message)
}

#[test]
fn a_new_pair_is_presented_and_a_bad_one_is_not() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    let (first, second) = (made(2020, 2040), made(2020, 2041));
    write(&files, &first);
    let (mut watch, tls) = start(&files, year(2030)).unwrap();
    let presented = || tls.presented().now().cert.clone();
    let was = presented();
    assert_eq!(told(&watch), None);
    // Half of the new pair is nothing to tell people; a half that stays is.
    put(&files.certificate, &second.0, 0o644);
    watch.look(false);
    assert_eq!((told(&watch), presented()), (None, was.clone()));
    watch.look(false);
    let words = told(&watch).unwrap();
    assert!(words.contains("is not that of the certificate"), "{words}");
    assert!(words.contains("ends at 2040-01-01T00:00:00"), "{words}");
    assert_eq!(presented(), was);
    put(&files.key, &second.1, 0o600);
    watch.look(false);
    assert_eq!(told(&watch), None);
    assert_ne!(presented(), was);
    let text = watch.metrics.render().unwrap();
    let ends = year(2041).0 / 1_000_000;
    let line = format!("oms_http_certificate_expiry_timestamp_seconds{{}} {ends}\n");
    assert!(text.contains(&line), "{text}");
    // Who asks is told at once; and going back is as good as any mending.
    fs::remove_file(&files.key).unwrap();
    watch.look(true);
    assert!(told(&watch).unwrap().contains("No such file"));
    write(&files, &second);
    watch.look(false);
    assert_eq!(told(&watch), None);
}

#[test]
fn the_end_of_a_certificate_is_told_in_time() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    write(&files, &made(2020, 2030));
    let day = Duration::from_secs(24 * 3600);
    let end = year(2030);
    for (now, expected) in [
        (end.minus(day * 15), None),
        (end.minus(day * 13), Some("ends soon, at 2030-01-01")),
        (end, Some("has ended at 2030-01-01")),
        (year(2019), Some("does not count before 2020-01-01")),
    ] {
        let (watch, _tls) = start(&files, now).unwrap();
        let words = told(&watch);
        match expected {
            None => assert_eq!(words, None, "{now}"),
            Some(part) => assert!(words.unwrap().contains(part), "{now}"),
        }
    }
}

#[test]
fn a_link_is_followed_and_a_group_may_read() {
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    let archive = dir.path().join("archive.pem");
    let (certificate, key) = made(2020, 2040);
    put(&files.certificate, &certificate, 0o444);
    put(&archive, &key, 0o440);
    symlink(&archive, &files.key).unwrap();
    assert!(start(&files, year(2030)).is_ok());
}

#[test]
fn what_cannot_be_used_is_told_in_words() {
    let good = made(2020, 2040);
    let other = made(2020, 2040);
    let sealed = good.1.replace("PRIVATE", "ENCRYPTED PRIVATE");
    let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let large = "x".repeat(300 * 1024);
    let refused = [
        (good.0.as_str(), other.1.as_str(), 0o600),
        (&good.0, &good.1, 0o604),
        (&good.0, &good.1, 0o660),
        (&good.0, &sealed, 0o600),
        (&good.0, &good.0, 0o600),
        (&good.0, "", 0o600),
        ("", &good.1, 0o600),
        ("no PEM", &good.1, 0o600),
        (&good.1, &good.1, 0o600),
        (nonsense, &good.1, 0o600),
        (&large, &good.1, 0o600),
    ]
    .map(|(certificate, key, mode)| {
        let dir = tempfile::tempdir().unwrap();
        let files = files(&dir);
        put(&files.certificate, certificate, 0o644);
        put(&files.key, key, mode);
        words(&dir, &files)
    });
    let dir = tempfile::tempdir().unwrap();
    let files = files(&dir);
    let missing = words(&dir, &files);
    fs::create_dir(&files.certificate).unwrap();
    let folder = words(&dir, &files);
    let told = [missing, folder].into_iter().chain(refused);
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
}

fn words(dir: &TempDir, files: &Files) -> String {
    let error = start(files, year(2030)).err().unwrap();
    let words = Chain(&error).to_string();
    words.replace(&dir.path().display().to_string(), "DIR")
}
