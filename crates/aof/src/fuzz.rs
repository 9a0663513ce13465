//! The bodies of the fuzz targets of this crate.
//!
//! Always true: they panic only on a defect of this crate.
//! Not here: the targets themselves — the workspace's `fuzz/`

use crate::check::{CheckOptions, FileCheck, Report};
use crate::plan::{self, Directory, Found, Growing, NewBase, TailScan};
use crate::{BaseFormat, Error, Expect, FileName, Layout, Manifest, Next, Reader, Units};

/// The parts that were read of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Units and annotations: their place, and the names of commands or the line.
    pub parts: Vec<(u64, u64, Vec<Vec<u8>>)>,
    /// The error that ended it.
    pub end: Result<(), Error>,
    /// The offset up to which all is well.
    pub whole: u64,
}

/// Reads a file whose bytes arrive in pieces of these sizes. A dump in front counts as empty.
pub fn read(expect: Expect, file: &[u8], size: &mut dyn FnMut() -> usize) -> Outcome {
    let mut reader = Reader::new(expect);
    let (mut rest, mut parts) = (file, Vec::new());
    let end = loop {
        match reader.next() {
            Ok(Next::Unit(unit)) => {
                let names = unit.commands().map(|args| args[0].to_vec()).collect();
                assert_eq!(unit.end() - unit.start(), unit.bytes().len() as u64);
                parts.push((unit.start(), unit.end(), names));
            }
            Ok(Next::Annotation(note)) => {
                let end = note.start() + note.line().len() as u64;
                parts.push((note.start(), end, vec![note.line().to_vec()]));
            }
            Ok(Next::Preamble) => reader.end_preamble(),
            Ok(Next::More) => {
                let len = size().max(1).min(rest.len());
                let (piece, behind) = rest.split_at(len);
                reader.feed(piece);
                rest = behind;
                if rest.is_empty() {
                    reader.end();
                }
            }
            Ok(Next::End) => break Ok(()),
            Err(error) => {
                assert_eq!(reader.next().err(), Some(error), "an error stays");
                break Err(error);
            }
        }
    };
    Outcome {
        parts,
        end,
        whole: reader.whole(),
    }
}

/// Reads a file as a whole and in pieces, reads and checks what is left when it is cut. The first
/// two bytes choose how it is protected and the pieces.
pub fn stream(input: &[u8]) {
    let [pick, cut, file @ ..] = input else {
        return;
    };
    let expect = match pick % 3 {
        0 => Expect::Plain,
        1 => Expect::Checked { seq: 1 },
        _ => Expect::Unknown,
    };
    let sizes = [1, usize::from(cut % 9) + 1, usize::from(*cut) + 1];
    let mut pieces = sizes.into_iter().cycle();
    let mut piece = || pieces.next().unwrap_or(1);
    let whole = read(expect, file, &mut || usize::MAX);
    assert_eq!(read(expect, file, &mut piece), whole);

    let report = check(expect, file, &mut || usize::MAX);
    assert_eq!(check(expect, file, &mut piece), report);
    let is_well = report.problem.is_none() && report.ok_up_to == report.size;
    let is_dump = file.starts_with(b"REDIS") || file.starts_with(b"VALKEY");
    assert!(is_dump || is_well == whole.end.is_ok());
    for end in [whole.whole, report.ok_up_to] {
        let cut = &file[..usize::try_from(end).unwrap_or(0)];
        let again = read(expect, cut, &mut || usize::MAX);
        assert!(
            is_dump || (again.end, again.whole) == (Ok(()), end),
            "{end}"
        );
    }
    let mut scan = TailScan::new(1, 0);
    file.chunks(usize::from(*cut) + 1)
        .for_each(|bytes| scan.feed(bytes));
    assert!(scan.synced() <= file.len() as u64);
}

/// Checks a file whose bytes arrive in pieces of these sizes.
fn check(expect: Expect, file: &[u8], size: &mut dyn FnMut() -> usize) -> Report {
    let mut check = FileCheck::new(CheckOptions {
        expect,
        start: 0,
        line: 1,
        until: None,
    });
    let mut rest = file;
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(size().max(1).min(rest.len()));
        check.feed(piece);
        rest = behind;
    }
    check.finish()
}

/// Reads bytes as a manifest, writes it, and plans with it.
pub fn manifest(text: &[u8]) {
    let Ok(manifest) = Manifest::parse(text) else {
        return;
    };
    let written = manifest.to_text();
    match manifest.files().next().or(manifest.history().first()) {
        // A name of others may have been shorter in a spelling that is not ours.
        Some(_)
            if written
                .split(|&byte| byte == b'\n')
                .any(|line| line.len() > 1023) => {}
        Some(_) => assert_eq!(Manifest::parse(&written).as_ref(), Ok(&manifest)),
        None => assert!(written.is_empty()),
    }
    let Some(layout) = FileName::new("a").and_then(Layout::new) else {
        return;
    };
    let files: Vec<Found> = manifest
        .files()
        .map(|part| Found {
            name: part.name.as_str().to_owned(),
            size: 1,
        })
        .collect();
    let directory = Directory {
        files: &files,
        manifest: Some(text),
        old_file: Some(1),
    };
    if let Ok(plan) = plan::load(&layout, &directory) {
        assert_eq!(plan.size, plan.files.len() as u64);
    }
    let Ok(further) = plan::begin_rewrite(&layout, &manifest, Units::Checked, None) else {
        return;
    };
    let begun = further.list(&layout, Some(text.len() as u64));
    let listed = |name: &FileName| manifest.lists(name);
    assert!(
        begun
            .manifest
            .last_incr()
            .is_some_and(|part| !listed(&part.name))
    );
    let base = NewBase {
        format: BaseFormat::Rdb,
        size: Some(1),
    };
    if let Ok(finished) = plan::finish_rewrite(&layout, &begun.manifest, base, Growing::Listed) {
        assert_eq!(finished.manifest.files().count(), 2);
        assert!(
            finished
                .manifest
                .base()
                .is_some_and(|part| !listed(&part.name))
        );
        if let Some(cleaned) = plan::clean(&layout, &finished.manifest) {
            assert!(cleaned.manifest.history().is_empty());
        }
    }
}
