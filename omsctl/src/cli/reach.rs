//! Flags for the way to an account's cloud: addresses, proxy, our own certificate.

use std::path::PathBuf;

use clap::Args;

/// The way there, where it is not the usual one.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "The way there")]
pub(crate) struct ReachFlags {
    /// Address of a service instead of the catalogue's: compute=URL, image=URL or network=URL; repeat for
    /// more
    #[arg(long = "endpoint", value_name = "SERVICE=URL")]
    pub(crate) endpoints: Vec<String>,
    /// Proxy to go through, with its scheme and port [default: that of the daemon's environment]
    #[arg(long, value_name = "URL", conflicts_with = "proxy_file")]
    pub(crate) proxy: Option<String>,
    /// File with the proxy's address, for one with a user and a password; - reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) proxy_file: Option<PathBuf>,
    /// File with the certificate (PEM) by which we prove who we are
    #[arg(long, value_name = "FILE")]
    pub(crate) client_cert_file: Option<String>,
    /// File with that certificate's key (PEM, not encrypted) [default: the file of the certificate]
    #[arg(long, value_name = "FILE", requires = "client_cert_file")]
    pub(crate) client_key_file: Option<PathBuf>,
}

/// Whom to trust besides the system's authorities.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Certificates")]
pub(crate) struct TrustFlags {
    /// File with certificates (PEM) of authorities to trust
    #[arg(long, value_name = "FILE")]
    pub(crate) ca_file: Option<String>,
    /// File with the one server certificate (PEM) to accept, self-signed or not
    #[arg(long, value_name = "FILE")]
    pub(crate) pin_cert_file: Option<String>,
}
