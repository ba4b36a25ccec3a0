//! One sample or more of every variant of every message. A variant or field that is added to the
//! protocol does not compile here until it has its sample, and so its golden bytes.

use std::collections::BTreeMap;

use oms_proto::actor::{HttpUser, SocketUser};
use oms_proto::machine::{AddressFamily, AddressType, MachineSpec};
use oms_proto::request::{
    AccountAdd, AccountEdit, AccountList, AccountMaintain, AccountOffers, AccountRemove,
    AccountShow, AccountTest, AccountTry, AccountUnblock, Backup, EntryCreate, EntryExplain,
    EntryHold, EntryList, EntryPreview, EntryRemove, EntryRetry, EntryShow, EntryWait, EventList,
    InstanceList, InstanceShow, StatusShow, StrayRemove, Strays, Subscribe, TakeOver, TokenCreate,
    TokenList, TokenRevoke, UserAdd, UserEdit, UserList, UserRemove,
};
use oms_proto::response::{
    AccountPage, Alerts, EntryPage, EventPage, InstancePage, Snapshot, StreamEvent, Subscribed,
    TokenPage, UserPage,
};
use oms_proto::spec::{
    AccountPatch, AccountSpec, ApplicationCredential, Credentials, Endpoints, EntrySpec, Interface,
    KeyPolicy, KeyType, NewSecret, PasswordCredentials, TokenCredentials, TokenSpec, UserPatch,
    UserSpec, Window,
};
use oms_proto::view::{
    AccountStatus, AccountTestView, AccountView, AlertKind, AlertView, AskedView, AttemptState,
    AttemptView, AuthType, BackupView, BlockKind, BlockView, ChoiceView, EntryView, EventView,
    ExplanationView, FailureClass, FailureView, InstanceAccount, InstanceView, LessonsView,
    ObjectKind, ObjectView, OffersView, PassedOverView, PreviewView, QuotaView, Resource, RoomView,
    Status, StatusView, StraysAtView, StraysView, TestStepView, TokenView, Trust, UserView,
    Verdict, WaitCause, WaitView,
};
use oms_proto::{
    AccountId, Actor, AttemptId, Change, ClientMessage, EntryId, ErrorCode, EventKind, InstanceId,
    Request, Response, Role, Secret, ServerMessage, Severity, StreamItem, Subject, Time, WireError,
};

/// Named values of one type.
pub(crate) type Samples<T> = Vec<(String, T)>;

macro_rules! samples {
    ($(#[$doc:meta])* $function:ident: $type:ty {
        $($label:literal, $pattern:pat => [$($sample:expr),+ $(,)?];)+
        $(unknown $unknown:path;)?
    }) => {
        $(#[$doc])*
        pub(crate) fn $function() -> Samples<$type> {
            // Without a wildcard, so that a new variant does not compile.
            fn label(value: &$type) -> &'static str {
                match value {
                    $($pattern => $label,)+
                    // Never sent by choice, so it has no bytes to keep.
                    $($unknown => "unknown",)?
                }
            }
            let mut samples = Vec::new();
            $(
                for (index, sample) in [$($sample),+].into_iter().enumerate() {
                    assert_eq!(label(&sample), $label, "the sample is of its variant");
                    samples.push((format!("{} {index}", $label), sample));
                }
            )+
            samples
        }
    };
}

samples! {
    client_messages: ClientMessage {
        "call", ClientMessage::Call { .. } => [
            ClientMessage::Call { id: 1, request: Request::StatusShow(StatusShow {}) },
            ClientMessage::Call { id: u64::MAX, request: Request::EntryShow(EntryShow { id: EntryId(7) }) },
        ];
        "cancel", ClientMessage::Cancel { .. } => [ClientMessage::Cancel { id: 300 }];
    }
}

samples! {
    requests: Request {
        "status_show", Request::StatusShow(_) => [Request::StatusShow(StatusShow {})];
        "entry_create", Request::EntryCreate(_) => [
            Request::EntryCreate(Box::new(EntryCreate {
                spec: EntrySpec::default(),
                idempotency_key: None,
            })),
            Request::EntryCreate(Box::new(EntryCreate {
                spec: entry_spec(),
                idempotency_key: Some(text("once")),
            })),
        ];
        "entry_list", Request::EntryList(_) => [
            Request::EntryList(EntryList::default()),
            Request::EntryList(EntryList {
                status: Status::ALL.into(),
                after: Some(EntryId(250)),
                limit: Some(251),
                skip: 300,
                ..EntryList::default()
            }),
        ];
        "entry_show", Request::EntryShow(_) => [
            Request::EntryShow(EntryShow { id: EntryId(1) }),
        ];
        "entry_remove", Request::EntryRemove(_) => [
            Request::EntryRemove(EntryRemove { id: EntryId(2) }),
        ];
        "entry_wait", Request::EntryWait(_) => [
            Request::EntryWait(EntryWait { id: EntryId(3), timeout_ms: 60_000, gone: false }),
        ];
        "entry_explain", Request::EntryExplain(_) => [
            Request::EntryExplain(EntryExplain { id: EntryId(4) }),
        ];
        "instance_list", Request::InstanceList(_) => [
            Request::InstanceList(InstanceList::default()),
            Request::InstanceList(InstanceList {
                after: Some(InstanceId(251)),
                limit: Some(3),
                ..InstanceList::default()
            }),
        ];
        "instance_show", Request::InstanceShow(_) => [
            Request::InstanceShow(InstanceShow { id: InstanceId(5) }),
        ];
        "account_add", Request::AccountAdd(_) => [
            add(account_spec(password())),
            add(account_spec(application_credential())),
        ];
        "account_list", Request::AccountList(_) => [
            Request::AccountList(AccountList::default()),
            Request::AccountList(AccountList { after: Some("alpha".to_owned()), limit: Some(3) }),
        ];
        "account_show", Request::AccountShow(_) => [
            Request::AccountShow(AccountShow { name: text("alpha") }),
        ];
        "account_edit", Request::AccountEdit(_) => [
            edit(AccountPatch::default()),
            edit(account_patch()),
        ];
        "account_test", Request::AccountTest(_) => [
            Request::AccountTest(AccountTest { name: text("alpha"), boot: false }),
            Request::AccountTest(AccountTest { name: text("alpha"), boot: true }),
        ];
        "account_remove", Request::AccountRemove(_) => [
            Request::AccountRemove(AccountRemove { name: text("alpha") }),
        ];
        "account_maintain", Request::AccountMaintain(_) => [
            Request::AccountMaintain(AccountMaintain {
                name: text("alpha"),
                windows: vec![],
                expected: None,
            }),
            Request::AccountMaintain(AccountMaintain {
                name: text("alpha"),
                windows: vec![window()],
                expected: Some(vec![]),
            }),
        ];
        "event_list", Request::EventList(_) => [
            Request::EventList(EventList { limit: 100, ..EventList::default() }),
            Request::EventList(EventList {
                since: Some(70_000),
                limit: 1,
                ..EventList::default()
            }),
        ];
        "subscribe", Request::Subscribe(_) => [
            Request::Subscribe(Subscribe { since: None }),
            Request::Subscribe(Subscribe { since: Some(9) }),
        ];
        "strays", Request::Strays(_) => [
            Request::Strays(Strays { account: None, dry_run: true }),
            Request::Strays(Strays { account: Some(text("alpha")), dry_run: false }),
        ];
        "stray_remove", Request::StrayRemove(_) => [
            Request::StrayRemove(StrayRemove {
                account: text("alpha"),
                kind: ObjectKind::Keypair,
                id: text("oms-5eed5eed-0a1b2c3d-1-2"),
            }),
        ];
        "take_over", Request::TakeOver(_) => [Request::TakeOver(TakeOver {})];
        "backup", Request::Backup(_) => [Request::Backup(Backup {})];
        "account_unblock", Request::AccountUnblock(_) => [
            Request::AccountUnblock(AccountUnblock { name: text("alpha"), scope: None }),
            Request::AccountUnblock(AccountUnblock {
                name: text("alpha"),
                scope: Some(text("quota")),
            }),
        ];
        "entry_retry", Request::EntryRetry(_) => [Request::EntryRetry(EntryRetry { id: EntryId(1) })];
        "entry_hold", Request::EntryHold(_) => [
            Request::EntryHold(EntryHold { id: EntryId(1), held: true }),
        ];
        "entry_preview", Request::EntryPreview(_) => [
            Request::EntryPreview(Box::new(EntryPreview { spec: entry_spec() })),
        ];
        "token_create", Request::TokenCreate(_) => [
            Request::TokenCreate(TokenCreate { spec: TokenSpec {
                name: text("ci"),
                role: Role::Operator,
                key_raw: KeyPolicy::Once,
                expires: Some(Time(1_700_000_000_000_000)),
            } }),
        ];
        "token_list", Request::TokenList(_) => [Request::TokenList(TokenList {})];
        "token_revoke", Request::TokenRevoke(_) => [
            Request::TokenRevoke(TokenRevoke { name: text("ci") }),
        ];
        "user_add", Request::UserAdd(_) => [
            Request::UserAdd(UserAdd { spec: UserSpec {
                name: text("ann"),
                role: Role::Admin,
                password: Secret::new("correct horse"),
            } }),
        ];
        "user_list", Request::UserList(_) => [Request::UserList(UserList {})];
        "user_edit", Request::UserEdit(_) => [
            Request::UserEdit(UserEdit { name: text("ann"), patch: UserPatch::default() }),
            Request::UserEdit(UserEdit { name: text("ann"), patch: UserPatch {
                role: Some(Role::Viewer),
                password: Some(Secret::new("battery staple")),
            } }),
        ];
        "user_remove", Request::UserRemove(_) => [
            Request::UserRemove(UserRemove { name: text("ann") }),
        ];
        "account_try", Request::AccountTry(_) => [
            Request::AccountTry(Box::new(AccountTry { spec: account_spec(password()) })),
        ];
        "account_offers", Request::AccountOffers(_) => [
            Request::AccountOffers(AccountOffers { name: text("alpha") }),
        ];
    }
}

samples! {
    server_messages: ServerMessage {
        "answer", ServerMessage::Answer { .. } => [
            ServerMessage::Answer { id: 1, result: Ok(Response::DONE) },
            ServerMessage::Answer { id: 2, result: Err(WireError::field("name", "is taken")) },
        ];
        "stream", ServerMessage::Stream { .. } => [
            ServerMessage::Stream { id: 3, item: StreamItem::MISSED },
        ];
    }
}

samples! {
    responses: Response {
        "done", Response::Done(_) => [Response::DONE];
        "status", Response::Status(_) => [Response::Status(status())];
        "entry", Response::Entry(_) => [
            Response::Entry(Box::new(entry())),
            Response::Entry(Box::new(waiting_entry())),
        ];
        "entries", Response::Entries(_) => [
            Response::Entries(EntryPage { entries: vec![], more: false, count: 0 }),
            Response::Entries(EntryPage { entries: vec![waiting_entry(), entry()], more: true, count: 70_000 }),
        ];
        "explanation", Response::Explanation(_) => [Response::Explanation(Box::new(explanation()))];
        "instance", Response::Instance(_) => [Response::Instance(Box::new(instance()))];
        "instances", Response::Instances(_) => [
            Response::Instances(InstancePage { instances: vec![instance()], more: true }),
        ];
        "account", Response::Account(_) => [Response::Account(Box::new(account()))];
        "accounts", Response::Accounts(_) => [
            Response::Accounts(AccountPage { accounts: vec![account()], more: true }),
        ];
        "account_test", Response::AccountTest(_) => [Response::AccountTest(account_test())];
        "events", Response::Events(_) => [Response::Events(EventPage { events: vec![event()], reached: None })];
        "subscribed", Response::Subscribed(_) => [Response::Subscribed(Subscribed {})];
        "strays", Response::Strays(_) => [Response::Strays(strays())];
        "backup", Response::Backup(_) => [
            Response::Backup(BackupView { file: text("/var/lib/oms/oms.redb.backup-1") }),
        ];
        "preview", Response::Preview(_) => [
            Response::Preview(Box::default()),
            Response::Preview(Box::new(PreviewView {
                account: Some(text("alpha")),
                choices: vec![
                    ChoiceView {
                        account: text("alpha"),
                        place: Some(1),
                        machine: Some(defaults()),
                        cause: None,
                        until: None,
                        reason: None,
                    },
                    ChoiceView {
                        account: text("beta"),
                        place: None,
                        machine: None,
                        cause: Some(WaitCause::Blocked),
                        until: Some(Time(13)),
                        reason: Some(text("quota is blocked")),
                    },
                ],
                left_out: 3,
            })),
        ];
        "token", Response::Token(_) => [
            Response::Token(TokenView { token: Some(Secret::new("oms_t")), ..token_view() }),
        ];
        "tokens", Response::Tokens(_) => [
            Response::Tokens(TokenPage { tokens: vec![token_view()] }),
        ];
        "user", Response::User(_) => [Response::User(user_view())];
        "users", Response::Users(_) => [Response::Users(UserPage { users: vec![user_view()] })];
        "offers", Response::Offers(_) => [
            Response::Offers(Box::new(offers())),
        ];
    }
}

samples! {
    stream_items: StreamItem {
        "snapshot", StreamItem::Snapshot(_) => [
            StreamItem::Snapshot(Snapshot {
                seq: 8,
                accounts: vec![account()],
                entries: vec![],
                last: false,
            }),
            StreamItem::Snapshot(Snapshot {
                seq: 8,
                accounts: vec![],
                entries: vec![entry()],
                last: true,
            }),
        ];
        "event", StreamItem::Event(_) => [
            StreamItem::Event(StreamEvent { event: event(), change: None }),
            StreamItem::Event(StreamEvent {
                event: event(),
                change: Some(Change::EntryGone(EntryId(1))),
            }),
        ];
        "missed", StreamItem::Missed(_) => [StreamItem::MISSED];
        "changed", StreamItem::Changed(_) => [
            StreamItem::Changed(Change::Account(Box::new(account()))),
            StreamItem::Changed(Change::AccountGone("alpha".to_owned())),
        ];
        unknown StreamItem::Unknown;
    }
}

samples! {
    changes: Change {
        "entry", Change::Entry(_) => [Change::Entry(Box::new(waiting_entry()))];
        "entry_gone", Change::EntryGone(_) => [Change::EntryGone(EntryId(1))];
        "account", Change::Account(_) => [Change::Account(Box::new(account()))];
        "account_gone", Change::AccountGone(_) => [Change::AccountGone(text("alpha"))];
        "alerts", Change::Alerts(_) => [
            Change::Alerts(Alerts { alerts: vec![] }),
            Change::Alerts(Alerts {
                alerts: vec![AlertView { until: Some(Time(13)), count: 3, ..alert() }],
            }),
        ];
        unknown Change::Unknown;
    }
}

/// Every word of an enum of words, under its own name.
macro_rules! words {
    ($($function:ident: $type:ty;)+) => {
        $(
            pub(crate) fn $function() -> Samples<$type> {
                <$type>::ALL.into_iter().map(|word| (word.to_string(), word)).collect()
            }
        )+
    };
}

words! {
    errors: ErrorCode;
    statuses: Status;
    account_statuses: AccountStatus;
    key_types: KeyType;
    interfaces: Interface;
    event_kinds: EventKind;
    severities: Severity;
    subjects: Subject;
    roles: Role;
    key_policies: KeyPolicy;
    alert_kinds: AlertKind;
    attempt_states: AttemptState;
    failure_classes: FailureClass;
    auth_types: AuthType;
    trusts: Trust;
    object_kinds: ObjectKind;
    verdicts: Verdict;
    resources: Resource;
    wait_causes: WaitCause;
    block_kinds: BlockKind;
}

samples! {
    /// Requests with what was added later.
    grown_requests: Asking {
        "entry_list", Asking::Entries(_) => [Asking::Entries(EntryList {
            account: Some(text("alpha")),
            name: Some(text("web-*")),
            metadata: vec![text("team=blue"), text("x")],
            since: Some(Time(14)),
            ..EntryList::default()
        })];
        "instance_list", Asking::Instances(_) => [Asking::Instances(InstanceList {
            account: Some(text("alpha")),
            name: Some(text("web-*")),
            ..InstanceList::default()
        })];
        "event_list", Asking::Events(_) => [Asking::Events(EventList {
            entry: Some(EntryId(1)),
            account: Some(text("alpha")),
            kinds: vec![EventKind::Blocked],
            from: Some(Time(15)),
            ..EventList::default()
        })];
        "entry_wait", Asking::Wait(_) => [Asking::Wait(EntryWait {
            id: EntryId(3),
            timeout_ms: 60_000,
            gone: true,
        })];
        "event_page", Asking::Page(_) => [Asking::Page(EventPage {
            events: vec![],
            reached: Some(9),
        })];
        "events_by", Asking::EventsBy(_) => [Asking::EventsBy(EventList {
            actor: Some(text("ann")),
            ..EventList::default()
        })];
    }
}

/// What has grown, under numbers of its own: those of the protocol are in the other samples.
#[derive(Debug, PartialEq, bincode::Encode, bincode::Decode)]
#[bincode(decode_context = "oms_proto::codec::Reading")]
pub(crate) enum Asking {
    Entries(EntryList),
    Instances(InstanceList),
    Events(EventList),
    Wait(EntryWait),
    Page(EventPage),
    EventsBy(EventList),
}

samples! {
    /// With what was added later.
    grown_entries: EntryView {
        "entry", EntryView { .. } => [
            grown_entry(),
            EntryView { held: true, ..grown_entry() },
            EntryView { waits: vec![wait()], ..grown_entry() },
        ];
    }
}

samples! {
    /// With what was added later.
    grown_account_views: AccountView {
        "account", AccountView { .. } => [
            grown_account(),
            AccountView { blocks: vec![over_block()], ..grown_account() },
            AccountView { unfit: Some(text("it is disabled")), ..grown_account() },
            AccountView { certificate_ends: Some(Time(11)), ..grown_account() },
            AccountView {
                blocks: vec![BlockView {
                    kind: BlockKind::Quota,
                    for_all: true,
                    ..over_block()
                }],
                ..grown_account()
            },
        ];
    }
}

samples! {
    /// With what was added later.
    grown_account_tests: AccountTestView {
        "test", AccountTestView { .. } => [
            AccountTestView { offers: Some(Box::new(offers())), ..account_test() },
        ];
    }
}

samples! {
    actors: Actor {
        "scheduler", Actor::Scheduler => [Actor::Scheduler];
        "socket", Actor::Socket(_) => [
            Actor::Socket(SocketUser { uid: 0, name: None }),
            Actor::Socket(SocketUser { uid: 1000, name: Some(text("alice")) }),
        ];
        "http", Actor::Http(_) => [
            Actor::Http(HttpUser::default()),
            Actor::Http(HttpUser { token: Some(text("admin")), ..HttpUser::default() }),
            Actor::Http(HttpUser {
                user: Some(text("ann")),
                address: Some(text("192.0.2.1")),
                ..HttpUser::default()
            }),
        ];
        unknown Actor::Unknown;
    }
}

samples! {
    credentials: Credentials {
        "password", Credentials::Password(_) => [password()];
        "application_credential", Credentials::ApplicationCredential(_) => [application_credential()];
        "token", Credentials::Token(_) => [token()];
    }
}

samples! {
    /// With what was added later.
    grown_credentials: Credentials {
        "password", Credentials::Password(_) => [password_totp()];
        "application_credential", Credentials::ApplicationCredential(_) => [
            application_credential_by_user(),
        ];
        "token", Credentials::Token(_) => [token()];
    }
}

samples! {
    /// With what was added later.
    grown_accounts: AccountSpec {
        "account", AccountSpec { .. } => [grown_account_spec()];
    }
}

samples! {
    /// With what was added later.
    grown_patches: AccountPatch {
        "patch", AccountPatch { .. } => [grown_patch()];
    }
}

samples! {
    /// With what was added later.
    machines: MachineSpec {
        "machine", MachineSpec { .. } => [
            MachineSpec::default(), defaults(), reached(),
        ];
    }
}

samples! {
    /// With a machine that has what was added later.
    reached_patches: AccountPatch {
        "patch", AccountPatch { .. } => [
            AccountPatch { address_type: Some(None), ..AccountPatch::of_defaults(reached()) },
        ];
    }
}

samples! {
    address_types: AddressType {
        "floating", AddressType::Floating => [AddressType::Floating];
        "fixed", AddressType::Fixed => [AddressType::Fixed];
        unknown AddressType::Unknown;
    }
}

samples! {
    address_families: AddressFamily {
        "ipv4", AddressFamily::Ipv4 => [AddressFamily::Ipv4];
        "ipv6", AddressFamily::Ipv6 => [AddressFamily::Ipv6];
        unknown AddressFamily::Unknown;
    }
}

samples! {
    ids: AccountId {
        "account_id", AccountId(_) => [
            AccountId(0), AccountId(250), AccountId(251), AccountId(65_536), AccountId(u64::MAX),
        ];
    }
}

fn text(text: &str) -> String {
    text.to_owned()
}

fn entry_spec() -> EntrySpec {
    EntrySpec {
        name: Some(text("web")),
        machine: MachineSpec {
            image: Some(text("debian-12")),
            flavor: Some(text("small")),
            networks: Some(vec![text("net-a"), text("net-b")]),
            security_groups: Some(vec![text("ssh")]),
            availability_zone: Some(text("nova")),
            ..MachineSpec::default()
        },
        user_data: Some(text("#cloud-config\n")),
        metadata: Some(BTreeMap::from([(text("team"), text("blue"))])),
        public_key: Some(text("ssh-ed25519 AAAA")),
        key_type: Some(KeyType::Rsa),
        accounts: Some(vec![text("alpha")]),
        avoid_accounts: Some(vec![text("beta")]),
        deadline_seconds: Some(600),
    }
}

fn password() -> Credentials {
    Credentials::Password(PasswordCredentials {
        username: text("user"),
        user_domain_name: Some(text("Default")),
        user_domain_id: None,
        password: Secret::new("hunter2"),
        tenant_name: Some(text("project")),
        tenant_id: None,
        project_domain_name: None,
        project_domain_id: Some(text("default")),
        user_id: None,
        totp_secret: None,
    })
}

fn password_totp() -> Credentials {
    let Credentials::Password(password) = password() else {
        unreachable!("it is one")
    };
    Credentials::Password(PasswordCredentials {
        user_id: Some(text("0a1b2c3d")),
        totp_secret: Some(Secret::new("GEZDGNBV")),
        ..password
    })
}

fn application_credential_by_user() -> Credentials {
    Credentials::ApplicationCredential(ApplicationCredential {
        id: None,
        name: Some(text("ci")),
        username: None,
        user_domain_name: None,
        user_domain_id: None,
        secret: Secret::new("s3cret"),
        user_id: Some(text("0a1b2c3d")),
    })
}

fn application_credential() -> Credentials {
    Credentials::ApplicationCredential(ApplicationCredential {
        id: Some(text("c0ffee")),
        name: None,
        username: None,
        user_domain_name: None,
        user_domain_id: Some(text("default")),
        secret: Secret::new("s3cret"),
        user_id: None,
    })
}

fn token() -> Credentials {
    Credentials::Token(TokenCredentials {
        token: Secret::new("gAAAAA"),
        tenant_name: Some(text("project")),
        tenant_id: None,
        project_domain_name: None,
        project_domain_id: Some(text("default")),
    })
}

fn defaults() -> MachineSpec {
    MachineSpec {
        image: Some(text("debian-12")),
        flavor: Some(text("small")),
        networks: Some(vec![text("net-a")]),
        security_groups: Some(vec![text("ssh")]),
        availability_zone: Some(text("nova")),
        ..MachineSpec::default()
    }
}

fn account_spec(credentials: Credentials) -> AccountSpec {
    AccountSpec {
        name: text("alpha"),
        provider: Some(text("acme")),
        auth_url: text("https://alpha.example/v3"),
        region_name: Some(text("tyo1")),
        interface: Interface::Internal,
        credentials,
        defaults: defaults(),
        ca_pem: Some(text("PEM")),
        pinned_cert_pem: None,
        priority: -1,
        enabled: true,
        endpoints: Endpoints::default(),
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
    }
}

fn grown_account_spec() -> AccountSpec {
    AccountSpec {
        endpoints: Endpoints {
            compute: Some(text("https://nova.example/v2.1")),
            image: None,
            network: Some(text("https://neutron.example")),
        },
        proxy: Some(Secret::new("http://me:pw@proxy.example:3128")),
        client_cert_pem: Some(text("PEM")),
        client_key_pem: Some(Secret::new("KEY")),
        ..account_spec(password())
    }
}

fn account_patch() -> AccountPatch {
    AccountPatch {
        provider: Some(text("acme")),
        auth_url: Some(text("https://alpha.example")),
        region_name: Some(None),
        interface: Some(Interface::Admin),
        credentials: Some(password()),
        image: Some(Some(text("debian-13"))),
        flavor: Some(None),
        networks: Some(vec![]),
        security_groups: Some(vec![text("ssh")]),
        availability_zone: Some(Some(text("nova"))),
        ca_pem: Some(None),
        pinned_cert_pem: Some(Some(text("PEM"))),
        priority: Some(5),
        enabled: Some(false),
        endpoints: None,
        proxy: None,
        client_cert_pem: None,
        client_key_pem: None,
        secret: None,
        address_type: None,
        address_family: None,
    }
}

/// A machine with what was added last.
fn reached() -> MachineSpec {
    MachineSpec {
        address_type: Some(AddressType::Fixed),
        address_family: Some(AddressFamily::Ipv6),
        ..defaults()
    }
}

fn grown_patch() -> AccountPatch {
    AccountPatch {
        endpoints: Some(Endpoints {
            compute: Some(text("https://alpha.example/compute")),
            image: None,
            network: None,
        }),
        proxy: Some(Some(Secret::new("http://proxy:3128"))),
        client_cert_pem: Some(Some(text("CERT"))),
        client_key_pem: Some(Some(Secret::new("KEY"))),
        secret: Some(NewSecret::Token(Secret::new("n3w"))),
        ..AccountPatch::default()
    }
}

fn add(spec: AccountSpec) -> Request {
    Request::AccountAdd(Box::new(AccountAdd { spec }))
}

fn edit(patch: AccountPatch) -> Request {
    Request::AccountEdit(Box::new(AccountEdit {
        name: text("alpha"),
        patch,
    }))
}

fn instance() -> InstanceView {
    InstanceView {
        id: InstanceId(2),
        name: text("oms-1"),
        instance_id: text("bec7c0ea"),
        ip_addr: Some(text("192.0.2.1")),
        key_name: Some(text("oms-1-key")),
        key_raw: Some(text("KEY")),
        account: InstanceAccount {
            provider: text("acme"),
            region_name: Some(text("tyo1")),
            tenant_name: Some(text("project")),
            name: text("alpha"),
        },
        entry: EntryId(1),
        server_status: text("ACTIVE"),
        addresses: vec![text("192.0.2.1"), text("2001:db8::1")],
        ready: Time(1_470_709_774_461_432),
        boot_seconds: 42,
        vanished: false,
        image: String::new(),
        flavor: String::new(),
        availability_zone: None,
    }
}

/// With what was added later.
fn grown_instance() -> InstanceView {
    InstanceView {
        image: text("debian-12"),
        flavor: text("small"),
        availability_zone: Some(text("nova")),
        ..instance()
    }
}

/// With what was added later.
fn grown_entry() -> EntryView {
    EntryView {
        instance: Some(grown_instance()),
        asked: Some(Box::new(AskedView {
            machine: reached(),
            metadata: BTreeMap::from([(text("team"), text("blue"))]),
            accounts: vec![text("alpha")],
            avoid_accounts: vec![text("beta")],
        })),
        ..entry()
    }
}

/// With what was added later.
fn grown_account() -> AccountView {
    AccountView {
        room: Some(RoomView {
            seen: Time(13),
            quotas: vec![
                QuotaView {
                    resource: Resource::Instances,
                    limit: Some(300),
                    ours: 2,
                    others: 1,
                },
                QuotaView {
                    resource: Resource::Cores,
                    limit: None,
                    ours: 4,
                    others: 0,
                },
            ],
        }),
        ..account()
    }
}

pub(crate) fn entry() -> EntryView {
    EntryView {
        id: EntryId(1),
        status: Status::Run,
        regist_datetime: Time(1_470_709_774_461_432),
        instance: Some(instance()),
        name: Some(text("web")),
        reason: Some(text("alpha is full")),
        deadline: Time(1_470_711_574_461_432),
        attempts: 2,
        account: Some(text("alpha")),
        changed: Time(-1),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}

/// The shortest that an entry can be.
pub(crate) fn waiting_entry() -> EntryView {
    EntryView {
        id: EntryId(2),
        status: Status::Request,
        regist_datetime: Time(1_470_709_774_461_432),
        instance: None,
        name: None,
        reason: None,
        deadline: Time(1_470_711_574_461_432),
        attempts: 0,
        account: None,
        changed: Time(1_470_709_774_461_432),
        asked: None,
        held: false,
        waits: Vec::new(),
    }
}

fn failure() -> FailureView {
    FailureView {
        class: FailureClass::Quota,
        operation: text("create server"),
        http_status: Some(403),
        message: text("Quota exceeded"),
        request_id: Some(text("req-1")),
        at: Time(1),
    }
}

fn account() -> AccountView {
    AccountView {
        name: text("alpha"),
        provider: text("acme"),
        username: Some(text("user")),
        tenant_name: Some(text("project")),
        tenant_id: None,
        auth_url: text("https://alpha.example/v3"),
        region_name: Some(text("tyo1")),
        version: 3,
        status: AccountStatus::Unavailable,
        reason: Some(text("over quota")),
        auth_type: AuthType::Password,
        application_credential: None,
        interface: Interface::Public,
        defaults: defaults(),
        priority: 10,
        enabled: true,
        trust: Trust::Ca,
        blocks: vec![BlockView {
            scope: text("quota"),
            until: Time(2),
            reason: text("over quota"),
            failures: 3,
            over: false,
            kind: BlockKind::Unknown,
            for_all: false,
        }],
        maintenance: vec![window()],
        building: 1,
        running: 2,
        removing: 3,
        boot_seconds: Some(40),
        offerings: vec![LessonsView {
            availability_zone: Some(text("nova")),
            flavor: text("small"),
            boots: 5,
            boot_seconds: Some(40),
            slow_boot_seconds: Some(90),
            budget: Some(2),
            learned: Time(10),
        }],
        last_success: Some(Time(3)),
        last_failure: Some(failure()),
        user_id: None,
        endpoints: Endpoints::default(),
        proxy: None,
        client_certificate: false,
        room: None,
        unfit: None,
        certificate_ends: None,
    }
}

fn alert() -> AlertView {
    AlertView {
        kind: AlertKind::RemovalOverdue,
        account: Some(text("alpha")),
        entry: Some(EntryId(1)),
        message: text("server bec7c0ea is still there"),
        since: Some(Time(12)),
        until: None,
        count: 0,
    }
}

fn wait() -> WaitView {
    WaitView {
        account: Some(text("alpha")),
        count: 1,
        cause: WaitCause::Blocked,
        scope: Some(text("quota")),
        class: Some(FailureClass::Quota),
        resource: Some(Resource::Cores),
        until: Some(Time(13)),
        message: text("quota blocked, quota"),
    }
}

fn over_block() -> BlockView {
    BlockView {
        scope: text("quota"),
        until: Time(2),
        reason: text("over quota"),
        failures: 3,
        over: true,
        kind: BlockKind::Unknown,
        for_all: false,
    }
}

fn window() -> Window {
    Window {
        from: Time(8),
        until: Some(Time(9)),
        drain: true,
        reason: text("new switches"),
    }
}

fn strays() -> StraysView {
    StraysView {
        dry_run: true,
        accounts: vec![StraysAtView {
            account: text("alpha"),
            error: Some(text("list servers: timed out")),
            objects: vec![ObjectView {
                kind: ObjectKind::Server,
                id: text("bec7c0ea"),
                name: text("oms-1"),
                status: Some(text("ACTIVE")),
                verdict: Verdict::Stray,
                entry: Some(EntryId(1)),
                attempt: Some(AttemptId(2)),
                seen: Some(1),
                removable: Some(Time(11)),
                fate: Some(text("being removed")),
            }],
            left_out: 3,
        }],
    }
}

fn explanation() -> ExplanationView {
    ExplanationView {
        entry: waiting_entry(),
        spec: entry_spec(),
        attempts: vec![AttemptView {
            id: AttemptId(1),
            account: text("alpha"),
            state: AttemptState::Gone,
            server_name: text("oms-1"),
            instance_id: Some(text("bec7c0ea")),
            image: text("debian-12"),
            flavor: text("small"),
            availability_zone: Some(text("nova")),
            started: Time(4),
            seconds: 5,
            failure: Some(failure()),
            removal_failure: None,
        }],
        passed_over: vec![PassedOverView {
            account: text("beta"),
            reason: text("disabled"),
        }],
    }
}

fn account_test() -> AccountTestView {
    AccountTestView {
        account: text("alpha"),
        ok: false,
        steps: vec![TestStepView {
            name: text("sign in"),
            ok: false,
            detail: text("wrong password"),
            milliseconds: 12,
        }],
        offers: None,
    }
}

fn offers() -> OffersView {
    OffersView {
        account: text("alpha"),
        images: vec![text("debian-12")],
        flavors: vec![text("small")],
        networks: vec![text("net-a")],
        security_groups: vec![text("ssh")],
        availability_zones: vec![text("nova")],
    }
}

pub(crate) fn event() -> EventView {
    EventView {
        seq: 9,
        at: Time(6),
        kind: EventKind::EntryAccepted,
        entry: Some(EntryId(1)),
        attempt: Some(AttemptId(2)),
        account: Some(text("alpha")),
        message: text("accepted"),
        by: Actor::Socket(SocketUser {
            uid: 1000,
            name: Some(text("alice")),
        }),
        severity: Severity::Info,
    }
}

fn status() -> StatusView {
    StatusView {
        version: text("0.1.0"),
        installation: text("1f0c"),
        started: Time(7),
        entries: BTreeMap::from([(Status::Run, 1)]),
        accounts: 2,
        accounts_available: 1,
        seq: 9,
        removing: 0,
        database_bytes: 73_728,
        draining: true,
        alerts: vec![alert()],
        extra_servers: BTreeMap::new(),
        accounts_ready: 0,
        state_dir: None,
    }
}

fn token_view() -> TokenView {
    TokenView {
        name: text("ci"),
        role: Role::Operator,
        key_raw: KeyPolicy::Once,
        created: Time(1_700_000_000_000_000),
        expires: Some(Time(1_800_000_000_000_000)),
        last_used: None,
        token: None,
    }
}

fn user_view() -> UserView {
    UserView {
        name: text("ann"),
        role: Role::Viewer,
        created: Time(1_700_000_000_000_000),
        changed: Time(1_700_000_000_000_001),
        last_used: Some(Time(1_700_000_000_000_002)),
    }
}
