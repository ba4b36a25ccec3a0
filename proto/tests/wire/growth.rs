//! What happens when the protocol grows: copies of its types with a field and a variant more, and
//! what each of the two versions makes of the other's bytes.

use bincode::Encode;
use oms_proto::codec::{self, CodecError, Reading};
use oms_proto::request::{EntryList, EntryShow};
use oms_proto::response::StreamEvent;
use oms_proto::view::{EventView, Status};
use oms_proto::{
    Change, ClientMessage, EntryId, ErrorCode, Request, Response, ServerMessage, StreamItem,
    WireError, choices, grows, words,
};

use crate::daemon::{event, within};
use crate::hostile::AGREED;
use crate::samples;
use crate::subscription::subscribed;

/// [`EntryShow`] as a later version may have it: the fields of its second list, one after the
/// other.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewEntryShow {
    id: EntryId,
    keys: Option<bool>,
    fields: Vec<String>,
}

grows! {
    NewEntryShow { id } then { keys, fields }
}

/// [`EventView`] with one field more.
#[derive(Debug, Clone, PartialEq, Eq)]
struct NewEventView {
    event: EventView,
    trace: Option<String>,
}

/// The fields of an [`EventView`] as bytes, without the block around them.
fn bare(event: &EventView) -> Vec<u8> {
    block(&codec::encode(event).unwrap()).to_vec()
}

/// What a short block holds.
fn block(bytes: &[u8]) -> &[u8] {
    let (length, rest) = bytes.split_first().unwrap();
    assert_eq!(usize::from(*length), rest.len(), "a short block");
    rest
}

/// A short block around these bytes.
fn blocked(bytes: &[u8]) -> Vec<u8> {
    assert!(bytes.len() < 251, "a short block");
    let length = u8::try_from(bytes.len()).unwrap();
    [&[length], bytes].concat()
}

impl NewEventView {
    /// As [`grows!`] writes it.
    fn bytes(&self) -> Vec<u8> {
        let mut fields = bare(&self.event);
        if self.trace.is_some() {
            fields.extend(codec::encode(&self.trace).unwrap());
        }
        blocked(&fields)
    }
}

words! {
    /// [`Status`] with a word more.
    enum NewStatus {
        /// As before.
        1 Request = "REQUEST",
        /// As before.
        2 Recive = "RECIVE",
        /// New.
        7 Paused = "PAUSED",
    }
}

/// [`EntryList`] with the new words.
struct NewEntryList {
    status: Vec<NewStatus>,
    after: Option<EntryId>,
    limit: Option<u32>,
    skip: u32,
}

grows! {
    NewEntryList { status, after, limit, skip }
}

choices! {
    /// [`Change`] with a variant more, which is larger than all that there were.
    #[derive(Debug, Clone, PartialEq)]
    enum NewChange {
        /// As before.
        2 EntryGone(EntryId),
        /// New.
        99 Pool(Vec<String>),
    }
}

/// [`StreamEvent`] with the new changes and a field behind them.
struct NewStreamEvent {
    event: EventView,
    change: Option<NewChange>,
    delay_ms: u32,
}

grows! {
    NewStreamEvent { event, change } then { delay_ms }
}

/// A call with number 7 whose request has this number and this struct.
fn call(variant: u8, request: &impl Encode) -> Vec<u8> {
    [vec![0, 7, variant], codec::encode(request).unwrap()].concat()
}

/// A stream item of call 7 that has this number and this struct.
fn item(variant: u8, bytes: &[u8]) -> Vec<u8> {
    let block = [&[variant], bytes].concat();
    [vec![1, 7], blocked(&block)].concat()
}

/// What a daemon of this build answers to a call that it cannot read.
fn refusal(bytes: &[u8]) -> WireError {
    let bad = ClientMessage::read(bytes).unwrap_err();
    match bad.answer(AGREED) {
        Some(ServerMessage::Answer {
            id: 7,
            result: Err(error),
        }) => error,
        other => panic!("no refusal of call 7 but {other:?}"),
    }
}

fn show(id: EntryId, keys: Option<bool>, fields: &[&str]) -> NewEntryShow {
    NewEntryShow {
        id,
        keys,
        fields: fields.iter().map(|it| (*it).to_owned()).collect(),
    }
}

#[test]
fn old_bytes_mean_the_same_under_the_new_definition() {
    let old = codec::encode(&EntryShow { id: EntryId(300) }).unwrap();
    let read: NewEntryShow = codec::decode_record(&old).unwrap();
    assert_eq!(read, show(EntryId(300), None, &[]));
}

#[test]
fn what_is_not_said_leaves_the_bytes_as_they_were() {
    let old = codec::encode(&EntryShow { id: EntryId(300) }).unwrap();
    let new = codec::encode(&show(EntryId(300), None, &[])).unwrap();
    assert_eq!(new, old);
    assert_eq!(
        ClientMessage::read(&call(3, &show(EntryId(300), None, &[]))),
        Ok(ClientMessage::Call {
            id: 7,
            request: Request::EntryShow(EntryShow { id: EntryId(300) }),
        })
    );
}

#[test]
fn later_fields_are_written_up_to_the_last_one_that_says_something() {
    for (keys, fields, length) in [
        (None, &[][..], 2),
        (Some(true), &[], 4),
        (None, &["id"], 7),
        (Some(false), &["id", "name"], 13),
    ] {
        let new = show(EntryId(1), keys, fields);
        let bytes = codec::encode(&new).unwrap();
        assert_eq!(bytes.len(), length, "{new:?}");
        assert_eq!(codec::decode_record(&bytes), Ok(new));
    }
}

#[test]
fn a_request_that_says_more_than_is_known_is_refused_as_newer_than_the_daemon() {
    let bytes = call(3, &show(EntryId(1), Some(true), &[]));
    let bad = ClientMessage::read(&bytes).unwrap_err();
    let left_over = CodecError::LeftOver {
        type_name: "EntryShow",
        count: 2,
    };
    assert_eq!(bad.error, left_over);
    let error = refusal(&bytes);
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(
        error.detail.contains("is older than this request"),
        "{error}"
    );
}

#[test]
fn a_word_that_is_not_known_is_refused_in_a_request_and_shown_as_unknown_otherwise() {
    let list = |status| NewEntryList {
        status,
        after: None,
        limit: None,
        skip: 0,
    };
    let known = call(2, &list(vec![NewStatus::Request, NewStatus::Recive]));
    let status = vec![Status::Request, Status::Recive];
    let request = Request::EntryList(EntryList {
        status,
        ..EntryList::default()
    });
    assert_eq!(
        ClientMessage::read(&known),
        Ok(ClientMessage::Call { id: 7, request })
    );

    let error = refusal(&call(2, &list(vec![NewStatus::Paused])));
    assert_eq!(error.code, ErrorCode::Unsupported);
    assert!(error.detail.contains("variant 7 of Status"), "{error}");
    let never_sent = refusal(&call(2, &list(vec![NewStatus::Unknown])));
    assert_eq!(never_sent.code, ErrorCode::Unsupported);

    let mut entry = codec::encode(&samples::waiting_entry()).unwrap();
    assert_eq!(entry[2], 1, "the status is behind the length and the id");
    entry[2] = 7;
    match ServerMessage::read(&[vec![0, 7, 0, 2], entry].concat()) {
        Ok(ServerMessage::Answer {
            result: Ok(Response::Entry(entry)),
            ..
        }) => assert_eq!(entry.status, Status::Unknown),
        other => panic!("no entry but {other:?}"),
    }
}

#[test]
fn words_are_read_from_json_as_far_as_they_are_known() {
    let read = |text| serde_json::from_str::<Status>(text);
    assert_eq!(read("\"RUN\"").unwrap(), Status::Run);
    assert_eq!(read("\"PAUSED\"").unwrap(), Status::Unknown);
    assert_eq!("RUN".parse(), Ok(Status::Run));
    let error = "PAUSED".parse::<Status>().unwrap_err().to_string();
    assert!(
        error.starts_with("\"PAUSED\" is none of REQUEST"),
        "{error}"
    );
    let strict = serde_json::from_str::<oms_proto::spec::KeyType>("\"dsa\"");
    let error = strict.unwrap_err().to_string();
    assert!(error.contains("unknown variant `dsa`"), "{error}");
}

#[test]
fn an_answer_that_says_more_than_is_known_is_read_as_far_as_it_is() {
    let event = samples::event();
    for trace in [None, Some("4711".to_owned())] {
        let new = NewEventView {
            event: event.clone(),
            trace,
        };
        let field = [new.bytes(), vec![0]].concat();
        let bytes = item(2, &blocked(&field));
        assert_eq!(
            ServerMessage::read(&bytes),
            Ok(ServerMessage::Stream {
                id: 7,
                item: StreamItem::Event(StreamEvent {
                    event: event.clone(),
                    change: None,
                }),
            })
        );
    }
}

#[test]
fn a_variant_that_is_not_known_is_skipped_and_what_follows_is_read() {
    let new = |change| NewStreamEvent {
        event: samples::event(),
        change: Some(change),
        delay_ms: 9,
    };
    for (change, read) in [
        (
            NewChange::EntryGone(EntryId(5)),
            Change::EntryGone(EntryId(5)),
        ),
        (
            NewChange::Pool(vec!["a".to_owned(), "b".to_owned()]),
            Change::Unknown,
        ),
    ] {
        let bytes = item(2, &codec::encode(&new(change)).unwrap());
        match ServerMessage::read(&bytes) {
            Ok(ServerMessage::Stream {
                item: StreamItem::Event(StreamEvent { change, .. }),
                ..
            }) => assert_eq!(change, Some(read)),
            other => panic!("no event but {other:?}"),
        }
    }
    let unknown = codec::encode(&NewChange::Pool(vec![])).unwrap();
    assert_eq!(
        codec::decode_record::<Change>(&unknown),
        Err(CodecError::UnknownVariant {
            type_name: "Change",
            found: 99,
        })
    );
}

#[test]
fn a_block_that_claims_more_than_there_is_is_cut_short() {
    let bytes = codec::encode(&EntryShow { id: EntryId(1) }).unwrap();
    assert_eq!(bytes, [1, 1]);
    for length in [
        vec![2],
        vec![250],
        vec![253, 255, 255, 255, 255, 255, 255, 255, 255],
    ] {
        let lying = [&length, &bytes[1..]].concat();
        let read = codec::decode_record::<EntryShow>(&lying);
        assert_eq!(read, Err(CodecError::Truncated), "{length:?}");
    }
    let empty = codec::decode_record::<EntryShow>(&[0, 1]);
    assert_eq!(
        empty,
        Err(CodecError::Truncated),
        "a first field is missing"
    );
}

#[test]
fn a_block_ends_no_later_than_the_one_around_it() {
    // An event whose inner block claims two bytes, of which the outer one has room for one.
    let fields = [&[9][..], &bare(&samples::event())].concat();
    let bytes = item(2, &blocked(&[&[250][..], &fields].concat()));
    let bad = ServerMessage::read(&bytes).unwrap_err();
    assert_eq!(bad.error, CodecError::Truncated);
    assert_eq!(bad.id, Some(7));
}

/// Types that are used by others name what they are read in, so that this compiles.
#[derive(Debug, PartialEq, bincode::Encode, bincode::Decode)]
#[bincode(decode_context = "Reading")]
enum Holder {
    Several(Vec<NewEntryShow>, Option<Box<NewEntryShow>>),
}

#[test]
fn blocks_stand_in_lists_options_and_derived_types() {
    let holder = Holder::Several(
        vec![show(EntryId(1), None, &[]), show(EntryId(2), None, &["x"])],
        Some(Box::new(show(EntryId(3), Some(true), &[]))),
    );
    let bytes = codec::encode(&holder).unwrap();
    assert_eq!(codec::decode_record(&bytes), Ok(holder));
}

#[tokio::test]
async fn a_stream_item_that_is_not_known_is_skipped_by_the_client() {
    within(async {
        let (mut subscription, _client, mut peer, id) = subscribed(Some(3)).await;
        let mut unknown = item(200, b"whatever a newer daemon tells");
        unknown[1] = u8::try_from(id).unwrap();
        peer.frame(unknown).await.unwrap();
        peer.stream(id, event(4, 0)).await;
        assert_eq!(subscription.next().await.unwrap().unwrap(), event(4, 0));
        assert_eq!(subscription.seq(), Some(4));
    })
    .await;
}
