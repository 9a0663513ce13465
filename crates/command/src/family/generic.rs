//! Commands on keys of any type: deleting, expiring, walking, renaming, looking at them.
//!
//! Always true: what a handler does to an expired key is what it does to an absent one.
//! Not here: what concerns whole databases — `server.rs`; choosing one — `connection.rs`.

mod delete;
mod expire;
mod object;
mod rename;
pub(super) mod scan;
mod sort;
mod ttl;

use delete::{del, exists, touch};
use expire::{expire, expireat, persist, pexpire, pexpireat};
use object::{encoding, freq, help, idletime, kind, refcount};
use rename::{copy, move_to, rename, renamenx};
use scan::{keys, randomkey, scan};
use sort::{sort, sort_ro};
use ttl::{expiretime, pexpiretime, pttl, ttl};

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Begin, Family, Find, Flags, Group, KeyFlags, KeySpec};

const READ: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATE: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);
const OVERWRITE: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);
const TAKE: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE);

/// One key whose deadline or value is read.
const READ_ONE: &[KeySpec] = &[KeySpec::one(1, READ)];
/// One key whose deadline changes.
const UPDATE_ONE: &[KeySpec] = &[KeySpec::one(1, UPDATE)];
/// Keys whose presence is asked.
const LOOK_AT_ALL: &[KeySpec] = &[KeySpec::range(1, -1, 1, KeyFlags::RO)];
/// Keys that go.
const REMOVE_ALL: &[KeySpec] = &[KeySpec::range(
    1,
    -1,
    1,
    KeyFlags::RM.with(KeyFlags::DELETE),
)];
/// The key after a subcommand.
const OF_SUBCOMMAND: &[KeySpec] = &[KeySpec::one(2, KeyFlags::RO)];

/// Keys that a pattern names, which nobody can tell from the request.
const BY_PATTERN: KeySpec = KeySpec {
    begin: Begin::Unknown,
    find: Find::Unknown,
    flags: READ,
    notes: "BY and GET name keys after the elements, so a request does not tell which.",
};
/// A key that stands anywhere.
const ANYWHERE: KeySpec = KeySpec {
    begin: Begin::Unknown,
    find: Find::Unknown,
    flags: OVERWRITE,
    notes: "STORE may stand anywhere among the options.",
};
const OF_ELEMENTS: Flags = Flags::OF_ELEMENTS
    .with(Flags::READS_OTHERS)
    .with(Flags::DANGEROUS)
    .with(Flags::MOVABLE_KEYS);

const SUM_OVER_SHARDS: &[&str] = &["request_policy:multi_shard", "response_policy:agg_sum"];
const VARYING: &[&str] = &["nondeterministic_output"];
const CONDITIONS_CAME: &[(&str, &str)] =
    &[("7.0.0", "Takes the conditions `NX`, `XX`, `GT` and `LT`.")];

/// The generic family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Generic,
    rows: &[
        DataRow::write("COPY", AtLeast(3), copy)
            .takes("source destination [DB destination-db] [REPLACE]")
            .keys(&[KeySpec::one(1, READ), KeySpec::one(2, OVERWRITE)])
            .deny_oom()
            .since("6.2.0")
            .cost("O(N) for a collection of N elements, O(1) for a string.")
            .does("Copies a key's value and expiration time to another key."),
        DataRow::write("DEL", AtLeast(2), del)
            .takes("key [key ...]")
            .keys(REMOVE_ALL)
            .tips(SUM_OVER_SHARDS)
            .since("1.0.0")
            .cost("O(N) where N is the number of keys.")
            .does("Deletes keys."),
        DataRow::read("EXISTS", AtLeast(2), exists)
            .takes("key [key ...]")
            .keys(LOOK_AT_ALL)
            .fast()
            .tips(SUM_OVER_SHARDS)
            .since("1.0.0")
            .history(&[("3.0.3", "Takes several keys.")])
            .cost("O(N) where N is the number of keys.")
            .does("Counts those of the given keys that exist."),
        DataRow::write("EXPIRE", AtLeast(3), expire)
            .takes("key seconds [NX | XX | GT | LT]:condition{7.0.0}")
            .keys(UPDATE_ONE)
            .fast()
            .since("1.0.0")
            .history(CONDITIONS_CAME)
            .cost("O(1)")
            .does("Sets the time to live of a key, in seconds."),
        DataRow::write("EXPIREAT", AtLeast(3), expireat)
            .takes("key unix-time-seconds [NX | XX | GT | LT]:condition{7.0.0}")
            .keys(UPDATE_ONE)
            .fast()
            .since("1.2.0")
            .history(CONDITIONS_CAME)
            .cost("O(1)")
            .does("Sets the expiration time of a key, as a Unix time in seconds."),
        DataRow::read("EXPIRETIME", Exactly(2), expiretime)
            .takes("key")
            .keys(READ_ONE)
            .fast()
            .since("7.0.0")
            .cost("O(1)")
            .does("Returns the expiration time of a key, as a Unix time in seconds."),
        DataRow::read("KEYS", Exactly(2), keys)
            .takes("pattern")
            .flags(Flags::DANGEROUS)
            .tips(&["request_policy:all_shards", "nondeterministic_output_order"])
            .since("1.0.0")
            .cost("O(N) where N is the number of keys in the database.")
            .does("Lists all keys whose names match a pattern."),
        DataRow::write("MOVE", Exactly(3), move_to)
            .takes("key db")
            .keys(&[KeySpec::one(
                1,
                KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::UPDATE),
            )])
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Moves a key to another database."),
        DataRow::container("OBJECT", OBJECT)
            .since("2.2.3")
            .cost("As its subcommands.")
            .does("Inspects the internals of a value."),
        DataRow::write("PERSIST", Exactly(2), persist)
            .takes("key")
            .keys(UPDATE_ONE)
            .fast()
            .since("2.2.0")
            .cost("O(1)")
            .does("Removes the expiration time of a key."),
        DataRow::write("PEXPIRE", AtLeast(3), pexpire)
            .takes("key milliseconds [NX | XX | GT | LT]:condition{7.0.0}")
            .keys(UPDATE_ONE)
            .fast()
            .since("2.6.0")
            .history(CONDITIONS_CAME)
            .cost("O(1)")
            .does("Sets the time to live of a key, in milliseconds."),
        DataRow::write("PEXPIREAT", AtLeast(3), pexpireat)
            .takes("key unix-time-milliseconds [NX | XX | GT | LT]:condition{7.0.0}")
            .keys(UPDATE_ONE)
            .fast()
            .since("2.6.0")
            .history(CONDITIONS_CAME)
            .cost("O(1)")
            .does("Sets the expiration time of a key, as a Unix time in milliseconds."),
        DataRow::read("PEXPIRETIME", Exactly(2), pexpiretime)
            .takes("key")
            .keys(READ_ONE)
            .fast()
            .since("7.0.0")
            .cost("O(1)")
            .does("Returns the expiration time of a key, as a Unix time in milliseconds."),
        DataRow::read("PTTL", Exactly(2), pttl)
            .takes("key")
            .keys(READ_ONE)
            .fast()
            .tips(VARYING)
            .since("2.6.0")
            .history(&[("2.8.0", "Answers -2 for a key that does not exist.")])
            .cost("O(1)")
            .does("Returns the time to live of a key, in milliseconds."),
        DataRow::read("RANDOMKEY", Exactly(1), randomkey)
            .tips(&[
                "request_policy:all_shards",
                "response_policy:special",
                "nondeterministic_output",
            ])
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns a random key."),
        DataRow::write("RENAME", Exactly(3), rename)
            .takes("key newkey")
            .keys(&[KeySpec::one(1, TAKE), KeySpec::one(2, OVERWRITE)])
            .since("1.0.0")
            .cost("O(1)")
            .does("Renames a key and replaces a key that had the new name."),
        DataRow::write("RENAMENX", Exactly(3), renamenx)
            .takes("key newkey")
            .keys(&[
                KeySpec::one(1, TAKE),
                KeySpec::one(2, KeyFlags::OW.with(KeyFlags::INSERT)),
            ])
            .fast()
            .since("1.0.0")
            .history(&[("3.2.0", "Equal names are no error any more.")])
            .cost("O(1)")
            .does("Renames a key, unless the new name is taken."),
        DataRow::read("SCAN", AtLeast(2), scan)
            .takes("cursor [MATCH pattern] [COUNT count] [TYPE type]{6.0.0}")
            .tips(&[
                "nondeterministic_output",
                "request_policy:special",
                "response_policy:special",
            ])
            .since("2.8.0")
            .history(&[("6.0.0", "Takes `TYPE`.")])
            .cost("O(1) a call; O(N) a whole walk over N keys.")
            .does("Iterates over the keys, a few in each call."),
        DataRow::write("SORT", AtLeast(2), sort)
            .takes(
                "key [BY pattern=by-pattern@1] [LIMIT (offset count)] \
                 [GET pattern=get-pattern@1 [GET pattern=get-pattern@1 ...]] \
                 [ASC | DESC]:order [ALPHA:sorting] [STORE destination]",
            )
            .keys(&[KeySpec::one(1, READ), BY_PATTERN, ANYWHERE])
            .flags(OF_ELEMENTS)
            .deny_oom()
            .since("1.0.0")
            .cost(
                "O(N + M log M) for N elements of which M are returned; O(N) if nothing is sorted.",
            )
            .does("Sorts the elements of a list, a set or a sorted set, and may store them."),
        DataRow::read("SORT_RO", AtLeast(2), sort_ro)
            .takes(
                "key [BY pattern=by-pattern@1] [LIMIT (offset count)] \
                 [GET pattern=get-pattern@1 [GET pattern=get-pattern@1 ...]] \
                 [ASC | DESC]:order [ALPHA:sorting]",
            )
            .keys(&[KeySpec::one(1, READ), BY_PATTERN])
            .flags(OF_ELEMENTS)
            .since("7.0.0")
            .cost(
                "O(N + M log M) for N elements of which M are returned; O(N) if nothing is sorted.",
            )
            .does("Sorts the elements of a list, a set or a sorted set."),
        DataRow::read("TOUCH", AtLeast(2), touch)
            .takes("key [key ...]")
            .keys(LOOK_AT_ALL)
            .fast()
            .tips(SUM_OVER_SHARDS)
            .since("3.2.1")
            .cost("O(N) where N is the number of keys.")
            .does("Updates the access time of keys and counts those that exist."),
        DataRow::read("TTL", Exactly(2), ttl)
            .takes("key")
            .keys(READ_ONE)
            .fast()
            .tips(VARYING)
            .since("1.0.0")
            .history(&[("2.8.0", "Answers -2 for a key that does not exist.")])
            .cost("O(1)")
            .does("Returns the time to live of a key, in seconds."),
        DataRow::read("TYPE", Exactly(2), kind)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO)])
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the type of the value of a key."),
        DataRow::write("UNLINK", AtLeast(2), del)
            .takes("key [key ...]")
            .keys(REMOVE_ALL)
            .fast()
            .tips(SUM_OVER_SHARDS)
            .since("4.0.0")
            .cost("O(1) for each key; large values are freed in the background.")
            .does("Deletes keys and frees large values in the background."),
    ],
};
const _: () = FAMILY.check();

const OBJECT: &[DataRow] = &[
    DataRow::read("ENCODING", Exactly(3), encoding)
        .takes("key")
        .keys(OF_SUBCOMMAND)
        .tips(VARYING)
        .since("2.2.3")
        .cost("O(1)")
        .does("Returns the encoding of a value in memory."),
    DataRow::read("FREQ", Exactly(3), freq)
        .takes("key")
        .keys(OF_SUBCOMMAND)
        .tips(VARYING)
        .since("4.0.0")
        .cost("O(1)")
        .does("Returns how often a key is used, on a logarithmic scale."),
    DataRow::control("HELP", Exactly(2), help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("6.2.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    DataRow::read("IDLETIME", Exactly(3), idletime)
        .takes("key")
        .keys(OF_SUBCOMMAND)
        .tips(VARYING)
        .since("2.2.3")
        .cost("O(1)")
        .does("Returns the seconds since a key was last used."),
    DataRow::read("REFCOUNT", Exactly(3), refcount)
        .takes("key")
        .keys(OF_SUBCOMMAND)
        .tips(VARYING)
        .since("2.2.3")
        .cost("O(1)")
        .does("Returns the number of references to a value."),
];
