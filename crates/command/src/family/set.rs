//! Commands of the set family.
//!
//! ```text
//!  basic.rs     SADD, SREM, SCARD, S[M]ISMEMBER, SMEMBERS, SMOVE     random.rs   SPOP, SRANDMEMBER
//!  combine.rs   SINTER, SUNION, SDIFF and what stores or counts      scan.rs     SSCAN
//!  algebra.rs   how sets are combined
//! ```
//!
//! Always true: no key holds an empty set.
//! Not here: how sets are kept — the engine's `types/set.rs`.

mod algebra;
mod basic;
mod combine;
mod random;
mod replies;
mod scan;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const TAKES: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE);
const INSERTS: KeyFlags = KeyFlags::RW.with(KeyFlags::INSERT);
const DELETES: KeyFlags = KeyFlags::RW.with(KeyFlags::DELETE);
const OVERWRITES: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);

const KEY_LOOKED_AT: &[KeySpec] = &[KeySpec::one(1, KeyFlags::RO)];
const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEYS_READ: &[KeySpec] = &[KeySpec::range(1, -1, 1, READS)];
const KEYS_COUNTED: &[KeySpec] = &[KeySpec::counted(1, READS)];
const KEYS_STORED: &[KeySpec] = &[KeySpec::one(1, OVERWRITES), KeySpec::range(2, -1, 1, READS)];

const SEVERAL_CAME: &[(&str, &str)] = &[("2.4.0", "Several `member` arguments.")];
const ANY_ORDER: &[&str] = &["nondeterministic_output_order"];
const BY_CHANCE: &[&str] = &["nondeterministic_output"];

const UNION_COST: &str = "O(N) where N is the number of members of all sets together.";
const INTER_COST: &str =
    "O(N*M) at worst, where N is the size of the smallest set and M is the number of sets.";
const RANDOM_COST: &str = "O(1) without a count, otherwise O(N) where N is the count.";

/// The set family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Set,
    rows: &[
        DataRow::write("SADD", AtLeast(3), basic::sadd)
            .takes("key member [member ...]")
            .keys(&[KeySpec::one(1, INSERTS)])
            .deny_oom()
            .fast()
            .since("1.0.0")
            .history(SEVERAL_CAME)
            .cost("O(1) for each member.")
            .does("Adds members to a set, which is created when it is absent."),
        DataRow::read("SCARD", Exactly(2), basic::scard)
            .takes("key")
            .keys(KEY_LOOKED_AT)
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the number of members of a set."),
        DataRow::read("SDIFF", AtLeast(2), combine::sdiff)
            .takes("key [key ...]")
            .keys(KEYS_READ)
            .tips(ANY_ORDER)
            .since("1.0.0")
            .cost(UNION_COST)
            .does("Returns the members of the first set that no other set has."),
        DataRow::read("SDIFFCARD", AtLeast(3), combine::sdiffcard)
            .takes("numkeys key [key ...] [LIMIT limit]")
            .keys(KEYS_COUNTED)
            .since("8.10.0")
            .cost(UNION_COST)
            .does("Counts the members of the first set that no other set has."),
        DataRow::write("SDIFFSTORE", AtLeast(3), combine::sdiffstore)
            .takes("destination key [key ...]")
            .keys(KEYS_STORED)
            .deny_oom()
            .since("1.0.0")
            .cost(UNION_COST)
            .does("Stores the members of the first set that no other set has."),
        DataRow::read("SINTER", AtLeast(2), combine::sinter)
            .takes("key [key ...]")
            .keys(KEYS_READ)
            .tips(ANY_ORDER)
            .since("1.0.0")
            .cost(INTER_COST)
            .does("Returns the members that all sets have."),
        DataRow::read("SINTERCARD", AtLeast(3), combine::sintercard)
            .takes("numkeys key [key ...] [LIMIT limit]")
            .keys(KEYS_COUNTED)
            .since("7.0.0")
            .cost(INTER_COST)
            .does("Counts the members that all sets have."),
        DataRow::write("SINTERSTORE", AtLeast(3), combine::sinterstore)
            .takes("destination key [key ...]")
            .keys(KEYS_STORED)
            .deny_oom()
            .since("1.0.0")
            .cost(INTER_COST)
            .does("Stores the members that all sets have."),
        DataRow::read("SISMEMBER", Exactly(3), basic::sismember)
            .takes("key member")
            .keys(KEY_LOOKED_AT)
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Checks whether a set has a member."),
        DataRow::read("SMEMBERS", Exactly(2), basic::smembers)
            .takes("key")
            .keys(KEY_READ)
            .tips(ANY_ORDER)
            .since("1.0.0")
            .cost("O(N) where N is the number of members.")
            .does("Returns all members of a set."),
        DataRow::read("SMISMEMBER", AtLeast(3), basic::smismember)
            .takes("key member [member ...]")
            .keys(KEY_READ)
            .fast()
            .since("6.2.0")
            .cost("O(N) where N is the number of members asked for.")
            .does("Checks for several members whether a set has them."),
        DataRow::write("SMOVE", Exactly(4), basic::smove)
            .takes("source:key destination:key member")
            .keys(&[KeySpec::one(1, TAKES), KeySpec::one(2, INSERTS)])
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Moves a member from one set to another."),
        DataRow::write("SPOP", AtLeast(2), random::spop)
            .takes("key [count{3.2.0}]")
            .keys(&[KeySpec::one(1, TAKES)])
            .tips(BY_CHANCE)
            .fast()
            .since("1.0.0")
            .history(&[("3.2.0", "`count`.")])
            .cost(RANDOM_COST)
            .does("Removes random members of a set and returns them."),
        DataRow::read("SRANDMEMBER", AtLeast(2), random::srandmember)
            .takes("key [count{2.6.0}]")
            .keys(KEY_READ)
            .tips(BY_CHANCE)
            .since("1.0.0")
            .history(&[("2.6.0", "`count`.")])
            .cost(RANDOM_COST)
            .does("Returns random members of a set."),
        DataRow::write("SREM", AtLeast(3), basic::srem)
            .takes("key member [member ...]")
            .keys(&[KeySpec::one(1, DELETES)])
            .fast()
            .since("1.0.0")
            .history(SEVERAL_CAME)
            .cost("O(N) where N is the number of members to remove.")
            .does("Removes members from a set, and the set with its last member."),
        DataRow::read("SSCAN", AtLeast(3), scan::sscan)
            .takes("key cursor [MATCH pattern] [COUNT count]")
            .keys(KEY_READ)
            .tips(BY_CHANCE)
            .since("2.8.0")
            .cost("O(1) a call; O(N) a whole walk over N members.")
            .does("Iterates over the members of a set, a few in each call."),
        DataRow::read("SUNION", AtLeast(2), combine::sunion)
            .takes("key [key ...]")
            .keys(KEYS_READ)
            .tips(ANY_ORDER)
            .since("1.0.0")
            .cost(UNION_COST)
            .does("Returns the members that any set has."),
        DataRow::read("SUNIONCARD", AtLeast(3), combine::sunioncard)
            .takes("numkeys key [key ...] [APPROX] [LIMIT limit]")
            .keys(KEYS_COUNTED)
            .since("8.10.0")
            .cost(UNION_COST)
            .does("Counts the members that any set has."),
        DataRow::write("SUNIONSTORE", AtLeast(3), combine::sunionstore)
            .takes("destination key [key ...]")
            .keys(KEYS_STORED)
            .deny_oom()
            .since("1.0.0")
            .cost(UNION_COST)
            .does("Stores the members that any set has."),
    ],
};

const _: () = FAMILY.check();
