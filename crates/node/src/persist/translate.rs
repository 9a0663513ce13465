//! Between values of the engine and items of RDB.
//!
//! ```text
//!             save.rs   which type code carries a value, then its items
//!  value ◄──►
//!             load.rs   items into a value that no key has yet
//!  value ──►  commands.rs   commands that make it
//! ```
//! Packed values have the same bytes on both sides and are copied. A value gets the oldest type
//! code that can carry it, so that older servers can read it too.
//!
//! Always true: a value that cannot be loaded as a whole has changed nothing.
//! Not here: bytes — crate `russet-rdb`

mod commands;
mod load;
mod load_stream;
mod save;
mod save_stream;

pub(crate) use commands::Commands;
pub(crate) use load::{Loader, load, new_value};
pub(crate) use save::save;

use russet_engine::StreamId;

/// Why a value cannot be loaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    /// Its bytes are broken.
    #[error("{0}")]
    Bytes(russet_rdb::Error),
    /// Its parts do not go together.
    #[error("parts that do not go together")]
    Parts,
    /// A member or a field is there twice.
    #[error("duplicate elements detected")]
    Twice,
    /// A consumer of a group is there twice.
    #[error("Duplicate stream consumer detected")]
    ConsumerTwice,
}

impl From<russet_rdb::Error> for Refused {
    fn from(error: russet_rdb::Error) -> Self {
        Self::Bytes(error)
    }
}

fn id_of(id: russet_rdb::StreamId) -> StreamId {
    StreamId::new(id.ms, id.seq)
}

fn id_in_rdb(id: StreamId) -> russet_rdb::StreamId {
    russet_rdb::StreamId {
        ms: id.ms,
        seq: id.seq,
    }
}
