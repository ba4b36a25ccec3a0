//! What a cloud may send: how much, how many, how long, each with its reason.
//!
//! | what is beyond its bound | becomes |
//! | --- | --- |
//! | a body, a list, an id, an address, a token | an answer that is [`Garbage`](omsd_domain::ground::failure::FailureClass::Garbage) |
//! | the id or name of an item among many | nothing: an item without an id is left out |
//! | words for people | cut |
//! | a number | the bound |
//!
//! `bounded` has the types that hold an answer to it while it is read.

use std::time::Duration;

/// The largest answer that is read, unpacked. A page of [`PAGE_SERVERS`] servers, each with all
/// of its 128 metadata items of twice 255 bytes, is 13 MiB.
pub(super) const BODY_BYTES_MAX: usize = 16 * 1024 * 1024;

/// An answer above this is large: an account has few of them in memory at once, and they are
/// parsed where nobody else waits. Almost no honest answer is.
pub(super) const LARGE_BYTES: usize = 1024 * 1024;

/// Large answers of one account in memory at once; the next is read on when one of them is done
/// with. One list of servers, and one of something else.
pub(super) const LARGE_AT_ONCE: usize = 2;

/// Large answers parsed at once, of all accounts. One takes up to a tenth of a second; with more
/// there would be no processor left for the rest.
pub(super) const PARSED_AT_ONCE: usize = 2;

/// As much as is read of an answer that says no. Nova repeats a value that it refuses, which may be
/// user data of 64 KiB, twice; of what is cut off nobody can say whose answer it is.
pub(super) const ERROR_BODY_BYTES_MAX: usize = 256 * 1024;

/// Bytes of all pages of one list. A server is some 3 kB, so these are 40,000.
pub(super) const LIST_BYTES_MAX: usize = 128 * 1024 * 1024;

/// Servers asked for at once.
pub(super) const PAGE_SERVERS: usize = 200;

/// Key pairs asked for at once, where Nova pages them at all (from 2.35).
pub(super) const PAGE_KEYPAIRS: usize = 1000;

/// Flavors, images or networks asked for at once; Nova's own cap is 1,000.
pub(super) const PAGE_NAMES: usize = 1000;

/// A page may have so many times more items than were asked for: some clouds have a least page,
/// and some do not page at all.
pub(super) const PAGE_EXCESS: usize = 4;

/// Pages after which a list is taken for endless; with pages as large as we ask for it has reached
/// its bound of items long before.
pub(super) const PAGES_MAX: usize = 500;

/// Servers of one project. The largest that are heard of have some ten thousand.
pub(super) const SERVERS_MAX: usize = 50_000;

/// Key pairs of one user; a user may have 100 unless told otherwise.
pub(super) const KEYPAIRS_MAX: usize = 20_000;

/// Roles of one user in one project; a cloud has some ten.
pub(super) const ROLES_MAX: usize = 1000;

/// Subnets of one network; large ones have some hundreds.
pub(super) const SUBNETS_MAX: usize = 5_000;

/// Flavors of one cloud; large ones have some hundreds.
pub(super) const FLAVORS_MAX: usize = PAGE_EXCESS * PAGE_NAMES;

/// Ports of one list, of the whole project where the cloud does not know the filter.
pub(super) const PORTS_MAX: usize = 10_000;

/// Ports that one server can have left behind: Nova attaches some thirty devices at most.
pub(super) const PORTS_A_SERVER: usize = 64;

/// Services of a catalogue; the largest known have some fifty.
pub(super) const SERVICES_MAX: usize = 512;

/// Endpoints of one service: three for each of its regions.
pub(super) const ENDPOINTS_MAX: usize = 1024;

/// Versions in a version document, and links of each.
pub(super) const VERSIONS_MAX: usize = 64;

/// Networks that a server is shown with, and addresses of it, in all and in each network.
pub(super) const ADDRESSES_MAX: usize = 64;

/// Links that lead on from a page.
pub(super) const LINKS_MAX: usize = 16;

/// The longest id that is taken from an answer; ids are 36 characters, flavors' up to 255.
pub(super) const ID_CHARS_MAX: usize = 255;

/// The longest name of anything; OpenStack's columns hold 255 characters.
pub(super) const NAME_CHARS_MAX: usize = 255;

/// A status, a kind of address, a version, a time: the longest of Nova's has 20 characters.
pub(super) const WORD_CHARS_MAX: usize = 64;

/// An address of a service.
pub(super) const URL_CHARS_MAX: usize = 2048;

/// A public key; Nova takes no more.
pub(super) const PUBLIC_KEY_CHARS_MAX: usize = 65_535;

/// A token, which goes back with every call. Fernet tokens have some 250 bytes, others up to 8 kB.
pub(super) const TOKEN_BYTES_MAX: usize = 16 * 1024;

/// A request id, for people to give to their provider.
pub(super) const REQUEST_ID_CHARS_MAX: usize = 128;

/// The longest that a cloud can make us stay away.
pub(super) const RETRY_AFTER_MAX: Duration = Duration::from_secs(15 * 60);

/// The longest life of a token that is believed; it is renewed by then.
pub(super) const TOKEN_LIFE_MAX: Duration = Duration::from_secs(7 * 24 * 3600);

/// How much there may be or is of something; what is more is as good as no limit.
pub(super) const AMOUNT_MAX: i64 = 1_000_000_000_000;

/// One dimension of a flavor: a billion cores, a pebibyte of memory in MiB. A million servers of that
/// size still add up to what a `u64` holds.
pub(super) const SIZE_MAX: u32 = 1 << 30;

/// Metadata items of a server that are read: those that are ours, of the 128 that Nova allows.
pub(super) const OWN_METADATA_MAX: usize = 128;
