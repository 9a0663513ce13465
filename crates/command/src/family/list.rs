//! Commands of the list family.
//!
//! ```text
//!  push.rs      LPUSH, LPUSHX, RPUSH, RPUSHX        transfer.rs  LMOVE, RPOPLPUSH and BL…, BR…
//!  pop.rs       LPOP, RPOP, LMPOP and BL…, BR…      movem.rs     LMOVEM, BLMOVEM
//!  edit.rs      LINSERT, LREM, LSET, LTRIM          element.rs   elements, indexes, ends
//!  read.rs      LINDEX, LLEN, LPOS, LRANGE
//! ```
//!
//! Always true: a handler that fails has changed nothing; a command that waited is recorded as the
//! one that it became.
//! Not here: how lists are kept — `russet_engine`; how clients wait — the node.

mod edit;
mod element;
mod movem;
mod pop;
mod push;
mod read;
mod transfer;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Begin, Family, Find, Flags, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const INSERTS: KeyFlags = KeyFlags::RW.with(KeyFlags::INSERT);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::UPDATE);
const DELETES: KeyFlags = KeyFlags::RW.with(KeyFlags::DELETE);
const POPS: KeyFlags = DELETES.with(KeyFlags::ACCESS);

const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const KEY_GROWS: &[KeySpec] = &[KeySpec::one(1, INSERTS)];
const KEY_TRIMMED: &[KeySpec] = &[KeySpec::one(1, DELETES)];
const KEY_POPPED: &[KeySpec] = &[KeySpec::one(1, POPS)];
const KEYS_POPPED: &[KeySpec] = &[KeySpec::range(1, -2, 1, POPS)];
const KEYS_MOVED: &[KeySpec] = &[KeySpec::one(1, POPS), KeySpec::one(2, INSERTS)];

const PUSH_COST: &str = "O(1) for each element.";
const POP_COST: &str = "O(N) where N is the number of elements returned.";
const KEYS_COST: &str = "O(N) where N is the number of keys.";
const MPOP_COST: &str = "O(N+M) where N is the number of keys and M that of elements returned.";
const MOVEM_COST: &str = "O(N) where N is the number of elements moved.";

const SECONDS_HISTORY: &[(&str, &str)] = &[("6.0.0", "`timeout` may have decimals.")];
const SEVERAL_HISTORY_2: &[(&str, &str)] = &[("2.4.0", "Several elements.")];
const SEVERAL_HISTORY_4: &[(&str, &str)] = &[("4.0.0", "Several elements.")];
const COUNT_HISTORY: &[(&str, &str)] = &[("6.2.0", "`count`.")];

/// The list family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::List,
    rows: &[
        DataRow::write("BLMOVE", Exactly(6), transfer::blmove)
            .takes(
                "source:key destination:key <LEFT | RIGHT>:wherefrom <LEFT | RIGHT>:whereto \
                 timeout:double",
            )
            .keys(KEYS_MOVED)
            .deny_oom()
            .flags(Flags::BLOCKING)
            .since("6.2.0")
            .cost("O(1)")
            .does("Moves an element from one list to another; blocks until there is one."),
        DataRow::write("BLMOVEM", AtLeast(6), movem::blmovem)
            .takes(
                "source:key destination:key <LEFT | RIGHT>:wherefrom <LEFT | RIGHT>:whereto \
                 timeout:double \
                 [<COUNT count | EXACTLY exactly>:selector <OBO | BULK>:ordering]:how-many",
            )
            .keys(KEYS_MOVED)
            .deny_oom()
            .flags(Flags::BLOCKING)
            .since("8.10.0")
            .cost(MOVEM_COST)
            .does("Moves several elements from a list to another; blocks until there are enough."),
        DataRow::write("BLMPOP", AtLeast(5), pop::blmpop)
            .takes("timeout:double numkeys key [key ...] <LEFT | RIGHT>:where [COUNT count]")
            .keys(&[KeySpec {
                begin: Begin::Index(2),
                find: Find::KeyNum {
                    count: 0,
                    first: 1,
                    step: 1,
                },
                flags: POPS,
                notes: "",
            }])
            .flags(Flags::BLOCKING)
            .since("7.0.0")
            .cost(MPOP_COST)
            .does("Takes elements from the first list that has any; blocks until one has."),
        DataRow::write("BLPOP", AtLeast(3), pop::blpop)
            .takes("key [key ...] timeout:double")
            .keys(KEYS_POPPED)
            .flags(Flags::BLOCKING)
            .since("2.0.0")
            .cost(KEYS_COST)
            .does("Takes the first element of the first list that has any; blocks until one has.")
            .history(SECONDS_HISTORY),
        DataRow::write("BRPOP", AtLeast(3), pop::brpop)
            .takes("key [key ...] timeout:double")
            .keys(KEYS_POPPED)
            .flags(Flags::BLOCKING)
            .since("2.0.0")
            .cost(KEYS_COST)
            .does("Takes the last element of the first list that has any; blocks until one has.")
            .history(SECONDS_HISTORY),
        DataRow::write("BRPOPLPUSH", Exactly(4), transfer::brpoplpush)
            .takes("source:key destination:key timeout:double")
            .keys(KEYS_MOVED)
            .deny_oom()
            .flags(Flags::BLOCKING)
            .since("2.2.0")
            .cost("O(1)")
            .does("Moves the last element to the front of another list; blocks for it.")
            .history(SECONDS_HISTORY)
            .deprecated("6.2.0", "`BLMOVE` with the `RIGHT` and `LEFT` arguments"),
        DataRow::read("LINDEX", Exactly(3), read::lindex)
            .takes("key index:integer")
            .keys(KEY_READ)
            .since("1.0.0")
            .cost("O(1) at both ends; else O(N) where N is the number of blocks passed over.")
            .does("Returns the element at an index."),
        DataRow::write("LINSERT", Exactly(5), edit::linsert)
            .takes("key <BEFORE | AFTER>:where pivot element")
            .keys(KEY_GROWS)
            .deny_oom()
            .since("2.2.0")
            .cost("O(N) where N is the number of elements in front of the pivot.")
            .does("Inserts an element before or after another element."),
        DataRow::read("LLEN", Exactly(2), read::llen)
            .takes("key")
            .keys(&[KeySpec::one(1, KeyFlags::RO)])
            .fast()
            .since("1.0.0")
            .cost("O(1)")
            .does("Returns the number of elements of a list."),
        DataRow::write("LMOVE", Exactly(5), transfer::lmove)
            .takes("source:key destination:key <LEFT | RIGHT>:wherefrom <LEFT | RIGHT>:whereto")
            .keys(KEYS_MOVED)
            .deny_oom()
            .since("6.2.0")
            .cost("O(1)")
            .does("Moves an element from an end of a list to an end of another, and returns it."),
        DataRow::write("LMOVEM", AtLeast(5), movem::lmovem)
            .takes(
                "source:key destination:key <LEFT | RIGHT>:wherefrom <LEFT | RIGHT>:whereto \
                 [<COUNT count | EXACTLY exactly>:selector <OBO | BULK>:ordering]:how-many",
            )
            .keys(KEYS_MOVED)
            .deny_oom()
            .since("8.10.0")
            .cost(MOVEM_COST)
            .does("Moves several elements from a list to another, and returns them."),
        DataRow::write("LMPOP", AtLeast(4), pop::lmpop)
            .takes("numkeys key [key ...] <LEFT | RIGHT>:where [COUNT count]")
            .keys(&[KeySpec::counted(1, POPS)])
            .since("7.0.0")
            .cost(MPOP_COST)
            .does("Takes elements from the first of several lists that has any."),
        DataRow::write("LPOP", AtLeast(2), pop::lpop)
            .takes("key [count]{6.2.0}")
            .keys(KEY_POPPED)
            .fast()
            .since("1.0.0")
            .cost(POP_COST)
            .does("Takes the first element of a list, or several.")
            .history(COUNT_HISTORY),
        DataRow::read("LPOS", AtLeast(3), read::lpos)
            .takes(
                "key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]",
            )
            .keys(KEY_READ)
            .since("6.0.6")
            .cost("O(N) where N is the number of elements looked at.")
            .does("Returns the index of an element, or several."),
        DataRow::write("LPUSH", AtLeast(3), push::lpush)
            .takes("key element [element ...]")
            .keys(KEY_GROWS)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost(PUSH_COST)
            .does("Adds elements to the front of a list, one after the other.")
            .history(SEVERAL_HISTORY_2),
        DataRow::write("LPUSHX", AtLeast(3), push::lpushx)
            .takes("key element [element ...]")
            .keys(KEY_GROWS)
            .deny_oom()
            .fast()
            .since("2.2.0")
            .cost(PUSH_COST)
            .does("Adds elements to the front of a list, if the list exists.")
            .history(SEVERAL_HISTORY_4),
        DataRow::read("LRANGE", Exactly(4), read::lrange)
            .takes("key start:integer stop:integer")
            .keys(KEY_READ)
            .since("1.0.0")
            .cost("O(S+N) where S is the number of blocks passed over and N that of elements.")
            .does("Returns the elements between two indexes."),
        DataRow::write("LREM", Exactly(4), edit::lrem)
            .takes("key count element")
            .keys(KEY_TRIMMED)
            .since("1.0.0")
            .cost("O(N) where N is the number of elements looked at.")
            .does("Removes elements that are equal to a value."),
        DataRow::write("LSET", Exactly(4), edit::lset)
            .takes("key index:integer element")
            .keys(&[KeySpec::one(1, UPDATES)])
            .deny_oom()
            .since("1.0.0")
            .cost("O(1) at both ends; else O(N) where N is the number of blocks passed over.")
            .does("Replaces the element at an index."),
        DataRow::write("LTRIM", Exactly(4), edit::ltrim)
            .takes("key start:integer stop:integer")
            .keys(KEY_TRIMMED)
            .since("1.0.0")
            .cost("O(N) where N is the number of elements removed.")
            .does("Trims a list to the elements between two indexes."),
        DataRow::write("RPOP", AtLeast(2), pop::rpop)
            .takes("key [count]{6.2.0}")
            .keys(KEY_POPPED)
            .fast()
            .since("1.0.0")
            .cost(POP_COST)
            .does("Takes the last element of a list, or several.")
            .history(COUNT_HISTORY),
        DataRow::write("RPOPLPUSH", Exactly(3), transfer::rpoplpush)
            .takes("source:key destination:key")
            .keys(KEYS_MOVED)
            .deny_oom()
            .since("1.2.0")
            .cost("O(1)")
            .does("Moves the last element of a list to the front of another, and returns it.")
            .deprecated("6.2.0", "`LMOVE` with the `RIGHT` and `LEFT` arguments"),
        DataRow::write("RPUSH", AtLeast(3), push::rpush)
            .takes("key element [element ...]")
            .keys(KEY_GROWS)
            .deny_oom()
            .fast()
            .since("1.0.0")
            .cost(PUSH_COST)
            .does("Adds elements to the back of a list, one after the other.")
            .history(SEVERAL_HISTORY_2),
        DataRow::write("RPUSHX", AtLeast(3), push::rpushx)
            .takes("key element [element ...]")
            .keys(KEY_GROWS)
            .deny_oom()
            .fast()
            .since("2.2.0")
            .cost(PUSH_COST)
            .does("Adds elements to the back of a list, if the list exists.")
            .history(SEVERAL_HISTORY_4),
    ],
};

const _: () = FAMILY.check();
