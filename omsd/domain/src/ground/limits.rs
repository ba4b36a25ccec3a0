//! Every bound of the domain, with its reason.

use std::time::Duration;

/// Attempts of one entry. An entry that twenty accounts or tries have refused will not get better
/// by one more; the bound also keeps its row small.
pub const ATTEMPTS_MAX: usize = 20;

/// Entries that are under way or run; those that have ended are not counted. A million take 2 to 3 GiB
/// of memory.
pub const ENTRIES_MAX: usize = 1_000_000;

/// Bytes of user data and metadata of all entries that are under way or run, in memory and twice on
/// disk: five thousand with as much of it as Nova takes, a quarter of a million with a kilobyte.
pub const BROUGHT_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// Starts of the daemon that have launched something and are remembered, to know what they made: with
/// ten a day for a year. What older ones made is shown as a stranger's, and left alone.
pub const INCARNATIONS_MAX: usize = 4096;

/// Ids are raised at most so far above the highest that was given out, whatever a cloud shows: some
/// years of launches, and little of what there are.
pub const RAISE_MAX: u64 = 1_000_000;

/// A server that another daemon seems to have made since this one began is believed to be one's if it
/// was made so long after: the clocks of a cloud and of its list differ by seconds.
pub const TWIN_MARGIN: Duration = Duration::from_secs(60);

/// Entries that have ended and stand in the database; the one that ended first makes room. So many
/// take some 500 MiB on disk and no memory.
pub const ENDED_MAX: u64 = 1_000_000;

/// Entries that have ended and are forgotten with one commit.
pub const FORGET_AT_ONCE: usize = 256;

/// Accounts. A placement that finds none that takes the entry has looked at all of them.
pub const ACCOUNTS_MAX: usize = 1000;

/// Tokens and users together. All are in memory, and a list shows them at once.
pub const PASSES_MAX: usize = 1000;

/// Attempts of one entry that may await an answer or a look at once. With this many clouds
/// keeping silent the entry waits for one of them rather than ask ever more; half of its attempts
/// are left for those that do answer.
pub const UNANSWERED_MAX: usize = ATTEMPTS_MAX / 2;

/// Up to this many removals at one account each read their server's mark alone; for more, one
/// list of all servers costs less.
pub const VERIFY_ALONE_MAX: u32 = 3;

/// A removal waits this long for others, so that many that are asked for together are told as many.
pub const REMOVALS_GATHER: Duration = Duration::from_millis(10);

/// For so long a list's word that a server carries our mark holds for its removal. One that is
/// planned later reads the mark again.
pub const CLEARED_FOR: Duration = Duration::from_secs(5);

/// Lists of an account that may fail in a row before servers are looked at one by one.
pub const LOOK_FAILURES_MAX: u32 = 3;

/// Partial lists miss what a cloud forgot to tell; a complete one is taken this often.
pub const FULL_LOOK_EVERY: Duration = Duration::from_secs(5 * 60);

/// While something is awaited a complete one is taken this often, where it costs little: nobody is to
/// wait longer for what a clock hides.
pub const FULL_LOOK_AWAITED: Duration = Duration::from_secs(3);

/// Complete lists take up at most one part in so many of the time in which something is awaited.
pub const FULL_LOOK_SHARE: u32 = 8;

/// A server that runs and shows no address is waited for so long: until then it cannot be used, and
/// networks that are slow take minutes at the most.
pub const ADDRESS_AWAITED: Duration = Duration::from_secs(60);

/// Removals, and looks at single servers, under way at one account at once. More would only queue
/// for a place among the calls of the account, before the looks.
pub const TIDIES_MAX: u32 = 8;

/// How far ahead of its pace an account may be called. The client allows more, so that what the
/// planner lets go does not wait there.
pub const PACE_BURST: Duration = Duration::from_secs(2);

/// Blocks kept for one account. The narrow scopes are made of what entries ask, so somebody could
/// ask for thousands of images that do not exist; the block that ends first makes room.
pub const BLOCKS_MAX: usize = 64;

/// Blocks that a refusal names, so that it can be read.
pub const BLOCKS_NAMED_MAX: usize = 16;

/// Requests that have nothing in common and are refused alike say something of the account: more than
/// there are parts of a wish and things that an entry brings, so that somebody who gets each of them
/// wrong once harms nobody.
pub const SEVERAL: usize = 10;

/// Within how long they are refused, to count together.
pub const SEVERAL_WITHIN: Duration = Duration::from_secs(600);

/// Boots and creates remembered for one offering: enough to tell one in twenty, little enough for
/// a row.
pub const TIMES_MAX: usize = 20;

/// Boots or creates after which an offering's times are worth more than a guess.
pub const TIMES_TO_LEARN: usize = 5;

/// A create is waited for this long where too little is known of creates there: what a busy cloud
/// takes, and no longer than somebody should wait for one that hangs.
pub const CREATE_UNKNOWN: Duration = Duration::from_secs(10);

/// A create is waited for at least this long, so that a cloud that was quick and has something else
/// to do for a moment is not asked twice.
pub const CREATE_FLOOR: Duration = Duration::from_secs(3);

/// A create may take so many times what all but one in twenty there have taken.
pub const CREATE_MARGIN: u32 = 2;

/// However slow an account is to answer creates, an entry is tried elsewhere after this long.
pub const PATIENCE_LONGEST: Duration = Duration::from_secs(30);

/// Accounts that an entry which waits names; of the others it tells the number. The reason stands in
/// a row and in the journal for every entry that waits, so it stays short however many accounts
/// there are.
pub const NAMED_MAX: usize = 3;

/// Accounts that a placement looks at, the better ones first, once one of them takes the entry: enough to
/// tell of all that most people have, and no more where there are a thousand.
pub const LOOKED_AT: usize = 10;

/// Accounts that the latest attempt of an entry names as passed over, for the same reason.
pub const PASSED_OVER_MAX: usize = 64;

/// Before a create is given up, a look that began no earlier than this must not have shown its
/// server: what a look takes, even at a busy cloud.
pub const LAST_LOOK: Duration = Duration::from_secs(1);

/// A look may take so many times what the slowest of the latest ones took.
pub const LOOK_MARGIN: u32 = 2;

/// Looks whose time is remembered of one account: few, so that one slow look is soon forgotten.
pub const LOOKS_KNOWN: usize = 5;

/// A look is guessed to take so long at an account whose lists are not known, where nothing else is
/// under way there: what a small cloud takes that is busy.
pub const LOOK_GUESSED: Duration = Duration::from_millis(300);

/// By that guess no account is waited for longer than this: after a start every entry is to move again
/// within seconds.
pub const LOOK_GUESSED_LONGEST: Duration = Duration::from_secs(3);

/// However slow an account is to list, it counts as silent after this long.
pub const LOOK_PATIENCE_LONGEST: Duration = Duration::from_secs(10);

/// An account that took so long for one of its latest lists is asked after those that did not: longer
/// than a cloud that is only busy takes, and too long for entries that another could serve.
pub const LOOK_SLOW: Duration = Duration::from_secs(4);

/// While a create is unanswered, the account must be heard each time that this share of the create's
/// age has passed again, as a divisor, and no more often than patience says.
pub const WITNESS_SHARE: u32 = 4;

/// Launches at once at an account that has shown nothing yet: what the smallest cloud takes without
/// harm, and not so few that a large one is filled late.
pub const LAUNCHES_FIRST: u32 = 4;

/// Of so many servers one may be extra: made for an entry that another server served.
pub const EXTRA_SHARE: u32 = 20;

/// Servers after which half of them, and of the extra ones, is forgotten: what was spared in months
/// must not be spent in a minute.
pub const EXTRA_WINDOW: u32 = 2_000;

/// Strays of one account that are looked after at once; the others have their turn later.
pub const STRAYS_MAX: usize = 128;

/// Maintenance windows of one account.
pub const WINDOWS_MAX: usize = 32;

/// Key pairs of an account are listed this often, to find those without an owner.
pub const LIST_KEYPAIRS_EVERY: Duration = Duration::from_secs(10 * 60);

/// A stray whose removal the cloud accepted is asked for again after this long.
pub const STRAY_AGAIN: Duration = Duration::from_secs(30);

/// How long an idempotency key is kept at least, counted from the entry's acceptance.
pub const IDEMPOTENCY_KEPT: Duration = Duration::from_secs(24 * 3600);

/// A hedge that found no place or no budget is thought of again after this long.
pub const HEDGE_AGAIN: Duration = Duration::from_secs(5);

/// Flavors of one account whose sizes are remembered. The row of an account is written with every
/// change of its attempts, so it stays small; a provider offers some dozens.
pub const FLAVORS_MAX: usize = 128;

/// What an account has room for is read this often.
pub const SURVEY_EVERY: Duration = Duration::from_secs(5 * 60);

/// What an account has room for is noted anew this often where it stays the same, so that whoever sees
/// it knows that it is no older; more often would fill the journal.
pub const ROOM_TOLD_EVERY: Duration = Duration::from_secs(3600);

/// What is read every five minutes is read this often while entries wait.
pub const SURVEY_SOON: Duration = Duration::from_secs(30);

/// Offerings of one account that are remembered. They are made of what entries ask, so somebody
/// could ask for thousands; the one that taught nothing for the longest time makes room.
pub const OFFERINGS_MAX: usize = 64;

/// A learned build deadline is never shorter: a cloud that is quick as a rule still has slow days.
pub const BUILD_FLOOR: Duration = Duration::from_secs(60);

/// A launch budget that has grown to this is none any more.
pub const BUDGET_MAX: u32 = 64;

/// An attempt is never hedged sooner, so that clouds that boot within seconds are not asked twice
/// for a hiccup.
pub const HEDGE_FLOOR: Duration = Duration::from_secs(10);

/// When an attempt is hedged at an offering of which too little is known.
pub const HEDGE_UNLEARNED: Duration = Duration::from_secs(120);

/// The longest that a learned settle time gets: a create that took hours once must not keep its
/// account from an entry for hours.
pub const SETTLE_LONGEST: Duration = Duration::from_secs(30 * 60);

/// Shapes of waiting entries that one change of an account may look at; the rest is looked at in
/// the next turn.
pub const SHAPES_PER_TURN: usize = 64;

/// Credentials that were good and are refused are tried again after so long at first.
pub const PASSING_FIRST: Duration = Duration::from_secs(30);

/// The longest that any block lasts before it is probed again, but for refused credentials.
pub const BLOCK_LONGEST: Duration = Duration::from_secs(15 * 60);

/// The longest pause between two tries to remove one object. Removal is never given up, and an
/// hourly call would leave a paid server running for an hour after its cloud is well again.
pub const REMOVAL_PAUSE_LONGEST: Duration = Duration::from_secs(5 * 60);

/// The first pause after a failed removal.
pub const REMOVAL_PAUSE_FIRST: Duration = Duration::from_secs(1);

/// The pause between two looks at a cloud never gets shorter than this.
pub const LOOK_PAUSE_SHORTEST: Duration = Duration::from_millis(50);

/// Where nothing is known of what builds and removals take, the first look comes this long after
/// one began.
pub const LOOK_PAUSE_ALONE: Duration = Duration::from_millis(250);

/// One look is worth so many times its own time in lateness of what it shows: what a cloud answers
/// in no time costs little, and a busy one has better things to do.
pub const LOOK_WORTH: u32 = 2;

/// One look is worth at least this.
pub const LOOK_WORTH_LEAST: Duration = Duration::from_millis(40);

/// The end of a removal may be seen so many times as late as the end of a build: nobody waits.
pub const REMOVAL_WORTH: u32 = 8;

/// The longest pause between two looks while anything is due.
pub const LOOK_PAUSE_LONGEST: Duration = Duration::from_secs(5);

/// A boot during which nobody looked for longer tells nothing of how long boots take.
pub const WATCHED_GAP: Duration = Duration::from_secs(60);

/// The longest pause between two looks while they fail and nothing is due.
pub const LOOK_PAUSE_IDLE: Duration = BLOCK_LONGEST;

/// The pause between two looks at an account that is switched off and where nothing of ours is
/// known to be.
pub const LOOK_DISABLED_EVERY: Duration = Duration::from_secs(3600);

/// The longest pause between two looks while they fail.
pub const LOOK_PAUSE_FAILING: Duration = Duration::from_secs(30);

/// What has come is seen at most this share of its time late, as a divisor: what took 32 s to boot
/// at most 4 s late, and as a rule much sooner.
pub const LOOK_SHARE: u32 = 8;

/// A removal that the cloud accepted and no list has confirmed is asked after one by one from
/// this age on.
pub const CONFIRM_AFTER: Duration = Duration::from_secs(10);

/// The same where a complete list that began this long after does not show it: where clocks are wrong,
/// no list of changes does.
pub const CONFIRM_ABSENT_AFTER: Duration = Duration::from_secs(2);

/// The share of the time that a removal has taken after which it is asked after again, as a
/// divisor.
pub const CONFIRM_SHARE: u32 = 4;

/// The longest pause between two questions after one removal. Lists ask after all at once.
pub const CONFIRM_LONGEST: Duration = Duration::from_secs(2 * 60);

/// A removal that the cloud accepted and did not carry out is asked for again after this long.
pub const REMOVAL_STUCK: Duration = Duration::from_secs(10 * 60);

/// An entry that a start finds after its time gets one attempt, which ends within so long.
pub const ONE_ATTEMPT: Duration = Duration::from_secs(60);

/// It begins within so long: by then accounts that answer were looked at.
pub const ATTEMPT_BEGINS: Duration = Duration::from_secs(5);

/// What was not done for want of something of our own is tried again after this long: calls that are
/// under way end, and connections that are idle are closed meanwhile.
pub const UNTRIED_PAUSE: Duration = Duration::from_secs(1);

/// How long an entry waits for the first look for a server whose create was cut short, or whose
/// answer was lost, before it is served elsewhere.
pub const LOOK_FIRST: Duration = Duration::from_secs(3);

const _: () = {
    assert!(LOOK_PAUSE_SHORTEST.as_millis() < LOOK_PAUSE_ALONE.as_millis());
    assert!(LOOK_PAUSE_ALONE.as_millis() < LOOK_PAUSE_LONGEST.as_millis());
    assert!(REMOVAL_PAUSE_FIRST.as_millis() < REMOVAL_PAUSE_LONGEST.as_millis());
    assert!(CONFIRM_ABSENT_AFTER.as_millis() < CONFIRM_AFTER.as_millis());
    assert!(CONFIRM_AFTER.as_millis() < REMOVAL_STUCK.as_millis());
    assert!(LAST_LOOK.as_millis() < CREATE_FLOOR.as_millis());
    assert!(CREATE_FLOOR.as_millis() < CREATE_UNKNOWN.as_millis());
    assert!(CREATE_UNKNOWN.as_millis() < PATIENCE_LONGEST.as_millis());
    assert!(EXTRA_SHARE > 0 && EXTRA_WINDOW > EXTRA_SHARE);
};
