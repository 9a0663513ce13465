//! Plans: which steps on which files, in which order, so that a crash between any two loses
//! nothing.
//!
//! ```text
//!  start     load(directory) ─► upgrade steps, files to load, files left behind
//!            cut(last file)     ─► keep the tail aside, then cut
//!            open(manifest)     ─► the increment to go on with, or a new one
//!  rewrite   begin_rewrite      ─► a new increment is listed     snapshot ─► temp base, synced
//!            finish_rewrite     ─► a new base is listed, the rest is history
//!            clean              ─► history is removed
//! ```
//! Whoever has a disk performs the steps, each after the one before is done. A plan that was not
//! carried out to its end changes nothing: the manifest on the disk still names whole files, and
//! the next plan begins with what is there.
//!
//! Always true: a manifest that names a file is renamed into place after the directory with that
//! file was synced.
//! Always true: a file is removed after the manifest that does not need it was synced.
//! Not here: performing steps — the caller

mod backup;
mod cut;
mod load;
mod rewrite;

pub use backup::{mark_backup, unmark_backup};
pub use cut::{Cut, TailScan, cut};
pub use load::{Directory, FileToLoad, Found, LoadError, LoadPlan, Role, load};
pub use rewrite::{
    Apart, Change, Further, Growing, NewBase, RewriteError, begin_apart, begin_rewrite, clean,
    finish_rewrite, open, prepare,
};

use crate::layout::{FileName, Layout};
use crate::manifest::Manifest;

/// One step on files. Names without a word about their place are in the append-only directory.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Creates the append-only directory; one that is there is no error.
    CreateDir,
    /// Syncs the directory that holds the append-only directory.
    SyncParent,
    /// Syncs the append-only directory.
    SyncDir,
    /// Creates a file, or empties it.
    Create(FileName),
    /// Creates a file, or leaves the one that is there.
    Touch(FileName),
    /// Creates a file with these contents, or replaces what it holds.
    Write {
        /// The file.
        name: FileName,
        /// All of its contents.
        bytes: Vec<u8>,
    },
    /// Syncs a file.
    Sync(FileName),
    /// Gives a file another name, replacing what has that name.
    Rename {
        /// The name it has.
        from: FileName,
        /// The name it gets.
        to: FileName,
    },
    /// Moves a file of this name from the directory above into the append-only directory.
    Adopt(FileName),
    /// Removes a file; one that is not there is no error.
    Remove(FileName),
    /// Copies a file from an offset to its end into a new file.
    CopyTail {
        /// The file.
        from: FileName,
        /// The offset.
        at: u64,
        /// The new file.
        to: FileName,
    },
    /// Cuts a file off.
    Cut {
        /// The file.
        name: FileName,
        /// Its size afterwards.
        size: u64,
    },
}

/// The steps that put a manifest on the disk. All files it names must be there already.
#[must_use]
pub fn save(layout: &Layout, manifest: &Manifest) -> Vec<Step> {
    let (temp, name) = (layout.temp_manifest(), layout.manifest());
    vec![
        Step::Write {
            name: temp.clone(),
            bytes: manifest.to_text(),
        },
        Step::Sync(temp.clone()),
        Step::Rename {
            from: temp,
            to: name,
        },
        Step::SyncDir,
    ]
}
