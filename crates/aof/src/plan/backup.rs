//! The mark of files that are there for a backup alone.
//!
//! ```text
//!  mark ─► base, increment, manifest ─┬─ the backup ends ─► all are removed, the mark at last
//!                                     ├─ a crash ─► the next start removes them in the same way
//!                                     └─ appending is turned on ─► unmark: they hold the data now
//! ```
//! Always true: a file of a backup alone is there only while the mark is.
//! Always true: nothing counts as safe in marked files.
//! Not here: removing them — the caller

use super::{Step, prepare};
use crate::layout::Layout;

/// The steps before the first file of a backup is written to a directory without append-only files,
/// or with marked ones. A mark that is there is never replaced: it would be gone in between.
#[must_use]
pub fn mark_backup(layout: &Layout) -> Vec<Step> {
    let mut steps = prepare();
    steps.extend([Step::Touch(layout.backup_mark()), Step::SyncDir]);
    steps
}

/// The steps after which the files are those of the server.
#[must_use]
pub fn unmark_backup(layout: &Layout) -> Vec<Step> {
    vec![Step::Remove(layout.backup_mark()), Step::SyncDir]
}
