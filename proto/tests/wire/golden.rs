//! The bytes of every message, as they are on the wire for ever: a difference here breaks every
//! client and daemon already installed. The files are in `golden/`; new lines may be added at the
//! end of a file, and lines that are there never change.

use std::fmt::{Debug, Write};

use oms_proto::codec::{self, Reading};

use crate::samples::{self, Samples};

/// Encodes each sample, checks that it comes back the same, and compares with the file.
fn check<T>(file: &str, samples: Samples<T>)
where
    T: bincode::Encode + bincode::Decode<Reading> + PartialEq + Debug,
{
    let mut lines = String::new();
    for (name, sample) in samples {
        let bytes = codec::encode(&sample).unwrap();
        assert_eq!(
            codec::decode_record::<T>(&bytes).as_ref(),
            Ok(&sample),
            "{name}"
        );
        writeln!(lines, "{name}: {}", hex(&bytes)).unwrap();
    }
    compare(file, &lines);
}

pub(crate) fn compare(file: &str, lines: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("../golden");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(file, lines));
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

macro_rules! golden {
    ($($test:ident: $samples:ident;)+) => {
        $(
            #[test]
            fn $test() {
                check(stringify!($samples), samples::$samples());
            }
        )+
    };
}

golden! {
    client_messages_keep_their_bytes: client_messages;
    requests_keep_their_bytes: requests;
    server_messages_keep_their_bytes: server_messages;
    responses_keep_their_bytes: responses;
    stream_items_keep_their_bytes: stream_items;
    changes_keep_their_bytes: changes;
    error_codes_keep_their_bytes: errors;
    statuses_keep_their_bytes: statuses;
    account_statuses_keep_their_bytes: account_statuses;
    key_types_keep_their_bytes: key_types;
    interfaces_keep_their_bytes: interfaces;
    event_kinds_keep_their_bytes: event_kinds;
    severities_keep_their_bytes: severities;
    roles_keep_their_bytes: roles;
    key_policies_keep_their_bytes: key_policies;
    subjects_keep_their_bytes: subjects;
    alert_kinds_keep_their_bytes: alert_kinds;
    attempt_states_keep_their_bytes: attempt_states;
    failure_classes_keep_their_bytes: failure_classes;
    auth_types_keep_their_bytes: auth_types;
    trusts_keep_their_bytes: trusts;
    object_kinds_keep_their_bytes: object_kinds;
    verdicts_keep_their_bytes: verdicts;
    actors_keep_their_bytes: actors;
    credentials_keep_their_bytes: credentials;
    grown_credentials_keep_their_bytes: grown_credentials;
    grown_accounts_keep_their_bytes: grown_accounts;
    grown_patches_keep_their_bytes: grown_patches;
    machines_keep_their_bytes: machines;
    reached_patches_keep_their_bytes: reached_patches;
    address_types_keep_their_bytes: address_types;
    address_families_keep_their_bytes: address_families;
    ids_keep_their_bytes: ids;
    resources_keep_their_bytes: resources;
    wait_causes_keep_their_bytes: wait_causes;
    block_kinds_keep_their_bytes: block_kinds;
    grown_requests_keep_their_bytes: grown_requests;
    grown_entries_keep_their_bytes: grown_entries;
    grown_account_views_keep_their_bytes: grown_account_views;
    grown_account_tests_keep_their_bytes: grown_account_tests;
}
