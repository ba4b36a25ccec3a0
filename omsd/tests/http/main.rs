//! The REST interface over real sockets, against a whole daemon whose clouds are scripted.

mod accounts;
mod auth;
mod cloud;
mod connections;
mod daemon;
mod events;
mod peer;
mod queues;
mod refusals;
