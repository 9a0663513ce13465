//! The numbers of the RDB format.
//!
//! ```text
//!  length    00nnnnnn                          up to 63
//!            01nnnnnn  nnnnnnnn                up to 16383, high bits first
//!            10000000  u32 BE
//!            10000001  u64 BE
//!            11eeeeee                          not a length: a string in a special encoding
//!
//!  string    length  bytes
//!            11000000  i8                      integers, little-endian, as their text
//!            11000001  i16
//!            11000010  i32
//!            11000011  length  length  bytes   LZF: compressed size, size
//!
//!  payload   type code: u8 │ value │ version: u16 LE │ CRC-64 of all before: u64 LE
//! ```
//!
//! Always true: an unknown type code survives as a number.
//! Not here: what each type consists of — `read/`, `write.rs`

/// The highest length of one byte.
pub(crate) const LEN_6BIT_MAX: u64 = 0x3f;
/// The highest length of two bytes.
pub(crate) const LEN_14BIT_MAX: u64 = 0x3fff;
pub(crate) const LEN_14BIT: u8 = 0b0100_0000;
pub(crate) const LEN_32BIT: u8 = 0b1000_0000;
pub(crate) const LEN_64BIT: u8 = 0b1000_0001;
pub(crate) const FORM: u8 = 0b1100_0000;
pub(crate) const FORM_I8: u8 = 0;
pub(crate) const FORM_I16: u8 = 1;
pub(crate) const FORM_I32: u8 = 2;
pub(crate) const FORM_LZF: u8 = 3;

/// In place of the length of a score as text: not a number, and the infinities.
pub(crate) const SCORE_NAN: u8 = 253;
pub(crate) const SCORE_INF: u8 = 254;
pub(crate) const SCORE_NEG_INF: u8 = 255;

/// A node of a list that is one long element, and one that is a listpack.
pub(crate) const NODE_PLAIN: u64 = 1;
pub(crate) const NODE_PACKED: u64 = 2;

/// The number of entries that were delivered to a group, when it is unknown.
pub(crate) const READ_UNKNOWN: u64 = u64::MAX;

/// The version of the format that a payload or a file states.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Version(pub u16);

impl Version {
    /// Redis 7.0.
    pub const REDIS_7_0: Self = Self(10);
    /// Redis 7.2 and Valkey 7.2 to 8.1.
    pub const REDIS_7_2: Self = Self(11);
    /// Redis 7.4 and 8.0.
    pub const REDIS_7_4: Self = Self(12);
    /// Redis 8.6: producers of streams.
    pub const REDIS_8_6: Self = Self(13);
    /// The newest version of Redis that can be read: entries of streams without an owner.
    pub const REDIS_NEWEST: Self = Self(14);
    /// Valkey 9, which numbers its versions from 80 on to stay apart from Redis.
    pub const VALKEY_9: Self = Self(80);
    /// Valkey 9.2.
    pub const VALKEY_9_2: Self = Self(81);

    /// Whether values of this version can be read.
    #[must_use]
    pub const fn is_readable(self) -> bool {
        self.0 <= Self::REDIS_NEWEST.0
            || (self.0 >= Self::VALKEY_9.0 && self.0 <= Self::VALKEY_9_2.0)
    }

    pub(crate) const fn is_valkey(self) -> bool {
        self.0 >= Self::VALKEY_9.0
    }
}

/// The kind of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
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

/// The code of a type: a kind of value in one of its encodings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ObjectType(pub u8);

impl ObjectType {
    /// The value of a module.
    pub(crate) const MODULE: Self = Self(7);

    /// Whether a file of that version may hold a value of this type, as it is written here.
    pub(crate) const fn is_part_of(self, version: Version) -> bool {
        match version.is_valkey() {
            true => self.kind(version).is_some(),
            // Only Valkey's form of this type is written.
            false => self.version().0 <= version.0 && self.0 != Self::HASH_METADATA_EARLY.0,
        }
    }

    /// The name of a type that is not read, as that version numbers types.
    pub(crate) const fn foreign_name(self, version: Version) -> &'static str {
        match (self.0, version.is_valkey()) {
            (6 | 7, _) => "the value of a module",
            (23, true) => "a path hash of Valkey",
            (28, false) => "an array of Redis",
            (29..=32, false) => "a hash with a template of Redis",
            (33, false) => "a rate limiter of Redis",
            _ => "unknown",
        }
    }
}

macro_rules! types {
    ($($name:ident = $code:literal $kind:ident $version:literal $doc:literal)*) => {
        impl ObjectType {
            $(#[doc = $doc] pub const $name: Self = Self($code);)*

            /// The kind of a value of this type, as that version numbers types; `None` if the type
            /// is unknown.
            #[must_use]
            pub const fn kind(self, version: Version) -> Option<Kind> {
                match self {
                    // The two numbered on independently.
                    _ if version.is_valkey() && self.0 > Self::HASH_METADATA_EARLY.0 => None,
                    $(Self::$name => Some(Kind::$kind),)*
                    _ => None,
                }
            }

            /// The oldest version that knows this type.
            #[must_use]
            pub const fn version(self) -> Version {
                match self {
                    $(Self::$name => Version($version),)*
                    _ => Version::REDIS_NEWEST,
                }
            }
        }
    };
}

types! {
    STRING = 0 String 1 "A string."
    LIST = 1 List 1 "A list, element by element."
    SET = 2 Set 1 "A set, member by member."
    ZSET = 3 Zset 1 "A sorted set, scores as text."
    HASH = 4 Hash 1 "A hash, field by field."
    ZSET_2 = 5 Zset 8 "A sorted set, scores as binary doubles."
    HASH_ZIPMAP = 9 Hash 1 "A hash in a zipmap."
    LIST_ZIPLIST = 10 List 2 "A list in a ziplist."
    SET_INTSET = 11 Set 2 "A set in an intset."
    ZSET_ZIPLIST = 12 Zset 2 "A sorted set in a ziplist."
    HASH_ZIPLIST = 13 Hash 4 "A hash in a ziplist."
    LIST_QUICKLIST = 14 List 7 "A list in nodes that are ziplists."
    STREAM = 15 Stream 9 "A stream as Redis 5 and 6 wrote it."
    HASH_LISTPACK = 16 Hash 10 "A hash in a listpack."
    ZSET_LISTPACK = 17 Zset 10 "A sorted set in a listpack."
    LIST_QUICKLIST_2 = 18 List 10 "A list in nodes that are listpacks or single elements."
    STREAM_2 = 19 Stream 10 "A stream with the numbers of entries added and read."
    SET_LISTPACK = 20 Set 11 "A set in a listpack."
    STREAM_3 = 21 Stream 11 "A stream with the times at which consumers were active."
    HASH_METADATA_EARLY = 22 Hash 12 "A hash with deadlines, as Valkey 9 writes it, and otherwise as Redis did before 7.4.0."
    HASH_LISTPACK_EX_EARLY = 23 Hash 12 "A hash with deadlines in a listpack, as Redis wrote it before 7.4.0."
    HASH_METADATA = 24 Hash 12 "A hash with deadlines, field by field."
    HASH_LISTPACK_EX = 25 Hash 12 "A hash with deadlines in a listpack."
    STREAM_4 = 26 Stream 13 "A stream with its producers."
    STREAM_5 = 27 Stream 14 "A stream with pending entries that no consumer owns."
}
