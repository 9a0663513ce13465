//! `--check-aof`: checks append-only files, and cuts them if asked to.
//!
//! ```text
//!  FILE begins with    file …        a manifest: its base and increments, in order
//!                      REDIS, VALKEY a single file with a dump in front
//!                      otherwise     a single file
//! ```
//! The output, the questions and the exit codes are those of `redis-check-aof`, whose name
//! may also be given to this program. Files with check lines are checked for decay as well.
//!
//! Always true: a file is changed only by an option that asks for it, and only the last one.
//! Not here: what makes a file valid — crate `russet-aof`.

mod dump;
mod one;
mod output;

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::Read as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use russet_aof::{Expect, Manifest, ManifestError, Part, Units};
use russet_reactor::log::os_text;

use crate::banner::VERSION;
use crate::log::Log;
use one::{Kind, One};
use output::{Failed, fail, say};

/// The treatment of a file that is not valid, or too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// Nothing: it is only checked.
    Check,
    /// It is cut at the end of what is valid, if the user agrees.
    Fix,
    /// It is cut at the first timestamp after this second.
    Until(i64),
}

/// A request to check append-only files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CheckAof {
    /// The name of the program, as the usage shows it.
    program: String,
    /// The words that follow.
    words: Vec<Vec<u8>>,
}

impl CheckAof {
    /// The tool that a program is when it runs under this name.
    pub(crate) fn by_name(program: &[u8], words: &[Vec<u8>]) -> Option<Self> {
        let name = program.rsplit(|&byte| byte == b'/').next()?;
        let is_tool = name.ends_with(b"redis-check-aof") || name.ends_with(b"russet-check-aof");
        is_tool.then(|| Self {
            program: String::from_utf8_lossy(program).into_owned(),
            words: words.to_vec(),
        })
    }

    /// The tool as an option of the server.
    pub(crate) fn by_option(words: &[Vec<u8>]) -> Self {
        Self {
            program: "russet-server --check-aof".to_owned(),
            words: words.to_vec(),
        }
    }

    /// Runs the tool, and returns the exit code.
    pub(crate) fn run(&self) -> i32 {
        if let [word] = self.words.as_slice()
            && matches!(word.as_slice(), b"-v" | b"--version")
        {
            say(&format!("russet-check-aof {VERSION}\n"));
            return 0;
        }
        let outcome = match arguments(&self.words) {
            Some(Ok((order, path))) => check(order, &path),
            Some(Err(Failed)) => fail("Invalid timestamp, aborting..."),
            None => fail(&format!(
                "Usage: {} [--fix|--truncate-to-timestamp $timestamp] <file.manifest|file.aof>",
                self.program
            )),
        };
        match outcome {
            Ok(()) => 0,
            Err(Failed) => 1,
        }
    }
}

/// The order and the path, unless the words are none of the three forms; an error for a timestamp
/// that is not a number.
fn arguments(words: &[Vec<u8>]) -> Option<Result<(Order, PathBuf), Failed>> {
    let (order, path) = match words {
        [path] => (Ok(Order::Check), path),
        [option, path] if option == b"--fix" => (Ok(Order::Fix), path),
        [option, timestamp, path] if option == b"--truncate-to-timestamp" => {
            let secs = std::str::from_utf8(timestamp).ok();
            let secs = secs.and_then(|text| text.parse().ok());
            // COMPAT: 0 cuts nothing.
            let order = secs.map(|secs: i64| match secs {
                0 => Order::Check,
                secs => Order::Until(secs),
            });
            (order.ok_or(Failed), path)
        }
        _ => return None,
    };
    let path = PathBuf::from(OsString::from_vec(path.clone()));
    Some(order.map(|order| (order, path)))
}

fn check(order: Order, path: &Path) -> Result<(), Failed> {
    let head = beginning(path)?;
    let mut tool = Tool { order, line: 1 };
    if Manifest::is_manifest(&head) {
        return tool.multi_part(path);
    }
    say("Start checking Old-Style AOF\n");
    tool.one(&One {
        name: &path.display().to_string(),
        path,
        kind: Kind::Single,
        is_dump: dump::is_dump(&head),
        is_last: true,
        expect: Expect::Unknown,
        listed: None,
    })
}

/// The beginning of a file.
fn beginning(path: &Path) -> Result<Vec<u8>, Failed> {
    let shown = path.display();
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) => return fail(&format!("Cannot open file {shown}: {}", os_text(&error))),
    };
    let mut head = Vec::new();
    match file.take(BEGINNING_SIZE).read_to_end(&mut head) {
        Ok(_) => Ok(head),
        Err(_) => fail(&format!("Cannot read file: {shown}")),
    }
}

/// The state that goes on from file to file.
#[derive(Debug)]
struct Tool {
    order: Order,
    /// The number of the next line.
    line: u64,
}

impl Tool {
    fn multi_part(&mut self, path: &Path) -> Result<(), Failed> {
        say("Start checking Multi Part AOF\n");
        let manifest = manifest(path)?;
        let dir = match path.parent() {
            Some(dir) if dir.as_os_str() != OsStr::new("") => dir,
            _ => Path::new("."),
        };
        let last = manifest.files().next_back().map(|part| &part.name);
        if let Some(base) = manifest.base() {
            let path = dir.join(base.name.as_str());
            let is_dump = dump::is_dump(&beginning(&path)?);
            let format = if is_dump { "RDB" } else { "RESP" };
            say(&format!("Start to check BASE AOF ({format} format).\n"));
            let is_last = Some(&base.name) == last;
            self.one(&one(base, &path, Kind::Base, is_dump, is_last))?;
        }
        if !manifest.incrs().is_empty() {
            say("Start to check INCR files.\n");
        }
        for part in manifest.incrs() {
            let path = dir.join(part.name.as_str());
            let is_last = Some(&part.name) == last;
            self.one(&one(part, &path, Kind::Increment, false, is_last))?;
        }
        say("All AOF files and manifest are valid\n");
        Ok(())
    }
}

fn one<'a>(part: &'a Part, path: &'a Path, kind: Kind, is_dump: bool, is_last: bool) -> One<'a> {
    One {
        name: part.name.as_str(),
        path,
        kind,
        is_dump,
        is_last,
        expect: match part.units {
            Units::Plain => Expect::Plain,
            Units::Checked => Expect::Checked { seq: part.seq },
        },
        listed: part.size.filter(|_| !is_last),
    }
}

/// Reads a manifest; what is wrong with it is said as a server logs it.
fn manifest(path: &Path) -> Result<Manifest, Failed> {
    let text = match std::fs::read(path) {
        Ok(text) => text,
        Err(error) => {
            let name = OsStr::from_bytes(path.as_os_str().as_bytes()).display();
            return fail(&format!("Cannot open file {name}: {}", os_text(&error)));
        }
    };
    Manifest::parse(&text).map_err(|ManifestError { fault, line }| {
        let log = Log::new();
        log.warning("\n*** FATAL AOF MANIFEST FILE ERROR ***\n");
        if let Some((number, text)) = line {
            log.warning(&format!("Reading the manifest file, at line {number}\n"));
            log.warning(&format!(">>> '{}'\n", String::from_utf8_lossy(&text)));
        }
        log.warning(&format!("{fault}\n"));
        Failed
    })
}

/// As much of a file as tells what it is, behind any comments.
const BEGINNING_SIZE: u64 = 64 << 10;
