//! Lines of the log for the system's log: datagrams to the socket that its daemon listens on.
//!
//! ```text
//!  <133>Nov 20 13:00:00 redis[4711]: Ready to accept connections
//!   │   local time      │
//!   │                   └ `syslog-ident` and the process id
//!   └ 8 × facility + severity
//! ```
//! Always true: a daemon that is absent, restarts or does not read costs lines, never time.
//! Not here: which lines there are — `log.rs`.

use std::io::{self, Write as _};
use std::os::unix::net::UnixDatagram;

use russet_io::LogLevel;

/// The socket of the daemon.
const SOCKET: &str = "/dev/log";

/// The way to the system's log.
#[derive(Debug)]
pub(crate) struct Syslog {
    socket: UnixDatagram,
    ident: String,
    facility: u8,
    line: Vec<u8>,
}

impl Syslog {
    /// Takes the settings `syslog-ident` and `syslog-facility`.
    ///
    /// # Errors
    /// No socket can be had.
    pub(crate) fn new(ident: String, facility: &str) -> io::Result<Self> {
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        Ok(Self {
            socket,
            ident,
            facility: facility_number(facility),
            line: Vec::new(),
        })
    }

    /// Sends one line; `time` is the local time as `Nov 20 13:00:00`.
    pub(crate) fn send(&mut self, level: LogLevel, time: &str, process_id: u32, text: &str) {
        self.format(level, time, process_id, text);
        // A line that does not arrive is in the log file.
        let _ = self.socket.send_to(&self.line, SOCKET);
    }

    fn format(&mut self, level: LogLevel, time: &str, process_id: u32, text: &str) {
        let severity = match level {
            LogLevel::Debug => 7,
            LogLevel::Verbose => 6,
            LogLevel::Notice => 5,
            LogLevel::Warning => 4,
        };
        let priority = self.facility * 8 + severity;
        self.line.clear();
        // Writing to a vector cannot fail.
        let _ = write!(
            self.line,
            "<{priority}>{time} {}[{process_id}]: {text}",
            self.ident
        );
    }
}

/// The number of a facility: `user`, or one of `local0` to `local7`.
fn facility_number(name: &str) -> u8 {
    let local = name.strip_prefix("local").and_then(|n| n.parse().ok());
    local.map_or(1, |n: u8| 16 + n.min(7))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_priority_time_name_and_process() {
        let mut syslog = Syslog::new("redis".to_owned(), "local0").unwrap();
        syslog.format(LogLevel::Notice, "Nov 20 13:00:00", 4711, "Ready");
        assert_eq!(syslog.line, b"<133>Nov 20 13:00:00 redis[4711]: Ready");
        syslog.format(LogLevel::Warning, "Nov  2 13:00:00", 1, "");
        assert_eq!(syslog.line, b"<132>Nov  2 13:00:00 redis[1]: ");
    }

    #[test]
    fn facilities_have_the_numbers_of_the_system() {
        assert_eq!(facility_number("user"), 1);
        assert_eq!(facility_number("local0"), 16);
        assert_eq!(facility_number("local7"), 23);
    }
}
