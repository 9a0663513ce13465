//! Intersection, union and difference of sets.
//!
//! Always true: members come in the order of the set that is walked; none comes twice.
//! Not here: keys and replies — `combine.rs`.

use russet_engine::{Encoding, Member, NewSet, SetRef};
use smallvec::SmallVec;

/// The sets of some keys, in their order; nothing for a key that does not exist.
pub(super) type Sets<'a> = SmallVec<[Option<SetRef<'a>>; 8]>;

/// Shows the members that all sets have, until `show` says that it has seen enough.
///
/// The smallest set is walked, and the others are asked, the smallest first.
pub(super) fn intersect<'a>(sets: &Sets<'a>, mut show: impl FnMut(Member<'a>) -> bool) {
    let Some((smallest, others)) = by_size(sets) else {
        return;
    };
    for member in smallest.iter() {
        if others.iter().all(|set| set.has(member)) && !show(member) {
            return;
        }
    }
}

/// The smallest set and the others in the order of their sizes; nothing if one is empty.
fn by_size<'a>(sets: &Sets<'a>) -> Option<(SetRef<'a>, SmallVec<[SetRef<'a>; 8]>)> {
    let mut sorted: SmallVec<[SetRef<'a>; 8]> = sets.iter().copied().collect::<Option<_>>()?;
    sorted.sort_by_key(SetRef::len);
    let smallest = *sorted.first()?;
    sorted.remove(0);
    Some((smallest, sorted))
}

/// In which encoding an intersection that is stored begins.
pub(super) fn intersection_begins(sets: &Sets<'_>) -> Encoding {
    match by_size(sets) {
        Some((smallest, _)) if smallest.encoding() == Encoding::Intset => Encoding::Intset,
        _ => Encoding::Listpack,
    }
}

/// In which encoding a union or difference that is not stored begins: a table, unless all sets
/// are integers.
pub(super) fn result_begins(sets: &Sets<'_>) -> Encoding {
    let mut present = sets.iter().flatten();
    match present.all(|set| set.encoding() == Encoding::Intset) {
        true => Encoding::Intset,
        false => Encoding::Hashtable,
    }
}

/// Adds the members of all sets to a result, until it has `limit` members.
pub(super) fn unite(sets: &Sets<'_>, result: &mut NewSet, limit: usize) {
    let mut len = 0;
    for member in sets.iter().flatten().flat_map(SetRef::iter) {
        len += usize::from(result.add(member));
        if len >= limit {
            return;
        }
    }
}

/// How the members are found that the first set has and the others have not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subtraction {
    /// The first set is walked, and the others are asked.
    Ask,
    /// The members of the others are removed from a copy of the first.
    Remove,
}

impl Subtraction {
    /// The cheaper way.
    pub(super) fn of(sets: &Sets<'_>) -> Self {
        let first = sets.first().copied().flatten().map_or(0, |set| set.len());
        let lens = || sets.iter().flatten().map(SetRef::len);
        // Asking often ends at the first set that has the member, so it counts half.
        let asked = first.saturating_mul(lens().count()) / 2;
        match asked <= lens().sum() {
            true => Self::Ask,
            false => Self::Remove,
        }
    }
}

/// Shows the members of the first set that no other has, until `show` has seen enough.
pub(super) fn subtract_asking<'a>(sets: &Sets<'a>, mut show: impl FnMut(Member<'a>) -> bool) {
    let Some(Some(first)) = sets.first() else {
        return;
    };
    // The largest first: it is the likeliest to have a member.
    let mut others: SmallVec<[SetRef<'a>; 8]> = sets[1..].iter().flatten().copied().collect();
    others.sort_by_key(|set| std::cmp::Reverse(set.len()));
    for member in first.iter() {
        if !others.iter().any(|set| set.has(member)) && !show(member) {
            return;
        }
    }
}

/// Makes a result the members of the first set that no other has.
pub(super) fn subtract_removing(sets: &Sets<'_>, result: &mut NewSet) {
    let Some(Some(first)) = sets.first() else {
        return;
    };
    first.iter().for_each(|member| {
        result.add(member);
    });
    for member in sets[1..].iter().flatten().flat_map(SetRef::iter) {
        if result.remove(member) && result.is_empty() {
            return;
        }
    }
}
