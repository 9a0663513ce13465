//! Plans under crashes: after every step, whatever of the unsynced survives, the safe is loaded.
//!
//! ```text
//!  data: one byte a change. A base file holds all bytes so far, an increment those since.
//!  safe: bytes that were synced while a carried-out plan lists their file
//! ```
//! Always true: the bytes that are loaded begin with the safe ones, and are a beginning of all.

use proptest::prelude::*;
use russet_aof::plan::{self, Change, Growing, LoadError, NewBase, Role, Step};
use russet_aof::{BaseFormat, FileName, Layout, Manifest, Units};

use crate::disk::Disk;

fn layout() -> Layout {
    Layout::new(FileName::new("appendonly.aof").expect("a name")).expect("a short name")
}

/// A server that writes bytes, as far as files are concerned.
struct Server<'a> {
    layout: Layout,
    disk: Disk,
    manifest: Manifest,
    /// The file that takes changes, unless nothing does.
    incr: Option<FileName>,
    /// All changes, and how many of them are safe.
    data: Vec<u8>,
    safe: usize,
    crash: &'a mut dyn FnMut(&Disk, &[u8], usize),
}

impl Server<'_> {
    fn perform(&mut self, steps: &[Step]) {
        for step in steps {
            self.disk.perform(step);
            (self.crash)(&self.disk, &self.data, self.safe);
        }
    }

    fn write(&mut self) {
        let byte = b'a' + (self.data.len() % 26) as u8;
        self.data.push(byte);
        if let Some(incr) = &self.incr {
            self.disk.append(incr, &[byte]);
        }
        (self.crash)(&self.disk, &self.data, self.safe);
    }

    /// Writes a change and syncs it.
    fn write_safely(&mut self) {
        self.write();
        if let Some(incr) = self.incr.clone() {
            self.perform(&[Step::Sync(incr)]);
            self.safe = self.data.len();
        }
    }

    fn snapshot(&mut self, bytes: &[u8]) {
        let temp = self.layout.temp_base();
        let write = Step::Write {
            name: temp.clone(),
            bytes: bytes.to_vec(),
        };
        self.perform(&[write, Step::Sync(temp)]);
    }

    fn finish(&mut self, growing: Growing) {
        let size = Some(self.disk.read(&self.layout.temp_base()).len() as u64);
        let format = BaseFormat::Rdb;
        let base = NewBase { format, size };
        let change =
            plan::finish_rewrite(&self.layout, &self.manifest, base, growing).expect("numbers");
        self.carry_out(change);
    }

    fn carry_out(&mut self, change: Change) {
        self.perform(&change.steps);
        self.manifest = change.manifest;
    }

    fn last(&self) -> Option<FileName> {
        self.manifest.last_incr().map(|part| part.name.clone())
    }

    fn start_empty(&mut self) {
        self.perform(&plan::prepare());
        let snapshot = self.data.clone();
        self.snapshot(&snapshot);
        let units = Units::Checked;
        self.finish(Growing::New {
            units,
            start_offset: None,
        });
        self.incr = self.last();
    }

    fn rewrite(&mut self) {
        self.write();
        let units = Units::Checked;
        let further =
            plan::begin_rewrite(&self.layout, &self.manifest, units, Some(7)).expect("numbers");
        // Writing goes to the new file as soon as it is there, and is not safe until it is listed.
        self.perform(&further.steps);
        let snapshot = self.data.clone();
        let size = self.last().map(|last| self.disk.read(&last).len() as u64);
        self.incr = further.manifest.last_incr().map(|part| part.name.clone());
        self.write();
        self.carry_out(further.list(&self.layout, size));
        self.write_safely();
        self.snapshot(&snapshot);
        self.write();
        self.finish(Growing::Listed);
        self.write_safely();
        if let Some(change) = plan::clean(&self.layout, &self.manifest) {
            self.carry_out(change);
        }
        self.write_safely();
    }

    fn turn_off_and_on(&mut self) {
        self.incr = None;
        self.write();
        self.write();
        let apart =
            plan::begin_apart(&self.layout, &self.manifest, Units::Plain, None).expect("numbers");
        self.perform(&apart.steps);
        let snapshot = self.data.clone();
        self.incr = Some(apart.temp);
        self.write();
        self.snapshot(&snapshot);
        self.write();
        self.finish(Growing::Apart(apart.part));
        self.safe = self.data.len();
        self.incr = self.last();
        self.write_safely();
    }

    fn rewrite_while_off(&mut self) {
        self.incr = None;
        let snapshot = self.data.clone();
        self.snapshot(&snapshot);
        self.finish(Growing::Nothing);
        self.safe = self.data.len();
        let change = plan::open(&self.layout, &self.manifest, Units::Plain, None).expect("numbers");
        self.carry_out(change);
        self.incr = self.last();
        self.write_safely();
    }
}

/// The data that a disk gives when it is loaded, and whether an upgrade came first.
fn loaded(disk: &Disk) -> Result<Vec<u8>, LoadError> {
    let mut disk = disk.clone();
    let plan = disk.load(&layout())?;
    plan.upgrade.iter().for_each(|step| disk.perform(step));
    let mut data = Vec::new();
    for file in &plan.files {
        assert_eq!(
            file.role == Role::Base,
            Some(&file.part) == plan.manifest.base()
        );
        data.extend_from_slice(disk.read(&file.part.name));
    }
    Ok(data)
}

fn check(disk: &Disk, data: &[u8], safe: usize) {
    let loaded = loaded(disk).expect("a start is not refused");
    assert!(data.starts_with(&loaded), "{loaded:?} of {data:?}");
    assert!(loaded.len() >= safe, "{} of {safe}", loaded.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn a_crash_after_any_step_loses_nothing_safe(
        seed: u64,
        order in prop::collection::vec(0..3, 1..5),
    ) {
        let mut rng = russet_base::Rng::new(seed);
        let mut crash = |disk: &Disk, data: &[u8], safe: usize| {
            check(&disk.crash(|| false), data, safe);
            check(&disk.crash(|| true), data, safe);
            for _ in 0..4 {
                check(&disk.crash(|| rng.below(2) == 0), data, safe);
            }
        };
        let mut server = Server {
            layout: layout(),
            disk: Disk::default(),
            manifest: Manifest::default(),
            incr: None,
            // A dump without keys has bytes, too.
            data: b"base".to_vec(),
            safe: 0,
            crash: &mut crash,
        };
        server.start_empty();
        server.write_safely();
        for act in order {
            match act {
                0 => server.rewrite(),
                1 => server.turn_off_and_on(),
                _ => server.rewrite_while_off(),
            }
        }
    }

    #[test]
    fn a_crash_in_an_upgrade_loses_nothing(seed: u64) {
        let mut rng = russet_base::Rng::new(seed);
        let mut disk = Disk::default();
        disk.put_above(layout().stem(), b"old");
        let plan = disk.load(&layout()).expect("a plan");
        assert_eq!(plan.files[0].size, 3);
        for step in &plan.upgrade {
            disk.perform(step);
            for _ in 0..8 {
                let left = disk.crash(|| rng.below(2) == 0);
                assert_eq!(loaded(&left), Ok(b"old".to_vec()), "{step:?}");
            }
        }
        let again = disk.load(&layout()).expect("a plan");
        assert_eq!((again.upgrade, again.manifest), (vec![], plan.manifest));
    }
}

#[test]
fn a_missing_file_is_named() {
    let directory = plan::Directory {
        manifest: Some(b"file a.1.incr.aof seq 1 type i\n"),
        ..plan::Directory::default()
    };
    let error = plan::load(&layout(), &directory).unwrap_err();
    assert_eq!(
        error,
        LoadError::Missing(FileName::new("a.1.incr.aof").unwrap())
    );
}

#[test]
fn a_base_without_a_byte_is_refused_if_it_is_a_dump() {
    let load = |name: &str, size| {
        let manifest = format!("file {name} seq 1 type b\n");
        let files = [plan::Found {
            name: name.to_owned(),
            size,
        }];
        let directory = plan::Directory {
            manifest: Some(manifest.as_bytes()),
            files: &files,
            ..plan::Directory::default()
        };
        plan::load(&layout(), &directory).map(|plan| plan.size)
    };
    let name = FileName::new("a.1.base.rdb").unwrap();
    assert_eq!(load("a.1.base.rdb", 0), Err(LoadError::EmptyDump(name)));
    assert_eq!(load("a.1.base.rdb", 1), Ok(1));
    assert_eq!(load("a.1.base.aof", 0), Ok(0));
}

#[test]
fn a_file_that_is_not_the_last_has_the_size_that_is_listed() {
    let (layout, manifest) = (layout(), Manifest::default());
    let base = NewBase {
        format: BaseFormat::Aof(Units::Checked),
        size: Some(3),
    };
    let growing = Growing::New {
        units: Units::Checked,
        start_offset: None,
    };
    let first = plan::finish_rewrite(&layout, &manifest, base, growing).expect("numbers");
    let units = Units::Checked;
    let further = plan::begin_rewrite(&layout, &first.manifest, units, None).expect("numbers");
    let text = further.list(&layout, Some(2)).manifest.to_text();
    let load = |sizes: [u64; 3]| {
        let names = ["1.base.aof", "1.incr.aof", "2.incr.aof"];
        let files: Vec<_> = names
            .into_iter()
            .zip(sizes)
            .map(|(name, size)| plan::Found {
                name: format!("appendonly.aof.{name}"),
                size,
            })
            .collect();
        let directory = plan::Directory {
            manifest: Some(&text),
            files: &files,
            ..plan::Directory::default()
        };
        plan::load(&layout, &directory).map(|plan| plan.size)
    };
    for last in 0..3 {
        assert_eq!(load([3, 2, last]), Ok(5 + last));
    }
    for found in [0, 1, 2, 4] {
        let name = FileName::new("appendonly.aof.1.base.aof").unwrap();
        let listed = 3;
        let error = LoadError::Size {
            name,
            found,
            listed,
        };
        assert_eq!(load([found, 2, 0]), Err(error));
    }
    for found in [0, 1, 3] {
        let error = load([3, found, 0]).unwrap_err().to_string();
        let text = "bytes, but the manifest lists 2";
        assert!(error.ends_with(&format!("has {found} {text}")), "{error}");
    }
}

#[test]
fn files_that_are_not_listed_are_told_apart() {
    let names = [
        "appendonly.aof.manifest",
        "appendonly.aof.2.base.rdb",
        "temp-appendonly.aof.incr",
        "temp-rewriteaof-bg-17.aof",
        "temp-other.aof.manifest",
        "appendonly.aof.1.incr.aof.cut-17",
    ];
    let files = names.map(|name| plan::Found {
        name: name.to_owned(),
        size: 1,
    });
    let directory = plan::Directory {
        files: &files,
        manifest: Some(b"file appendonly.aof.2.base.rdb seq 2 type b\n"),
        old_file: Some(3),
    };
    let plan = plan::load(&layout(), &directory).unwrap();
    let temporary: Vec<&str> = plan.temporary.iter().map(FileName::as_str).collect();
    assert_eq!(temporary, names[2..4]);
    assert_eq!(plan.unlisted, names[4..]);
    // The old file is left alone: the manifest lists another base.
    assert_eq!((plan.upgrade, plan.size), (vec![], 1));
}

#[test]
fn an_increment_whose_units_are_protected_otherwise_is_not_continued() {
    let text = b"file appendonly.aof.4.incr.aof seq 4 type i\n";
    let manifest = Manifest::parse(text).unwrap();
    let same = plan::open(&layout(), &manifest, Units::Plain, None).expect("numbers");
    let sync = Step::Sync(FileName::new("appendonly.aof.4.incr.aof").unwrap());
    let steps = vec![sync, Step::SyncDir];
    assert_eq!((same.steps, same.manifest), (steps, manifest.clone()));
    let new = plan::open(&layout(), &manifest, Units::Checked, None).expect("numbers");
    assert_eq!(new.manifest.last_incr().unwrap().seq, 5);
    let name = |name| FileName::new(name).unwrap();
    assert_eq!(
        new.steps[0],
        Step::Create(name("appendonly.aof.5.incr.aof"))
    );
    assert_eq!(new.steps[2], Step::Sync(name("appendonly.aof.4.incr.aof")));
}

#[test]
fn an_increment_apart_keeps_its_number_or_is_refused() {
    let manifest = Manifest::default();
    let apart = plan::begin_apart(&layout(), &manifest, Units::Checked, None).expect("numbers");
    assert_eq!(apart.part.seq, 1);
    let mut other = manifest;
    other.add_incr(&layout(), Units::Plain).unwrap();
    let growing = Growing::Apart(apart.part);
    let base = NewBase {
        format: BaseFormat::Rdb,
        size: None,
    };
    let finished = plan::finish_rewrite(&layout(), &other, base, growing);
    assert_eq!(finished, Err(plan::RewriteError::Taken));
    let finished = plan::finish_rewrite(&layout(), &Manifest::default(), base, Growing::Listed);
    assert_eq!(finished, Err(plan::RewriteError::NoIncrement));
}

#[test]
fn files_of_a_backup_are_marked_as_such_whatever_a_crash_takes() {
    let (layout, mut disk) = (layout(), Disk::default());
    for _ in 0..2 {
        let steps = plan::mark_backup(&layout);
        steps.iter().for_each(|step| disk.perform(step));
        disk = disk.crash(|| false);
        assert!(disk.has(&layout.backup_mark()));
    }
    let steps = plan::unmark_backup(&layout);
    steps.iter().for_each(|step| disk.perform(step));
    assert!(!disk.crash(|| false).has(&layout.backup_mark()));
}
