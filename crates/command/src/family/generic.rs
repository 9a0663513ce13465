//! Commands of the generic family.

use crate::ctx::Handler;
use crate::row::{Family, Group};

/// The generic family.
pub const FAMILY: Family<Handler> = Family { group: Group::Generic, rows: &[] };
