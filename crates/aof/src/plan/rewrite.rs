//! The plans of a server that writes: its increment, rewrites, and what is left of them.
//!
//! ```text
//!   begin_rewrite   create incr 2 · sync dir
//!   Further::list   [the server writes to incr 2] · sync incr 1 · save: the size of incr 1
//!   (snapshot)      the data of that moment is written to the temp base, and synced
//!   finish_rewrite  rename temp base · sync dir · save: base 2, incr 2; base 1, incr 1 are history
//!   clean           remove base 1, incr 1 · save
//! ```
//! An increment is synced before the next one is listed: only the last file may end early, so the
//! one before it must be whole by then. What is written to a new increment counts as safe only when
//! the plan that lists it has been carried out.
//!
//! Always true: a plan takes a manifest and returns another; the caller keeps the first until all
//! steps are done.
//! Not here: the text of a manifest — `manifest/text.rs`

use thiserror::Error;

use super::{Step, save};
use crate::layout::{BaseFormat, FileName, Layout};
use crate::manifest::{Keep, Manifest, NumbersUsedUp, Part, Units};

/// A manifest, and the steps that lead to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The manifest when all steps are done.
    pub manifest: Manifest,
    /// The steps.
    pub steps: Vec<Step>,
}

/// An increment behind the others, which is listed once nothing is appended to the last one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Further {
    /// The manifest that will list it.
    pub manifest: Manifest,
    /// The steps that create it.
    pub steps: Vec<Step>,
}

impl Further {
    /// Lists it. `size` is that of the increment before, to which nothing is appended any more;
    /// with it, a file that lacks units at its end is found. What is written to the new one counts
    /// as safe when all steps are done.
    #[must_use]
    pub fn list(self, layout: &Layout, size: Option<u64>) -> Change {
        let mut manifest = self.manifest;
        manifest.note_size(size);
        let old = manifest.incrs().iter().rev().nth(1);
        let mut steps: Vec<Step> = old
            .map(|old| Step::Sync(old.name.clone()))
            .into_iter()
            .collect();
        steps.extend(save(layout, &manifest));
        Change { manifest, steps }
    }
}

/// A base that was written and synced as [`Layout::temp_base`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NewBase {
    /// Its format.
    pub format: BaseFormat,
    /// Its size in bytes, if that is to be listed.
    pub size: Option<u64>,
}

/// An increment that no manifest lists yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Apart {
    /// Its future entry in the manifest: the number for its check lines.
    pub part: Part,
    /// The name it has until then.
    pub temp: FileName,
    /// The steps that create it.
    pub steps: Vec<Step>,
}

/// The place that takes changes while a base is being written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Growing {
    /// The last increment of the manifest, which [`begin_rewrite`] has added.
    Listed,
    /// The increment that [`begin_apart`] has created.
    Apart(Part),
    /// A new increment, to be created: nothing has changed since the base was written.
    New {
        /// How its units are protected.
        units: Units,
        /// The replication offset at its beginning, if it is to be noted.
        start_offset: Option<i64>,
    },
    /// Nothing: changes are not written.
    Nothing,
}

/// Why a rewrite cannot be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RewriteError {
    /// There is no further number.
    #[error(transparent)]
    Numbers(#[from] NumbersUsedUp),
    /// The number that an increment was created with has been given to another.
    #[error("the number of the increment has been given to another file")]
    Taken,
    /// The manifest has no increment that could take changes.
    #[error("no increment is listed")]
    NoIncrement,
}

/// The steps before any file is written for the first time.
#[must_use]
pub fn prepare() -> Vec<Step> {
    vec![Step::CreateDir, Step::SyncParent]
}

/// Goes on with the last increment, or adds one when there is none that protects units in this way.
/// The last increment of the result is the one to write to, at its end. It was loaded, so it is
/// whole; its size, if that is known, is listed when another one follows it. It is synced, and so
/// are the names: a process that died may have left both in memory only, and what was loaded must
/// not be lost afterwards.
///
/// # Errors
/// When there is no further number.
pub fn open(
    layout: &Layout,
    manifest: &Manifest,
    units: Units,
    size: Option<u64>,
) -> Result<Change, NumbersUsedUp> {
    if let Some(last) = manifest.last_incr().filter(|last| last.units == units) {
        return Ok(Change {
            manifest: manifest.clone(),
            steps: vec![Step::Sync(last.name.clone()), Step::SyncDir],
        });
    }
    let further = begin_rewrite(layout, manifest, units, None)?;
    let create = further.steps.clone();
    let mut change = further.list(layout, size);
    change.steps.splice(..0, create);
    Ok(change)
}

/// Adds an increment. The caller writes to it as soon as it has been created, and then has it
/// listed.
///
/// # Errors
/// When there is no further number.
pub fn begin_rewrite(
    layout: &Layout,
    manifest: &Manifest,
    units: Units,
    start_offset: Option<i64>,
) -> Result<Further, NumbersUsedUp> {
    let mut next = manifest.clone();
    let name = next.add_incr(layout, units)?.name.clone();
    if let Some(part) = next.last_incr_mut() {
        part.start_offset = start_offset;
    }
    Ok(Further {
        manifest: next,
        steps: vec![Step::Create(name), Step::SyncDir],
    })
}

/// Creates an increment that is listed together with the base that is being written: when writing
/// is turned on, or after an increment could not be synced.
///
/// # Errors
/// When there is no further number.
pub fn begin_apart(
    layout: &Layout,
    manifest: &Manifest,
    units: Units,
    start_offset: Option<i64>,
) -> Result<Apart, NumbersUsedUp> {
    let mut part = manifest.clone().add_incr(layout, units)?.clone();
    part.start_offset = start_offset;
    let temp = layout.temp_incr();
    let mut steps = prepare();
    steps.push(Step::Create(temp.clone()));
    Ok(Apart { part, temp, steps })
}

/// Lists a base, and makes all that it replaces history.
///
/// # Errors
/// When there is no further number, or not the increment that `growing` names.
pub fn finish_rewrite(
    layout: &Layout,
    manifest: &Manifest,
    base: NewBase,
    growing: Growing,
) -> Result<Change, RewriteError> {
    let mut next = manifest.clone();
    let part = next.add_base(layout, base.format)?;
    part.size = base.size;
    let base = part.name.clone();
    let mut steps = vec![Step::Rename {
        from: layout.temp_base(),
        to: base,
    }];
    let keep = match growing {
        Growing::Nothing => Keep::Nothing,
        Growing::Listed if next.incrs().is_empty() => return Err(RewriteError::NoIncrement),
        Growing::Listed => Keep::Last,
        Growing::Apart(part) => {
            let temp = layout.temp_incr();
            steps.push(Step::Sync(temp.clone()));
            steps.push(Step::Rename {
                from: temp,
                to: part.name.clone(),
            });
            next.list_incr(part).map_err(|_| RewriteError::Taken)?;
            Keep::Last
        }
        Growing::New {
            units,
            start_offset,
        } => {
            steps.push(Step::Create(next.add_incr(layout, units)?.name.clone()));
            if let Some(part) = next.last_incr_mut() {
                part.start_offset = start_offset;
            }
            Keep::Last
        }
    };
    next.retire_incrs(keep);
    steps.push(Step::SyncDir);
    steps.extend(save(layout, &next));
    Ok(Change {
        manifest: next,
        steps,
    })
}

/// Removes the history. `None` when there is none.
#[must_use]
pub fn clean(layout: &Layout, manifest: &Manifest) -> Option<Change> {
    if manifest.history().is_empty() {
        return None;
    }
    let mut next = manifest.clone();
    let history = next.take_history();
    let mut steps: Vec<Step> = history
        .into_iter()
        .map(|part| Step::Remove(part.name))
        .collect();
    steps.extend(save(layout, &next));
    Some(Change {
        manifest: next,
        steps,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_is_removed_and_then_is_not_listed() {
        let layout = Layout::new(FileName::new("a").unwrap()).unwrap();
        let text = b"file a.2.base.rdb seq 2 type b\nfile a.1.base.rdb seq 1 type h\n";
        let manifest = Manifest::parse(text).unwrap();
        let change = clean(&layout, &manifest).unwrap();
        let removed = FileName::new("a.1.base.rdb").unwrap();
        assert_eq!(change.steps[0], Step::Remove(removed));
        assert!(change.manifest.history().is_empty());
        assert_eq!(change.manifest.files().count(), 1);
        assert_eq!(clean(&layout, &change.manifest), None);
    }
}
