//! `--check-rdb`: whether a file is in order, and what it holds.
//!
//! ```text
//!  russet-server --check-rdb FILE        0: in order   1: not in order   2: could not be read
//!  redis-check-rdb FILE                  the same under other names, where 1 stands for 2 as well
//! ```
//!
//! Always true: the file is read once, in pieces, and never changed.
//! Not here: the format, and the lines — `russet-rdb`

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read, Write as _};
use std::os::unix::ffi::OsStrExt;

use russet_rdb::file::Report;
use russet_reactor::clock::wall_us;

use crate::banner::VERSION;

/// The file is not in order.
const BAD: i32 = 1;
/// The file could not be read.
const UNREAD: i32 = 2;

/// A request to check a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Check {
    /// The name under which the program runs as a tool.
    pub(crate) tool: Option<String>,
    /// The words that follow.
    pub(crate) words: Vec<Vec<u8>>,
}

/// How much of a file is read at once.
const PIECE_SIZE: usize = 256 << 10;

impl Check {
    /// The tool that a program is when it runs under this name.
    pub(crate) fn by_name(program: &[u8], words: &[Vec<u8>]) -> Option<Self> {
        let name = program.rsplit(|&byte| byte == b'/').next()?;
        let is_tool = name.ends_with(b"redis-check-rdb") || name.ends_with(b"russet-check-rdb");
        is_tool.then(|| Self {
            tool: Some(String::from_utf8_lossy(name).into_owned()),
            words: words.to_vec(),
        })
    }

    /// Checks the file, prints lines and returns the exit code.
    pub(crate) fn run(&self) -> i32 {
        let code = match (self.words.as_slice(), &self.tool) {
            ([word], Some(tool)) if matches!(word.as_slice(), b"-v" | b"--version") => {
                say(&format!("{tool} {VERSION}\n"));
                return 0;
            }
            ([file], _) => check(OsStr::from_bytes(file)),
            (_, tool) => {
                let name = tool.as_deref().unwrap_or("russet-server --check-rdb");
                complain(&format!("Usage: {name} <rdb-file-name>"));
                UNREAD
            }
        };
        // COMPAT: the tool of Redis ends with 1 whenever it does not end with 0.
        let is_of_redis = self
            .tool
            .as_ref()
            .is_some_and(|tool| tool.contains("redis"));
        if is_of_redis { code.min(BAD) } else { code }
    }
}

fn check(path: &OsStr) -> i32 {
    let shown = path.as_bytes().escape_ascii();
    say(&format!("[offset 0] Checking RDB file {shown}\n"));
    match read(path) {
        Ok(true) => 0,
        Ok(false) => BAD,
        Err(error) => {
            complain(&format!("Cannot read {shown}: {error}"));
            UNREAD
        }
    }
}

/// Reports on a file, and returns whether it is in order.
fn read(path: &OsStr) -> io::Result<bool> {
    let mut file = File::open(path)?;
    let mut report = Report::new(wall_us().div_euclid(1000));
    let mut bytes = vec![0; PIECE_SIZE];
    let mut lines = String::new();
    loop {
        let size = match file.read(&mut bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if size == 0 {
            break;
        }
        report.feed(&bytes[..size], &mut lines);
        say(&lines);
        lines.clear();
    }
    let is_in_order = report.finish(&mut lines).is_ok();
    say(&lines);
    Ok(is_in_order)
}

/// Prints text. A closed output is not an error worth another.
fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

fn complain(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}
