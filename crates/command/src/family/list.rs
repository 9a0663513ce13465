//! Commands of lists.

use crate::ctx::Handler;
use crate::row::{Family, Group};

/// The rows of the family.
pub const FAMILY: Family<Handler> = Family {
    group: Group::List,
    rows: &[],
};

const _: () = FAMILY.check();
