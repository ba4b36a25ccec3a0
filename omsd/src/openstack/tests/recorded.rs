//! Answers recorded from a real Zed (`alpha`) and a real 2026.2 (`beta`).

use oms_proto::spec::Interface;
use omsd_domain::ground::failure::FailureClass;

use crate::openstack::bounded::Amount;
use crate::openstack::catalog::{Catalog, Service};
use crate::openstack::discovery::choose_microversion;
use crate::openstack::error::{Purpose, class_of};
use crate::openstack::server::seen;
use crate::openstack::wire::{
    FlavorsBody, ImagesBody, KeypairsBody, LimitsBody, NetworksBody, ServersBody, TokenBody,
    VersionsBody,
};
use crate::openstack::{address, discovery, message};
use crate::ports::ServerSeen;

macro_rules! both {
    ($name:literal) => {
        [
            ("alpha", include_str!(concat!("../fixtures/alpha/", $name))),
            ("beta", include_str!(concat!("../fixtures/beta/", $name))),
        ]
    };
}

fn servers(text: &str) -> Vec<ServerSeen> {
    let body: ServersBody = serde_json::from_str(text).unwrap();
    let servers = body.servers.into_inner().into_iter();
    servers.map(|it| seen(it).unwrap()).collect()
}

#[test]
fn the_catalogues_of_both_shapes_lead_to_every_service() {
    for (cloud, text) in both!("token.json") {
        let token = serde_json::from_str::<TokenBody>(text).unwrap().token;
        assert!(token.expires_at.is_some() && token.project.is_some());
        let catalog = Catalog::choose(&token.catalog, None, Interface::Public).unwrap();
        let found = [Service::Compute, Service::Image, Service::Network]
            .map(|it| catalog.endpoint(it).unwrap().to_string());
        insta::assert_debug_snapshot!(format!("catalogue_{cloud}"), (&catalog.region, found));
        let error = Catalog::choose(&token.catalog, Some("Mars"), Interface::Public).unwrap_err();
        assert!(error.contains(&catalog.region), "{error}");
    }
}

#[test]
fn a_catalogue_with_two_regions_wants_to_be_told_which() {
    let [(_, alpha), (_, beta)] = both!("token.json");
    let services = |text: &str| {
        let body: TokenBody = serde_json::from_str(text).unwrap();
        body.token.catalog.into_inner()
    };
    let both = |alpha: &str, beta: &str| [services(alpha), services(beta)].concat();
    let all = both(alpha, beta);
    let error = Catalog::choose(&all, None, Interface::Public).unwrap_err();
    assert_eq!(error, "region_name must be one of: RegionAlpha, beta-1");
    let catalog = Catalog::choose(&all, Some("beta-1"), Interface::Admin).unwrap();
    assert!(
        catalog
            .endpoint(Service::Compute)
            .unwrap()
            .as_str()
            .contains("beta.example")
    );
    let renamed = |text: &str| text.replace("\"internal\"", "\"inner\"");
    let all = both(&renamed(alpha), &renamed(beta));
    let catalog = Catalog::choose(&all, Some("beta-1"), Interface::Internal).unwrap();
    let error = catalog.endpoint(Service::Network).unwrap_err();
    assert!(
        error.contains("interface internal in region \"beta-1\""),
        "{error}"
    );
    assert!(Catalog::choose(&[], None, Interface::Public).is_err());
}

#[test]
fn an_old_catalogues_v21_type_and_url_suffix_are_understood() {
    let text = r#"{"token": {"project": {"id": "p", "name": null}, "catalog": [
        {"type": "compute", "endpoints": [{"interface": "publicURL", "region": "r", "url": "http://h:8774/v2/p"}]},
        {"type": "computev21", "endpoints": [{"interface": "publicURL", "region": "r", "url": "http://h:8774/v2.1/p"}]},
        {"type": "image", "endpoints": null},
        {"type": null}]}}"#;
    let token = serde_json::from_str::<TokenBody>(text).unwrap().token;
    let catalog = Catalog::choose(&token.catalog, Some("r"), Interface::Public).unwrap();
    let compute = catalog.endpoint(Service::Compute).unwrap();
    assert_eq!(compute.as_str(), "http://h:8774/v2.1/p");
    assert!(
        catalog
            .endpoint(Service::Image)
            .unwrap_err()
            .contains("compute, computev21")
    );
}

#[test]
fn versions_are_read_from_every_page() {
    for (cloud, text) in both!("keystone_versions.json") {
        let all = serde_json::from_str::<VersionsBody>(text).unwrap().all();
        let root = if cloud == "alpha" {
            "http://keystone.alpha.example:5000"
        } else {
            "http://beta.example/identity"
        };
        let v3 = discovery::keystone_v3(&address::parse(root).unwrap(), &all).unwrap();
        assert_eq!(v3.as_str(), format!("{root}/v3"));
    }
    for page in [both!("nova_version.json"), both!("nova_versions.json")] {
        for (_, text) in page {
            let all = serde_json::from_str::<VersionsBody>(text).unwrap().all();
            let chosen = choose_microversion(&all).unwrap().unwrap();
            assert_eq!(chosen.to_string(), "2.36");
        }
    }
}

#[test]
fn servers_are_read_in_every_state() {
    for (cloud, text) in both!("servers.json") {
        insta::assert_debug_snapshot!(format!("servers_{cloud}"), servers(text));
    }
    for (cloud, text) in both!("servers_deleted.json") {
        insta::assert_debug_snapshot!(format!("servers_deleted_{cloud}"), servers(text));
    }
    for page in [
        both!("server_build.json"),
        both!("server_error.json"),
        both!("server_deleting.json"),
    ] {
        for (cloud, text) in page {
            let body: crate::openstack::wire::ServerBody = serde_json::from_str(text).unwrap();
            let server = seen(body.server).unwrap();
            assert!(server.mark.is_some(), "{cloud}");
            match server.status.as_str() {
                "ERROR" => assert_eq!(server.fault.unwrap().class(), FailureClass::NoCapacity),
                "BUILD" => assert_eq!(server.addresses, Vec::new()),
                "ACTIVE" => assert_eq!(server.task_state.as_deref(), Some("deleting")),
                other => panic!("{other}"),
            }
        }
    }
}

#[test]
fn names_limits_and_key_pairs_are_read() {
    for (cloud, text) in both!("flavors.json") {
        let flavors = serde_json::from_str::<FlavorsBody>(text).unwrap().flavors;
        assert!(flavors.iter().any(|it| &*it.name == "g-1gb"), "{cloud}");
    }
    for (cloud, text) in both!("images.json") {
        let images = serde_json::from_str::<ImagesBody>(text).unwrap().images;
        assert!(
            images
                .iter()
                .all(|it| &*it.status == "active" && !it.name.is_empty()),
            "{cloud}"
        );
    }
    for (cloud, text) in both!("networks.json") {
        let networks = serde_json::from_str::<NetworksBody>(text).unwrap().networks;
        assert!(networks.iter().any(|it| *it.name == format!("{cloud}-net")));
    }
    for (cloud, text) in both!("keypairs.json") {
        let keypairs = serde_json::from_str::<KeypairsBody>(text).unwrap();
        assert_eq!(&*keypairs.keypairs[0].keypair.name, "probe-k1", "{cloud}");
        // Nova offers a next page even after the last.
        assert_eq!(keypairs.keypairs_links.len(), 1);
    }
    for (_, text) in both!("limits.json") {
        let limits = serde_json::from_str::<LimitsBody>(text)
            .unwrap()
            .limits
            .absolute;
        let told = (limits.max_total_instances, limits.max_total_ram_size);
        assert_eq!(told, (Some(Amount(60)), Some(Amount(245_760))));
    }
}

#[test]
fn refusals_have_their_words_and_class() {
    for (page, status, purpose, words, class) in [
        (
            both!("create_no_image.json"),
            400,
            Purpose::Create,
            "Can not find requested image",
            FailureClass::Configuration,
        ),
        (
            both!("forbidden.json"),
            403,
            Purpose::Object,
            "Policy doesn't allow os_compute_api:os-hypervisors:list to be performed.",
            FailureClass::Forbidden,
        ),
        (
            both!("unauthorized.json"),
            401,
            Purpose::Object,
            "The request you have made requires authentication.",
            FailureClass::Unauthorized,
        ),
        (
            both!("image_missing.txt"),
            404,
            Purpose::Resolve,
            "404 Not Found No image found with ID nope",
            FailureClass::Configuration,
        ),
        (
            both!("network_missing.json"),
            404,
            Purpose::Resolve,
            "Network nope could not be found.",
            FailureClass::Configuration,
        ),
        (
            both!("keypair_taken.json"),
            409,
            Purpose::Object,
            "Key pair 'probe-k1' already exists.",
            FailureClass::Conflict,
        ),
    ] {
        for (cloud, body) in page {
            let read = message::from_body(body.as_bytes(), &[]);
            assert_eq!(read, words, "{cloud}");
            assert_eq!(
                class_of(status, purpose, &read, false),
                class,
                "{cloud} {words}"
            );
        }
    }
}
