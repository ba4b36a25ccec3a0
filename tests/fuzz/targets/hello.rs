//! The first bytes of a connection, from either side.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oms_proto::version::{Hello, Reply};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(hello) = Hello::decode(bytes) {
        assert_eq!(Hello::decode(&hello.encode()).as_ref(), Ok(&hello));
    }
    if let Ok(reply) = Reply::decode(bytes) {
        assert_eq!(Reply::decode(&reply.encode()).as_ref(), Ok(&reply));
    }
});
