//! Faults of the wire as a client of HTTP meets them.

use std::sync::Arc;
use std::time::Duration;

use omsd::ports::Clock;
use serde_json::{Value, json};

use super::HttpCloud;
use crate::cloud::call::CallKind;
use crate::cloud::{After, CloudSpec, Fault, Garbage, Rule, Shape, SimCloud, TlsKind, TokioClock};

async fn listening(spec: CloudSpec, tls: Option<TlsKind>) -> HttpCloud {
    let clock: Arc<dyn Clock> = Arc::new(TokioClock::of_day());
    let sim = SimCloud::start(spec, 1, clock);
    HttpCloud::listen(sim, 0, tls).await.unwrap()
}

fn client() -> reqwest::ClientBuilder {
    // Another test may have been faster.
    drop(rustls::crypto::ring::default_provider().install_default());
    reqwest::Client::builder()
        .timeout(Duration::from_secs(2))
        .no_proxy()
}

async fn token(client: &reqwest::Client, cloud: &HttpCloud) -> (String, String) {
    let body = json!({"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "alpha", "domain": {"name": "Default"}, "password": "alpha-secret"}}},
        "scope": {"project": {"name": "alpha", "domain": {"name": "Default"}}},
    }});
    let url = format!("{}/auth/tokens", cloud.auth_url());
    let answer = client.post(url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let token = answer.headers()["x-subject-token"]
        .to_str()
        .unwrap()
        .to_owned();
    let body: Value = answer.json().await.unwrap();
    let services = body["token"]["catalog"].as_array().unwrap();
    let compute = services
        .iter()
        .find(|service| service["type"] == "compute")
        .unwrap();
    let endpoint = compute["endpoints"][0]["url"].as_str().unwrap().to_owned();
    (token, endpoint)
}

async fn limits(client: &reqwest::Client, token: &str, nova: &str) -> reqwest::Result<Value> {
    let ask = client
        .get(format!("{nova}/limits"))
        .header("x-auth-token", token);
    ask.send().await?.json().await
}

#[tokio::test]
async fn both_shapes_lead_from_the_catalogue_to_nova() {
    for shape in [Shape::PortEach, Shape::PathEach] {
        let cloud = listening(
            CloudSpec {
                shape,
                ..CloudSpec::calm("alpha")
            },
            None,
        )
        .await;
        let client = client().build().unwrap();
        let (token, nova) = token(&client, &cloud).await;
        let limits = limits(&client, &token, &nova).await.unwrap();
        assert_eq!(limits["limits"]["absolute"]["maxTotalInstances"], 60);
        cloud.stop().await;
    }
}

#[tokio::test]
async fn a_cloud_that_refuses_has_no_listener_and_comes_back_on_its_port() {
    let cloud = listening(CloudSpec::calm("alpha"), None).await;
    let client = client().build().unwrap();
    let (token, nova) = token(&client, &cloud).await;
    cloud.sim().add_fault(Rule::always(Fault::Refuse));
    tokio::time::timeout(Duration::from_secs(5), async {
        loop {
            match limits(&reqwest_afresh(), &token, &nova).await {
                Err(error) if error.is_connect() => break,
                _ => tokio::task::yield_now().await,
            }
        }
    })
    .await
    .unwrap();
    cloud.sim().clear_faults();
    tokio::time::timeout(Duration::from_secs(5), async {
        while limits(&reqwest_afresh(), &token, &nova).await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await
    .unwrap();
    cloud.stop().await;
}

/// A client without connections from before.
fn reqwest_afresh() -> reqwest::Client {
    client().build().unwrap()
}

#[tokio::test]
async fn silence_reset_and_half_an_answer_are_what_they_say() {
    let cloud = listening(CloudSpec::calm("alpha"), None).await;
    let client = client().build().unwrap();
    let (token, nova) = token(&client, &cloud).await;
    let strike = |fault| {
        cloud
            .sim()
            .add_fault(Rule::always(fault).times(1).on(&[CallKind::Limits]));
    };
    strike(Fault::Stall);
    let error = limits(&client, &token, &nova).await.unwrap_err();
    assert!(error.is_timeout(), "{error:?}");
    strike(Fault::ActThen { then: After::Reset });
    let error = limits(&client, &token, &nova).await.unwrap_err();
    assert!(error.is_request() && !error.is_timeout(), "{error:?}");
    strike(Fault::Garbage {
        how: Garbage::HalfBody,
    });
    let error = limits(&client, &token, &nova).await.unwrap_err();
    assert!(error.is_body() || error.is_decode(), "{error:?}");
    strike(Fault::Garbage { how: Garbage::Html });
    let error = limits(&client, &token, &nova).await.unwrap_err();
    assert!(error.is_decode(), "{error:?}");
    assert!(limits(&client, &token, &nova).await.is_ok());
    cloud.stop().await;
}

#[tokio::test]
async fn a_throttled_answer_says_for_how_long() {
    let cloud = listening(CloudSpec::calm("alpha"), None).await;
    let client = client().build().unwrap();
    let (token, nova) = token(&client, &cloud).await;
    let fault = Fault::Answer {
        status: 429,
        message: None,
        retry_after_s: Some(7),
    };
    cloud.sim().add_fault(Rule::always(fault));
    let ask = client
        .get(format!("{nova}/limits"))
        .header("x-auth-token", &token);
    let answer = ask.send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    assert!(answer.headers().contains_key("x-openstack-request-id"));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["overLimit"]["retryAfter"], "7");
    cloud.stop().await;
}

#[tokio::test]
async fn tls_is_spoken_by_authority_and_can_be_lost() {
    let cloud = listening(CloudSpec::calm("alpha"), Some(TlsKind::OwnAuthority)).await;
    let pem = cloud.certificates().unwrap().ca_pem.clone().unwrap();
    let root = reqwest::Certificate::from_pem(pem.as_bytes()).unwrap();
    let trusting = client().tls_certs_only([root]).build().unwrap();
    let (token, nova) = token(&trusting, &cloud).await;
    assert!(nova.starts_with("https://"));
    assert!(limits(&trusting, &token, &nova).await.is_ok());
    let strict = client().tls_certs_only([]).build().unwrap();
    assert!(
        limits(&strict, &token, &nova)
            .await
            .unwrap_err()
            .is_connect()
    );
    cloud.sim().add_fault(Rule::always(Fault::Tls));
    assert!(limits(&trusting, &token, &nova).await.is_err());
    cloud.stop().await;
}
