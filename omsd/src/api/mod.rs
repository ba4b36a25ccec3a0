//! The transports: each turns what its peers send into requests to
//! [`Service`](crate::service::Service), and answers into what its peers read. No logic here.

pub mod http;
pub mod socket;
