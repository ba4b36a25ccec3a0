//! The web page: reads and forms of plain HTML, which work without JavaScript, and a small script that
//! keeps what is open up to date. It asks the service for everything, as the REST interface does, and
//! decides nothing itself.
//!
//! `shell` is what every page has around it, `text` holds the words, `form` reads what is sent, and
//! each further file is a group of pages.

mod account_forms;
mod accounts;
mod assets;
mod calendar;
mod clouds;
pub mod docs;
mod doors;
mod entries;
mod events;
mod form;
mod launch;
mod overview;
mod passes;
mod reply;
mod shell;
pub mod shown;
mod site;
mod stop;
mod text;
mod tones;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};

pub use site::Site;

/// All pages, and what they are made of.
pub fn router<S: Clone + Send + Sync + 'static>(site: Arc<Site>) -> Router<S> {
    Router::new()
        .route("/", get(overview::show))
        .route("/sign-in/", get(doors::show).post(doors::sign_in))
        .route("/sign-out/", post(doors::sign_out))
        .route("/language/{code}/", get(doors::language))
        .route("/queue/", get(entries::list))
        .route("/queue/{id}/", get(entries::show))
        .route(
            "/queue/{id}/delete/",
            get(entries::confirm).post(entries::delete),
        )
        .route("/queue/{id}/key/", post(entries::key))
        .route("/queue/{id}/key/download/", post(entries::download))
        .route("/launch/", get(launch::show).post(launch::act))
        .route("/instances/", get(entries::instances))
        .route("/accounts/", get(accounts::list))
        .route(
            "/accounts/new/",
            get(account_forms::fresh).post(account_forms::add),
        )
        .route("/accounts/paste/", post(account_forms::paste))
        .route("/accounts/{name}/", get(accounts::show))
        .route(
            "/accounts/{name}/edit/",
            get(account_forms::edit).post(account_forms::save),
        )
        .route("/accounts/{name}/test/", post(accounts::test))
        .route("/accounts/{name}/enabled/", post(accounts::enable))
        .route("/accounts/{name}/maintenance/", post(accounts::maintain))
        .route(
            "/accounts/{name}/remove/",
            get(accounts::confirm).post(accounts::remove),
        )
        .route("/events/", get(events::show))
        .route("/audit/", get(events::audit))
        .route("/tokens/", get(passes::tokens).post(passes::make))
        .route(
            "/tokens/{name}/revoke/",
            get(passes::confirm_revoke).post(passes::revoke),
        )
        .route("/users/", get(passes::users).post(passes::add))
        .route("/users/{name}/", post(passes::edit))
        .route(
            "/users/{name}/remove/",
            get(passes::confirm_remove).post(passes::remove),
        )
        .route("/static/{name}", get(assets::asset))
        .with_state(site)
}
