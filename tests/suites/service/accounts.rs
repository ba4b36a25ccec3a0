//! Accounts: added, edited by several at once, tried, removed.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use oms_proto::request::{
    AccountEdit, AccountList, AccountOffers, AccountRemove, AccountShow, AccountTest, AccountTry,
    EntryRemove, InstanceList,
};
use oms_proto::response::{AccountPage, InstancePage};
use oms_proto::spec::{AccountPatch, AccountSpec, Credentials, EntrySpec, NewSecret};
use oms_proto::view::{AccountTestView, AccountView};
use oms_proto::{ErrorCode, Request, Response, Secret, WireError};
use oms_tests::cloud::{AccountSeed, CallKind, CloudSpec, Fault, Rule};
use oms_tests::harness::provider::FIRST_ADDRESS;
use omsd::service::Role;
use tokio::time::{sleep, timeout};

use crate::bench::{Bench, PASSWORD, USER, account, conoha};

fn view(response: Response) -> AccountView {
    match response {
        Response::Account(account) => *account,
        other => panic!("not an account: {other:?}"),
    }
}

async fn edit(bench: &Bench, name: &str, patch: AccountPatch) -> Result<AccountView, WireError> {
    let edit = AccountEdit {
        name: name.to_owned(),
        patch,
    };
    let request = Request::AccountEdit(Box::new(edit));
    bench.ask(Role::Admin, request).await.map(view)
}

async fn test(bench: &Bench, name: &str) -> AccountTestView {
    tested(bench, name, false).await
}

async fn tested(bench: &Bench, name: &str, boot: bool) -> AccountTestView {
    let name = name.to_owned();
    let request = Request::AccountTest(AccountTest { name, boot });
    match bench.ask(Role::Admin, request).await.unwrap() {
        Response::AccountTest(test) => test,
        other => panic!("not a test: {other:?}"),
    }
}

fn steps(test: &AccountTestView) -> String {
    let steps = test.steps.iter();
    let lines = steps.map(|step| {
        let mark = if step.ok { "ok  " } else { "FAIL" };
        format!("{mark} {}: {}", step.name, step.detail)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn an_account_is_shown_without_its_secret_and_opened_with_it() {
    let bench = Bench::with_account().await;
    let show = Request::AccountShow(AccountShow {
        name: "alpha".to_owned(),
    });
    let shown = view(bench.ask(Role::Viewer, show).await.unwrap());
    assert_eq!(shown.username.as_deref(), Some("gnc"));
    assert!(!format!("{shown:?}").contains(PASSWORD));
    // The cloud lets nobody in with another.
    let passed = test(&bench, "alpha").await;
    assert!(passed.ok, "{}", steps(&passed));
}

#[tokio::test]
async fn a_proxy_is_shown_without_its_password_and_taken_away_again() {
    let bench = Bench::start();
    let mut spec = account("alpha");
    spec.proxy = Some(Secret::new("http://me:hunter2@proxy.example:3128"));
    spec.endpoints.compute = Some("https://nova.example/v2.1".to_owned());
    let Credentials::Password(given) = &mut spec.credentials else {
        panic!("a password stays one");
    };
    given.user_id = Some("0a1b2c3d".to_owned());
    bench.add(spec).await.unwrap();
    let nothing = AccountPatch::default();
    let shown = edit(&bench, "alpha", nothing).await.unwrap();
    assert_eq!(shown.proxy.as_deref(), Some("http://proxy.example:3128"));
    assert_eq!(shown.user_id.as_deref(), Some("0a1b2c3d"));
    assert_eq!(
        shown.endpoints.compute.as_deref(),
        Some("https://nova.example/v2.1")
    );
    assert!(!format!("{shown:?}").contains("hunter2"));
    let gone = AccountPatch {
        proxy: Some(None),
        ..AccountPatch::default()
    };
    let shown = edit(&bench, "alpha", gone).await.unwrap();
    assert_eq!(shown.proxy, None);
    for apart in [
        "http://me:hunter#2@proxy:1",
        "http://me:12/x@proxy:1",
        "http://me:1?@p",
    ] {
        let wrong = AccountPatch {
            proxy: Some(Some(Secret::new(apart))),
            ..AccountPatch::default()
        };
        let error = edit(&bench, "alpha", wrong).await.unwrap_err();
        assert!(error.fields.contains_key("proxy"), "{apart}");
    }
    let wrong = AccountPatch {
        proxy: Some(Some(Secret::new("ftp://me:hunter2@proxy.example"))),
        client_key_pem: Some(Some(Secret::new("junk"))),
        ..AccountPatch::default()
    };
    let error = edit(&bench, "alpha", wrong).await.unwrap_err();
    for field in ["proxy", "client_key_pem", "client_cert_pem"] {
        assert!(error.fields.contains_key(field), "{error:?}");
    }
    assert!(!format!("{error:?}").contains("hunter2"));
}

#[tokio::test]
async fn a_new_secret_alone_is_for_the_way_it_signs_in_now() {
    let bench = Bench::with_account().await;
    let new = AccountPatch {
        secret: Some(NewSecret::Password(Secret::new("n3w"))),
        ..AccountPatch::default()
    };
    let shown = edit(&bench, "alpha", new.clone()).await.unwrap();
    assert_eq!(shown.username.as_deref(), Some("gnc"));
    let failed = test(&bench, "alpha").await;
    assert_eq!((failed.steps.len(), failed.ok), (1, false));
    let new_at_the_cloud = |user: &mut AccountSeed| user.password = Some("n3w".to_owned());
    bench.cloud().change_account(USER, new_at_the_cloud);
    let passed = test(&bench, "alpha").await;
    assert!(passed.ok, "{}", steps(&passed));
    let both = AccountPatch {
        credentials: Some(account("alpha").credentials),
        ..new
    };
    let empty = AccountPatch {
        secret: Some(NewSecret::Password(Secret::new(""))),
        ..AccountPatch::default()
    };
    let other = AccountPatch {
        secret: Some(NewSecret::Token(Secret::new("gAAA"))),
        ..AccountPatch::default()
    };
    for wrong in [both, empty, other] {
        let error = edit(&bench, "alpha", wrong).await.unwrap_err();
        assert!(error.fields.contains_key("secret"), "{error:?}");
    }
}

#[tokio::test]
async fn a_name_is_given_once() {
    let bench = Bench::with_account().await;
    let error = bench.add(account("alpha")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    let error = bench.add(account("a/b")).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Invalid);
    assert!(error.fields.contains_key("name"));
}

#[tokio::test]
async fn edits_of_several_people_at_once_all_take_effect() {
    let bench = Bench::with_account().await;
    let one = AccountPatch {
        image: Some(Some("debian-13".to_owned())),
        ..AccountPatch::default()
    };
    let other = AccountPatch {
        flavor: Some(Some("g-2gb".to_owned())),
        ..AccountPatch::default()
    };
    let edits = [edit(&bench, "alpha", one), edit(&bench, "alpha", other)];
    for edited in join_all(edits).await {
        edited.unwrap();
    }
    let show = Request::AccountShow(AccountShow {
        name: "alpha".to_owned(),
    });
    let defaults = view(bench.ask(Role::Viewer, show).await.unwrap()).defaults;
    assert_eq!(defaults.image.as_deref(), Some("debian-13"));
    assert_eq!(defaults.flavor.as_deref(), Some("g-2gb"));
}

#[tokio::test]
async fn an_account_that_is_not_there_is_named_with_those_that_are() {
    let bench = Bench::with_account().await;
    let remove = Request::AccountRemove(AccountRemove {
        name: "alhpa".to_owned(),
    });
    let error = bench.ask(Role::Admin, remove).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(
        error.detail,
        "there is no account 'alhpa'; there are: alpha"
    );
}

#[tokio::test]
async fn an_account_is_not_removed_while_something_of_ours_is_there() {
    let bench = Bench::with_account().await;
    let id = bench.create(EntrySpec::default()).await.unwrap().id;
    bench.wait(id, 30_000).await.unwrap();
    let remove = || {
        Request::AccountRemove(AccountRemove {
            name: "alpha".to_owned(),
        })
    };
    let error = bench.ask(Role::Admin, remove()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Conflict);
    bench
        .ask(Role::Operator, Request::EntryRemove(EntryRemove { id }))
        .await
        .unwrap();
    while let Err(error) = bench.ask(Role::Admin, remove()).await {
        assert_eq!(error.code, ErrorCode::Conflict);
        tokio::task::yield_now().await;
    }
    let list = bench
        .ask(Role::Viewer, Request::AccountList(AccountList::default()))
        .await;
    assert_eq!(
        list,
        Ok(Response::Accounts(AccountPage {
            accounts: Vec::new(),
            more: false
        }))
    );
}

#[tokio::test]
async fn accounts_come_in_pages_in_the_order_of_their_names() {
    let bench = Bench::start();
    for name in ["delta", "alpha", "echo", "bravo", "charlie"] {
        bench.add(account(name)).await.unwrap();
    }
    let page = |after: Option<&str>, limit| {
        let after = after.map(str::to_owned);
        Request::AccountList(AccountList { after, limit })
    };
    let mut seen = Vec::new();
    for (after, limit) in [
        (None, Some(2)),
        (Some("bravo"), Some(2)),
        (Some("delta"), None),
    ] {
        let answer = bench.ask(Role::Viewer, page(after, limit)).await;
        let Ok(Response::Accounts(AccountPage { accounts, more })) = answer else {
            panic!("{answer:?}");
        };
        seen.extend(accounts.into_iter().map(|account| account.name));
        assert_eq!(more, seen.len() < 5);
    }
    assert_eq!(seen, ["alpha", "bravo", "charlie", "delta", "echo"]);
}

/// Time is the test's, and so is the end of a token.
#[tokio::test(start_paused = true)]
async fn a_test_goes_step_by_step() {
    let clear = CloudSpec {
        name: "clear".to_owned(),
        tls: false,
        ..conoha()
    };
    let bench = Bench::over(vec![conoha(), clear]);
    let clear = bench.clouds.get("clear").unwrap();
    for _ in 0..3 {
        clear.plant_server("theirs", BTreeMap::new()).unwrap();
    }
    bench.add(account("alpha")).await.unwrap();
    let passed = test(&bench, "alpha").await;
    assert!(passed.ok);
    let wrong = AccountPatch {
        image: Some(Some("nowhere".to_owned())),
        auth_url: Some(clear.auth_url()),
        ..AccountPatch::default()
    };
    edit(&bench, "alpha", wrong).await.unwrap();
    let failed = test(&bench, "alpha").await;
    assert!(!failed.ok);
    let refusal = Fault::Answer {
        status: 404,
        message: Some("no image is called 'nowhere'".to_owned()),
        retry_after_s: None,
    };
    clear.add_fault(Rule::always(refusal).on(&[CallKind::ListImages]));
    let refused = test(&bench, "alpha").await;
    let bare = AccountPatch {
        image: Some(None),
        ..AccountPatch::default()
    };
    edit(&bench, "alpha", bare).await.unwrap();
    let missing = test(&bench, "alpha").await;
    assert!(!missing.ok);
    let told = [&passed, &failed, &refused, &missing].map(steps);
    let told = told.join("\n\n");
    // The cloud draws it.
    let (_, request_id) = told.split_once("request id ").unwrap();
    let (request_id, _) = request_id.split_once(')').unwrap();
    assert!(request_id.starts_with("req-"), "{request_id}");
    insta::assert_snapshot!(told.replace(request_id, "ID"));
}

/// Keystone says 400 where a domain or a scope is missing, and not what.
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_lacks_something_is_told_with_what_may_be_missing() {
    let bench = Bench::over(vec![conoha()]);
    bench.add(account("alpha")).await.unwrap();
    let cloud = bench.clouds.all().first().unwrap();
    let refusal = Fault::Answer {
        status: 400,
        message: Some("Expecting to find domain in user.".to_owned()),
        retry_after_s: None,
    };
    cloud.add_fault(Rule::always(refusal).on(&[CallKind::SignIn]));
    let told = steps(&test(&bench, "alpha").await);
    for words in ["Expecting to find domain", "--user-domain-name D"] {
        assert!(told.contains(words), "{told}");
    }
}

#[tokio::test]
async fn a_canary_boots_and_leaves_nothing_behind() {
    let bench = Bench::with_account().await;
    let passed = tested(&bench, "alpha", true).await;
    assert!(passed.ok, "{}", steps(&passed));
    let names: Vec<_> = passed.steps.iter().map(|step| step.name.as_str()).collect();
    assert_eq!(names[names.len() - 2..], ["boot", "remove"]);
    let told = steps(&passed);
    assert!(told.contains(&format!("address {FIRST_ADDRESS}")), "{told}");
    assert_eq!(bench.cloud().public_keys(), [""; 0]);
    let list = bench
        .ask(Role::Viewer, Request::InstanceList(InstanceList::default()))
        .await;
    assert_eq!(
        list,
        Ok(Response::Instances(InstancePage {
            instances: Vec::new(),
            more: false
        }))
    );
}

/// Time is the test's.
#[tokio::test(start_paused = true)]
async fn a_canary_is_removed_even_if_nobody_waits_for_it() {
    let bench = Bench::with_account().await;
    let slow = Fault::SlowBuild { ms: 1_000 };
    bench.cloud().add_fault(Rule::always(slow));
    let waiting = timeout(Duration::from_millis(300), tested(&bench, "alpha", true));
    waiting.await.unwrap_err();
    assert_eq!(bench.cloud().public_keys().len(), 1);
    sleep(Duration::from_secs(30)).await;
    assert_eq!(bench.cloud().public_keys(), [""; 0]);
}

#[tokio::test]
async fn no_canary_goes_to_an_account_that_is_switched_off() {
    let bench = Bench::with_account().await;
    let off = AccountPatch {
        enabled: Some(false),
        ..AccountPatch::default()
    };
    edit(&bench, "alpha", off).await.unwrap();
    let refused = tested(&bench, "alpha", true).await;
    assert!(!refused.ok);
    assert!(
        steps(&refused).contains("FAIL boot: switched off"),
        "{}",
        steps(&refused)
    );
}

#[tokio::test]
async fn an_account_is_tried_without_being_added_and_its_cloud_tells_what_it_offers() {
    let bench = Bench::start();
    let tried = |spec: AccountSpec| {
        let ask = Request::AccountTry(Box::new(AccountTry { spec }));
        bench.ask(Role::Admin, ask)
    };
    let Response::AccountTest(test) = tried(account("alpha")).await.unwrap() else {
        panic!("not a test");
    };
    assert!(test.ok, "{test:#?}");
    let offers = *test.offers.unwrap();
    assert!(
        offers.images.contains(&"debian-12".to_owned()),
        "{offers:?}"
    );
    assert!(offers.flavors.contains(&"g-1gb".to_owned()), "{offers:?}");
    let list = Request::AccountList(AccountList::default());
    let Response::Accounts(page) = bench.ask(Role::Viewer, list).await.unwrap() else {
        panic!("not accounts");
    };
    assert_eq!(page.accounts, [], "nothing is stored");

    let mut wrong = account("alpha");
    if let Credentials::Password(password) = &mut wrong.credentials {
        password.password = Secret::new("wrong");
    }
    let Response::AccountTest(test) = tried(wrong).await.unwrap() else {
        panic!("not a test");
    };
    assert!(!test.ok && test.offers.is_none());
    let told = &test.steps[0].detail;
    assert!(
        told.contains("check user") && !told.contains("omsctl"),
        "{told}"
    );
    let bad = AccountSpec {
        auth_url: "nonsense".to_owned(),
        ..account("alpha")
    };
    assert_eq!(tried(bad).await.unwrap_err().code, ErrorCode::Invalid);

    let ask = |name: &str| {
        let name = name.to_owned();
        bench.ask(
            Role::Operator,
            Request::AccountOffers(AccountOffers { name }),
        )
    };
    assert_eq!(ask("alpha").await.unwrap_err().code, ErrorCode::NotFound);
    bench.add(account("alpha")).await.unwrap();
    let told = ask("alpha").await.unwrap();
    assert_eq!(told, Response::Offers(Box::new(offers)));
    for cloud in bench.clouds.all() {
        cloud.add_fault(Rule::always(Fault::Refuse));
    }
    let refused = ask("alpha").await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Conflict);
}
