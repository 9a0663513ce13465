//! The errors of commands; what they display is the protocol's own text.
//!
//! Always true: every text begins with its code; variants are in alphabetical order.
//! Not here: texts that a single command has — beside its handler, as in `family/stream/text.rs`.

use std::borrow::Cow;

/// An error reply.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// Several members at once, of which each would have to be answered (ZADD).
    #[error("ERR INCR option supports a single increment-element pair")]
    AddIncrPairs,
    /// Both `NX` and `XX` (ZADD, GEOADD).
    #[error("ERR XX and NX options at the same time are not compatible")]
    AddNxXxConflict,
    /// Two of `GT`, `LT` and `NX` (ZADD).
    #[error("ERR GT, LT, and/or NX options at the same time are not compatible")]
    AddOrderConflict,
    /// An applied increment that is not finite (INCREX).
    #[error("ERR applied increment would be Infinity")]
    AppliedInfinite,
    /// An applied increment beyond 64 bits (INCREX).
    #[error("ERR applied increment would overflow")]
    AppliedOverflow,
    /// A bit that is neither 1 nor 0 (BITPOS).
    #[error("ERR The bit argument must be 1 or 0.")]
    BitArgument,
    /// The offset of a bit that no string may have (SETBIT, GETBIT, BITFIELD).
    #[error("ERR bit offset is not an integer or out of range")]
    BitOffset,
    /// A bit that is neither 1 nor 0 (SETBIT).
    #[error("ERR bit is not an integer or out of range")]
    BitValue,
    /// An invalid way to overflow (BITFIELD).
    #[error("ERR Invalid OVERFLOW type specified")]
    BitfieldOverflow,
    /// A write (BITFIELD_RO).
    #[error("ERR BITFIELD_RO only supports the GET subcommand")]
    BitfieldReadOnly,
    /// An invalid type of field (BITFIELD).
    #[error(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but \
         i64 is."
    )]
    BitfieldType,
    /// An operation that needs more sources (BITOP); its name.
    #[error("ERR BITOP {0} must be called with at least two source keys.")]
    BitopMoreSources(&'static str),
    /// An operation that takes one source (BITOP).
    #[error("ERR BITOP NOT must be called with a single source key.")]
    BitopOneSource,
    /// A lower bound above the upper one (INCREX).
    #[error("ERR LBOUND can't be greater than UBOUND")]
    BoundsCrossed,
    /// A count that is not positive (LMPOP, ZMPOP).
    #[error("ERR count should be greater than 0")]
    CountNotPositive,
    /// A count or rank without a negative (SRANDMEMBER, LPOS, LREM).
    #[error(
        "ERR value is out of range, value must between -9223372036854775807 and \
         9223372036854775807"
    )]
    CountRange,
    /// An invalid database index (SELECT, MOVE, COPY, SWAPDB).
    #[error("ERR DB index is out of range")]
    DbIndex,
    /// A first index that is no number (SWAPDB).
    #[error("ERR invalid first DB index")]
    DbIndexFirst,
    /// A second index that is no number (SWAPDB).
    #[error("ERR invalid second DB index")]
    DbIndexSecond,
    /// A decrement that cannot be negated (DECRBY).
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    /// An invalid condition (DELEX).
    #[error("ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE")]
    DelexCondition,
    /// A condition on a value that is no string (DELEX).
    #[error("ERR Key should be of string type if conditions are specified")]
    DelexType,
    /// A digest of another length (SET, DELEX).
    #[error("ERR must be exactly 16 hexadecimal characters")]
    DigestLength,
    /// An element that no list can hold (LPUSH and its kin).
    #[error("ERR Element too large")]
    ElementTooLarge,
    /// `ENX` without a deadline (INCREX).
    #[error("ERR ENX flag requires an expiration")]
    EnxAlone,
    /// Both `GT` and `LT` (EXPIRE and its kin).
    #[error("ERR GT and LT options at the same time are not compatible")]
    ExpireGtLtConflict,
    /// A moment before 1970 (HEXPIRE and its kin).
    #[error("ERR invalid expire time, must be >= 0")]
    ExpireNegative,
    /// `NX` and another condition (EXPIRE and its kin).
    #[error("ERR NX and XX, GT or LT options at the same time are not compatible")]
    ExpireNxConflict,
    /// Two conditions (HSETEX).
    #[error("ERR Only one of FXX or FNX arguments can be specified")]
    FieldConditionTwice,
    /// An invalid number of fields (HSETEX).
    #[error("ERR invalid number of fields")]
    FieldsInvalid,
    /// Another number of fields than announced (HEXPIRE and its kin).
    #[error("ERR The `numfields` parameter must match the number of arguments")]
    FieldsMismatch,
    /// No FIELDS where it must stand (HEXPIRE and its kin).
    #[error("ERR Mandatory argument FIELDS is missing or not at the right position")]
    FieldsMissing,
    /// A number of fields that is not positive (HEXPIRE and its kin).
    #[error("ERR Parameter `numFields` should be greater than 0")]
    FieldsNotAboveZero,
    /// A number of fields that is not positive (HTTL and its kin).
    #[error("ERR Number of fields must be a positive integer")]
    FieldsNotPositive,
    /// Two moments (HSETEX).
    #[error("ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified")]
    FieldTtlTwice,
    /// An increment that is not finite (HINCRBYFLOAT).
    #[error("ERR value is NaN or Infinity")]
    FloatInfinite,
    /// No counter, since no LFU policy is in force (OBJECT FREQ).
    #[error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note \
         that when switching between policies at runtime LRU and LFU data will take some time to \
         adjust."
    )]
    FrequencyUntracked,
    /// Not one centre (GEOSEARCH and its kin); the command's name as it was given.
    #[error("ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for {0}")]
    GeoCentre(Box<str>),
    /// A position that the projection does not have (GEOADD and its kin).
    #[error("ERR invalid longitude,latitude pair {0:.6},{1:.6}")]
    GeoPosition(f64, f64),
    /// Not one shape (GEOSEARCH and its kin); the command's name as it was given.
    #[error("ERR exactly one of BYRADIUS and BYBOX can be specified for {0}")]
    GeoShape(Box<str>),
    /// An option for replies, where the result is stored (GEOSEARCHSTORE and its kin).
    #[error("ERR {0} is not compatible with WITHDIST, WITHHASH and WITHCOORD options")]
    GeoStoreExtras(&'static str),
    /// An invalid unit (GEODIST and its kin).
    #[error("ERR unsupported unit provided. please use M, KM, FT, MI")]
    GeoUnit,
    /// A field that is no floating point number (HINCRBYFLOAT).
    #[error("ERR hash value is not a float")]
    HashNotFloat,
    /// A field that is no 64-bit integer (HINCRBY).
    #[error("ERR hash value is not an integer")]
    HashNotInteger,
    /// No such key (PFDEBUG).
    #[error("ERR The specified key does not exist")]
    HllAbsent,
    /// Registers that do not make sense (PFADD and its kin).
    #[error("INVALIDOBJ Corrupted HLL object detected")]
    HllCorrupted,
    /// A string that is not a HyperLogLog (PFADD and its kin).
    #[error("WRONGTYPE Key is not a valid HyperLogLog string value.")]
    HllType,
    /// No clock, since an LFU policy is in force (OBJECT IDLETIME).
    #[error(
        "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when \
         switching between policies at runtime LRU and LFU data will take some time to adjust."
    )]
    IdleTimeUntracked,
    /// An increment that is not finite (INCREX).
    #[error("ERR BYFLOAT increment cannot be Infinity")]
    IncrementInfinite,
    /// A float result that is not finite (INCRBYFLOAT).
    #[error("ERR increment would produce NaN or Infinity")]
    IncrementNan,
    /// An integer result beyond 64 bits (INCR and its kin).
    #[error("ERR increment or decrement would overflow")]
    IncrementOverflow,
    /// An index where nothing is (LSET).
    #[error("ERR index out of range")]
    IndexRange,
    /// An integer beyond 32 bits (database indexes).
    #[error("ERR value is out of range, value must between -2147483648 and 2147483647")]
    IntRange,
    /// A deadline that makes no sense; the command's name in lower case.
    #[error("ERR invalid expire time in '{0}' command")]
    InvalidExpire(&'static str),
    /// A SCAN cursor that is not a number.
    #[error("ERR invalid cursor")]
    InvalidCursor,
    /// An invalid count of keys (MSETEX).
    #[error("ERR invalid numkeys value")]
    InvalidNumkeys,
    /// The length and the indexes at once (LCS).
    #[error("ERR If you want both the length and indexes, please just use IDX.")]
    LcsLenAndIdx,
    /// A table larger than `proto-max-bulk-len` (LCS).
    #[error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")]
    LcsMemory,
    /// A value too long to compare (LCS).
    #[error("ERR String too long for LCS")]
    LcsTooLong,
    /// A key that holds another type (LCS).
    #[error("ERR The specified keys must contain string values")]
    LcsType,
    /// A limit on members that are asked for by rank (ZRANGE).
    #[error(
        "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX"
    )]
    LimitByRank,
    /// A limit below zero (SINTERCARD and its kin).
    #[error("ERR LIMIT can't be negative")]
    LimitNegative,
    /// An invalid bound of members (ZRANGEBYLEX and its kin).
    #[error("ERR min or max not valid string range item")]
    MemberBound,
    /// Fewer than one source (ZUNION and its kin); the command's name in lower case.
    #[error("ERR at least 1 input key is needed for '{0}' command")]
    NoInputKeys(&'static str),
    /// RENAME and its kin without a source; COPY.
    #[error("ERR no such key")]
    NoSuchKey,
    /// An option of HSCAN (SCAN).
    #[error("ERR NOVALUES option can only be used in HSCAN")]
    NoValuesOutsideHscan,
    /// Not a floating point number, of an argument with a name (INCREX).
    #[error("ERR {0} is not a valid float")]
    NamedNotFloat(&'static str),
    /// Not a 64-bit integer, of an argument with a name (INCREX).
    #[error("ERR {0} is not an integer or out of range")]
    NamedNotInteger(&'static str),
    /// Not a floating point number.
    #[error("ERR value is not a valid float")]
    NotFloat,
    /// Not a 64-bit integer.
    #[error("ERR value is not an integer or out of range")]
    NotInteger,
    /// Not an integer of at least zero (counts).
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    /// A count of keys that is not positive (SINTERCARD and its kin).
    #[error("ERR numkeys should be greater than 0")]
    NumkeysNotPositive,
    /// More keys than there are arguments (SINTERCARD and its kin).
    #[error("ERR Number of keys can't be greater than number of args")]
    NumkeysTooMany,
    /// An offset beyond what a string may have (SETRANGE).
    #[error("ERR offset is out of range")]
    OffsetRange,
    /// Fewer pairs than were announced (MSETEX).
    #[error("ERR wrong number of key-value pairs")]
    PairCount,
    /// An invalid rank, zero (LPOS).
    #[error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use \
         negative to start from the end of the list"
    )]
    RankZero,
    /// Source and destination are the same object (MOVE, COPY).
    #[error("ERR source and destination objects are the same")]
    SameObject,
    /// An invalid bound of scores (ZRANGEBYSCORE and its kin).
    #[error("ERR min or max is not a float")]
    ScoreBound,
    /// A sum of infinities (ZADD, ZINCRBY).
    #[error("ERR resulting score is not a number (NaN)")]
    ScoreNan,
    /// Scores of members that are asked for by member (ZRANGE).
    #[error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")]
    ScoresByLex,
    /// A result longer than `proto-max-bulk-len` (APPEND, SETRANGE).
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    StringTooLong,
    /// Options that do not go together, or are unknown.
    #[error("ERR syntax error")]
    Syntax,
    /// A timeout below zero (BLPOP and its kin, XREAD).
    #[error("ERR timeout is negative")]
    TimeoutNegative,
    /// A timeout that is no number (BLPOP and its kin).
    #[error("ERR timeout is not a float or out of range")]
    TimeoutNotFloat,
    /// A timeout that is no integer (XREAD, XREADGROUP).
    #[error("ERR timeout is not an integer or out of range")]
    TimeoutNotInteger,
    /// A timeout that ends beyond the end of time (BLPOP and its kin, XREAD).
    #[error("ERR timeout is out of range")]
    TimeoutRange,
    /// A stored value that is not finite (INCREX).
    #[error("ERR value cannot be Infinity")]
    ValueInfinite,
    /// A count so large that twice as much would be too large (HRANDFIELD, ZRANDMEMBER).
    #[error("ERR value is out of range")]
    ValueRange,
    /// A weight that is no number (ZUNION and its kin).
    #[error("ERR weight value is not a float")]
    WeightNotFloat,
    /// The wrong number of arguments; the command's full name in lower case.
    #[error("ERR wrong number of arguments for '{0}' command")]
    WrongArity(Cow<'static, str>),
    /// The key holds another type.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    /// Any other text, complete with its code.
    #[error("{0}")]
    Text(Cow<'static, str>),
    /// Any other text with bytes of the request in it, which need not be UTF-8; see
    /// [`CommandError::quoting`].
    #[error("{}", String::from_utf8_lossy(_0))]
    Quoting(Box<[u8]>),
}

/// Bytes of a request as errors quote them: up to the first zero byte.
pub fn as_c_shows(bytes: &[u8]) -> &[u8] {
    let end = bytes.iter().position(|&byte| byte == 0);
    &bytes[..end.unwrap_or(bytes.len())]
}

impl CommandError {
    /// An error with a fixed text, complete with its code.
    pub const fn text(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }

    /// An error with a text put together from parts, the first of which begins with its code; the
    /// others may be bytes of the request, which are quoted up to their first zero byte.
    ///
    /// # Examples
    ///
    /// ```
    /// use russet_command::CommandError;
    ///
    /// let error = CommandError::quoting(&[b"ERR Unrecognized option '", b"\xffx\0y", b"'"]);
    /// assert_eq!(error.to_bytes()[..], b"ERR Unrecognized option '\xffx'"[..]);
    /// ```
    #[cold]
    pub fn quoting(parts: &[&[u8]]) -> Self {
        let parts: Vec<&[u8]> = parts.iter().map(|part| as_c_shows(part)).collect();
        Self::Quoting(parts.concat().into())
    }

    /// The word is no argument of HSETEX.
    pub fn unknown_argument(word: &[u8]) -> Self {
        Self::quoting(&[b"ERR unknown argument: ", word])
    }

    /// The word is no subcommand of PFDEBUG.
    pub fn unknown_pfdebug(subcommand: &[u8]) -> Self {
        Self::quoting(&[b"ERR Unknown PFDEBUG subcommand '", subcommand, b"'"])
    }

    /// The word is no condition of EXPIRE and its kin.
    pub fn unsupported_option(word: &[u8]) -> Self {
        Self::quoting(&[b"ERR Unsupported option ", word])
    }

    /// The text of the error reply, byte for byte.
    pub fn to_bytes(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Quoting(text) => Cow::Borrowed(text),
            Self::Text(text) => Cow::Borrowed(text.as_bytes()),
            other => Cow::Owned(other.to_string().into_bytes()),
        }
    }
}

impl From<russet_engine::WrongType> for CommandError {
    fn from(_: russet_engine::WrongType) -> Self {
        Self::WrongType
    }
}
