//! The dump that an append-only file may begin with.
//!
//! Always true: it is read up to its end; the commands behind it are left alone.
//! Not here: its format, and the lines — `russet-rdb`.

use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::Path;

use russet_rdb::file::Report;
use russet_reactor::clock::wall_us;

use super::output::say;

/// Whether a file that begins so begins with a dump.
pub(super) fn is_dump(head: &[u8]) -> bool {
    head.len() >= HEADER_SIZE && (head.starts_with(b"REDIS") || head.starts_with(b"VALKEY"))
}

/// Checks the dump at the beginning of a file and says where it ends; `None` when it is not valid.
pub(super) fn check(path: &Path, file: &mut File) -> Option<u64> {
    say(&format!(
        "[offset 0] Checking RDB file {}\n",
        path.display()
    ));
    let mut report = Report::new(wall_us().div_euclid(1000)).with_commands_behind();
    let mut lines = String::new();
    let is_read = pass(file, &mut report, &mut lines).is_ok();
    let is_valid = report.finish(&mut lines).is_ok();
    say(&lines);
    report.size().filter(|_| is_read && is_valid)
}

fn pass(file: &mut File, report: &mut Report, lines: &mut String) -> io::Result<()> {
    file.rewind()?;
    let mut piece = vec![0; PIECE_SIZE];
    while report.size().is_none() {
        let count = file.read(&mut piece)?;
        if count == 0 {
            break;
        }
        report.feed(&piece[..count], lines);
        say(lines);
        lines.clear();
    }
    Ok(())
}

/// The length of a header, without which no file counts as a dump.
const HEADER_SIZE: usize = 8;
/// As much as is read at once.
const PIECE_SIZE: usize = 256 << 10;
