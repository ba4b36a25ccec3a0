//! The daemon: owns the database and the provisioning scheduler, and serves clients over a Unix
//! socket and HTTP.

pub mod access;
pub mod api;
pub mod cli;
pub mod clock;
pub mod config;
mod copies;
pub mod daemon;
pub mod engine;
pub mod exit;
pub mod files;
pub mod keys;
mod memory;
pub mod openstack;
pub mod places;
pub mod ports;
pub mod secrets;
pub mod service;
pub mod store;
pub mod telemetry;
mod threads;
pub mod tls;
pub mod web;

pub use cli::main;
