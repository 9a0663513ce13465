//! Commands of the HyperLogLog family: counting different elements in a few kilobytes.
//!
//! Always true: the bytes of a HyperLogLog are a string that GET returns and SET restores.
//! Not here: what those bytes mean — the engine's `types/hyperloglog.rs`.

mod count;
mod debug;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Flags, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);

/// The HyperLogLog family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Hyperloglog,
    rows: &[
        DataRow::write("PFADD", AtLeast(2), count::pfadd)
            .takes("key [element [element ...]]")
            .keys(&[KeySpec::one(1, KeyFlags::RW.with(KeyFlags::INSERT))])
            .deny_oom()
            .fast()
            .since("2.8.9")
            .cost("O(1) for each element.")
            .does("Adds elements to a HyperLogLog, which is created when it is absent."),
        DataRow::read("PFCOUNT", AtLeast(2), count::pfcount)
            .takes("key [key ...]")
            .keys(&[
                KeySpec::range(1, -1, 1, KeyFlags::RW.with(KeyFlags::ACCESS))
                    .noted("RW because the count is stored, which replicas are told"),
            ])
            .flags(Flags::MAY_REPLICATE)
            .since("2.8.9")
            .cost("O(1) for one key, O(N) and slow for N keys.")
            .does("Estimates how many different elements were added to HyperLogLogs."),
        DataRow::write("PFDEBUG", Exactly(3), debug::pfdebug)
            .takes("subcommand key")
            .keys(&[KeySpec::one(2, KeyFlags::RW.with(KeyFlags::ACCESS))])
            .deny_oom()
            .flags(Flags::ADMIN.with(Flags::SYSTEM))
            .since("2.8.9")
            .cost("N/A")
            .does("Shows or converts the registers of a HyperLogLog, for tests."),
        DataRow::write("PFMERGE", AtLeast(2), count::pfmerge)
            .takes("destkey [sourcekey [sourcekey ...]]")
            .keys(&[
                KeySpec::one(
                    1,
                    KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::INSERT),
                ),
                KeySpec::range(2, -1, 1, READS),
            ])
            .deny_oom()
            .since("2.8.9")
            .cost("O(N) for N HyperLogLogs, and slow.")
            .does("Merges HyperLogLogs into one."),
        DataRow::control("PFSELFTEST", Exactly(1), debug::pfselftest)
            .flags(Flags::ADMIN.with(Flags::SYSTEM))
            .since("2.8.9")
            .cost("N/A")
            .does("Tests the HyperLogLog code of the server."),
    ],
};

const _: () = FAMILY.check();
