//! Commands of the string family.
//!
//! ```text
//!  set.rs       SET, GETSET, PSETEX, SETEX, SETNX       condition.rs   NX, XX, IFEQ …
//!  get.rs       GET, GETDEL, GETEX, STRLEN              expiry.rs      EX, PXAT, KEEPTTL …
//!  counter.rs   INCR, DECR, …BY, INCRBYFLOAT            value.rs       values in and out
//!  increx.rs    INCREX                                  lcs.rs         LCS
//!  multi.rs     MGET, MSET, MSETEX, MSETNX              digest.rs      DIGEST, DELEX, DELIFEQ
//!  range.rs     APPEND, GETRANGE, SETRANGE, SUBSTR
//! ```
//!
//! Always true: a handler that fails has changed nothing.
//! Not here: bits of strings — the bitmap family; keys as such — `generic.rs`.

mod condition;
pub(super) mod counter;
mod digest;
mod expiry;
mod get;
mod increx;
mod lcs;
mod multi;
mod range;
mod set;
pub(super) mod value;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Begin, Family, Find, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::UPDATE);
const OVERWRITES: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);
const CREATES: KeyFlags = KeyFlags::OW.with(KeyFlags::INSERT);

const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEY_UPDATED: &[KeySpec] = &[KeySpec::one(1, UPDATES)];
const KEY_OVERWRITTEN: &[KeySpec] = &[KeySpec::one(1, OVERWRITES)];
const KEY_CREATED: &[KeySpec] = &[KeySpec::one(1, CREATES)];

const SLICE_COST: &str =
    "O(N) where N is the length of the part returned; next to nothing for short strings.";
const PAIRS_COST: &str = "O(N) where N is the number of keys to set.";

/// The string family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::String,
    rows: &[
        DataRow::write("APPEND", Exactly(3), range::append)
            .takes("key value")
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::INSERT))])
            .deny_oom()
            .fast()
            .since("2.0.0")
            .cost("O(1), amortized: room for more is left behind a string that grows.")
            .does("Adds bytes to the end of a string, which is created when it is absent."),
        DataRow::write("DECR", Exactly(2), counter::decr)
            .takes("key")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Subtracts one from an integer; an absent key counts as 0."),
        DataRow::write("DECRBY", Exactly(3), counter::decrby)
            .takes("key decrement")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Subtracts a number from an integer; an absent key counts as 0."),
        DataRow::write("DELEX", AtLeast(2), digest::delex)
            .takes(
                "key [IFEQ ifeq-value | IFNE ifne-value | IFDEQ ifdeq-digest | \
                 IFDNE ifdne-digest]:condition",
            )
            .keys(&[KeySpec::one(
                1,
                KeyFlags::RW
                    .with(KeyFlags::DELETE)
                    .with(KeyFlags::VARIABLE_FLAGS),
            )])
            .fast()
            .since("8.4.0")
            .cost("O(1) to compare a value, O(N) to compare a digest of N bytes.")
            .does("Removes a key if its value, or the digest of it, meets a condition."),
        DataRow::write("DELIFEQ", Exactly(3), digest::delifeq)
            .takes("key value")
            .keys(&[KeySpec::one(1, KeyFlags::RM.with(KeyFlags::DELETE))])
            .fast()
            .since("V9.0.0")
            .cost("O(1)")
            .does("Removes a key if its string equals the one given."),
        DataRow::read("DIGEST", Exactly(2), digest::digest)
            .takes("key")
            .keys(KEY_READ)
            .fast()
            .since("8.4.0")
            .cost("O(N) where N is the length of the string.")
            .does("Returns the XXH3 digest of a string as 16 hexadecimal digits."),
        DataRow::read("GET", Exactly(2), get::get)
            .takes("key")
            .keys(KEY_READ)
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the string at a key."),
        DataRow::write("GETDEL", Exactly(2), get::getdel)
            .takes("key")
            .keys(&[KeySpec::one(
                1,
                KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE),
            )])
            .fast()
            .since("6.2.0")
            .cost("O(1)")
            .does("Returns the string at a key and removes the key."),
        DataRow::write("GETEX", AtLeast(2), get::getex)
            .takes(
                "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
                 PXAT unix-time-milliseconds | PERSIST]:expiration",
            )
            .keys(&[KeySpec::one(1, UPDATES).noted("RW and UPDATE because it changes the TTL")])
            .fast()
            .since("6.2.0")
            .cost("O(1)")
            .does("Returns the string at a key and sets or removes the key's expiration time."),
        DataRow::read("GETRANGE", Exactly(4), range::getrange)
            .takes("key start end")
            .keys(KEY_READ)
            .since("2.4.0")
            .cost(SLICE_COST)
            .does("Returns the part of a string between two positions."),
        DataRow::write("GETSET", Exactly(3), set::getset)
            .takes("key value")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Sets a key to a string and returns its previous value.")
            .deprecated("6.2.0", "`SET` with the `!GET` argument"),
        DataRow::write("INCR", Exactly(2), counter::incr)
            .takes("key")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Adds one to an integer; an absent key counts as 0."),
        DataRow::write("INCRBY", Exactly(3), counter::incrby)
            .takes("key increment")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Adds a number to an integer; an absent key counts as 0."),
        DataRow::write("INCRBYFLOAT", Exactly(3), counter::incrbyfloat)
            .takes("key increment:double")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("2.6.0")
            .cost("O(1)")
            .does("Adds a floating point number to another; an absent key counts as 0."),
        DataRow::write("INCREX", AtLeast(2), increx::increx)
            .takes(
                "key [BYFLOAT float:double | BYINT integer:integer]:increment [SATURATE] \
                 [LBOUND lowerbound] [UBOUND upperbound] [EX seconds | PX milliseconds | \
                 EXAT unix-time-seconds | PXAT unix-time-milliseconds | PERSIST]:expiration [ENX] \
                 [NX | XX]:condition",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("8.8.0")
            .cost("O(1)")
            .does("Adds to a number within bounds, and sets the key's expiration time.")
            .history(&[("V9.2.0", "`NX` and `XX`.")]),
        DataRow::read("LCS", AtLeast(3), lcs::lcs)
            .takes("key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]")
            .keys(&[KeySpec::range(1, 1, 1, READS)])
            .since("7.0.0")
            .cost("O(N*M) where N and M are the lengths of the two strings.")
            .does("Finds the longest common subsequence of two strings."),
        DataRow::read("MGET", AtLeast(2), multi::mget)
            .takes("key [key ...]")
            .keys(&[KeySpec::range(1, -1, 1, READS)])
            .fast()
            .since("1.0.0")
            .cost("O(N) where N is the number of keys to read.")
            .does("Returns the strings at several keys.")
            .tips(&["request_policy:multi_shard"]),
        DataRow::write("MSET", AtLeast(3), multi::mset)
            .takes("key value [key value ...]:data")
            .keys(&[KeySpec::range(1, -1, 2, OVERWRITES)])
            .deny_oom()
            .since("1.0.1")
            .cost(PAIRS_COST)
            .does("Sets several keys to strings at once.")
            .tips(&[
                "request_policy:multi_shard",
                "response_policy:all_succeeded",
            ]),
        DataRow::write("MSETEX", AtLeast(4), multi::msetex)
            .takes(
                "numkeys key value [key value ...]:data [NX | XX]:condition [EX seconds | \
                 PX milliseconds | EXAT unix-time-seconds | PXAT unix-time-milliseconds | \
                 KEEPTTL]:expiration",
            )
            .keys(MSETEX_KEYS)
            .deny_oom()
            .since("8.4.0")
            .cost(PAIRS_COST)
            .does("Sets several keys to strings at once, with one expiration time.")
            .tips(&[
                "request_policy:multi_shard",
                "response_policy:all_succeeded",
            ]),
        DataRow::write("MSETNX", AtLeast(3), multi::msetnx)
            .takes("key value [key value ...]:data")
            .keys(&[KeySpec::range(1, -1, 2, CREATES)])
            .deny_oom()
            .since("1.0.1")
            .cost(PAIRS_COST)
            .does("Sets several keys to strings at once, unless one of them exists."),
        DataRow::write("PSETEX", Exactly(4), set::psetex)
            .takes("key milliseconds value")
            .keys(KEY_OVERWRITTEN)
            .deny_oom()
            .since("2.6.0")
            .cost("O(1)")
            .does("Sets a key to a string, with a time to live in milliseconds.")
            .deprecated("2.6.12", "`SET` with the `PX` argument"),
        DataRow::write("SET", AtLeast(3), set::set)
            .takes(
                "key value [NX | XX | IFEQ ifeq-value{8.4.0} | IFNE ifne-value{8.4.0} | \
                 IFDEQ ifdeq-digest{8.4.0} | IFDNE ifdne-digest{8.4.0}]:condition{2.6.12} \
                 [GET]{6.2.0} [EX seconds{2.6.12} | PX milliseconds{2.6.12} | \
                 EXAT unix-time-seconds{6.2.0} | PXAT unix-time-milliseconds{6.2.0} | \
                 KEEPTTL{6.0.0}]:expiration",
            )
            .keys(&[KeySpec::one(1, UPDATES.with(KeyFlags::VARIABLE_FLAGS))
                .noted("RW and ACCESS due to the optional `GET` argument")])
            .deny_oom()
            .since("1.0.0")
            .cost("O(1)")
            .does("Sets a key to a string, on a condition and with an expiration time if asked.")
            .history(&[
                ("2.6.12", "`EX`, `PX`, `NX` and `XX`."),
                ("6.0.0", "`KEEPTTL`."),
                ("6.2.0", "`GET`, `EXAT` and `PXAT`."),
                ("7.0.0", "`NX` and `GET` together."),
                ("8.4.0", "`IFEQ`, `IFNE`, `IFDEQ` and `IFDNE`."),
            ]),
        DataRow::write("SETEX", Exactly(4), set::setex)
            .takes("key seconds value")
            .keys(KEY_OVERWRITTEN)
            .deny_oom()
            .since("2.0.0")
            .cost("O(1)")
            .does("Sets a key to a string, with a time to live in seconds.")
            .deprecated("2.6.12", "`SET` with the `EX` argument"),
        DataRow::write("SETNX", Exactly(3), set::setnx)
            .takes("key value")
            .keys(KEY_CREATED)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Sets a key to a string, unless the key exists.")
            .deprecated("2.6.12", "`SET` with the `NX` argument"),
        DataRow::write("SETRANGE", Exactly(4), range::setrange)
            .takes("key offset value")
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::UPDATE))])
            .deny_oom()
            .since("2.2.0")
            .cost("O(M) where M is the length of the bytes written, and of zeros before them.")
            .does("Overwrites a string from an offset on; zero bytes fill the gap up to it."),
        DataRow::read("STRLEN", Exactly(2), get::strlen)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO)])
            .fast()
            .since("2.2.0")
            .cost("O(1)")
            .does("Returns the length of a string."),
        DataRow::read("SUBSTR", Exactly(4), range::getrange)
            .takes("key start end")
            .keys(KEY_READ)
            .since("1.0.0")
            .cost(SLICE_COST)
            .does("Returns the part of a string between two positions.")
            .deprecated("2.0.0", "`GETRANGE`"),
    ],
};

const MSETEX_KEYS: &[KeySpec] = &[KeySpec {
    begin: Begin::Index(1),
    find: Find::KeyNum {
        count: 0,
        first: 1,
        step: 2,
    },
    flags: OVERWRITES,
    notes: "",
}];

const _: () = FAMILY.check();
