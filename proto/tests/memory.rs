//! How much memory hostile bytes can make the decoder claim. Alone in its program, because it
//! looks at the process as a whole.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test, as tests do"
)]

use oms_proto::codec::{self, MEMORY_MAX_BYTES, REQUEST_MEMORY_MAX_BYTES};
use oms_proto::frame::{ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};

/// Besides what is measured: the allocator's own rounding and growth.
const SLACK_BYTES: usize = 8 * 1024 * 1024;

/// The most address space this process has ever had, in bytes.
fn peak_bytes() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status
        .lines()
        .find(|line| line.starts_with("VmPeak:"))
        .unwrap();
    let kib: usize = line.split_whitespace().nth(1).unwrap().parse().unwrap();
    kib * 1024
}

/// A frame that begins with `head`, then claims `length` elements, then has `filler` to the end.
fn claim(head: &[u8], length: u64, filler: u8, frame_bytes: usize) -> Vec<u8> {
    let mut frame = head.to_vec();
    frame.push(253);
    frame.extend(length.to_le_bytes());
    frame.resize(frame_bytes, filler);
    frame
}

#[test]
fn no_bytes_make_the_decoder_claim_more_than_its_bound() {
    // Call 1, and then: a name; a list of states; a spec whose networks are a list of texts.
    let requests: [&[u8]; 3] = [&[0, 1, 11], &[0, 1, 2], &[0, 1, 1, 0, 0, 0, 1]];
    // Answer 1, fine, and then: entries; instances; accounts; events.
    let answers: [&[u8]; 4] = [&[0, 1, 0, 3], &[0, 1, 0, 6], &[0, 1, 0, 8], &[0, 1, 0, 10]];
    let lengths = [1 << 10, 1 << 20, 1 << 24, 1 << 31, 1 << 62, u64::MAX];
    for (heads, frame_max_bytes, memory_max_bytes) in [
        (
            &requests[..],
            REQUEST_FRAME_MAX_BYTES,
            REQUEST_MEMORY_MAX_BYTES,
        ),
        (&answers[..], ANSWER_FRAME_MAX_BYTES, MEMORY_MAX_BYTES),
    ] {
        for head in heads {
            for length in lengths {
                for (filler, frame_bytes) in [(0, 32), (0, frame_max_bytes), (1, frame_max_bytes)] {
                    let frame = claim(head, length, filler, frame_bytes);
                    let before = peak_bytes();
                    if memory_max_bytes == REQUEST_MEMORY_MAX_BYTES {
                        drop(codec::decode_call(&frame));
                    } else {
                        drop(codec::decode_answer(&frame));
                    }
                    let claimed = peak_bytes() - before;
                    assert!(
                        claimed <= memory_max_bytes + SLACK_BYTES,
                        "{head:?} x {length}: {claimed} bytes"
                    );
                }
            }
        }
    }
}
