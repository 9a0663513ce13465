//! Commands of streams.
//!
//! ```text
//!  add.rs         XADD                              group.rs       XGROUP
//!  trim.rs        XTRIM, options of trimming        read_group.rs  XREADGROUP
//!  delete.rs      XDEL, XDELEX, XSETID              ack.rs         XACK, XACKDEL, XNACK
//!  range.rs       XLEN, XRANGE, XREVRANGE           claim.rs       XCLAIM, XAUTOCLAIM
//!  read.rs        XREAD                             pending.rs     XPENDING
//!  producer.rs    IDMP of XADD, XCFGSET …           info.rs        XINFO
//!  id.rs ids.rs   identifiers in requests           record.rs      records of groups
//!  entries.rs     entries in replies                text.rs        texts of errors
//! ```
//! Always true: a handler that fails has changed nothing.
//! Not here: how streams are kept — `engine/src/types/stream.rs`

mod ack;
mod add;
mod budget;
mod claim;
mod delete;
mod entries;
mod group;
mod id;
mod ids;
mod info;
mod pending;
mod producer;
mod range;
mod read;
mod read_group;
mod record;
mod text;
mod trim;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Begin, Family, Find, Flags, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);
const DELETES: KeyFlags = KeyFlags::RW.with(KeyFlags::DELETE);
const INSERTS: KeyFlags = KeyFlags::RW.with(KeyFlags::INSERT);

const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEY_UPDATED: &[KeySpec] = &[KeySpec::one(1, UPDATES)];
const KEY_DELETED_FROM: &[KeySpec] = &[KeySpec::one(1, DELETES)];
const SUBKEY_READ: &[KeySpec] = &[KeySpec::one(2, READS)];
const SUBKEY_UPDATED: &[KeySpec] = &[KeySpec::one(2, UPDATES)];
const SUBKEY_INSERTED: &[KeySpec] = &[KeySpec::one(2, INSERTS)];
const SUBKEY_DELETED_FROM: &[KeySpec] = &[KeySpec::one(2, DELETES)];

const VARYING: &[&str] = &["nondeterministic_output"];

const EACH_ID_COST: &str = "O(1) for each identifier.";
const RANGE_COST: &str = "O(N) where N is the number of entries returned.";
const READ_COST: &str = "O(N) where N is the number of entries returned of each stream.";

/// Keys behind STREAMS, as many as identifiers behind them.
const fn streams(from: i8) -> KeySpec {
    KeySpec {
        begin: Begin::Keyword("STREAMS", from),
        find: Find::Range {
            last: -1,
            step: 1,
            limit: 2,
        },
        flags: READS,
        notes: "",
    }
}

/// The stream family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Stream,
    rows: &[
        DataRow::write("XACK", AtLeast(4), ack::xack)
            .takes("key group id:string [id:string ...]")
            .keys(KEY_UPDATED)
            .fast()
            .since("5.0.0")
            .cost(EACH_ID_COST)
            .does("Acknowledges entries, so that they are no longer pending."),
        DataRow::write("XACKDEL", AtLeast(6), ack::xackdel)
            .takes(
                "key group [KEEPREF | DELREF | ACKED]:condition \
                 IDS (numids:integer id:string [id:string ...]):ids",
            )
            .keys(KEY_DELETED_FROM)
            .fast()
            .since("8.2.0")
            .cost(EACH_ID_COST)
            .does("Acknowledges entries, and removes them as far as other groups allow it."),
        DataRow::write("XADD", AtLeast(5), add::xadd)
            .takes(
                "key [NOMKSTREAM]{6.2.0} [KEEPREF | DELREF | ACKED]:condition{8.2.0} \
                 [IDMPAUTO producer-id:string | IDMP (producer-id:string \
                 idempotent-id:string):idmp]:idempotency{8.6.0} \
                 [<MAXLEN | MINID{6.2.0}>:strategy [\"=\":equal | \"~\":approximately]:operator \
                 threshold [LIMIT count]{6.2.0}]:trim <\"*\":auto-id | id:string>:id-selector \
                 field value [field value ...]:data",
            )
            .keys(&[KeySpec::one(1, UPDATES)
                .noted("UPDATE instead of INSERT because of the optional trimming feature")])
            .deny_oom()
            .fast()
            .since("5.0.0")
            .cost("O(1) to add an entry, O(N) to trim N entries.")
            .does("Appends an entry to a stream, which is created when it is absent.")
            .history(&[
                ("6.2.0", "`NOMKSTREAM`, `MINID` and `LIMIT`."),
                ("7.0.0", "Identifiers of the form `<ms>-*`."),
                ("8.2.0", "`KEEPREF`, `DELREF` and `ACKED`."),
                ("8.6.0", "`IDMP` and `IDMPAUTO`."),
            ])
            .tips(VARYING),
        DataRow::write("XAUTOCLAIM", AtLeast(6), claim::xautoclaim)
            .takes("key group consumer min-idle-time:string start:string [COUNT count] [JUSTID]")
            .keys(KEY_DELETED_FROM)
            .fast()
            .since("6.2.0")
            .cost("O(N) where N is the count, of which ten times as many are looked at.")
            .does("Transfers entries to a consumer that others left unacknowledged for long.")
            .history(&[("7.0.0", "The entries that are gone are told too.")])
            .tips(VARYING),
        DataRow::write("XCFGSET", AtLeast(2), producer::xcfgset)
            .takes("key [IDMP-DURATION idmp-duration:integer] [IDMP-MAXSIZE idmp-maxsize:integer]")
            .keys(KEY_UPDATED)
            .fast()
            .since("8.6.0")
            .cost("O(1)")
            .does("Configures how a stream detects duplicates of producers."),
        DataRow::write("XCLAIM", AtLeast(6), claim::xclaim)
            .takes(
                "key group consumer min-idle-time:string id:string [id:string ...] [IDLE ms] \
                 [TIME unix-time-milliseconds] [RETRYCOUNT count] [FORCE] [JUSTID] \
                 [LASTID lastid:string]",
            )
            .keys(KEY_UPDATED)
            .fast()
            .since("5.0.0")
            .cost("O(log N) where N is the number of pending entries of the group.")
            .does("Transfers to a consumer entries that others have not acknowledged.")
            .tips(VARYING),
        DataRow::write("XDEL", AtLeast(3), delete::xdel)
            .takes("key id:string [id:string ...]")
            .keys(KEY_DELETED_FROM)
            .fast()
            .since("5.0.0")
            .cost(EACH_ID_COST)
            .does("Removes entries from a stream."),
        DataRow::write("XDELEX", AtLeast(5), delete::xdelex)
            .takes(
                "key [KEEPREF | DELREF | ACKED]:condition \
                 IDS (numids:integer id:string [id:string ...]):ids",
            )
            .keys(KEY_DELETED_FROM)
            .fast()
            .since("8.2.0")
            .cost(EACH_ID_COST)
            .does("Removes entries from a stream as far as groups allow it."),
        DataRow::container("XGROUP", XGROUP)
            .since("5.0.0")
            .cost("Depends on subcommand.")
            .does("Manages the consumer groups of a stream."),
        DataRow::write("XIDMPRECORD", Exactly(5), producer::xidmprecord)
            .takes("key pid:string iid:string stream-id:string")
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("8.8.0")
            .cost("O(1)")
            .does("Records which entry a producer's identifier stands for (for internal use)."),
        DataRow::container("XINFO", XINFO)
            .since("5.0.0")
            .cost("Depends on subcommand.")
            .does("Describes a stream, its groups and their consumers."),
        DataRow::read("XLEN", Exactly(2), range::xlen)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO)])
            .fast()
            .since("5.0.0")
            .cost("O(1)")
            .does("Returns the number of entries of a stream."),
        DataRow::write("XNACK", AtLeast(7), ack::xnack)
            .takes(
                "key group <SILENT | FAIL | FATAL>:mode \
                 IDS (numids:integer id:string [id:string ...]):ids [RETRYCOUNT count] [FORCE]",
            )
            .keys(KEY_UPDATED)
            .fast()
            .since("8.8.0")
            .cost(EACH_ID_COST)
            .does("Returns entries to their group, so that any consumer can take them at once."),
        DataRow::read("XPENDING", AtLeast(3), pending::xpending)
            .takes(
                "key group [[IDLE min-idle-time:integer]{6.2.0} start:string end:string count \
                 [consumer]]:filters",
            )
            .keys(KEY_READ)
            .since("5.0.0")
            .cost("O(N) where N is the number of entries looked at.")
            .does("Returns the entries that the consumers of a group have not acknowledged.")
            .history(&[("6.2.0", "`IDLE`, and ends that are left out.")])
            .tips(VARYING),
        DataRow::read("XRANGE", AtLeast(4), range::xrange)
            .takes("key start:string end:string [COUNT count]")
            .keys(KEY_READ)
            .since("5.0.0")
            .cost(RANGE_COST)
            .does("Returns the entries between two identifiers.")
            .history(&[("6.2.0", "Ends that are left out.")]),
        DataRow::read("XREAD", AtLeast(4), read::xread)
            .takes(
                "[COUNT count] [MAXCOUNT maxcount:integer]{8.10.0} \
                 [MAXSIZE maxsize:integer]{8.10.0} [BLOCK milliseconds] \
                 STREAMS (key [key ...] id:string [id:string ...]):streams",
            )
            .keys(&[streams(1)])
            .flags(Flags::BLOCKING.with(Flags::MOVABLE_KEYS))
            .since("5.0.0")
            .cost(READ_COST)
            .does(
                "Returns the entries of streams after some identifiers; waits for them if asked.",
            ),
        DataRow::write("XREADGROUP", AtLeast(7), read_group::xreadgroup)
            .takes(
                "GROUP (group consumer):group-block [COUNT count] \
                 [MAXCOUNT maxcount:integer]{8.10.0} [MAXSIZE maxsize:integer]{8.10.0} \
                 [BLOCK milliseconds] [CLAIM min-idle-time:integer]{8.4.0} [NOACK] \
                 STREAMS (key [key ...] id:string [id:string ...]):streams",
            )
            .keys(&[streams(4)])
            .flags(Flags::BLOCKING.with(Flags::MOVABLE_KEYS))
            .since("5.0.0")
            .cost(READ_COST)
            .does("Delivers entries of streams to a consumer of a group; may block."),
        DataRow::read("XREVRANGE", AtLeast(4), range::xrevrange)
            .takes("key end:string start:string [COUNT count]")
            .keys(KEY_READ)
            .since("5.0.0")
            .cost(RANGE_COST)
            .does("Returns the entries between two identifiers, the last entry first.")
            .history(&[("6.2.0", "Ends that are left out.")]),
        DataRow::write("XSETID", AtLeast(3), delete::xsetid)
            .takes(
                "key last-id:string [ENTRIESADDED entries-added]{7.0.0} \
                 [MAXDELETEDID max-deleted-id:string]{7.0.0}",
            )
            .keys(KEY_UPDATED)
            .deny_oom()
            .fast()
            .since("5.0.0")
            .cost("O(1)")
            .does("Sets the counters of a stream (for internal use).")
            .history(&[("7.0.0", "`ENTRIESADDED` and `MAXDELETEDID`.")]),
        DataRow::write("XTRIM", AtLeast(4), trim::xtrim)
            .takes(
                "key (<MAXLEN | MINID{6.2.0}>:strategy \
                 [\"=\":equal | \"~\":approximately]:operator threshold \
                 [LIMIT count]{6.2.0} [KEEPREF | DELREF | ACKED]:condition{8.2.0}):trim",
            )
            .keys(KEY_DELETED_FROM)
            .since("5.0.0")
            .cost("O(N) where N is the number of entries that go; whole blocks go at once.")
            .does("Removes the oldest entries of a stream.")
            .history(&[
                ("6.2.0", "`MINID` and `LIMIT`."),
                ("8.2.0", "`KEEPREF`, `DELREF` and `ACKED`."),
            ])
            .tips(VARYING),
    ],
};

const XGROUP: &[DataRow] = &[
    DataRow::write("CREATE", AtLeast(5), group::create)
        .takes(
            "key group <id:string | \"$\":new-id>:id-selector [MKSTREAM] \
             [ENTRIESREAD entries-read=entriesread:integer]",
        )
        .keys(SUBKEY_INSERTED)
        .deny_oom()
        .since("5.0.0")
        .cost("O(1)")
        .does("Creates a consumer group.")
        .history(&[("7.0.0", "`ENTRIESREAD`.")]),
    DataRow::write("CREATECONSUMER", Exactly(5), group::create_consumer)
        .takes("key group consumer")
        .keys(SUBKEY_INSERTED)
        .deny_oom()
        .since("6.2.0")
        .cost("O(1)")
        .does("Creates a consumer in a group."),
    DataRow::write("DELCONSUMER", Exactly(5), group::remove_consumer)
        .takes("key group consumer")
        .keys(SUBKEY_DELETED_FROM)
        .since("5.0.0")
        .cost("O(N) where N is the number of its pending entries.")
        .does("Removes a consumer from a group, with its unacknowledged entries."),
    DataRow::write("DESTROY", Exactly(4), group::destroy)
        .takes("key group")
        .keys(SUBKEY_DELETED_FROM)
        .since("5.0.0")
        .cost("O(N) where N is the number of its pending entries.")
        .does("Removes a consumer group."),
    DataRow::control("HELP", Exactly(2), group::help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("5.0.0")
        .cost("O(1)")
        .does("Describes the subcommands."),
    DataRow::write("SETID", AtLeast(5), group::set_id)
        .takes(
            "key group <id:string | \"$\":new-id>:id-selector \
             [ENTRIESREAD entries-read=entriesread:integer]",
        )
        .keys(SUBKEY_UPDATED)
        .since("5.0.0")
        .cost("O(1)")
        .does("Sets the last entry that a group has read.")
        .history(&[("7.0.0", "`ENTRIESREAD`.")]),
];

const XINFO: &[DataRow] = &[
    DataRow::read("CONSUMERS", Exactly(4), info::consumers)
        .takes("key group")
        .keys(SUBKEY_READ)
        .since("5.0.0")
        .cost("O(N) where N is the number of consumers.")
        .does("Describes the consumers of a group.")
        .history(&[("7.2.0", "`inactive`; `idle` counts from the last attempt.")])
        .tips(VARYING),
    DataRow::read("GROUPS", Exactly(3), info::groups)
        .takes("key")
        .keys(SUBKEY_READ)
        .since("5.0.0")
        .cost("O(N) where N is the number of groups.")
        .does("Describes the groups of a stream.")
        .history(&[("7.0.0", "`entries-read` and `lag`.")]),
    DataRow::control("HELP", Exactly(2), info::help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("5.0.0")
        .cost("O(1)")
        .does("Describes the subcommands."),
    DataRow::read("STREAM", AtLeast(3), info::stream)
        .takes("key [FULL [COUNT count]]:full-block")
        .keys(SUBKEY_READ)
        .since("5.0.0")
        .cost("O(N) where N is the number of blocks, and of entries that are shown.")
        .does("Describes a stream.")
        .history(&[
            ("6.0.0", "`FULL`."),
            (
                "7.0.0",
                "`max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `lag`.",
            ),
            ("7.2.0", "`active-time`; `seen-time` is the last attempt."),
            ("8.6.0", "What is remembered of producers."),
        ]),
];

const _: () = FAMILY.check();
