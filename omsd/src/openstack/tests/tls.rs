//! Handshakes with certificates of every kind that private clouds have.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ParsedCertificate, WebPkiClientVerifier};
use rustls::{RootCertStore, ServerConfig};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use super::script::{HandClock, account, json, limits, serve};
use omsd_domain::ground::failure::FailureClass;

use crate::openstack::OpenStackClouds;
use crate::openstack::tls::explain;
use crate::ports::{CloudError, Clouds, OpenAccount, OpenReach};
use oms_proto::Secret;

struct Identity {
    certificate: String,
    key: String,
}

fn self_signed(names: &[&str], is_ca: IsCa, years: (i32, i32)) -> Identity {
    let key = KeyPair::generate().unwrap();
    let params = params(names, is_ca, years);
    let certificate = params.self_signed(&key).unwrap().pem();
    Identity {
        certificate,
        key: key.serialize_pem(),
    }
}

fn params(names: &[&str], is_ca: IsCa, years: (i32, i32)) -> CertificateParams {
    let names: Vec<String> = names.iter().map(|&it| it.to_owned()).collect();
    let mut params = CertificateParams::new(names).unwrap();
    params.is_ca = is_ca;
    params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
    params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
    params
}

const CA: IsCa = IsCa::Ca(BasicConstraints::Unconstrained);
const GOOD: (i32, i32) = (2020, 2090);

/// An authority's certificate and a server's that it signed.
fn signed(names: &[&str], years: (i32, i32)) -> (String, Identity) {
    let issuer =
        CertifiedIssuer::self_signed(params(&[], CA, GOOD), KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = params(names, IsCa::NoCa, years)
        .signed_by(&key, &issuer)
        .unwrap();
    (
        issuer.pem(),
        Identity {
            certificate: leaf.pem(),
            key: key.serialize_pem(),
        },
    )
}

/// A Keystone behind TLS that refuses every password: a 401 means that TLS was accepted.
async fn keystone(identity: &Identity) -> String {
    keystone_for(identity, None).await
}

/// The same, for clients whose certificates this authority has signed.
async fn keystone_for(identity: &Identity, clients_of: Option<&str>) -> String {
    let chain = CertificateDer::pem_slice_iter(identity.certificate.as_bytes());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = clients_of.map(|authority| {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(authority.as_bytes()).unwrap())
            .unwrap();
        let provider = Arc::clone(&provider);
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider)
            .build()
            .unwrap()
    });
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.unwrap_or_else(WebPkiClientVerifier::no_client_auth))
        .with_single_cert(
            chain.map(Result::unwrap).collect(),
            PrivateKeyDer::from_pem_slice(identity.key.as_bytes()).unwrap(),
        )
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(
                        stream,
                        Arc::new(|_| json(401, "{}")),
                        Arc::new(Mutex::default()),
                    )
                    .await;
                }
            });
        }
    });
    format!("https://{address}/v3")
}

async fn sign_in(url: &str, ca: Option<&str>, pinned: Option<&str>) -> CloudError {
    let account = OpenAccount {
        ca_pem: ca.map(str::to_owned),
        pinned_cert_pem: pinned.map(str::to_owned),
        ..account(url)
    };
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    clouds.open(&account).unwrap().sign_in().await.unwrap_err()
}

fn assert_refused(error: &CloudError, words: &[&str]) {
    assert_eq!(
        (error.class, error.maybe_done),
        (FailureClass::Tls, false),
        "{error}"
    );
    for word in words {
        assert!(error.message.contains(word), "{error} ({word})");
    }
}

#[tokio::test]
async fn an_authority_of_the_account_is_trusted_and_a_stranger_is_not() {
    let (ca, identity) = signed(&["127.0.0.1"], GOOD);
    let url = keystone(&identity).await;
    assert_eq!(
        sign_in(&url, Some(&ca), None).await.class,
        FailureClass::Unauthorized
    );
    assert_refused(
        &sign_in(&url, None, None).await,
        &["127.0.0.1:", "not trusted", "ca_pem", "pinned_cert_pem"],
    );
}

#[tokio::test]
async fn a_self_signed_authority_as_server_can_be_pinned() {
    let identity = self_signed(&["127.0.0.1"], CA, GOOD);
    let url = keystone(&identity).await;
    let as_ca = sign_in(&url, Some(&identity.certificate), None).await;
    assert_refused(&as_ca, &["CaUsedAsEndEntity", "pinned_cert_pem"]);
    let pinned = sign_in(&url, None, Some(&identity.certificate)).await;
    assert_eq!(pinned.class, FailureClass::Unauthorized);
}

#[tokio::test]
async fn a_pin_accepts_its_certificate_whatever_its_name_and_date_and_no_other() {
    let identity = self_signed(&["elsewhere.example"], IsCa::NoCa, (2001, 2002));
    let other = self_signed(&["127.0.0.1"], IsCa::NoCa, GOOD);
    let url = keystone(&identity).await;
    let pinned = sign_in(&url, None, Some(&identity.certificate)).await;
    assert_eq!(pinned.class, FailureClass::Unauthorized);
    let mismatch = sign_in(&url, None, Some(&other.certificate)).await;
    assert_refused(&mismatch, &["SHA-256", "pinned is"]);
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    let both = format!("{}{}", identity.certificate, other.certificate);
    let account = OpenAccount {
        pinned_cert_pem: Some(both),
        ..account(&url)
    };
    let error = clouds.open(&account).err().unwrap();
    assert!(error.message.contains("holds 2 certificates"), "{error}");
}

#[tokio::test]
async fn names_and_dates_are_explained() {
    let (ca, identity) = signed(&["elsewhere.example"], GOOD);
    let error = sign_in(&keystone(&identity).await, Some(&ca), None).await;
    assert_refused(&error, &["another name", "elsewhere.example"]);
    let (ca, identity) = signed(&["127.0.0.1"], (2001, 2002));
    assert_refused(
        &sign_in(&keystone(&identity).await, Some(&ca), None).await,
        &["expired"],
    );
    let (ca, identity) = signed(&["127.0.0.1"], (2080, 2090));
    assert_refused(
        &sign_in(&keystone(&identity).await, Some(&ca), None).await,
        &["not valid yet"],
    );
}

#[tokio::test]
async fn a_certificate_of_ours_is_shown_and_one_that_is_wanted_is_named() {
    let (ca, server) = signed(&["127.0.0.1"], GOOD);
    let (clients, ours) = signed(&["oms"], GOOD);
    let url = keystone_for(&server, Some(&clients)).await;
    let with = |certificate: &str, key: &str| OpenAccount {
        ca_pem: Some(ca.clone()),
        reach: OpenReach {
            client_cert_pem: Some(certificate.to_owned()),
            client_key_pem: Some(Secret::new(key)),
            ..OpenReach::default()
        },
        ..account(&url)
    };
    let clouds = OpenStackClouds::new(Arc::new(HandClock::default()), limits());
    for mark in ["", "\u{feff}"] {
        let (certificate, key) = (&ours.certificate, &ours.key);
        let marked = with(&format!("{mark}{certificate}"), &format!("{mark}{key}"));
        let error = clouds.open(&marked).unwrap().sign_in().await.unwrap_err();
        assert_eq!(error.class, FailureClass::Unauthorized, "{error}");
    }
    assert_refused(&sign_in(&url, Some(&ca), None).await, &["client_cert_pem"]);
    for wrong in [
        with(&ours.certificate, &server.key),
        with(&ours.certificate, "junk"),
    ] {
        let error = clouds.open(&wrong).err().unwrap();
        assert_eq!(error.class, FailureClass::Configuration);
        assert!(error.message.contains("client_key_pem"), "{error}");
    }
}

#[tokio::test]
async fn a_byte_order_mark_hides_no_certificate() {
    let (ca, identity) = signed(&["127.0.0.1"], GOOD);
    let (other, _) = signed(&["127.0.0.1"], GOOD);
    let url = keystone(&identity).await;
    for marked in [
        format!("\u{feff}{ca}"),
        format!("\u{feff}{other}\u{feff}{ca}"),
    ] {
        let error = sign_in(&url, Some(&marked), None).await;
        assert_eq!(error.class, FailureClass::Unauthorized, "{error}");
    }
}

#[tokio::test]
async fn a_signature_that_we_cannot_check_is_named_with_the_way_out() {
    let identity = Identity {
        certificate: include_str!("../fixtures/p521_leaf.crt").to_owned(),
        key: include_str!("../fixtures/p521_leaf.key").to_owned(),
    };
    let url = keystone(&identity).await;
    let ca = include_str!("../fixtures/p521_ca.crt");
    assert_refused(
        &sign_in(&url, Some(ca), None).await,
        &[
            "P-521",
            "cannot check",
            "--pin-cert-file",
            "pinned_cert_pem",
        ],
    );
    let pinned = sign_in(&url, None, Some(&identity.certificate)).await;
    assert_eq!(pinned.class, FailureClass::Unauthorized);
}

#[test]
fn a_certificate_of_version_1_is_explained() {
    // rustls does not serve one either, so this is without a handshake.
    let found = CertificateDer::from_pem_slice(include_bytes!("../fixtures/x509_v1.crt")).unwrap();
    let error = ParsedCertificate::try_from(&found).err().unwrap();
    let words = explain(&error, "h:443");
    assert!(
        words.contains("version 1") && words.contains("subjectAltName"),
        "{words}"
    );
}

#[tokio::test]
async fn plain_http_behind_https_is_explained() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/v3", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let words = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
            stream.write_all(words).await.unwrap();
            drop(tokio::io::copy(&mut stream, &mut tokio::io::sink()).await);
        }
    });
    assert_refused(
        &sign_in(&url, None, None).await,
        &["does not speak TLS", "http://"],
    );
}
