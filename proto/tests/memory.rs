//! How much memory hostile bytes can make the decoder claim. Alone in its program, because it
//! looks at the process as a whole.
#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail the test, as tests do"
)]

use std::sync::{Mutex, MutexGuard, PoisonError};

use oms_proto::ClientMessage;
use oms_proto::ServerMessage;
use oms_proto::codec::{self, CodecError, MEMORY_MAX_BYTES, REQUEST_MEMORY_MAX_BYTES};
use oms_proto::frame::{ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};

/// Besides what is measured: the allocator's own rounding and growth.
const SLACK_BYTES: usize = 8 * 1024 * 1024;

/// What a list of texts may take beyond what is counted, for each byte of the frame; see the page
/// of [`codec`].
const UNCOUNTED_PER_BYTE: usize = 16;

/// One test at a time: each looks at the whole process.
fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

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

/// A number as the wire has it, in its longest form.
fn number(number: usize) -> Vec<u8> {
    let number = u64::try_from(number).unwrap();
    [vec![253], number.to_le_bytes().to_vec()].concat()
}

/// Bytes that begin with `outer`, then a block to the end that begins with `inner`, and then have
/// `filler` to the end. Each block is announced with its true length.
fn nested(parts: &[&[u8]], filler: u8, frame_bytes: usize) -> Vec<u8> {
    let mut frame = Vec::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            let left = frame_bytes.saturating_sub(frame.len() + number(0).len());
            frame.extend(number(left));
        }
        frame.extend_from_slice(part);
    }
    frame.resize(frame_bytes, filler);
    frame
}

/// A part that claims a list of so many elements.
fn claim(head: &[u8], count: usize) -> Vec<u8> {
    [head.to_vec(), number(count)].concat()
}

fn measured(what: &str, frame: &[u8], is_request: bool) {
    let before = peak_bytes();
    let limit = if is_request {
        drop(ClientMessage::read(frame));
        REQUEST_MEMORY_MAX_BYTES
    } else {
        drop(ServerMessage::read(frame));
        MEMORY_MAX_BYTES
    };
    let claimed = peak_bytes() - before;
    let bound = limit + UNCOUNTED_PER_BYTE * frame.len() + SLACK_BYTES;
    assert!(claimed <= bound, "{what}: {claimed} bytes");
}

#[test]
fn no_bytes_make_the_decoder_claim_more_than_its_bound() {
    let _alone = alone();
    let counts = [
        1 << 10,
        1 << 17,
        1 << 20,
        1 << 24,
        1 << 31,
        1 << 62,
        usize::MAX,
    ];
    // Call 1, and then: a list of states; the networks of a spec, in two blocks; an account's
    // windows.
    let requests: [(&str, &[&[u8]]); 3] = [
        ("states", &[&[0, 1, 2], &[]]),
        ("networks", &[&[0, 1, 1], &[], &[0, 0, 0, 1]]),
        ("windows", &[&[0, 1, 15], &[1, b'a']]),
    ];
    // Answer 1, fine, and then: entries; instances; accounts; events; strays.
    let answers: [(&str, &[&[u8]]); 5] = [
        ("entries", &[&[0, 1, 0, 3], &[]]),
        ("instances", &[&[0, 1, 0, 6], &[]]),
        ("accounts", &[&[0, 1, 0, 8], &[]]),
        ("events", &[&[0, 1, 0, 10], &[]]),
        ("strays", &[&[0, 1, 0, 12], &[1]]),
    ];
    for (lists, frame_max_bytes, is_request) in [
        (&requests[..], REQUEST_FRAME_MAX_BYTES, true),
        (&answers[..], ANSWER_FRAME_MAX_BYTES, false),
    ] {
        for (name, parts) in lists {
            for count in counts {
                for (filler, frame_bytes) in [(0, 64), (0, frame_max_bytes), (1, frame_max_bytes)] {
                    let (last, first) = parts.split_last().unwrap();
                    let last = claim(last, count);
                    let parts = [first, &[&last]].concat();
                    let frame = nested(&parts, filler, frame_bytes);
                    measured(&format!("{name} x {count}"), &frame, is_request);
                }
            }
        }
    }
}

/// Bytes that a block of a later version leaves over are skipped without being read.
#[test]
fn bytes_that_are_left_over_take_no_memory() {
    let _alone = alone();
    for filler in [0, 1, 255] {
        let frame = nested(&[&[0, 1, 0, 0], &[]], filler, ANSWER_FRAME_MAX_BYTES);
        let before = peak_bytes();
        let read = ServerMessage::read(&frame);
        assert!(read.is_ok(), "{read:?}");
        assert!(peak_bytes() - before < SLACK_BYTES);
    }
}

/// A struct as it may have become: one byte on the wire where nothing is said, half a KiB in
/// memory.
#[derive(Debug)]
struct Grown {
    room: Option<[u64; 63]>,
}

oms_proto::grows! {
    Grown {} then { room }
}

/// Many lists, each of which is within the limit by itself.
#[test]
fn structs_that_say_nothing_are_counted_as_what_they_take() {
    const LISTS: usize = 1000;
    let _alone = alone();
    let mut bytes = number(LISTS);
    for _ in 0..LISTS {
        bytes.extend(number(LISTS));
        bytes.resize(bytes.len() + LISTS, 0);
    }
    let before = peak_bytes();
    let read = codec::decode_record::<Vec<Vec<Grown>>>(&bytes);
    assert_eq!(read.map(|lists| lists.len()), Err(CodecError::TooLarge));
    let claimed = peak_bytes() - before;
    assert!(claimed <= MEMORY_MAX_BYTES + SLACK_BYTES, "{claimed} bytes");

    let one = [number(LISTS), vec![0; LISTS]].concat();
    let read = codec::decode_record::<Vec<Grown>>(&one).unwrap();
    assert!(read.iter().all(|grown| grown.room.is_none()));
}
