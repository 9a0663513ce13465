//! Commands of the hash family.
//!
//! ```text
//!  read.rs     HGET, HMGET, HGETALL, HKEYS, HLEN …   expire.rs  HEXPIRE and its kin
//!  write.rs    HSET, HMSET, HSETNX, HDEL             ttl.rs     HTTL and its kin, HPERSIST
//!  counter.rs  HINCRBY, HINCRBYFLOAT                 both.rs    HGETDEL, HGETEX, HSETEX
//!  walk.rs     HRANDFIELD, HSCAN                     fields.rs  FIELDS n …
//! ```
//!
//! Always true: a field whose deadline has passed is answered as one that is not there, and removed
//! by the first command that names it.
//! Not here: how hashes are kept — the engine's `types/hash.rs`; HIMPORT, which needs a session —
//! the node's `control/himport.rs`.

mod both;
mod counter;
mod expire;
mod fields;
mod read;
mod ttl;
mod walk;
mod write;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);

const KEY_LOOKED_AT: &[KeySpec] = &[KeySpec::one(1, KeyFlags::RO)];
const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEY_UPDATED: &[KeySpec] = &[KeySpec::one(1, UPDATES)];
const KEY_COUNTED: &[KeySpec] = &[KeySpec::one(1, UPDATES.with(KeyFlags::ACCESS))];

const ANY_ORDER: &[&str] = &["nondeterministic_output_order"];
const BY_CHANCE: &[&str] = &["nondeterministic_output"];
const FIELDS_COST: &str = "O(N) where N is the number of fields named.";
const SIZE_COST: &str = "O(N) where N is the number of fields of the hash.";

/// The hash family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Hash,
    rows: &[
        DataRow::write("HDEL", AtLeast(3), write::hdel)
            .takes("key field [field ...]")
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::DELETE))])
            .fast()
            .since("2.0.0")
            .history(&[("2.4.0", "Several `field` arguments.")])
            .cost(FIELDS_COST)
            .does("Removes fields, and the hash with its last field."),
        DataRow::read("HEXISTS", Exactly(3), read::hexists)
            .takes("key field")
            .keys(KEY_LOOKED_AT)
            .fast()
            .since("2.0.0")
            .cost("O(1)")
            .does("Checks whether a hash has a field."),
        DataRow::write("HEXPIRE", AtLeast(6), expire::hexpire)
            .takes(
                "key seconds [NX | XX | GT | LT]:condition FIELDS (numfields field [field ...]):fields",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Sets the time to live of fields, in seconds."),
        DataRow::write("HEXPIREAT", AtLeast(6), expire::hexpireat)
            .takes(
                "key unix-time-seconds [NX | XX | GT | LT]:condition \
                 FIELDS (numfields field [field ...]):fields",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Sets the expiration time of fields, as a Unix time in seconds."),
        DataRow::read("HEXPIRETIME", AtLeast(5), ttl::hexpiretime)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(KEY_READ)
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Returns the expiration times of fields, as Unix times in seconds."),
        DataRow::read("HGET", Exactly(3), read::hget)
            .takes("key field")
            .keys(KEY_READ)
            .fast()
            .since("2.0.0")
            .cost("O(1)")
            .does("Returns the value of a field."),
        DataRow::read("HGETALL", Exactly(2), read::hgetall)
            .takes("key")
            .keys(KEY_READ)
            .since("2.0.0")
            .cost(SIZE_COST)
            .does("Returns all fields with their values.")
            .tips(ANY_ORDER),
        DataRow::write("HGETDEL", AtLeast(5), both::hgetdel)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(&[KeySpec::one(
                1,
                KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE),
            )])
            .fast()
            .since("8.0.0")
            .cost(FIELDS_COST)
            .does("Returns the values of fields and removes the fields."),
        DataRow::write("HGETEX", AtLeast(5), both::hgetex)
            .takes(
                "key [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
                 PXAT unix-time-milliseconds | PERSIST]:expiration \
                 FIELDS (numfields field [field ...]):fields",
            )
            .keys(&[KeySpec::one(1, UPDATES.with(KeyFlags::ACCESS))
                .noted("RW and UPDATE because it changes the TTL")])
            .fast()
            .since("8.0.0")
            .cost(FIELDS_COST)
            .does("Returns the values of fields and sets or removes their expiration times."),
        DataRow::write("HINCRBY", Exactly(4), counter::hincrby)
            .takes("key field increment")
            .keys(KEY_COUNTED)
            .deny_oom()
            .fast()
            .since("2.0.0")
            .cost("O(1)")
            .does("Adds a number to the integer of a field; an absent field counts as 0."),
        DataRow::write("HINCRBYFLOAT", Exactly(4), counter::hincrbyfloat)
            .takes("key field increment:double")
            .keys(KEY_COUNTED)
            .deny_oom()
            .fast()
            .since("2.6.0")
            .cost("O(1)")
            .does("Adds a floating point number to that of a field; an absent field counts as 0."),
        DataRow::read("HKEYS", Exactly(2), read::hkeys)
            .takes("key")
            .keys(KEY_READ)
            .since("2.0.0")
            .cost(SIZE_COST)
            .does("Returns all fields.")
            .tips(ANY_ORDER),
        DataRow::read("HLEN", Exactly(2), read::hlen)
            .takes("key")
            .keys(KEY_LOOKED_AT)
            .fast()
            .since("2.0.0")
            .cost("O(1)")
            .does("Returns the number of fields."),
        DataRow::read("HMGET", AtLeast(3), read::hmget)
            .takes("key field [field ...]")
            .keys(KEY_READ)
            .fast()
            .since("2.0.0")
            .cost(FIELDS_COST)
            .does("Returns the values of several fields."),
        DataRow::write("HMSET", AtLeast(4), write::hmset)
            .takes("key field value [field value ...]:data")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("2.0.0")
            .cost(FIELDS_COST)
            .does("Sets several fields.")
            .deprecated("4.0.0", "`HSET` with multiple field-value pairs"),
        DataRow::write("HPERSIST", AtLeast(5), ttl::hpersist)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(KEY_UPDATED)
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Removes the expiration times of fields."),
        DataRow::write("HPEXPIRE", AtLeast(6), expire::hpexpire)
            .takes(
                "key milliseconds [NX | XX | GT | LT]:condition \
                 FIELDS (numfields field [field ...]):fields",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Sets the time to live of fields, in milliseconds."),
        DataRow::write("HPEXPIREAT", AtLeast(6), expire::hpexpireat)
            .takes(
                "key unix-time-milliseconds [NX | XX | GT | LT]:condition \
                 FIELDS (numfields field [field ...]):fields",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Sets the expiration time of fields, as a Unix time in milliseconds."),
        DataRow::read("HPEXPIRETIME", AtLeast(5), ttl::hpexpiretime)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(KEY_READ)
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Returns the expiration times of fields, as Unix times in milliseconds."),
        DataRow::read("HPTTL", AtLeast(5), ttl::hpttl)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(KEY_READ)
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Returns the time to live of fields, in milliseconds."),
        DataRow::read("HRANDFIELD", AtLeast(2), walk::hrandfield)
            .takes("key [(count [WITHVALUES]):options]")
            .keys(KEY_READ)
            .since("6.2.0")
            .cost("O(N) where N is the number of fields returned.")
            .does("Returns random fields.")
            .tips(BY_CHANCE),
        DataRow::read("HSCAN", AtLeast(3), walk::hscan)
            .takes("key cursor:integer [MATCH pattern] [COUNT count] [NOVALUES]")
            .keys(KEY_READ)
            .since("2.8.0")
            .cost("O(1) for every call, O(N) for all calls of a walk over N fields.")
            .does("Iterates over fields and values, a few in each call.")
            .tips(BY_CHANCE),
        DataRow::write("HSET", AtLeast(4), write::hset)
            .takes("key field value [field value ...]:data")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("2.0.0")
            .history(&[("4.0.0", "Several `field` and `value` arguments.")])
            .cost("O(1) for each field.")
            .does("Sets fields to values."),
        DataRow::write("HSETEX", AtLeast(6), both::hsetex)
            .takes(
                "key [NX | XX]:key-condition [FNX | FXX]:fields-condition \
                 [EX seconds | PX milliseconds | EXAT unix-time-seconds | \
                 PXAT unix-time-milliseconds | KEEPTTL]:expiration \
                 FIELDS (numfields field value [field value ...]:data):fields",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("8.0.0")
            .cost(FIELDS_COST)
            .does("Sets fields to values, with an expiration time."),
        DataRow::write("HSETNX", Exactly(4), write::hsetnx)
            .takes("key field value")
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::INSERT))])
            .deny_oom()
            .fast()
            .since("2.0.0")
            .cost("O(1)")
            .does("Sets a field to a value, unless the field exists."),
        DataRow::read("HSTRLEN", Exactly(3), read::hstrlen)
            .takes("key field")
            .keys(KEY_LOOKED_AT)
            .fast()
            .since("3.2.0")
            .cost("O(1)")
            .does("Returns the length of the value of a field."),
        DataRow::read("HTTL", AtLeast(5), ttl::httl)
            .takes("key FIELDS (numfields field [field ...]):fields")
            .keys(KEY_READ)
            .fast()
            .since("7.4.0")
            .cost(FIELDS_COST)
            .does("Returns the time to live of fields, in seconds."),
        DataRow::read("HVALS", Exactly(2), read::hvals)
            .takes("key")
            .keys(KEY_READ)
            .since("2.0.0")
            .cost(SIZE_COST)
            .does("Returns all values.")
            .tips(ANY_ORDER),
    ],
};

const _: () = FAMILY.check();
