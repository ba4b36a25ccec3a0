//! What OMS relies on of an OpenStack cloud, checked through the `Cloud` port against three faces:
//! the simulated cloud in process, the simulated cloud over HTTP through the real client, and real
//! clouds. What passes against all of them is what the simulation may be trusted for.
//!
//! Real clouds are those of a clouds.yaml named by `OMS_TEST_CLOUDS`; a `lab.json` beside it says
//! which image, flavor, network and security group there are to use. Entries that it does not
//! describe are passed over.
//!
//!     OMS_TEST_CLOUDS=path/to/clouds.yaml cargo test -p oms-tests --test conformance -- --ignored
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    reason = "a suite speaks by failing"
)]

mod bad_requests;
mod face;
mod fixture;
mod keypairs;
mod keystone;
mod lists;
mod ports;
mod servers;
mod signing_in;

use face::Face;

/// Makes one test of each check for each face.
macro_rules! conformance {
    ($($module:ident::$check:ident),* $(,)?) => {
        mod in_process {
            use super::*;
            $(#[tokio::test(start_paused = true)]
            async fn $check() {
                Face::in_process().run(|it| Box::pin($module::$check(it))).await;
            })*
        }

        mod over_http {
            use super::*;
            $(#[tokio::test]
            async fn $check() {
                for face in Face::over_http().await {
                    face.run(|it| Box::pin($module::$check(it))).await;
                }
            })*
        }

        mod real {
            use super::*;
            $(#[tokio::test]
            #[ignore = "needs real clouds: OMS_TEST_CLOUDS=path/to/clouds.yaml"]
            async fn $check() {
                for face in Face::real() {
                    face.run(|it| Box::pin($module::$check(it))).await;
                }
            })*
        }
    };
}

conformance! {
    signing_in::a_good_sign_in_tells_project_region_endpoint_and_version,
    signing_in::a_wrong_secret_is_unauthorized,
    signing_in::a_token_signs_in_until_it_ends,
    signing_in::an_unknown_region_is_a_matter_of_configuration,
    signing_in::a_survey_tells_quota_use_and_flavors,
    signing_in::security_groups_are_there_or_not,
    bad_requests::names_and_ids_resolve_to_the_same,
    bad_requests::unknown_names_are_a_matter_of_configuration,
    bad_requests::ambiguous_names_are_a_matter_of_configuration,
    bad_requests::a_create_with_a_bad_reference_makes_nothing,
    bad_requests::metadata_and_user_data_have_limits,
    bad_requests::a_full_quota_refuses_the_create,
    keypairs::the_same_key_is_imported_twice_and_another_is_not,
    keypairs::a_key_pair_is_deleted_twice,
    keypairs::names_of_key_pairs_need_escaping,
    keypairs::a_key_that_is_none_is_refused,
    servers::a_server_is_built_with_address_and_mark,
    servers::two_creates_with_one_name_make_two_servers,
    servers::names_of_servers_may_be_anything,
    servers::long_user_data_is_taken,
    servers::a_server_without_named_networks_gets_the_only_one,
    servers::a_server_in_build_can_be_deleted,
    servers::a_server_is_deleted_twice,
    servers::an_unknown_server_is_not_found,
    servers::a_server_that_fits_nowhere_goes_to_error_and_says_why,
    ports::ports_without_a_name_go_after_their_server,
    lists::a_list_is_complete_across_pages,
    lists::a_list_of_changes_shows_what_changed_and_what_is_deleted,
}
