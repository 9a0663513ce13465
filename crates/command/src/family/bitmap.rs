//! Commands of the bitmap family: strings as rows of bits, the highest bit of a byte first.
//!
//! ```text
//!  bits.rs    SETBIT, GETBIT              range.rs    positions and their units
//!  count.rs   BITCOUNT, BITPOS            kernel.rs   counting, searching, combining
//!  op.rs      BITOP                       value.rs    strings that grow by zero bits
//!  field.rs   BITFIELD, BITFIELD_RO       integer.rs  integers of any width in a row of bits
//! ```
//!
//! Always true: a bit beyond the end of a string is zero.
//! Not here: strings as bytes — `string.rs`.

mod bits;
mod count;
mod field;
mod integer;
mod kernel;
mod op;
mod range;
mod value;

use super::rows::DataRow;
use crate::ctx::Handler;
use crate::row::Arity::{AtLeast, Exactly};
use crate::row::{Family, Group, KeyFlags, KeySpec};

const READS: KeyFlags = KeyFlags::RO.with(KeyFlags::ACCESS);
const UPDATES: KeyFlags = KeyFlags::RW.with(KeyFlags::ACCESS).with(KeyFlags::UPDATE);
const KEY_READ: &[KeySpec] = &[KeySpec::one(1, READS)];
const UNIT_CAME: &[(&str, &str)] = &[("7.0.0", "`BYTE` and `BIT`.")];

/// The bitmap family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::Bitmap,
    rows: &[
        DataRow::read("BITCOUNT", AtLeast(2), count::bitcount)
            .takes("key [start [end [BYTE | BIT]:unit{7.0.0}]:end-unit-block]:range")
            .keys(KEY_READ)
            .since("2.6.0")
            .history(UNIT_CAME)
            .cost("O(N) where N is the length of the range.")
            .does("Counts the bits that are set in a string, or in a range of it."),
        DataRow::write("BITFIELD", AtLeast(2), field::bitfield)
            .takes(
                "key [GET (encoding:string offset):get-block | \
                 ([OVERFLOW <WRAP | SAT | FAIL>:overflow-block] \
                 <SET (encoding:string offset value:integer):set-block | \
                 INCRBY (encoding:string offset increment:integer):incrby-block>\
                 :write-operation):write ...]:operation",
            )
            .keys(&[KeySpec::one(1, UPDATES.with(KeyFlags::VARIABLE_FLAGS))
                .noted("RW and VARIABLE_FLAGS because GET alone only reads")])
            .deny_oom()
            .since("3.2.0")
            .cost("O(1) for each operation.")
            .does("Reads, sets and adds to integers of any width within a string."),
        DataRow::read("BITFIELD_RO", AtLeast(2), field::bitfield_ro)
            .takes("key [GET (encoding:string offset):get-block [GET (encoding:string offset):get-block ...]]")
            .keys(KEY_READ)
            .fast()
            .since("6.0.0")
            .cost("O(1) for each operation.")
            .does("Reads integers of any width within a string."),
        DataRow::write("BITOP", AtLeast(4), op::bitop)
            .takes(
                "<AND | OR | XOR | NOT | DIFF{8.2.0} | DIFF1{8.2.0} | ANDOR{8.2.0} | \
                 ONE{8.2.0}>:operation destkey key [key ...]",
            )
            .keys(&[
                KeySpec::one(2, KeyFlags::OW.with(KeyFlags::UPDATE)),
                KeySpec::range(3, -1, 1, READS),
            ])
            .deny_oom()
            .since("2.6.0")
            .history(&[("8.2.0", "`DIFF`, `DIFF1`, `ANDOR` and `ONE`.")])
            .cost("O(N) where N is the length of all strings together.")
            .does("Combines strings bit by bit and stores the result."),
        DataRow::read("BITPOS", AtLeast(3), count::bitpos)
            .takes("key bit:integer [start [end [BYTE | BIT]:unit{7.0.0}]:end-unit-block]:range")
            .keys(KEY_READ)
            .since("2.8.7")
            .history(UNIT_CAME)
            .cost("O(N) where N is the length of the range.")
            .does("Finds the first bit of a string, or of a range of it, that is set or clear."),
        DataRow::read("GETBIT", Exactly(3), bits::getbit)
            .takes("key offset")
            .keys(KEY_READ)
            .fast()
            .since("2.2.0")
            .cost("O(1)")
            .does("Returns one bit of a string."),
        DataRow::write("SETBIT", Exactly(4), bits::setbit)
            .takes("key offset value:integer")
            .keys(&[KeySpec::one(1, UPDATES)])
            .deny_oom()
            .since("2.2.0")
            .cost("O(1)")
            .does("Sets or clears one bit of a string, which grows as far as needed."),
    ],
};

const _: () = FAMILY.check();
