//! Behaviour of the client.
