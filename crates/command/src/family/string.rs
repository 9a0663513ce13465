//! Commands of the string family.

use crate::ctx::Handler;
use crate::row::{Family, Group};

/// The string family.
pub const FAMILY: Family<Handler> = Family { group: Group::String, rows: &[] };
