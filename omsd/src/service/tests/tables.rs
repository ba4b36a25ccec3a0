//! The two tables that clients rely on: who may do what, and which code and status a cause has.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use oms_proto::machine::MachineSpec;
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock, Backup, EntryCreate, EntryExplain,
    EntryHold, EntryList, EntryPreview, EntryRemove, EntryRetry, EntryShow, EntryWait, EventList,
    InstanceList, InstanceShow, StatusShow, StrayRemove, Strays, Subscribe, TakeOver, TokenCreate,
    TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, Endpoints, EntrySpec, Interface,
    KeyPolicy, TokenSpec, UserPatch, UserSpec,
};
use oms_proto::view::ObjectKind;
use oms_proto::{Actor, EntryId, ErrorCode, InstanceId, Request, Secret};

use super::samples::Same;
use omsd_domain::rows::entry::Status;
use omsd_domain::world::command::Rejection;

use crate::service::error::{http_status, internal, rejected, rejection_code};
use crate::service::{Caller, Role};

#[expect(clippy::too_many_lines, reason = "a table")]
fn requests() -> Vec<Request> {
    let spec = AccountSpec {
        name: "alpha".to_owned(),
        provider: None,
        auth_url: "https://a.example".to_owned(),
        region_name: None,
        interface: Interface::Public,
        credentials: Credentials::ApplicationCredential(ApplicationCredential {
            id: Some("id".to_owned()),
            name: None,
            username: None,
            user_domain_name: None,
            user_domain_id: None,
            secret: Secret::new("hush"),
            user_id: None,
        }),
        defaults: MachineSpec::default(),
        ca_pem: None,
        pinned_cert_pem: None,
        priority: 0,
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    };
    let name = || "alpha".to_owned();
    let create = EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: None,
    };
    let list = EntryList {
        status: Vec::new(),
        after: None,
        limit: None,
        ..EntryList::default()
    };
    let wait = EntryWait {
        id: EntryId(1),
        timeout_ms: 1,
        gone: false,
    };
    let edit = AccountEdit {
        name: name(),
        patch: AccountPatch::default(),
    };
    let maintain = AccountMaintain {
        name: name(),
        windows: Vec::new(),
        expected: None,
    };
    let strays = Strays {
        account: None,
        dry_run: true,
    };
    let test = AccountTest {
        name: name(),
        boot: true,
    };
    let events = EventList {
        since: None,
        limit: 1,
        ..EventList::default()
    };
    let add = AccountAdd { spec: spec.clone() };
    let stray = StrayRemove {
        account: name(),
        kind: ObjectKind::Server,
        id: "id".to_owned(),
    };
    let token = TokenSpec {
        name: name(),
        role: Role::Viewer,
        key_raw: KeyPolicy::Never,
        expires: None,
    };
    let user = UserSpec {
        name: name(),
        role: Role::Viewer,
        password: Secret::new("hush-hush-hush"),
    };
    let edit_user = UserEdit {
        name: name(),
        patch: UserPatch::default(),
    };
    let hold = EntryHold {
        id: EntryId(1),
        held: true,
    };
    let unblock = AccountUnblock {
        name: name(),
        scope: None,
    };
    let preview = EntryPreview {
        spec: EntrySpec::default(),
    };
    vec![
        StatusShow {}.into(),
        create.into(),
        list.into(),
        EntryShow { id: EntryId(1) }.into(),
        EntryRemove { id: EntryId(1) }.into(),
        wait.into(),
        EntryExplain { id: EntryId(1) }.into(),
        InstanceList::default().into(),
        InstanceShow { id: InstanceId(1) }.into(),
        add.into(),
        AccountList::default().into(),
        AccountShow { name: name() }.into(),
        edit.into(),
        test.into(),
        AccountRemove { name: name() }.into(),
        maintain.into(),
        strays.into(),
        unblock.into(),
        EntryRetry { id: EntryId(1) }.into(),
        hold.into(),
        events.into(),
        Subscribe { since: None }.into(),
        preview.into(),
        AccountTry { spec }.into(),
        AccountOffers { name: name() }.into(),
        stray.into(),
        TakeOver {}.into(),
        Backup {}.into(),
        TokenCreate { spec: token }.into(),
        TokenList {}.into(),
        TokenRevoke { name: name() }.into(),
        UserAdd { spec: user }.into(),
        UserList {}.into(),
        edit_user.into(),
        UserRemove { name: name() }.into(),
    ]
}

#[test]
fn who_may_do_what() {
    let mut table = String::new();
    let mut left: BTreeSet<_> = Request::NAMES.iter().copied().collect();
    for request in requests() {
        let (name, needed) = (request.name(), request.manner().role);
        assert!(left.remove(name), "{name} twice");
        writeln!(table, "{name:16} {needed}").unwrap();
        for role in Role::ALL {
            let caller = Caller::standing(role, Actor::Scheduler);
            let allowed = caller.check(&request);
            assert_eq!(allowed.is_ok(), role.may(needed), "{name} {role}");
            if let Err(error) = allowed {
                assert_eq!(error.code, ErrorCode::Forbidden);
            }
        }
    }
    assert!(left.is_empty(), "{left:?} are asked by nobody here");
    insta::assert_snapshot!(table);
}

#[test]
fn every_code_has_its_status() {
    let codes = [
        ErrorCode::Invalid,
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::Forbidden,
        ErrorCode::Unauthorized,
        ErrorCode::TooLarge,
        ErrorCode::Unavailable,
        ErrorCode::Timeout,
        ErrorCode::Unsupported,
        ErrorCode::MethodNotAllowed,
        ErrorCode::Internal,
        ErrorCode::IdempotencyMismatch,
        ErrorCode::Held,
    ];
    let mut table = String::new();
    for code in codes {
        writeln!(table, "{:20} {}", code.as_str(), http_status(code)).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn every_rejection_has_its_code_and_says_what_to_do() {
    let rejections = [
        Rejection::NoEntry(EntryId(5)),
        Rejection::NoAccount,
        Rejection::NameTaken("alpha".to_owned()),
        Rejection::AccountInUse {
            name: "alpha".to_owned(),
            objects: 3,
        },
        Rejection::Stale,
        Rejection::KeyReused(EntryId(5)),
        Rejection::TooManyAccounts,
        Rejection::NotFailed {
            entry: EntryId(5),
            status: Status::Run,
        },
        Rejection::NothingToHold(EntryId(5)),
        Rejection::EntryHeld(EntryId(5)),
        Rejection::NotBlocked {
            name: "alpha".to_owned(),
            scope: "quota".to_owned(),
            blocked: "nothing is".to_owned(),
        },
        Rejection::Full,
        Rejection::FullOfData,
    ];
    let mut table = String::new();
    for rejection in rejections {
        let code = rejection_code(&rejection);
        let told = rejected(&rejection.into());
        assert_eq!(told.code, code);
        writeln!(table, "{:20} {}", code.as_str(), told.detail).unwrap();
    }
    insta::assert_snapshot!(table);
}

#[test]
fn an_internal_failure_is_told_by_its_id_alone() {
    let cause = std::io::Error::other("/var/lib/oms/db is on fire");
    let told = internal(&Same(0xab), "read the journal", &cause);
    assert_eq!(told.code, ErrorCode::Internal);
    assert_eq!(
        told.detail,
        "omsd failed to read the journal; its log has the details under error id abababab"
    );
}
