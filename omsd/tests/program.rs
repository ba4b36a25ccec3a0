//! The program itself: exit codes, one line for each failure, and signals.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests are tests to people, if not to clippy"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Child, ChildStderr, Command, Output, Stdio};

use tempfile::TempDir;

/// The program in a directory, with nothing of this process's environment that concerns it.
fn omsd(dir: &TempDir, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_omsd"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("OMS_") {
            command.env_remove(name);
        }
    }
    let at = |file: &str| dir.path().join(file).display().to_string();
    command
        .env("OMS_STATE_DIR", at("state"))
        .env("OMS_SOCKET", at("omsd.sock"))
        .env("OMS_HTTP_LISTEN", "127.0.0.1:0")
        .args(arguments)
        .stdin(Stdio::null());
    command
}

fn ended(output: &Output, dir: &TempDir) -> (Option<i32>, String) {
    let told = String::from_utf8_lossy(&output.stderr);
    let told = told.replace(&dir.path().display().to_string(), "DIR");
    (output.status.code(), told)
}

/// A daemon that is ready.
struct Ready {
    child: Child,
    /// The rest of what it says.
    said: BufReader<ChildStderr>,
    http: String,
}

fn ready(dir: &TempDir) -> Ready {
    ready_with(dir, &[])
}

fn ready_with(dir: &TempDir, arguments: &[&str]) -> Ready {
    let mut child = omsd(dir, arguments).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap());
    let mut line = String::new();
    while !line.contains(" ready ") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
    }
    assert!(!line.contains('\u{1b}'), "colours in a pipe: {line}");
    let http = line.split("http=http://").nth(1).unwrap();
    let http = http.split(' ').next().unwrap().to_owned();
    Ready { child, said, http }
}

impl Ready {
    /// Reads until a line says that.
    fn says(&mut self, text: &str) {
        let mut line = String::new();
        while !line.contains(text) {
            line.clear();
            assert_ne!(self.said.read_line(&mut line).unwrap(), 0, "it ended");
        }
    }

    /// Begins a request whose body does not come, and returns once the daemon waits for it.
    fn hold(&self, dir: &TempDir) -> TcpStream {
        let token = std::fs::read_to_string(dir.path().join("state/admin.token")).unwrap();
        let mut peer = TcpStream::connect(&self.http).unwrap();
        write!(
            peer,
            "POST /api/queues/ HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n\
             Content-Type: application/json\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n",
            token.trim()
        )
        .unwrap();
        let mut go_on = [0; 12];
        peer.read_exact(&mut go_on).unwrap();
        assert_eq!(&go_on, b"HTTP/1.1 100");
        peer
    }

    fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status();
        assert!(sent.unwrap().success());
    }

    fn code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

#[test]
fn a_signal_stops_it_in_good_order() {
    for name in ["TERM", "INT"] {
        let dir = tempfile::tempdir().unwrap();
        let mut daemon = ready(&dir);
        daemon.signal(name);
        assert_eq!(daemon.code(), Some(0), "{name}");
        assert!(!dir.path().join("omsd.sock").exists());
    }
}

#[test]
fn a_proxy_of_the_environment_that_cannot_be_used_is_told_at_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut child = omsd(&dir, &[])
        .env("ALL_PROXY", "ftp://me:hunter2@proxy.example:1")
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
    let mut before = String::new();
    while !before.contains(" ready ") {
        before.push_str(&said.next().unwrap().unwrap());
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(
        before.matches("ALL_PROXY: ftp:// is not supported").count(),
        1,
        "{before}"
    );
    assert!(!before.contains("hunter2"), "{before}");
}

#[test]
fn a_stop_lets_a_request_finish() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready(&dir);
    let mut peer = daemon.hold(&dir);
    daemon.signal("TERM");
    daemon.says("a second signal stops at once");
    peer.write_all(b"{}").unwrap();
    let mut answer = String::new();
    peer.read_to_string(&mut answer).unwrap();
    assert!(answer.contains("HTTP/1.1 201 Created"), "{answer}");
    assert_eq!(daemon.code(), Some(0));
}

#[test]
fn a_second_signal_stops_it_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready(&dir);
    let _held = daemon.hold(&dir);
    daemon.signal("TERM");
    daemon.says("a second signal stops at once");
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(1));
}

#[test]
fn no_signal_ends_it_that_nobody_means_to_end_it() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready(&dir);
    for name in ["HUP", "QUIT", "USR1", "USR2", "ALRM", "XFSZ"] {
        daemon.signal(name);
        daemon.says(&format!("signal=\"SIG{name}\""));
    }
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(0));
}

/// A certificate for localhost and its key, as settings name them.
fn certificate(dir: &TempDir) -> Vec<String> {
    let key = rcgen::KeyPair::generate().unwrap();
    let params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    let pem = params.self_signed(&key).unwrap().pem();
    let (certificate, key_file) = (dir.path().join("cert.pem"), dir.path().join("key.pem"));
    std::fs::write(&certificate, pem).unwrap();
    std::fs::write(&key_file, key.serialize_pem()).unwrap();
    let private = std::fs::Permissions::from_mode(0o600);
    std::fs::set_permissions(&key_file, private).unwrap();
    vec![
        "--set".to_owned(),
        format!("http.tls.certificate={}", certificate.display()),
        "--set".to_owned(),
        format!("http.tls.key={}", key_file.display()),
    ]
}

#[test]
fn a_certificate_is_checked_and_read_anew_when_a_signal_asks_for_it() {
    let dir = tempfile::tempdir().unwrap();
    let settings = certificate(&dir);
    let settings: Vec<_> = settings.iter().map(String::as_str).collect();
    let check = || {
        let arguments = [&["check-config"], settings.as_slice()].concat();
        omsd(&dir, &arguments).output().unwrap()
    };
    let shown = check();
    assert_eq!(shown.status.code(), Some(0));
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(
        text.contains("\n# the certificate ends at 4096-01-01"),
        "{text}"
    );

    let mut child = omsd(&dir, &settings)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let said = BufReader::new(child.stderr.take().unwrap());
    let http = String::new();
    let mut daemon = Ready { child, said, http };
    daemon.says("http=https://127.0.0.1:");
    std::fs::remove_file(dir.path().join("key.pem")).unwrap();
    daemon.signal("HUP");
    daemon.says("cannot be used, so the one before goes on");
    certificate(&dir);
    daemon.signal("HUP");
    daemon.says("presents a new certificate");
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(0));

    std::fs::remove_file(dir.path().join("key.pem")).unwrap();
    let told = (
        Some(2),
        "omsd: cannot read DIR/key.pem (http.tls.key); it must be there, and the user that omsd \
         runs as must be able to read it: No such file or directory (os error 2)\n"
            .to_owned(),
    );
    assert_eq!(ended(&check(), &dir), told);
    assert_eq!(ended(&omsd(&dir, &settings).output().unwrap(), &dir), told);
}

/// The number of a metric without labels.
fn metric(peer: &mut TcpStream, token: &str, name: &str) -> u64 {
    let text = get(peer, "/metrics", token);
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    line.unwrap().trim().parse().unwrap()
}

/// The body of one answer on a connection that stays open.
fn get(peer: &mut TcpStream, path: &str, token: &str) -> String {
    let asked =
        format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n");
    peer.write_all(asked.as_bytes()).unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        peer.read_exact(&mut byte).unwrap();
        head.extend(byte);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let mut lengths = head
        .lines()
        .filter_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; lengths.next().unwrap().parse().unwrap()];
    peer.read_exact(&mut body).unwrap();
    String::from_utf8(body).unwrap()
}

#[test]
fn a_log_that_nobody_reads_stops_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready_with(&dir, &["--set", "log.level=debug"]);
    let token = std::fs::read_to_string(dir.path().join("state/admin.token")).unwrap();
    let mut peer = TcpStream::connect(&daemon.http).unwrap();
    // Each answer is a line. Nobody reads: the pipe is full, then the queue.
    while metric(&mut peer, token.trim(), "oms_log_lines_dropped_total ") == 0 {
        for _ in 0..500 {
            get(&mut peer, "/healthz", token.trim());
        }
    }
    daemon.says("lines were dropped");
    // And again until the end, which does not wait for a reader either.
    let before = metric(&mut peer, token.trim(), "oms_log_lines_dropped_total ");
    while metric(&mut peer, token.trim(), "oms_log_lines_dropped_total ") == before {
        for _ in 0..500 {
            get(&mut peer, "/healthz", token.trim());
        }
    }
    drop(peer);
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(0));
}

#[test]
fn the_last_lines_of_the_log_are_written() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready(&dir);
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(0));
    daemon.says("stopping; a second signal stops at once");
}

#[test]
fn a_second_daemon_is_refused_in_one_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = ready(&dir);
    let second = omsd(&dir, &[]).output().unwrap();
    let (code, told) = ended(&second, &dir);
    assert_eq!(code, Some(3), "{told}");
    assert_eq!(
        told,
        "omsd: another omsd uses this database: DIR/state/oms.redb; stop it, or give this one its \
         own `state_dir`\n"
    );
    daemon.signal("TERM");
    assert_eq!(daemon.code(), Some(0));
}

#[test]
fn a_configuration_is_checked_and_shown() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("omsd.toml");
    std::fs::write(&file, "[engine]\nsettle_seconds = 7\n").unwrap();
    let name = file.display().to_string();
    let shown = omsd(&dir, &["check-config", "--config", &name])
        .output()
        .unwrap();
    assert_eq!(shown.status.code(), Some(0));
    let text = String::from_utf8(shown.stdout).unwrap();
    assert!(text.contains("\nsettle_seconds = 7\n"), "{text}");
    assert!(text.contains("/omsd.sock\"\n"), "{text}");
    // What is shown is a configuration itself.
    std::fs::write(&file, &text).unwrap();
    let again = omsd(&dir, &["--config", &name, "check-config"])
        .output()
        .unwrap();
    assert_eq!(String::from_utf8(again.stdout).unwrap(), text);
    assert!(!dir.path().join("state").exists());
}

/// The same program with these limits of open files.
fn with_files(program: &Command, soft: u32, hard: u32) -> Command {
    let script = format!("ulimit -S -n {soft} && ulimit -H -n {hard} && exec \"$0\" \"$@\"");
    let mut limited = Command::new("/bin/sh");
    limited.arg("-c").arg(script);
    limited.arg(program.get_program()).args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => limited.env(name, value),
            None => limited.env_remove(name),
        };
    }
    limited
}

#[test]
fn as_many_files_are_asked_for_as_may_be_had_and_few_are_said() {
    let dir = tempfile::tempdir().unwrap();
    let shown = |soft, hard| {
        let program = omsd(&dir, &["check-config"]);
        let output = with_files(&program, soft, hard).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = shown(64, 512);
    assert!(text.starts_with("# of 512 open files, 128 are"), "{text}");
    assert!(!text.contains("raise the hard limit"), "{text}");
    let text = shown(64, 128);
    assert!(text.starts_with("# of 128 open files, 32 are"), "{text}");
    assert!(
        text.contains("\n# omsd may have no more than 128"),
        "{text}"
    );
}

#[test]
fn bad_usage_is_told_with_its_code() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("omsd.toml");
    std::fs::write(&file, "[http]\nlisten = \"0.0.0.0:80\"\n").unwrap();
    let name = file.display().to_string();
    for arguments in [
        &["--config", &name][..],
        &["check-config", "--config", &name],
    ] {
        // The variable would win.
        let output = omsd(&dir, arguments)
            .env_remove("OMS_HTTP_LISTEN")
            .output()
            .unwrap();
        let (code, told) = ended(&output, &dir);
        assert_eq!(code, Some(2));
        assert!(
            told.contains("http.listen: 0.0.0.0:80 can be reached from other machines"),
            "{told}"
        );
        assert_eq!(told.lines().count(), 1);
    }
    let missing = omsd(&dir, &["--config", "/nonexistent/omsd.toml"])
        .output()
        .unwrap();
    assert_eq!(
        ended(&missing, &dir),
        (
            Some(2),
            "omsd: cannot read the configuration file /nonexistent/omsd.toml: No such file or \
             directory (os error 2)\n"
                .to_owned()
        )
    );
    for arguments in [&["--nonsense"][..], &["nonsense"], &["--set"]] {
        assert_eq!(
            omsd(&dir, arguments).output().unwrap().status.code(),
            Some(2)
        );
    }
    for arguments in [&["--help"][..], &["--version"]] {
        let output = omsd(&dir, arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert!(!output.stdout.is_empty() && output.stderr.is_empty());
    }
}
