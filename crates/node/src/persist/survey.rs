//! The survey of a start: which files there are, what is removed of them, and what is loaded.
//!
//! ```text
//!  dumps of ended processes are removed ─► files of a backup alone are removed
//!    ─► the manifest is read ─► plan::load ─► upgrade ─► temporary files are removed
//!    ─► the manifest of preload-file is read
//! ```
//! Always true: a file is removed only if its name, or a mark, says that it is unfinished.
//! Always true: nothing is changed where the files of `preload-file` are.
//! Not here: reading the files — `loading.rs`

use std::io::ErrorKind;

use russet_aof::plan::{self, Directory, Found, LoadError, LoadPlan};
use russet_aof::{FileName, Layout, Manifest};
use russet_io::{Disk, Entry, Failure, FileOp, FileReply, OpenHow, Step, Task};

use super::preload::Preload;
use super::steps::Place;
use super::sweep::{Sweep, list};

/// Looks for files at the start of the server, and puts them in order.
pub(crate) struct Survey {
    pub place: Place,
    /// Whether the append-only file is to be loaded. If not, only its manifest is read.
    pub takes_over: bool,
    /// Whether its manifest must be there.
    pub is_required: bool,
    /// The file that `preload-file` names, if any, which is loaded instead.
    pub preload: Option<Preload>,
    /// The name of the dump, which stays whatever it is called.
    pub dump: String,
    /// The number of this process.
    pub process: u32,
    /// Whether there is a process of this number; without it there is no other.
    pub is_alive: Option<fn(u32) -> bool>,
}

/// The end of [`Survey`].
pub(crate) struct Surveyed {
    pub plan: LoadPlan,
    /// Whether the mark of a backup is there that could not be removed.
    pub is_marked: bool,
    /// The files to load instead of those of the plan.
    pub preload: Option<LoadPlan>,
}

impl Survey {
    fn survey(&mut self, disk: &mut dyn Disk) -> Result<Surveyed, Failure> {
        let mut surveyed = self.survey_own(disk)?;
        if let Some(Preload::Manifest { dir, name }) = &self.preload {
            let dir = dir.clone();
            let mut place = Place {
                dir,
                ..self.place.clone()
            };
            surveyed.preload = Some(read_manifest(disk, &mut place, name)?);
        }
        Ok(surveyed)
    }

    fn survey_own(&mut self, disk: &mut dyn Disk) -> Result<Surveyed, Failure> {
        let above = match disk.perform(FileOp::List(".".to_owned())) {
            Ok(FileReply::Entries(entries)) => entries,
            Err(failure) if self.takes_over => return Err(failure),
            _ => Vec::new(),
        };
        let above: Vec<Found> = above.into_iter().filter_map(found).collect();
        let left: Vec<&Found> = above
            .iter()
            .filter(|found| self.is_left(&found.name))
            .collect();
        for left in left {
            // Whatever prevents this prevents nothing else.
            let _ = sweep(&mut self.place, disk, &left.name);
        }
        let place = &mut self.place;
        let listed = match disk.perform(FileOp::List(place.dir.clone())) {
            Ok(FileReply::Entries(entries)) => entries,
            Ok(_) => Vec::new(),
            Err(failure) if failure.kind == ErrorKind::NotFound => Vec::new(),
            Err(failure) => return Err(failure),
        };
        let folders = folders(&listed);
        let mut files: Vec<Found> = listed.into_iter().filter_map(found).collect();
        let mark = place.layout.backup_mark();
        if files.iter().any(|found| found.name == mark.as_str()) {
            match Sweep::aof(place.dir.clone(), &place.layout).run(disk) {
                Err(failure) if self.takes_over => return Err(failure),
                Err(_) => return Ok(Surveyed::nothing(Manifest::default(), true)),
                // What is left is none of an append-only file.
                Ok(()) => files.clear(),
            }
        }
        let manifest = self.read_own(disk, &files, &folders)?;
        if !self.takes_over {
            let manifest =
                manifest.map_or_else(|| Ok(Manifest::default()), |text| Manifest::parse(&text));
            let manifest = manifest.map_err(invalid)?;
            return Ok(Surveyed::nothing(manifest, false));
        }
        let place = &mut self.place;
        let stem = place.layout.stem().as_str();
        let old_file = above.iter().find(|found| found.name == stem);
        let directory = Directory {
            files: &files,
            manifest: manifest.as_deref(),
            old_file: old_file.map(|found| found.size),
        };
        let plan = plan_load(&place.layout, &directory, &folders)?;
        for step in &plan.upgrade {
            place.perform(disk, step)?;
        }
        for name in &plan.temporary {
            place.perform(disk, &plan::Step::Remove(name.clone()))?;
        }
        Ok(Surveyed {
            plan,
            is_marked: false,
            preload: None,
        })
    }

    /// Reads the manifest, if it is there.
    fn read_own(
        &mut self,
        disk: &mut dyn Disk,
        files: &[Found],
        folders: &[String],
    ) -> Result<Option<Vec<u8>>, Failure> {
        let name = self.place.layout.manifest();
        if folders.iter().any(|folder| folder == name.as_str()) {
            return Err(invalid(format!("{name} is a directory")));
        }
        if files.iter().any(|found| found.name == name.as_str()) {
            let path = self.place.path(&name);
            return self.place.read_all(disk, path).map(Some);
        }
        if self.is_required {
            let text = format!("{name}: No such file or directory");
            return Err(Failure::new(ErrorKind::NotFound, text));
        }
        Ok(None)
    }

    /// Whether this is the unfinished dump of a process that has ended: `temp-PID.rdb` or
    /// `temp-PID.N.rdb`.
    fn is_left(&self, name: &str) -> bool {
        let name_is_free = name != self.dump;
        let name = name
            .strip_prefix("temp-")
            .and_then(|rest| rest.strip_suffix(".rdb"));
        let process = name.map(|rest| rest.split_once('.').map_or(rest, |(process, _)| process));
        let Some(process) = process.and_then(|digits| digits.parse().ok()) else {
            return false;
        };
        name_is_free
            && (process == self.process || !self.is_alive.is_some_and(|is_alive| is_alive(process)))
    }
}

impl Surveyed {
    fn nothing(manifest: Manifest, is_marked: bool) -> Self {
        Self {
            plan: LoadPlan::nothing(manifest),
            is_marked,
            preload: None,
        }
    }
}

fn found(entry: Entry) -> Option<Found> {
    (!entry.is_dir).then_some(Found {
        name: entry.name,
        size: entry.size,
    })
}

/// The names of directories, which nothing is loaded from.
fn folders(entries: &[Entry]) -> Vec<String> {
    let folders = entries.iter().filter(|entry| entry.is_dir);
    folders.map(|entry| entry.name.clone()).collect()
}

/// Plans the start; a file that is a directory is refused by that name.
fn plan_load(
    layout: &Layout,
    directory: &Directory<'_>,
    folders: &[String],
) -> Result<LoadPlan, Failure> {
    plan::load(layout, directory).map_err(|error| match error {
        LoadError::Missing(name) if folders.iter().any(|folder| folder == name.as_str()) => {
            let text = format!("the AOF file {name} is listed in the manifest: Is a directory");
            invalid(text)
        }
        error => invalid(error),
    })
}

fn invalid(error: impl std::fmt::Display) -> Failure {
    Failure::new(ErrorKind::InvalidData, error.to_string())
}

impl Task for Survey {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        match self.survey(disk) {
            Ok(surveyed) => Step::Finished(Box::new(surveyed)),
            Err(failure) => Step::Failed(failure),
        }
    }
}

/// Removes a temporary file, unless another server writes it: that one has locked it.
fn sweep(place: &mut Place, disk: &mut dyn Disk, name: &str) -> Result<(), Failure> {
    let file = place.open(disk, name.to_owned(), OpenHow::Append)?;
    let locked = disk.perform(FileOp::Lock(file));
    if locked.is_ok() {
        disk.perform(FileOp::Remove(name.to_owned()))?;
    }
    disk.perform(FileOp::Close(file)).map(drop)
}

/// Reads a manifest and finds its files, none of which is changed.
fn read_manifest(
    disk: &mut dyn Disk,
    place: &mut Place,
    name: &FileName,
) -> Result<LoadPlan, Failure> {
    let text = place.read_all(disk, place.path(name))?;
    let entries = list(disk, &place.dir)?;
    let folders = folders(&entries);
    let files: Vec<_> = entries.into_iter().filter_map(found).collect();
    let directory = Directory {
        files: &files,
        manifest: Some(&text),
        old_file: None,
    };
    let plan = plan_load(&place.layout, &directory, &folders)?;
    match plan.files.is_empty() {
        true => Err(invalid(format!("{name} lists no file to load"))),
        false => Ok(plan),
    }
}

#[cfg(test)]
mod tests {
    use russet_io::{FileId, MemoryDisk};

    use super::*;

    fn survey() -> Survey {
        let place = Place {
            layout: Layout::default(),
            dir: "appendonlydir".to_owned(),
            files: FileId(1),
        };
        Survey {
            place,
            takes_over: false,
            is_required: false,
            preload: None,
            dump: "dump.rdb".to_owned(),
            process: 7,
            is_alive: Some(|process| process < 9),
        }
    }

    #[test]
    fn dumps_of_this_process_and_of_those_that_have_ended_are_removed() {
        let mut disk = MemoryDisk::new("/data");
        for name in ["temp-7.rdb", "temp-8.rdb", "temp-9.rdb", "temp-9.2.rdb"] {
            disk.put(name, b"x");
        }
        let mut survey = survey();
        assert!(matches!(survey.step(&mut disk), Step::Finished(_)));
        let left = list(&mut disk, ".").expect("the directory is there");
        let left: Vec<_> = left.into_iter().map(|entry| entry.name).collect();
        assert_eq!(left, ["temp-8.rdb"], "another server writes it");
    }

    #[test]
    fn a_directory_in_place_of_a_file_is_called_one() {
        const MANIFEST: &str = "appendonly.aof.manifest";
        let listed = "appendonly.aof.1.incr.aof";
        for (name, text) in [
            (MANIFEST, "appendonly.aof.manifest is a directory"),
            (
                listed,
                "the AOF file appendonly.aof.1.incr.aof is listed in the manifest: Is a directory",
            ),
        ] {
            let mut disk = MemoryDisk::new("/data");
            if name == listed {
                let manifest = format!("file {listed} seq 1 type i\n");
                disk.put(&format!("appendonlydir/{MANIFEST}"), manifest.as_bytes());
            }
            disk.put(&format!("appendonlydir/{name}/x"), b"");
            let mut survey = Survey {
                takes_over: true,
                ..survey()
            };
            match survey.step(&mut disk) {
                Step::Failed(failure) => assert_eq!(failure.text, text),
                _ => panic!("{name} is a directory"),
            }
        }
    }
}
