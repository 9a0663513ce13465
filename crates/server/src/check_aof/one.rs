//! One append-only file: read, judged, and cut if that was asked for.
//!
//! Always true: the judgement is of the file as it was read; a cut is synced before success is
//! said.
//! Not here: which files there are — `check_aof.rs`; dumps — `check_aof/dump.rs`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead as _, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;

use russet_aof::Expect;
use russet_aof::check::{CheckOptions, FileCheck, Later, Report};
use russet_aof::plan::TailScan;
use russet_reactor::log::os_text;

use super::output::{Failed, fail, say};
use super::{Order, Tool, dump};

/// A file, and what is known of it.
#[derive(Debug)]
pub(super) struct One<'a> {
    /// Its name as it is printed.
    pub(super) name: &'a str,
    pub(super) path: &'a Path,
    pub(super) kind: Kind,
    /// Whether a dump stands in front.
    pub(super) is_dump: bool,
    /// Whether it is the last of its manifest, so that it may be cut.
    pub(super) is_last: bool,
    pub(super) expect: Expect,
    /// The size that it must have, if one is listed.
    pub(super) listed: Option<u64>,
}

/// The kind of a file, for the line that says how it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    Base,
    Increment,
    Single,
}

impl Kind {
    const fn title(self) -> &'static str {
        match self {
            Self::Base => "BASE AOF",
            Self::Increment => "INCR AOF",
            Self::Single => "AOF",
        }
    }
}

impl Tool {
    /// Checks a file and says how it is.
    pub(super) fn one(&mut self, one: &One<'_>) -> Result<(), Failed> {
        let (name, shown) = (one.name, one.path.display());
        let is_changed = self.order != Order::Check;
        let opened = OpenOptions::new()
            .read(true)
            .write(is_changed)
            .open(one.path);
        let mut file = match opened {
            Ok(file) => file,
            Err(error) => {
                let why = os_text(&error);
                return fail(&format!("Cannot open file {shown}: {why}, aborting..."));
            }
        };
        let size = match file.metadata() {
            Ok(metadata) => metadata.len(),
            Err(_) => return fail(&format!("Cannot stat file: {name}, aborting...")),
        };
        if let Some(listed) = one.listed.filter(|listed| *listed != size) {
            return fail(&format!(
                "AOF {name} has {size} bytes, but the manifest lists {listed}, aborting..."
            ));
        }
        if size == 0 {
            say(&format!("{} {name} is empty\n", one.kind.title()));
            return Ok(());
        }
        let start = self.preamble(one, &mut file)?;
        let report = self.read(one, &mut file, start)?;
        self.line = report.line;
        match report.later {
            Some(later) => self.cut_to_timestamp(one, &file, later),
            None => self.judge(one, &mut file, &report),
        }
    }

    /// Checks the dump in front, and says where it ends.
    fn preamble(&self, one: &One<'_>, file: &mut File) -> Result<u64, Failed> {
        if !one.is_dump {
            return Ok(0);
        }
        let Some(end) = dump::check(one.path, file) else {
            return fail("RDB preamble of AOF file is not sane, aborting.");
        };
        say("RDB preamble is OK, proceeding with AOF tail...\n");
        Ok(end)
    }

    fn read(&self, one: &One<'_>, file: &mut File, start: u64) -> Result<Report, Failed> {
        let mut check = FileCheck::new(CheckOptions {
            expect: one.expect,
            start,
            line: self.line,
            until: match self.order {
                Order::Until(secs) => Some(secs),
                Order::Check | Order::Fix => None,
            },
        });
        match pass(file, start, &mut |bytes| check.feed(bytes)) {
            Ok(()) => Ok(check.finish()),
            Err(_) => fail(&format!(
                "Failed to read from AOF {}, aborting...",
                one.name
            )),
        }
    }

    /// Says how a file is, and cuts it if that was asked for.
    fn judge(&self, one: &One<'_>, file: &mut File, report: &Report) -> Result<(), Failed> {
        let (name, title) = (one.name, one.kind.title());
        let (size, ok, line) = (report.size, report.ok_up_to, report.line);
        if let Some(problem) = &report.problem {
            let text = problem.text(name, &one.path.display().to_string());
            say(&format!("{text}\n"));
        }
        let left = size - ok;
        if let (0, Order::Until(secs)) = (left, self.order) {
            say(&format!(
                "Truncate nothing in AOF {name} to timestamp {secs}\n"
            ));
            say(&format!("{title} {name} is valid\n"));
            return Ok(());
        }
        say(&format!(
            "AOF analyzed: filename={name}, size={size}, ok_up_to={ok}, ok_up_to_line={line}, \
                 diff={left}\n"
        ));
        if report.groups > 0 {
            let (groups, units, bare) = (report.groups, report.units, report.unchecked);
            say(&format!(
                "[info] {groups} check lines verified, {units} units, {bare} of them without\n"
            ));
        }
        if left == 0 {
            say(&format!("{title} {name} is valid\n"));
            return Ok(());
        }
        tell_decay(one, file, ok);
        if self.order != Order::Fix {
            let advice = "Use the --fix option to try fixing it.";
            return fail(&format!("AOF {name} is not valid. {advice}"));
        }
        if !one.is_last {
            return fail(&format!(
                "Failed to truncate AOF {name} because it is not the last file"
            ));
        }
        say(&format!(
            "This will shrink the AOF {name} from {size} bytes, with {left} bytes, to {ok} \
                 bytes\nContinue? [y/N]: "
        ));
        if !is_agreed() {
            return fail("Aborting...");
        }
        if truncate(file, ok).is_err() {
            return fail(&format!("Failed to truncate AOF {name}"));
        }
        say(&format!("Successfully truncated AOF {name}\n"));
        Ok(())
    }

    fn cut_to_timestamp(&self, one: &One<'_>, file: &File, later: Later) -> Result<(), Failed> {
        let (name, shown) = (one.name, one.path.display());
        let (Order::Until(secs), Later::At(offset)) = (self.order, later) else {
            return fail("Invalid timestamp annotation");
        };
        if offset == 0 {
            return fail(&format!(
                "AOF {shown} has nothing before timestamp {secs}, aborting..."
            ));
        }
        if !one.is_last {
            say(&format!(
                "Failed to truncate AOF {shown} to timestamp {secs} to offset {offset} because \
                     it is not the last file.\n"
            ));
            return fail(
                "If you insist, please delete all files after this file according to the manifest \
                 file and delete the corresponding records in manifest file manually. Then re-run \
                 redis-check-aof.",
            );
        }
        if truncate(file, offset).is_err() {
            return fail(&format!(
                "Failed to truncate AOF {shown} to timestamp {secs}"
            ));
        }
        say(&format!(
            "Successfully truncated AOF {name} to timestamp {secs}\n"
        ));
        Ok(())
    }
}

/// Says so if bytes behind the valid ones had reached the disk: then no crash has torn them.
fn tell_decay(one: &One<'_>, file: &mut File, ok: u64) {
    let Expect::Checked { seq } = one.expect else {
        return;
    };
    let mut scan = TailScan::new(seq, ok);
    let scanned = pass(file, ok, &mut |bytes| scan.feed(bytes));
    if scanned.is_ok() && scan.has_decayed() {
        let synced = scan.synced();
        say(&format!(
            "[info] The bytes from {ok} to {synced} had been on the disk: they have decayed \
                 since, no crash has torn them\n"
        ));
    }
}

/// Hands on all bytes of a file from an offset.
fn pass(file: &mut File, start: u64, take: &mut dyn FnMut(&[u8])) -> io::Result<()> {
    file.seek(SeekFrom::Start(start))?;
    let mut piece = vec![0; PIECE_SIZE];
    loop {
        match file.read(&mut piece)? {
            0 => return Ok(()),
            count => take(&piece[..count]),
        }
    }
}

/// Whether the next line of the standard input begins with a yes.
fn is_agreed() -> bool {
    let _ = io::stdout().flush();
    let mut answer = Vec::new();
    let read = io::stdin().lock().read_until(b'\n', &mut answer);
    read.is_ok() && matches!(answer.first(), Some(b'y' | b'Y'))
}

fn truncate(file: &File, size: u64) -> io::Result<()> {
    file.set_len(size)?;
    file.sync_all()
}

/// As much as is read at once.
const PIECE_SIZE: usize = 256 << 10;
