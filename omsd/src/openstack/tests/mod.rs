//! Behaviour of the client: against answers recorded from real clouds, and against a server on
//! loopback that does what it is told, byte by byte.

mod calls;
mod gateways;
mod hostile;
mod ports;
mod reach;
mod recorded;
mod script;
mod sign_in;
mod table;
mod tls;
