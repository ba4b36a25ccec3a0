//! Bytes that are no message: random ones, damaged ones, and ones that claim too much.

use bytes::{Bytes, BytesMut};
use oms_proto::codec::{self, CodecError};
use oms_proto::frame::{self, ANSWER_FRAME_MAX_BYTES, REQUEST_FRAME_MAX_BYTES};
use oms_proto::request::{AccountShow, StatusShow};
use oms_proto::response::EntryPage;
use oms_proto::version::{Agreed, Capabilities, Hello, Reply};
use oms_proto::{ClientMessage, ErrorCode, Request, Response, ServerMessage};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};

use crate::samples;

/// What a connection of this build agrees on.
pub(crate) const AGREED: Agreed = Agreed {
    version: 1,
    capabilities: Capabilities::OURS,
};

/// Every sample of a request as it is in a frame.
fn calls() -> Vec<Vec<u8>> {
    let frame = |(_, request)| codec::encode(&ClientMessage::Call { id: 5, request }).unwrap();
    samples::requests().into_iter().map(frame).collect()
}

/// Every sample of a response or stream item as it is in a frame.
fn answers() -> Vec<Vec<u8>> {
    let answer = |(_, response)| ServerMessage::Answer {
        id: 5,
        result: Ok(response),
    };
    let stream = |(_, item)| ServerMessage::Stream { id: 5, item };
    let answers = samples::responses().into_iter().map(answer);
    let items = samples::stream_items().into_iter().map(stream);
    answers
        .chain(items)
        .map(|message| codec::encode(&message).unwrap())
        .collect()
}

/// Reads bytes as everything they could be. What can be read must survive another round trip.
fn read_as_everything(bytes: &[u8]) {
    if let Ok(message) = ClientMessage::read(bytes) {
        let again = codec::encode(&message).unwrap();
        assert_eq!(ClientMessage::read(&again), Ok(message));
    }
    if let Ok(message) = ServerMessage::read(bytes) {
        let again = codec::encode(&message).unwrap();
        assert_eq!(ServerMessage::read(&again), Ok(message));
    }
    if let Ok(hello) = Hello::decode(bytes) {
        assert_eq!(hello.encode(), bytes);
    }
    if let Ok(reply) = Reply::decode(bytes) {
        assert_eq!(reply.encode(), bytes);
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in vec(any::<u8>(), 0..300)) {
        read_as_everything(&bytes);
    }

    #[test]
    fn damaged_messages_never_panic(
        frame in select([calls(), answers()].concat()),
        changes in vec((any::<Index>(), any::<u8>(), 0_u8..3), 1..6),
    ) {
        let mut bytes = frame;
        for (at, byte, kind) in changes {
            let at = at.index(bytes.len().max(1));
            match kind {
                0 if at < bytes.len() => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => bytes.truncate(at),
            }
        }
        read_as_everything(&bytes);
    }

    #[test]
    fn a_message_cut_short_is_refused_and_bytes_behind_it_are_only_of_an_answer_skipped(
        call in select(calls()),
        answer in select(answers()),
        at in any::<Index>(),
        tail in vec(any::<u8>(), 1..9),
    ) {
        prop_assert!(ClientMessage::read(&call[..at.index(call.len())]).is_err());
        prop_assert!(ServerMessage::read(&answer[..at.index(answer.len())]).is_err());

        let left_over = CodecError::LeftOver { type_name: "the message", count: tail.len() };
        let more = ClientMessage::read(&[call, tail.clone()].concat());
        prop_assert_eq!(more.unwrap_err().error, left_over);
        let more = ServerMessage::read(&[answer.clone(), tail].concat());
        prop_assert_eq!(more, ServerMessage::read(&answer));
    }

    #[test]
    fn lengths_that_lie_never_panic(
        frame in select([calls(), answers()].concat()),
        at in any::<Index>(),
        length in select(vec![
            vec![0], vec![1], vec![250], vec![251, 255, 255], vec![252, 255, 255, 255, 255],
            vec![253, 255, 255, 255, 255, 255, 255, 255, 255],
        ]),
    ) {
        let mut bytes = frame;
        let at = at.index(bytes.len());
        bytes.splice(at..=at, length);
        read_as_everything(&bytes);
    }

    #[test]
    fn random_streams_give_frames_within_the_cap_or_an_error(bytes in vec(any::<u8>(), 0..300)) {
        let mut codec = frame::request_codec();
        let mut wire = BytesMut::from(bytes.as_slice());
        while let Ok(Some(frame)) = codec.decode(&mut wire) {
            prop_assert!(frame.len() <= REQUEST_FRAME_MAX_BYTES);
        }
        // What a header can make the reader reserve is the cap and what has come already.
        prop_assert!(wire.capacity() <= REQUEST_FRAME_MAX_BYTES + 1024);
    }
}

#[test]
fn frames_may_be_as_long_as_their_cap_and_no_longer() {
    let directions: [(fn() -> LengthDelimitedCodec, usize); 2] = [
        (frame::request_codec, REQUEST_FRAME_MAX_BYTES),
        (frame::answer_codec, ANSWER_FRAME_MAX_BYTES),
    ];
    for (codec, cap) in directions {
        let head =
            |length: usize| BytesMut::from(u32::try_from(length).unwrap().to_be_bytes().as_slice());
        assert_eq!(
            codec().decode(&mut head(cap)).unwrap(),
            None,
            "waits for the rest"
        );
        let mut wire = head(cap + 1);
        assert!(codec().decode(&mut wire).is_err());
        assert!(
            wire.capacity() < 1024,
            "nothing is reserved for a frame that is refused"
        );

        let mut out = BytesMut::new();
        assert!(
            codec()
                .encode(Bytes::from(vec![0; cap + 1]), &mut out)
                .is_err()
        );
        assert!(
            out.is_empty(),
            "nothing is written of a frame that is refused"
        );
        codec().encode(Bytes::from(vec![0; cap]), &mut out).unwrap();
    }
}

#[test]
fn a_request_that_is_not_known_is_answered_and_not_hung_up_on() {
    let mut bytes = codec::encode(&ClientMessage::Call {
        id: 300,
        request: Request::StatusShow(StatusShow {}),
    })
    .unwrap();
    let variant = bytes.len() - 2;
    bytes[variant] = 99;
    bytes.extend(b"whatever a newer client says");
    let bad = ClientMessage::read(&bytes).unwrap_err();
    assert_eq!(bad.id, Some(300));
    let Some(ServerMessage::Answer {
        id: 300,
        result: Err(error),
    }) = bad.answer(AGREED)
    else {
        panic!("no answer to {bad:?}");
    };
    assert_eq!(error.code, ErrorCode::Unsupported);
}

#[test]
fn a_request_that_cannot_be_read_is_answered_as_far_as_it_names_its_call() {
    let mut bytes = codec::encode(&ClientMessage::Call {
        id: 7,
        request: Request::AccountShow(AccountShow {
            name: "alpha".into(),
        }),
    })
    .unwrap();
    *bytes.last_mut().unwrap() = 0xff;
    let bad = ClientMessage::read(&bytes).unwrap_err();
    assert!(matches!(bad.error, CodecError::Malformed { .. }), "{bad:?}");
    let answer = bad.answer(AGREED);
    assert!(
        matches!(&answer, Some(ServerMessage::Answer { id: 7, result: Err(error) })
            if error.code == ErrorCode::Invalid),
        "{answer:?}"
    );

    let nameless = ClientMessage::read(b"\x00").unwrap_err();
    assert_eq!(nameless.id, None);
    assert_eq!(nameless.answer(AGREED), None);
}

#[test]
fn numbers_written_longer_than_needed_mean_the_same() {
    let short = ClientMessage::read(&[1, 5]);
    let long = ClientMessage::read(&[1, 253, 5, 0, 0, 0, 0, 0, 0, 0]);
    assert_eq!(short, Ok(ClientMessage::Cancel { id: 5 }));
    assert_eq!(long, short);
}

#[test]
fn the_largest_answer_that_fits_a_frame_can_be_read() {
    let one = codec::encode(&samples::waiting_entry()).unwrap().len();
    let count = (ANSWER_FRAME_MAX_BYTES - 64) / one;
    let entries = vec![samples::waiting_entry(); count];
    let result = Ok(Response::Entries(EntryPage {
        entries,
        more: true,
        count: 0,
    }));
    let message = ServerMessage::Answer { id: 1, result };
    let bytes = codec::encode(&message).unwrap();
    assert!(bytes.len() <= ANSWER_FRAME_MAX_BYTES);
    assert!(ServerMessage::read(&bytes).is_ok_and(|read| read == message));
}
