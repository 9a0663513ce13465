//! The words that the key space and its callers share.
//!
//! Always true: plain values without behaviour that needs the table.
//! Not here: a value that was found — `value_ref.rs`; how values are stored — `cell.rs`, `heap.rs`

use bytes::Bytes;

/// Milliseconds since the Unix epoch (may be negative: a deadline long past).
pub type Millis = i64;

/// Whether a deadline has passed, seen from a horizon: a key is there up to and including the
/// millisecond of its deadline.
#[inline(always)]
pub(crate) fn is_past(deadline: Millis, horizon: Millis) -> bool {
    deadline < horizon
}

/// The treatment of keys and fields whose deadline has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExpiryMode {
    /// They are absent, and removed by whoever comes across them or by
    /// [`Keyspace::expire_due`](crate::Keyspace::expire_due).
    #[default]
    Remove,
    /// They are absent, but reads leave them where they are, and nothing is due. Only a look-up for
    /// writing removes a key. This is for a server whose data must not change by itself, such as a
    /// replica or one that is paused.
    KeepForReads,
    /// They are there as if they had no deadline: readers see them, writers change them. This is
    /// for the commands of a primary, which decides what has expired and says so.
    Ignore,
}

/// The type of the value of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A string.
    String,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    Zset,
    /// A hash.
    Hash,
    /// A stream.
    Stream,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 6] = [
        Self::String,
        Self::List,
        Self::Set,
        Self::Zset,
        Self::Hash,
        Self::Stream,
    ];

    /// The name that `TYPE` answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::Zset => "zset",
            Self::Hash => "hash",
            Self::Stream => "stream",
        }
    }
}

/// How a value is encoded, in the words of `OBJECT ENCODING`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// An integer of 64 bits.
    Int,
    /// A short string (at most 44 bytes) that was set whole.
    Embstr,
    /// Any other string.
    Raw,
    /// A packed list of entries.
    Listpack,
    /// A packed list of fields, values and deadlines.
    ListpackEx,
    /// A packed set of integers.
    Intset,
    /// A table of pages.
    Hashtable,
    /// A tree in the order of scores.
    Skiplist,
    /// A ring of packed blocks.
    Quicklist,
    /// A stream.
    Stream,
}

impl Encoding {
    /// Every encoding.
    pub const ALL: [Self; 10] = [
        Self::Int,
        Self::Embstr,
        Self::Raw,
        Self::Listpack,
        Self::ListpackEx,
        Self::Intset,
        Self::Hashtable,
        Self::Skiplist,
        Self::Quicklist,
        Self::Stream,
    ];

    /// The name that `OBJECT ENCODING` answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Int => "int",
            Self::Embstr => "embstr",
            Self::Raw => "raw",
            Self::Listpack => "listpack",
            Self::ListpackEx => "listpackex",
            Self::Intset => "intset",
            Self::Hashtable => "hashtable",
            Self::Skiplist => "skiplist",
            Self::Quicklist => "quicklist",
            Self::Stream => "stream",
        }
    }
}

/// The key holds a value of another kind than the operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key holds another kind of value")]
pub struct WrongType;

/// Whether a read counts as a use of the key (for eviction, `OBJECT IDLETIME` and `FREQ`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touch {
    /// The access clock of the key is set, and the read counts as a hit or a miss.
    Yes,
    /// The read counts as a hit or a miss; the access clock stays as it is.
    Counted,
    /// Neither the access clock nor the hit and miss counters change.
    No,
}

/// When and how often a key was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Access {
    /// Whole seconds since the last use.
    pub idle_s: u64,
    /// The logarithmic frequency counter (0–255); meaningful under an LFU policy.
    pub frequency: u8,
}

/// A string value, borrowed.
#[derive(Debug, Clone, Copy)]
pub enum StringRef<'a> {
    /// An integer; its bytes are its decimal form.
    Int(i64),
    /// Bytes that live in the entry or in a private buffer: copy them out.
    Bytes(&'a [u8]),
    /// A large value behind a shared buffer: clone the handle instead of copying.
    Shared(&'a Bytes),
}

/// A value to store.
#[derive(Debug, Clone)]
pub enum NewValue<'a> {
    /// Bytes as a client sent them: stored as an integer when they are one in canonical form, else
    /// as `embstr` up to 44 bytes, else as `raw`.
    Plain(&'a [u8]),
    /// Bytes that are never stored as an integer: `embstr` up to 44 bytes, else `raw` (the result
    /// of INCRBYFLOAT).
    Text(&'a [u8]),
    /// Bytes that are `raw` whatever they look like (the result of APPEND, SETRANGE …).
    Raw(&'a [u8]),
    /// An integer.
    Int(i64),
    /// A large value that the key space adopts without copying.
    Shared(Bytes),
}

/// Something that happened in the key space without a command asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Box<[u8]>,
    /// The kind of event.
    pub kind: EventKind,
}

/// The kinds of [`Event`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// The key's deadline passed and it was removed.
    Expired,
    /// The key was removed to make room.
    Evicted,
    /// The deadline of this field of a hash passed and it was removed.
    FieldExpired(Box<[u8]>),
    /// The key was removed with the last field of its hash, which expired.
    Emptied,
}

/// Counters that no decision reads.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Stats {
    /// Reads that found their key.
    pub hits: u64,
    /// Reads that did not.
    pub misses: u64,
    /// Keys removed because their deadline passed, however that was noticed.
    pub expired: u64,
    /// Of those, keys removed by the timing wheel rather than by a look-up.
    pub expired_by_wheel: u64,
    /// Fields of hashes removed because their deadline passed, however that was noticed.
    pub expired_fields: u64,
    /// Keys removed to make room.
    pub evicted: u64,
    /// Entries that were moved so that memory could be given back.
    pub moved: u64,
}

/// A key as SCAN and walks show it.
#[derive(Debug, Clone, Copy)]
pub struct ScannedKey<'a> {
    /// The key.
    pub key: &'a [u8],
    /// The kind of its value.
    pub kind: Kind,
    /// Its deadline, if it has one.
    pub deadline: Option<Millis>,
}

/// A key as a sample for eviction shows it.
#[derive(Debug, Clone, Copy)]
pub struct SampledKey<'a> {
    /// The key.
    pub key: &'a [u8],
    /// Its deadline, if it has one.
    pub deadline: Option<Millis>,
    /// When and how often it was used.
    pub access: Access,
}
