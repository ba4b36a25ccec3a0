//! Frames of the socket protocol, from either side: whatever can be read can be written, and is read
//! again as the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oms_proto::{ClientMessage, ServerMessage, codec};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(message) = ClientMessage::read(bytes) {
        let written = codec::encode(&message).expect("it was read");
        let again = ClientMessage::read(&written).expect("it was written");
        assert_eq!(again, message);
    }
    if let Ok(message) = ServerMessage::read(bytes) {
        let written = codec::encode(&message).expect("it was read");
        let again = ServerMessage::read(&written).expect("it was written");
        assert_eq!(again, message);
    }
});
