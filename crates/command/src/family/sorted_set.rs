//! Commands of sorted_sets.

use crate::ctx::Handler;
use crate::row::{Family, Group};

/// The rows of the family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::SortedSet,
    rows: &[],
};

const _: () = FAMILY.check();
