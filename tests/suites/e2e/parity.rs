//! The same request over HTTP and over the socket gives the same answer: both are transports over
//! one service.

use anyhow::{Context as _, Result, bail};
use http::Method;
use oms_proto::machine::MachineSpec;
use oms_proto::request::{
    AccountList, AccountMaintain, AccountOffers, AccountRemove, AccountShow, EntryCreate,
    EntryExplain, EntryList, EntryPreview, EntryShow, InstanceList, InstanceShow, StatusShow,
    Strays,
};
use oms_proto::response::{AccountPage, EntryPage, InstancePage, Subscribed};
use oms_proto::spec::{EntrySpec, Window};
use oms_proto::view::Status;
use oms_proto::{ClientError, EntryId, ErrorCode, InstanceId, Request, Response, Time, WireError};
use oms_tests::cloud::Fault;
use serde_json::Value;

use crate::stage::{Stage, bad_create, good};

/// What the socket answers, as REST would print it.
fn printed(response: &Response) -> Result<String> {
    let text = match response {
        Response::Status(view) => serde_json::to_string(view),
        Response::Entry(view) => serde_json::to_string(view),
        Response::Entries(EntryPage { entries, .. }) => serde_json::to_string(entries),
        Response::Explanation(view) => serde_json::to_string(view),
        Response::Instance(view) => serde_json::to_string(view),
        Response::Instances(InstancePage {
            instances: views, ..
        }) => serde_json::to_string(views),
        Response::Account(view) => serde_json::to_string(view),
        Response::Accounts(AccountPage {
            accounts: views, ..
        }) => serde_json::to_string(views),
        Response::Strays(view) => serde_json::to_string(view),
        Response::Preview(view) => serde_json::to_string(view),
        Response::Offers(view) => serde_json::to_string(view),
        Response::AccountTest(_)
        | Response::Events(_)
        | Response::Backup(_)
        | Response::Token(_)
        | Response::Tokens(_)
        | Response::User(_)
        | Response::Users(_)
        | Response::Done(_)
        | Response::Subscribed(Subscribed {}) => {
            bail!("{response:?} is not compared here")
        }
    };
    Ok(text?)
}

/// What the socket refuses.
async fn refused(stage: &Stage, request: Request) -> Result<WireError> {
    match stage.client.call(request).await {
        Err(ClientError::Refused(error)) => Ok(error),
        other => bail!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_are_the_same_to_the_byte() -> Result<()> {
    let stage = Stage::with([bad_create("north", Fault::Quota), good("south")]).await?;
    let entry = stage
        .create(Some(r#"{"name":"web-1","metadata":{"role":"ci"}}"#))
        .await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let (id, instance) = (EntryId(1), entry.instance.context("no instance")?.id);
    let all = EntryList::default();
    let asked: [(String, Request); 11] = [
        (
            "/api/accounts/south/offers/".to_owned(),
            AccountOffers {
                name: "south".to_owned(),
            }
            .into(),
        ),
        ("/api/queues/1/".to_owned(), EntryShow { id }.into()),
        ("/api/queues/1/?wait=5".to_owned(), EntryShow { id }.into()),
        ("/api/queues/".to_owned(), all.into()),
        (
            "/api/queues/1/explain/".to_owned(),
            EntryExplain { id }.into(),
        ),
        (
            format!("/api/instances/{instance}/"),
            InstanceShow { id: instance }.into(),
        ),
        ("/api/instances/".to_owned(), InstanceList::default().into()),
        (
            "/api/accounts/north/".to_owned(),
            AccountShow {
                name: "north".to_owned(),
            }
            .into(),
        ),
        ("/api/accounts/".to_owned(), AccountList::default().into()),
        (
            "/api/gc/?account=south".to_owned(),
            Strays {
                account: Some("south".to_owned()),
                dry_run: true,
            }
            .into(),
        ),
        ("/api/status/".to_owned(), StatusShow {}.into()),
    ];
    for (path, request) in asked {
        // Accounts and the size of the database change when a look at a cloud ends in between.
        let mut same = false;
        for _ in 0..20 {
            let http = stage.daemon.rest().get(&path).await?;
            let socket = printed(&stage.ask(request.clone()).await?)?;
            assert_eq!(http.status, 200, "{path}");
            same = http.text == socket;
            if same {
                break;
            }
        }
        assert!(same, "{path} differs every time");
    }
    let body = r#"{"name":"web-2","avoid_accounts":["north"]}"#;
    let rest = stage.daemon.rest();
    let http = rest.post("/api/queues/preview/", Some(body)).await?;
    let spec = serde_json::from_str(body)?;
    let preview = EntryPreview { spec }.into();
    let socket = printed(&stage.ask(preview).await?)?;
    assert_eq!((http.status.as_u16(), http.text), (200, socket));
    stage.remove(EntryId(1)).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_are_the_same() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let rest = stage.daemon.rest();
    let (there, instance) = (EntryId(7), InstanceId(7));
    let asked: [(&str, Request); 4] = [
        ("/api/queues/7/", EntryShow { id: there }.into()),
        ("/api/queues/7/explain/", EntryExplain { id: there }.into()),
        ("/api/instances/7/", InstanceShow { id: instance }.into()),
        (
            "/api/accounts/east/",
            AccountShow {
                name: "east".to_owned(),
            }
            .into(),
        ),
    ];
    for (path, request) in asked {
        let http = rest.get(path).await?;
        let socket = refused(&stage, request).await?;
        assert_eq!(
            (http.status.as_u16(), socket.code),
            (404, ErrorCode::NotFound),
            "{path}"
        );
        assert_eq!(http.json()?["code"], socket.code.as_str(), "{path}");
    }
    // Fields at fault.
    let http = rest
        .post("/api/queues/", Some(r#"{"name":"not a name","flavor":""}"#))
        .await?;
    let spec = EntrySpec {
        name: Some("not a name".to_owned()),
        machine: MachineSpec {
            flavor: Some(String::new()),
            ..MachineSpec::default()
        },
        ..EntrySpec::default()
    };
    let idempotency_key = None;
    let create = EntryCreate {
        spec,
        idempotency_key,
    };
    let socket = refused(&stage, Request::EntryCreate(Box::new(create))).await?;
    assert_eq!(
        (http.status.as_u16(), socket.code),
        (400, ErrorCode::Invalid)
    );
    assert_eq!(http.json()?, serde_json::to_value(&socket.fields)?);
    // A name that is taken, and an account that is in use.
    stage.create(None).await?;
    stage.reaches(EntryId(1), Status::Run).await?;
    let http = rest.delete("/api/accounts/south/").await?;
    let socket = refused(
        &stage,
        Request::AccountRemove(AccountRemove {
            name: "south".to_owned(),
        }),
    )
    .await?;
    assert_eq!(
        (http.status.as_u16(), socket.code),
        (409, ErrorCode::Conflict)
    );
    assert_eq!(http.json()?["detail"], Value::from(socket.detail));
    stage.remove(EntryId(1)).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_repeated_on_the_other_transport_gets_the_same_entry() -> Result<()> {
    let stage = Stage::with([good("south")]).await?;
    let create = EntryCreate {
        spec: EntrySpec::default(),
        idempotency_key: Some("build-4711".to_owned()),
    };
    let first = stage
        .ask(Request::EntryCreate(Box::new(create.clone())))
        .await?;
    stage.reaches(EntryId(1), Status::Run).await?;
    let again = stage
        .ask(Request::EntryCreate(Box::new(create.clone())))
        .await?;
    assert_eq!(printed(&first)?, printed(&again)?);
    // A restart forgets nothing of it.
    let stage = stage.kill_and_start().await?;
    let again = stage.ask(Request::EntryCreate(Box::new(create))).await?;
    assert_eq!(printed(&first)?, printed(&again)?);
    let key = ("idempotency-key", "build-4711");
    let rest = stage.daemon.rest();
    let http = rest.post_with(key, "/api/queues/", Some("{}")).await?;
    assert_eq!((http.status.as_u16(), http.text), (201, printed(&first)?));
    let other = Some(r#"{"name":"db"}"#);
    let http = rest.post_with(key, "/api/queues/", other).await?;
    assert_eq!(http.status.as_u16(), 409);
    assert_eq!(http.json()?["code"], "idempotency_mismatch");
    let list = stage.daemon.rest().get("/api/queues/").await?.json()?;
    assert_eq!(list.as_array().map(Vec::len), Some(1), "{list}");
    stage.remove(EntryId(1)).await?;
    stage.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maintenance_is_set_on_either_transport_and_drains() -> Result<()> {
    let stage = Stage::with([good("north"), good("south")]).await?;
    let window = Window {
        from: Time(0),
        until: None,
        drain: true,
        reason: "new switches".to_owned(),
    };
    let maintain = AccountMaintain {
        name: "north".to_owned(),
        windows: vec![window.clone()],
        expected: Some(Vec::new()),
    };
    let request = Request::AccountMaintain(maintain);
    stage.ask(request.clone()).await?;
    let socket = refused(&stage, request).await?;
    assert_eq!(socket.code, ErrorCode::Conflict);
    let path = "/api/accounts/north/maintenance/";
    let body = serde_json::to_string(&[window])?;
    let rest = stage.daemon.rest();
    let http = rest.send(Method::PUT, path, Some(&body)).await?;
    assert_eq!(http.json()?["status"], "unavailable", "{}", http.text);
    let entry = stage.create(None).await?;
    let entry = stage.reaches(entry.id, Status::Run).await?;
    let account = entry.instance.context("no instance")?.account.name;
    assert_eq!(account, "south");
    let http = rest.send(Method::PUT, path, Some("[]")).await?;
    assert_eq!(http.json()?["status"], "available", "{}", http.text);
    stage.remove(entry.id).await?;
    stage.finish().await
}
