//! Play: the seed of a scenario, and the record of its run.

use russet_base::Rng;

use crate::record::Record;

/// The seed of a scenario, and the record of its run.
pub struct Play {
    /// The seed's chance.
    pub rng: Rng,
    /// Where everything is noted.
    pub record: Record,
}
