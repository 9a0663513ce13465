//! Commands of the sorted set family.
//!
//! ```text
//!  add.rs      ZADD, ZINCRBY                 read.rs     ZCARD, Z[M]SCORE, Z[REV]RANK, …
//!  remove.rs   ZREM, ZREMRANGEBY…                 range.rs    ZRANGE and its kin, ZRANGESTORE
//!  pop.rs      ZPOP…, BZPOP…, ZMPOP, BZMPOP             bound.rs    bounds as they are written
//!  combine.rs  ZUNION, ZINTER, ZDIFF, …STORE, …CARD     random.rs   ZRANDMEMBER, ZSCAN
//!  merge.rs    how sorted sets and sets are combined
//! ```
//!
//! Always true: no key holds an empty sorted set.
//! Not here: how sorted sets are kept — the engine's `types/zset.rs`; positions — `geo.rs`.

pub(super) mod add;
mod bound;
mod combine;
mod merge;
mod pop;
mod random;
mod range;
mod read;
mod remove;
mod replies;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Flags, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);
const TAKES: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::DELETE);
const DELETES: KeyFlags = KeyFlags::RW.with(KeyFlags::DELETE);
const OVERWRITES: KeyFlags = KeyFlags::OW.with(KeyFlags::UPDATE);

const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEY_UPDATED: &[KeySpec] = &[KeySpec::one(1, UPDATES)];
const KEY_TAKEN: &[KeySpec] = &[KeySpec::one(1, TAKES)];
const KEY_DELETED: &[KeySpec] = &[KeySpec::one(1, DELETES)];
const KEYS_WAITED_FOR: &[KeySpec] = &[KeySpec::range(1, -2, 1, TAKES)];
const KEYS_COUNTED: &[KeySpec] = &[KeySpec::counted(1, READS)];
const KEYS_STORED: &[KeySpec] = &[KeySpec::one(1, OVERWRITES), KeySpec::counted(2, READS)];

const BY_CHANCE: &[&str] = &["nondeterministic_output"];
const SEVERAL_CAME: &[(&str, &str)] = &[("2.4.0", "Several members.")];
const SCORE_CAME: &[(&str, &str)] = &[("7.2.0", "`WITHSCORE`.")];
const TIMEOUT_CHANGED: &[(&str, &str)] = &[("6.0.0", "`timeout` may have decimals.")];
const COUNT_CAME: &[(&str, &str)] = &[("8.8.0", "`COUNT` of `AGGREGATE`.")];

const LOG_COST: &str = "O(log(N)) where N is the number of members.";
const RANGE_COST: &str =
    "O(log(N)+M) where N is the number of members and M how many are returned or left out.";
const REMOVE_COST: &str =
    "O(log(N)+M*log(N)) where N is the number of members and M how many are removed.";
const POP_COST: &str = "O(M*log(N)) where N is the number of members and M how many are popped.";
const MPOP_COST: &str =
    "O(K+M*log(N)) where K is the number of keys, N the number of members, M how many are popped.";
const UNION_COST: &str =
    "O(N*log(M)) where N is the number of members of all sources and M of the result.";
const INTER_COST: &str = "O(N*K+M*log(M)) at worst, where N is the size of the smallest source, K \
                          the number of sources and M the size of the result.";
const DIFF_COST: &str = "O(N*K+M*log(M)) at worst, where N is the size of the first source, K the \
                         number of sources and M the size of the result.";

/// The sorted set family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::SortedSet,
    rows: &[
        DataRow::write("BZMPOP", AtLeast(5), pop::bzmpop)
            .takes("timeout:double numkeys key [key ...] <MIN | MAX>:where [COUNT count]")
            .keys(&[KeySpec::counted(2, TAKES)])
            .flags(Flags::BLOCKING)
            .since("7.0.0")
            .cost(MPOP_COST)
            .does("Pops members of the first sorted set that has any; blocks until one has."),
        DataRow::write("BZPOPMAX", AtLeast(3), pop::bzpopmax)
            .takes("key [key ...] timeout:double")
            .keys(KEYS_WAITED_FOR)
            .flags(Flags::BLOCKING)
            .fast()
            .since("5.0.0")
            .history(TIMEOUT_CHANGED)
            .cost(LOG_COST)
            .does("Pops the highest member of the first sorted set that has any; blocks for it."),
        DataRow::write("BZPOPMIN", AtLeast(3), pop::bzpopmin)
            .takes("key [key ...] timeout:double")
            .keys(KEYS_WAITED_FOR)
            .flags(Flags::BLOCKING)
            .fast()
            .since("5.0.0")
            .history(TIMEOUT_CHANGED)
            .cost(LOG_COST)
            .does("Pops the lowest member of the first sorted set that has any; blocks for it."),
        DataRow::write("ZADD", AtLeast(4), add::zadd)
            .takes(
                "key [NX | XX]:condition{3.0.2} [GT | LT]:comparison{6.2.0} [CH:change]{3.0.2} \
                 [INCR:increment]{3.0.2} score:double member [score:double member ...]:data",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("1.2.0")
            .history(&[
                ("2.4.0", "Several members."),
                ("3.0.2", "`XX`, `NX`, `CH` and `INCR`."),
                ("6.2.0", "`GT` and `LT`."),
            ])
            .cost(LOG_COST)
            .does("Adds members with scores, or changes the scores of existing members."),
        DataRow::read("ZCARD", Exactly(2), read::zcard)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO)])
            .fast()
            .since("1.2.0")
            .cost("O(1)")
            .does("Returns the number of members."),
        DataRow::read("ZCOUNT", Exactly(4), read::zcount)
            .takes("key min:double max:double")
            .keys(KEY_READ)
            .fast()
            .since("2.0.0")
            .cost(LOG_COST)
            .does("Counts the members whose scores are between two bounds."),
        DataRow::read("ZDIFF", AtLeast(3), combine::zdiff)
            .takes("numkeys key [key ...] [WITHSCORES]")
            .keys(KEYS_COUNTED)
            .since("6.2.0")
            .cost(DIFF_COST)
            .does("Returns the members of the first source that no other has."),
        DataRow::write("ZDIFFSTORE", AtLeast(4), combine::zdiffstore)
            .takes("destination:key numkeys key [key ...]")
            .keys(KEYS_STORED)
            .deny_oom()
            .since("6.2.0")
            .cost(DIFF_COST)
            .does("Stores the members of the first source that no other has."),
        DataRow::write("ZINCRBY", Exactly(4), add::zincrby)
            .takes("key increment member")
            .keys(&[KeySpec::one(1, UPDATES.with(KeyFlags::ACCESS))])
            .deny_oom()
            .fast()
            .since("1.2.0")
            .cost(LOG_COST)
            .does("Adds to the score of a member, which counts as 0 when it is absent."),
        DataRow::read("ZINTER", AtLeast(3), combine::zinter)
            .takes(
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] \
                 [AGGREGATE <SUM | MIN | MAX | COUNT{8.8.0}>:aggregate] [WITHSCORES]",
            )
            .keys(KEYS_COUNTED)
            .since("6.2.0")
            .history(COUNT_CAME)
            .cost(INTER_COST)
            .does("Returns the members that all sources have."),
        DataRow::read("ZINTERCARD", AtLeast(3), combine::zintercard)
            .takes("numkeys key [key ...] [LIMIT limit]")
            .keys(KEYS_COUNTED)
            .since("7.0.0")
            .cost(INTER_COST)
            .does("Counts the members that all sources have."),
        DataRow::write("ZINTERSTORE", AtLeast(4), combine::zinterstore)
            .takes(
                "destination:key numkeys key [key ...] [WEIGHTS weight [weight ...]] \
                 [AGGREGATE <SUM | MIN | MAX | COUNT{8.8.0}>:aggregate]",
            )
            .keys(KEYS_STORED)
            .deny_oom()
            .since("2.0.0")
            .history(COUNT_CAME)
            .cost(INTER_COST)
            .does("Stores the members that all sources have."),
        DataRow::read("ZLEXCOUNT", Exactly(4), read::zlexcount)
            .takes("key min:string max:string")
            .keys(KEY_READ)
            .fast()
            .since("2.8.9")
            .cost(LOG_COST)
            .does("Counts the members between two members, where all scores are equal."),
        DataRow::write("ZMPOP", AtLeast(4), pop::zmpop)
            .takes("numkeys key [key ...] <MIN | MAX>:where [COUNT count]")
            .keys(&[KeySpec::counted(1, TAKES)])
            .since("7.0.0")
            .cost(MPOP_COST)
            .does("Pops members of the first sorted set that has any."),
        DataRow::read("ZMSCORE", AtLeast(3), read::zmscore)
            .takes("key member [member ...]")
            .keys(KEY_READ)
            .fast()
            .since("6.2.0")
            .cost("O(N) where N is the number of members asked for.")
            .does("Returns the scores of several members."),
        DataRow::write("ZPOPMAX", AtLeast(2), pop::zpopmax)
            .takes("key [count]")
            .keys(KEY_TAKEN)
            .fast()
            .since("5.0.0")
            .cost(POP_COST)
            .does("Removes the members of the highest scores and returns them."),
        DataRow::write("ZPOPMIN", AtLeast(2), pop::zpopmin)
            .takes("key [count]")
            .keys(KEY_TAKEN)
            .fast()
            .since("5.0.0")
            .cost(POP_COST)
            .does("Removes the members of the lowest scores and returns them."),
        DataRow::read("ZRANDMEMBER", AtLeast(2), random::zrandmember)
            .takes("key [count [WITHSCORES]]:options")
            .keys(KEY_READ)
            .tips(BY_CHANCE)
            .since("6.2.0")
            .cost("O(N*log(M)) where N is the count and M the number of members.")
            .does("Returns random members."),
        DataRow::read("ZRANGE", AtLeast(4), range::zrange)
            .takes(
                "key start:string stop:string [BYSCORE | BYLEX]:sortby{6.2.0} [REV]{6.2.0} \
                 [LIMIT (offset count)]{6.2.0} [WITHSCORES]",
            )
            .keys(KEY_READ)
            .since("1.2.0")
            .history(&[("6.2.0", "`REV`, `BYSCORE`, `BYLEX` and `LIMIT`.")])
            .cost(RANGE_COST)
            .does("Returns the members of some ranks, of some scores, or between two members."),
        DataRow::read("ZRANGEBYLEX", AtLeast(4), range::zrangebylex)
            .takes("key min:string max:string [LIMIT (offset count)]")
            .keys(KEY_READ)
            .since("2.8.9")
            .cost(RANGE_COST)
            .does("Returns the members between two members, where all scores are equal.")
            .deprecated("6.2.0", "`ZRANGE` with the `BYLEX` argument"),
        DataRow::read("ZRANGEBYSCORE", AtLeast(4), range::zrangebyscore)
            .takes(
                "key min:double max:double [WITHSCORES]{2.0.0} \
                 [LIMIT (offset count)]",
            )
            .keys(KEY_READ)
            .since("1.0.5")
            .history(&[("2.0.0", "`WITHSCORES`.")])
            .cost(RANGE_COST)
            .does("Returns the members whose scores are between two bounds.")
            .deprecated("6.2.0", "`ZRANGE` with the `BYSCORE` argument"),
        DataRow::write("ZRANGESTORE", AtLeast(5), range::zrangestore)
            .takes(
                "dst:key src:key min:string max:string [BYSCORE | BYLEX]:sortby [REV] \
                 [LIMIT (offset count)]",
            )
            .keys(&[KeySpec::one(1, OVERWRITES), KeySpec::one(2, READS)])
            .deny_oom()
            .since("6.2.0")
            .cost(RANGE_COST)
            .does("Stores a range of members in another sorted set."),
        DataRow::read("ZRANK", AtLeast(3), read::zrank)
            .takes("key member [WITHSCORE]{7.2.0}")
            .keys(KEY_READ)
            .fast()
            .since("2.0.0")
            .history(SCORE_CAME)
            .cost(LOG_COST)
            .does("Returns the rank of a member, from the lowest score."),
        DataRow::write("ZREM", AtLeast(3), remove::zrem)
            .takes("key member [member ...]")
            .keys(KEY_DELETED)
            .fast()
            .since("1.2.0")
            .history(SEVERAL_CAME)
            .cost("O(M*log(N)) where N is the number of members and M how many are removed.")
            .does("Removes members, and the sorted set with its last member."),
        DataRow::write("ZREMRANGEBYLEX", Exactly(4), remove::zremrangebylex)
            .takes("key min:string max:string")
            .keys(KEY_DELETED)
            .since("2.8.9")
            .cost(REMOVE_COST)
            .does("Removes the members between two members, where all scores are equal."),
        DataRow::write("ZREMRANGEBYRANK", Exactly(4), remove::zremrangebyrank)
            .takes("key start:integer stop:integer")
            .keys(KEY_DELETED)
            .since("2.0.0")
            .cost(REMOVE_COST)
            .does("Removes the members of some ranks."),
        DataRow::write("ZREMRANGEBYSCORE", Exactly(4), remove::zremrangebyscore)
            .takes("key min:double max:double")
            .keys(KEY_DELETED)
            .since("1.2.0")
            .cost(REMOVE_COST)
            .does("Removes the members whose scores are between two bounds."),
        DataRow::read("ZREVRANGE", AtLeast(4), range::zrevrange)
            .takes("key start:integer stop:integer [WITHSCORES]")
            .keys(KEY_READ)
            .since("1.2.0")
            .cost(RANGE_COST)
            .does("Returns the members of some ranks, counted from the highest score.")
            .deprecated("6.2.0", "`ZRANGE` with the `REV` argument"),
        DataRow::read("ZREVRANGEBYLEX", AtLeast(4), range::zrevrangebylex)
            .takes("key max:string min:string [LIMIT (offset count)]")
            .keys(KEY_READ)
            .since("2.8.9")
            .cost(RANGE_COST)
            .does("Returns the members between two members, the highest first.")
            .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments"),
        DataRow::read("ZREVRANGEBYSCORE", AtLeast(4), range::zrevrangebyscore)
            .takes("key max:double min:double [WITHSCORES] [LIMIT (offset count)]")
            .keys(KEY_READ)
            .since("2.2.0")
            .history(&[("2.1.6", "Bounds that are left out.")])
            .cost(RANGE_COST)
            .does("Returns the members whose scores are between two bounds, the highest first.")
            .deprecated("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments"),
        DataRow::read("ZREVRANK", AtLeast(3), read::zrevrank)
            .takes("key member [WITHSCORE]{7.2.0}")
            .keys(KEY_READ)
            .fast()
            .since("2.0.0")
            .history(SCORE_CAME)
            .cost(LOG_COST)
            .does("Returns the rank of a member, from the highest score."),
        DataRow::read("ZSCAN", AtLeast(3), random::zscan)
            .takes("key cursor [MATCH pattern] [COUNT count] [NOSCORES]{V9.1.0}")
            .keys(KEY_READ)
            .tips(BY_CHANCE)
            .since("2.8.0")
            .history(&[("V9.1.0", "`NOSCORES`.")])
            .cost("O(1) a call; O(N) a whole walk over N members.")
            .does("Iterates over members and their scores, a few in each call."),
        DataRow::read("ZSCORE", Exactly(3), read::zscore)
            .takes("key member")
            .keys(KEY_READ)
            .fast()
            .since("1.2.0")
            .cost("O(1)")
            .does("Returns the score of a member."),
        DataRow::read("ZUNION", AtLeast(3), combine::zunion)
            .takes(
                "numkeys key [key ...] [WEIGHTS weight [weight ...]] \
                 [AGGREGATE <SUM | MIN | MAX | COUNT{8.8.0}>:aggregate] [WITHSCORES]",
            )
            .keys(KEYS_COUNTED)
            .since("6.2.0")
            .history(COUNT_CAME)
            .cost(UNION_COST)
            .does("Returns the members that any source has."),
        DataRow::write("ZUNIONSTORE", AtLeast(4), combine::zunionstore)
            .takes(
                "destination:key numkeys key [key ...] [WEIGHTS weight [weight ...]] \
                 [AGGREGATE <SUM | MIN | MAX | COUNT{8.8.0}>:aggregate]",
            )
            .keys(KEYS_STORED)
            .deny_oom()
            .since("2.0.0")
            .history(COUNT_CAME)
            .cost(UNION_COST)
            .does("Stores the members that any source has."),
    ],
};

const _: () = FAMILY.check();
