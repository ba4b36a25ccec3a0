//! The hello: its bytes, its negotiation, and peers that have none, half of one or another one.

use std::error::Error;
use std::fmt::Write;
use std::io;
use std::sync::Arc;

use oms_proto::client::ProtocolError;
use oms_proto::server::{AcceptError, accept_hello, refuse_hello};
use oms_proto::version::{Capabilities, Hello, HelloError, Refusal, Reply, Verdict, Versions};
use oms_proto::{Client, ClientError, ErrorCode, WireError};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;

use crate::daemon::{Daemon, within};
use crate::golden;

fn range(oldest: u16, newest: u16) -> Versions {
    Versions::new(oldest, newest).unwrap()
}

/// What a client says of a daemon that sends these bytes and then closes or goes silent.
async fn connecting_to(bytes: &[u8], then_close: bool) -> ClientError {
    let daemon = Daemon::start();
    let peer = async {
        let mut stream = daemon.stream().await;
        stream.write_all(bytes).await.unwrap();
        let mut hello = [0; oms_proto::version::HELLO_BYTES];
        stream.read_exact(&mut hello).await.unwrap();
        (!then_close).then_some(stream)
    };
    let (client, _stream) = tokio::join!(Client::connect(&daemon.socket), peer);
    client.unwrap_err()
}

/// What a daemon says of a client that sends these bytes and then closes.
async fn accepting(bytes: &[u8]) -> Result<u16, AcceptError> {
    let (mut client, mut daemon) = UnixStream::pair().unwrap();
    client.write_all(bytes).await.unwrap();
    client.shutdown().await.unwrap();
    accept_hello(&mut daemon, Versions::OURS)
        .await
        .map(|accepted| accepted.version)
}

#[test]
fn hellos_keep_their_bytes() {
    let all = Capabilities(0x0102_0304_0506_0708);
    let hello = Hello {
        versions: range(1, 0x0203),
        capabilities: all,
    };
    let reply = |verdict| Reply {
        versions: range(1, 0x0203),
        verdict,
        capabilities: all,
    };
    let mut lines = String::new();
    for (name, bytes) in [
        ("hello of this build", Hello::OURS.encode().to_vec()),
        ("hello", hello.encode().to_vec()),
        (
            "accepted",
            reply(Verdict::Accepted { version: 2 }).encode().to_vec(),
        ),
        (
            "no common version",
            Reply::refuse(Refusal::NoCommonVersion, Versions::OURS)
                .encode()
                .to_vec(),
        ),
        (
            "not permitted",
            Reply::refuse(Refusal::NotPermitted, Versions::OURS)
                .encode()
                .to_vec(),
        ),
        (
            "busy",
            Reply::refuse(Refusal::Busy, Versions::OURS)
                .encode()
                .to_vec(),
        ),
        (
            "stopping",
            Reply::refuse(Refusal::Stopping, Versions::OURS)
                .encode()
                .to_vec(),
        ),
        (
            "unknown reason",
            Reply::refuse(Refusal::Unknown(999), Versions::OURS)
                .encode()
                .to_vec(),
        ),
    ] {
        writeln!(lines, "{name}: {}", golden::hex(&bytes)).unwrap();
        if name.contains("hello") {
            assert!(Hello::decode(&bytes).is_ok_and(|hello| hello.encode() == *bytes));
        } else {
            assert!(Reply::decode(&bytes).is_ok_and(|reply| reply.encode() == *bytes));
        }
    }
    golden::compare("hello", &lines);
}

#[test]
fn the_newest_version_that_both_speak_is_chosen() {
    for (ours, theirs, agreed) in [
        ((1, 1), (1, 1), Some(1)),
        ((1, 2), (1, 1), Some(1)),
        ((1, 2), (2, 9), Some(2)),
        ((3, 9), (1, 5), Some(5)),
        ((2, 2), (1, 1), None),
        ((1, 1), (2, 3), None),
    ] {
        let (ours, theirs) = (range(ours.0, ours.1), range(theirs.0, theirs.1));
        assert_eq!(ours.agree(theirs), agreed);
        assert_eq!(theirs.agree(ours), agreed);
    }
}

#[test]
fn hellos_that_make_no_sense_are_refused() {
    let hello = Hello::OURS.encode();
    let change = |at: usize, byte: u8| {
        let mut bytes = hello;
        bytes[at] = byte;
        bytes
    };
    assert_eq!(Hello::decode(&change(0, b'X')), Err(HelloError::NotOms));
    assert_eq!(
        Hello::decode(&change(9, 0)),
        Err(HelloError::Malformed),
        "version 0"
    );
    assert_eq!(
        Hello::decode(&change(9, 2)),
        Err(HelloError::Malformed),
        "oldest above newest"
    );
    assert_eq!(Hello::decode(&hello[..19]), Err(HelloError::Malformed));
    assert_eq!(
        Hello::decode(&[hello.as_slice(), b"x"].concat()),
        Err(HelloError::Malformed)
    );
    assert_eq!(Hello::decode(b""), Err(HelloError::NotOms));

    let mut reply = Reply::refuse(Refusal::Busy, Versions::OURS).encode();
    reply[13] = 1;
    assert_eq!(
        Reply::decode(&reply),
        Err(HelloError::Malformed),
        "accepted and refused"
    );
    reply[15] = 0;
    assert!(Reply::decode(&reply).is_ok());
    reply[13] = 2;
    assert_eq!(
        Reply::decode(&reply),
        Err(HelloError::Malformed),
        "a version out of its range"
    );
}

#[tokio::test]
async fn a_client_and_a_daemon_of_this_build_agree() {
    within(async {
        let (client, _peer) = Daemon::start().connect().await;
        assert_eq!(client.agreed().version, 1);
    })
    .await;
}

#[tokio::test]
async fn a_socket_without_a_daemon_is_unreachable() {
    let home = tempfile::tempdir().unwrap();
    let error = Client::connect(&home.path().join("nothing"))
        .await
        .unwrap_err();
    assert!(
        matches!(error, ClientError::Unreachable { .. }),
        "{error:?}"
    );

    let stale = home.path().join("stale");
    drop(std::os::unix::net::UnixListener::bind(&stale).unwrap());
    let error = Client::connect(&stale).await.unwrap_err();
    assert!(
        matches!(error, ClientError::Unreachable { .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn another_program_at_the_socket_is_found_out_at_once() {
    let error = within(connecting_to(b"HTTP/1.1 400 Bad Request\r\n", false)).await;
    assert!(matches!(error, ClientError::NotOms { .. }), "{error:?}");

    let echo = within(connecting_to(&Hello::OURS.encode(), false)).await;
    assert!(matches!(echo, ClientError::NotOms { .. }), "{echo:?}");
}

#[tokio::test]
async fn half_a_reply_is_waited_for_until_the_deadline_only() {
    tokio::time::pause();
    let half = &Reply::refuse(Refusal::Busy, Versions::OURS).encode()[..12];
    let error = connecting_to(half, false).await;
    assert!(matches!(error, ClientError::Timeout), "{error:?}");
}

#[tokio::test]
async fn a_daemon_that_closes_during_the_hello_is_told_as_such() {
    let half = &Reply::refuse(Refusal::Busy, Versions::OURS).encode()[..12];
    for bytes in [half, b""] {
        let error = within(connecting_to(bytes, true)).await;
        assert!(matches!(error, ClientError::Closed), "{error:?}");
    }
}

#[tokio::test]
async fn a_newer_daemon_is_told_with_both_ranges() {
    let newer = Reply::to(Hello::OURS, range(2, 3));
    let error = within(connecting_to(&newer.encode(), false)).await;
    assert_eq!(
        error.to_string(),
        "this program speaks protocol version 1, omsd speaks versions 2 to 3; \
         upgrade this program (omsctl, omstui)"
    );
}

#[tokio::test]
async fn a_daemon_that_chooses_what_was_not_offered_breaks_the_protocol() {
    let reply = Reply {
        versions: range(1, 2),
        verdict: Verdict::Accepted { version: 2 },
        capabilities: Capabilities::OURS,
    };
    let error = within(connecting_to(&reply.encode(), false)).await;
    assert!(
        matches!(error, ClientError::Protocol(ProtocolError::Hello)),
        "{error:?}"
    );
}

#[tokio::test]
async fn refusals_reach_the_client_with_their_reason() {
    for refusal in [
        Refusal::NotPermitted,
        Refusal::Busy,
        Refusal::Stopping,
        Refusal::Unknown(77),
    ] {
        let daemon = Daemon::start();
        let peer = async {
            let mut stream = daemon.stream().await;
            refuse_hello(&mut stream, refusal, Versions::OURS)
                .await
                .unwrap();
        };
        let (client, ()) =
            within(async { tokio::join!(Client::connect(&daemon.socket), peer) }).await;
        match (refusal, client.unwrap_err()) {
            (Refusal::NotPermitted, ClientError::NotPermitted { .. }) => {}
            (_, ClientError::Refused(error)) => assert_eq!(error.code, ErrorCode::Unavailable),
            (_, error) => panic!("{refusal:?} became {error:?}"),
        }
    }
}

#[tokio::test]
async fn the_daemon_tells_clients_of_every_kind_apart() {
    within(async {
        assert_eq!(accepting(&Hello::OURS.encode()).await.unwrap(), 1);

        let http = accepting(b"GET / HTTP/1.1\r\n\r\n").await;
        assert!(matches!(http, Err(AcceptError::Hello(HelloError::NotOms))), "{http:?}");

        let half = accepting(&Hello::OURS.encode()[..12]).await;
        assert!(matches!(half, Err(AcceptError::Io(_))), "{half:?}");

        let newer = Hello {
            versions: range(2, 2),
            capabilities: Capabilities::OURS,
        };
        let refused = accepting(&newer.encode()).await;
        assert!(
            matches!(&refused, Err(AcceptError::NoCommonVersion { theirs, .. }) if *theirs == range(2, 2)),
            "{refused:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn the_daemon_waits_for_a_silent_client_until_the_deadline_only() {
    tokio::time::pause();
    let (_client, mut daemon) = UnixStream::pair().unwrap();
    let refused = accept_hello(&mut daemon, Versions::OURS).await;
    assert!(matches!(refused, Err(AcceptError::Timeout)), "{refused:?}");
    let refused = refuse_hello(&mut daemon, Refusal::Busy, Versions::OURS).await;
    assert!(matches!(refused, Err(AcceptError::Timeout)), "{refused:?}");
}

#[test]
fn every_error_says_what_to_do_and_does_not_repeat_its_source() {
    let socket = std::path::PathBuf::from("/run/oms/omsd.sock");
    let mut lines = String::new();
    for error in [
        ClientError::Unreachable {
            socket: socket.clone(),
            source: Arc::new(io::Error::from(io::ErrorKind::ConnectionRefused)),
        },
        ClientError::NotPermitted {
            socket: socket.clone(),
        },
        ClientError::NotOms { socket },
        ClientError::VersionMismatch {
            ours: range(1, 1),
            theirs: range(2, 3),
        },
        ClientError::VersionMismatch {
            ours: range(3, 4),
            theirs: range(2, 2),
        },
        ClientError::Refused(WireError::new(ErrorCode::NotFound, "no entry 7")),
        ClientError::Closed,
        ClientError::Protocol(ProtocolError::FrameTooLong),
        ClientError::Timeout,
    ] {
        writeln!(lines, "{error}").unwrap();
        if let Some(source) = error.source() {
            assert!(!error.to_string().contains(&source.to_string()), "{error}");
            writeln!(lines, "  because: {source}").unwrap();
        }
    }
    insta::assert_snapshot!(lines);
}
