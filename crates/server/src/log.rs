//! The log: lines as Redis writes them, to standard output or a file.
//!
//! ```text
//!  4711:M 20 Nov 2026 13:00:00.123 * Ready to accept connections tcp
//!  pid  │ local time               │ text
//!       │                          └ level: . debug, - verbose, * notice, # warning
//!       └ role: C starting, M primary, S replica
//! ```
//! The file stays open. Each line looks whether its path still leads to it, so that a log that was
//! rotated away goes on in a new file.
//!
//! Always true: a line is one write, so that lines of several processes do not mix.
//! Not here: what is logged.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::fs::MetadataExt;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use russet_io::LogLevel;
use russet_reactor::LogSink;
use russet_reactor::clock::wall_us;

use crate::os;
use crate::syslog::Syslog;

/// Months as the log writes them, whatever the locale.
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// Which part a process plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is still starting.
    Starting,
    /// It serves as a primary.
    Primary,
}

/// The log of the process. Clones write to the same place.
#[derive(Debug, Clone)]
pub(crate) struct Log {
    shared: Arc<Mutex<Shared>>,
    /// The descriptor that lines go to, for those who may not wait for the lock.
    fd: Arc<AtomicI32>,
}

#[derive(Debug)]
struct Shared {
    /// `None` when the level is `nothing`.
    level: Option<LogLevel>,
    role: Role,
    process_id: u32,
    /// Empty: standard output.
    path: String,
    file: Option<File>,
    syslog: Option<Syslog>,
    line: Vec<u8>,
}

impl Log {
    /// A log to standard output.
    pub(crate) fn new() -> Self {
        let shared = Shared {
            level: Some(LogLevel::Notice),
            role: Role::Starting,
            process_id: std::process::id(),
            path: String::new(),
            file: None,
            syslog: None,
            line: Vec::new(),
        };
        Self {
            shared: Arc::new(Mutex::new(shared)),
            fd: Arc::new(AtomicI32::new(libc::STDOUT_FILENO)),
        }
    }

    /// The descriptor of the file, or of standard output. It may be outdated while another thread
    /// opens a new file.
    pub(crate) fn fd(&self) -> RawFd {
        self.fd.load(Ordering::Relaxed)
    }

    /// Writes a line about something worth knowing.
    pub(crate) fn notice(&self, text: &str) {
        self.write(LogLevel::Notice, text);
    }

    /// Writes a line about something that somebody should look at.
    pub(crate) fn warning(&self, text: &str) {
        self.write(LogLevel::Warning, text);
    }

    pub(crate) fn write(&self, level: LogLevel, text: &str) {
        let mut shared = self.lock();
        if shared.level.is_some_and(|lowest| level >= lowest) {
            let wall_us = wall_us();
            let head = shared.head(level, wall_us);
            self.put(&mut shared, &head, text);
            shared.put_syslog(level, wall_us, text);
        }
    }

    /// Writes a line on behalf of the thread that handles signals.
    pub(crate) fn write_from_signal(&self, text: &str) {
        let mut shared = self.lock();
        let head = format!(
            "{}:signal-handler ({})",
            shared.process_id,
            wall_us().div_euclid(1_000_000)
        );
        self.put(&mut shared, &head, text);
    }

    /// Writes text as it is, without a head. Only standard output or a file sees it.
    pub(crate) fn write_raw(&self, text: &str) {
        self.put(&mut self.lock(), "", text);
    }

    /// Sends lines to the system's log as well from now on.
    pub(crate) fn set_syslog(&self, syslog: Syslog) {
        self.lock().syslog = Some(syslog);
    }

    /// Changes the level; `None` silences everything.
    pub(crate) fn set_level(&self, level: Option<LogLevel>) {
        self.lock().level = level;
    }

    pub(crate) fn set_role(&self, role: Role) {
        self.lock().role = role;
    }

    /// After a fork the process has another number.
    pub(crate) fn refresh_process_id(&self) {
        self.lock().process_id = std::process::id();
    }

    /// Uses a file from now on; an empty path is standard output.
    pub(crate) fn set_file(&self, path: &str) -> io::Result<()> {
        let file = match path {
            "" => None,
            path => Some(open(path)?),
        };
        let mut shared = self.lock();
        shared.file = file;
        path.clone_into(&mut shared.path);
        self.note_fd(&shared);
        Ok(())
    }

    fn put(&self, shared: &mut Shared, head: &str, text: &str) {
        shared.put(head, text);
        self.note_fd(shared);
    }

    fn note_fd(&self, shared: &Shared) {
        let fd = shared.file.as_ref().map(AsRawFd::as_raw_fd);
        let fd = fd.unwrap_or(libc::STDOUT_FILENO);
        self.fd.store(fd, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl LogSink for Log {
    fn line(&mut self, level: LogLevel, text: &str) {
        self.write(level, text);
    }

    fn redirect(&mut self, file: &str, level: Option<LogLevel>) -> io::Result<()> {
        self.set_file(file)?;
        self.set_level(level);
        Ok(())
    }
}

impl Shared {
    fn head(&self, level: LogLevel, wall_us: i64) -> String {
        let role = match self.role {
            Role::Starting => 'C',
            Role::Primary => 'M',
        };
        let mark = match level {
            LogLevel::Debug => '.',
            LogLevel::Verbose => '-',
            LogLevel::Notice => '*',
            LogLevel::Warning => '#',
        };
        format!("{}:{role} {} {mark}", self.process_id, local_time(wall_us))
    }

    /// Writes one line. A log that cannot be written is not a reason to stop serving.
    fn put(&mut self, head: &str, text: &str) {
        self.line.clear();
        self.line.extend_from_slice(head.as_bytes());
        if !head.is_empty() {
            self.line.push(b' ');
        }
        self.line.extend_from_slice(text.as_bytes());
        self.line.push(b'\n');
        self.follow_path();
        let _ = match &mut self.file {
            Some(file) => file.write_all(&self.line),
            None => io::stdout()
                .write_all(&self.line)
                .and_then(|()| io::stdout().flush()),
        };
    }

    /// Sends one line to the system's log, if lines go there.
    fn put_syslog(&mut self, level: LogLevel, wall_us: i64, text: &str) {
        if let Some(syslog) = &mut self.syslog {
            syslog.send(level, &syslog_time(wall_us), self.process_id, text);
        }
    }

    /// Opens the file again when its path leads elsewhere by now.
    fn follow_path(&mut self) {
        let Some(file) = &self.file else { return };
        let here = file.metadata().map(|meta| (meta.dev(), meta.ino()));
        let there = std::fs::metadata(&self.path).map(|meta| (meta.dev(), meta.ino()));
        if let (Ok(here), Ok(there)) = (&here, &there)
            && here == there
        {
            return;
        }
        if let Ok(file) = open(&self.path) {
            self.file = Some(file);
        }
    }
}

/// A moment as the system's log has it.
fn syslog_time(wall_us: i64) -> String {
    let time = os::local_time(wall_us.div_euclid(1_000_000));
    let month = MONTHS.get(time.month0 as usize).unwrap_or(&"???");
    format!(
        "{month} {:2} {:02}:{:02}:{:02}",
        time.day, time.hour, time.minute, time.second
    )
}

fn open(path: &str) -> io::Result<File> {
    OpenOptions::new().append(true).create(true).open(path)
}

/// A moment as the log writes it.
fn local_time(wall_us: i64) -> String {
    let (seconds, micros) = (wall_us.div_euclid(1_000_000), wall_us.rem_euclid(1_000_000));
    let time = os::local_time(seconds);
    let month = MONTHS.get(time.month0 as usize).unwrap_or(&"???");
    format!(
        "{:02} {month} {:04} {:02}:{:02}:{:02}.{:03}",
        time.day,
        time.year,
        time.hour,
        time.minute,
        time.second,
        micros / 1_000
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_process_role_time_level_and_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("russet.log");
        let log = Log::new();
        log.set_file(path.to_str().unwrap()).unwrap();
        log.notice("starting");
        log.write(LogLevel::Verbose, "not shown");
        log.set_role(Role::Primary);
        log.set_level(Some(LogLevel::Debug));
        log.write(LogLevel::Debug, "shown");
        log.set_level(None);
        log.warning("not shown");
        let text = std::fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let id = std::process::id();
        assert!(lines[0].starts_with(&format!("{id}:C ")), "{text}");
        assert!(lines[0].ends_with(" * starting"), "{text}");
        assert!(lines[1].starts_with(&format!("{id}:M ")), "{text}");
        assert!(lines[1].ends_with(" . shown"), "{text}");
        assert_eq!(lines.len(), 2);
    }

    #[test]
    fn a_time_has_the_width_that_tools_expect() {
        let text = local_time(1_795_179_600_123_456);
        assert_eq!(text.len(), "20 Nov 2026 13:00:00.123".len(), "{text}");
        assert!(text.ends_with(":00.123"), "{text}");
        assert!(text.contains(" Nov 2026 "), "{text}");
    }

    #[test]
    fn a_rotated_file_is_followed_by_a_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let (path, old) = (folder.path().join("log"), folder.path().join("log.1"));
        let log = Log::new();
        log.set_file(path.to_str().unwrap()).unwrap();
        log.notice("first");
        std::fs::rename(&path, &old).unwrap();
        log.notice("second");
        assert!(std::fs::read_to_string(&old).unwrap().ends_with("first\n"));
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .ends_with("second\n")
        );
    }

    #[test]
    fn a_file_that_cannot_be_opened_is_an_error_and_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let log = Log::new();
        log.set_file(path.to_str().unwrap()).unwrap();
        assert!(log.set_file("/nonexistent/log").is_err());
        log.notice("still here");
        assert!(
            std::fs::read_to_string(&path)
                .unwrap()
                .ends_with("still here\n")
        );
    }
}
