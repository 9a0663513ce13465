//! Cursors of scans: where a walk over a large set goes on.
//!
//! ```text
//!  0 ……………………………… 2^48 ……… 2^52 ………………………………………………………………… 2^53
//!  the table of members      integers, from the greatest down
//!                            ≥ 2^50 by 8192 │ each one │ by 8192 < -2^50
//! ```
//! Clients that compute in doubles must keep a cursor exact, so it has 53 bits, while integers have
//! 64. Those near zero have a position each; further out, 8192 neighbours share one and are shown
//! together.
//!
//! Always true: cursors are below 2^53; a greater integer has no later position than a smaller one.
//! Not here: the walk — `paged.rs`.

/// The first cursor of integers: those of the table are below.
pub(super) const INTS: u64 = 1 << 52;

/// How many integers, on either side of zero, have a position of their own.
const EXACT: u64 = 1 << 50;
/// The others share one with those that differ in this number of low bits.
const SHARED_BITS: u32 = 13;
/// Half of the positions.
const HALF: u64 = 1 << 51;

/// The cursor at which an integer is shown.
pub(super) const fn of_int(number: i64) -> u64 {
    let position = match number {
        0.. => HALF - 1 - folded(number.cast_unsigned()),
        _ => HALF + folded((!number).cast_unsigned()),
    };
    INTS + position
}

/// The greatest integer that is shown at a cursor, which may be any number.
pub(super) fn first_int(cursor: u64) -> i64 {
    let position = cursor.saturating_sub(INTS);
    match (HALF - 1).checked_sub(position) {
        // The greatest of a group is the one before the next group.
        Some(folded) => saturated(unfolded(folded + 1) - 1),
        None => !saturated(unfolded((position - HALF).min(HALF))),
    }
}

/// A distance from zero in 51 bits.
const fn folded(distance: u64) -> u64 {
    match distance.checked_sub(EXACT) {
        None => distance,
        Some(beyond) => EXACT + (beyond >> SHARED_BITS),
    }
}

/// The least distance that folds to this.
const fn unfolded(folded: u64) -> u64 {
    match folded.checked_sub(EXACT) {
        None => folded,
        Some(beyond) => EXACT + (beyond << SHARED_BITS),
    }
}

fn saturated(distance: u64) -> i64 {
    i64::try_from(distance).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_are_exact_as_doubles_and_descend_with_the_integers() {
        let near = |n: i64| (-3..=3).map(move |step| n.saturating_add(step));
        let bounds = (0..63).flat_map(|bits| [1_i64 << bits, -(1 << bits)]);
        let mut numbers: Vec<i64> = bounds
            .chain([0, i64::MAX, i64::MIN])
            .flat_map(near)
            .collect();
        numbers.sort_unstable_by(|a, b| b.cmp(a));
        numbers.dedup();
        for pair in numbers.windows(2) {
            let (cursor, next) = (of_int(pair[0]), of_int(pair[1]));
            assert!((INTS..1 << 53).contains(&cursor), "{}", pair[0]);
            assert!(cursor <= next, "{pair:?}");
            let first = first_int(cursor);
            assert!(first >= pair[0] && of_int(first) == cursor, "{}", pair[0]);
            assert!(
                first == i64::MAX || of_int(first + 1) < cursor,
                "{}",
                pair[0]
            );
        }
        assert_ne!(of_int(1 << 50), of_int((1 << 50) - 1));
        assert_eq!(first_int(INTS), i64::MAX);
        assert_eq!(first_int(0), i64::MAX);
        assert_eq!(first_int(u64::MAX), i64::MIN);
    }
}
