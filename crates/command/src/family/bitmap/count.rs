//! Counting and finding bits: BITCOUNT, BITPOS.
//!
//! Always true: arguments are checked before the key is looked up.

use russet_engine::Touch;
use russet_resp::Args;

use super::kernel;
use super::range::{Range, Unit};
use crate::args::integer;
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// `BITCOUNT key [start [end [BYTE | BIT]]]`.
///
/// COMPAT: Valkey takes a start alone.
pub(super) fn bitcount(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let range = match args.len() {
        2 => Range::ALL,
        3..=5 => {
            let start = integer(&args[2])?;
            let end = args.get(3).map(integer).transpose()?;
            let unit = args.get(4).map_or(Ok(Unit::Byte), Unit::read)?;
            Range { start, end, unit }
        }
        _ => return Err(CommandError::Syntax),
    };
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read(key, Touch::Yes) else {
        cx.reply.integer(0);
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let bytes = value.string()?.as_bytes();
    // COMPAT: two positions before the string are compared as they are, unlike in BITPOS.
    let bits = (!range.is_reversed()).then(|| range.bits(bytes.len()));
    let count = bits.flatten().map_or(0, |bits| count_bits(&bytes, bits));
    cx.reply.integer(i64::try_from(count).unwrap_or(i64::MAX));
    Ok(Flow::Done)
}

/// `BITPOS key bit [start [end [BYTE | BIT]]]`.
pub(super) fn bitpos(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let bit = match integer(&args[2])? {
        0 => false,
        1 => true,
        _ => return Err(CommandError::BitArgument),
    };
    let range = match args.len() {
        3 => Range::ALL,
        4..=6 => {
            let start = integer(&args[3])?;
            let unit = args.get(5).map_or(Ok(Unit::Byte), Unit::read)?;
            let end = args.get(4).map(integer).transpose()?;
            Range { start, end, unit }
        }
        _ => return Err(CommandError::Syntax),
    };
    let key = &args[1];
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read(key, Touch::Yes) else {
        cx.reply.integer(if bit { -1 } else { 0 });
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let bytes = value.string()?.as_bytes();
    let found = range
        .bits(bytes.len())
        .map(|bits| find_bit(&bytes, bits, bit));
    let at = match found {
        None => -1,
        Some(Some(at)) => i64::try_from(at).unwrap_or(i64::MAX),
        // A string is followed by zeros without end, unless the range has an end.
        Some(None) if !bit && range.end.is_none() => i64::try_from(bytes.len())
            .unwrap_or(i64::MAX)
            .saturating_mul(8),
        Some(None) => -1,
    };
    cx.reply.integer(at);
    Ok(Flow::Done)
}

/// Bytes that are whole within two bits, and the masked bytes at either end.
struct Parts {
    first: usize,
    last: usize,
    head: u8,
    tail: u8,
}

impl Parts {
    fn new((start, end): (u64, u64)) -> Self {
        Self {
            // The bits are within a slice, so their bytes have indexes.
            first: (start >> 3) as usize,
            last: (end >> 3) as usize,
            head: 0xff >> (start & 7),
            tail: 0xff << (7 - (end & 7)),
        }
    }
}

fn count_bits(bytes: &[u8], bits: (u64, u64)) -> u64 {
    let Parts {
        first,
        last,
        head,
        tail,
    } = Parts::new(bits);
    let beyond = u64::from((bytes[first] & !head).count_ones())
        + u64::from((bytes[last] & !tail).count_ones());
    kernel::count(&bytes[first..=last]) - beyond
}

fn find_bit(bytes: &[u8], bits: (u64, u64), bit: bool) -> Option<u64> {
    let Parts {
        first,
        last,
        head,
        tail,
    } = Parts::new(bits);
    let plain = if bit { 0x00 } else { 0xff };
    let in_byte = |at: usize, mask: u8| {
        let found = (bytes[at] ^ plain) & mask;
        (found != 0).then(|| (at as u64) << 3 | u64::from(found.leading_zeros()))
    };
    if first == last {
        return in_byte(first, head & tail);
    }
    in_byte(first, head)
        .or_else(|| {
            let within = kernel::first_bit(&bytes[first + 1..last], bit)?;
            Some((first as u64 + 1) * 8 + within)
        })
        .or_else(|| in_byte(last, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_within_a_range_are_counted_and_found_like_one_by_one() {
        let bytes: Vec<u8> = [0x00, 0xff, 0x10, 0x00, 0x00, 0xf0, 0xff, 0x01].repeat(3);
        let bit_at = |at: u64| bytes[(at / 8) as usize] >> (7 - at % 8) & 1 == 1;
        let total = bytes.len() as u64 * 8;
        for start in 0..total {
            for end in start..total {
                let ones = (start..=end).filter(|at| bit_at(*at)).count() as u64;
                assert_eq!(count_bits(&bytes, (start, end)), ones, "{start} {end}");
                for bit in [false, true] {
                    let first = (start..=end).find(|at| bit_at(*at) == bit);
                    assert_eq!(find_bit(&bytes, (start, end), bit), first, "{start} {end}");
                }
            }
        }
    }
}
