//! The place that log lines are written to, as a trait: the loop knows neither files nor formats.
//!
//! Always true: a text of the operating system has no number of Rust's behind it.
//! Not here: a sink that writes to files — crate `russet-server`.

use std::io;

use russet_io::{Failure, LogLevel};

/// A place for log lines.
pub trait LogSink {
    /// Writes one line, unless its level is below the sink's.
    fn line(&mut self, level: LogLevel, text: &str);

    /// Uses this file (empty: standard output) and level (`None`: no line at all) from now on.
    ///
    /// # Errors
    /// The file cannot be opened for appending; the sink stays as it was.
    fn redirect(&mut self, file: &str, level: Option<LogLevel>) -> io::Result<()>;
}

/// A sink that forgets every line.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoLog;

impl LogSink for NoLog {
    fn line(&mut self, _level: LogLevel, _text: &str) {}

    fn redirect(&mut self, _file: &str, _level: Option<LogLevel>) -> io::Result<()> {
        Ok(())
    }
}

/// The operating system's text for an error, without Rust's `(os error N)`.
#[must_use]
pub fn os_text(error: &io::Error) -> String {
    let text = error.to_string();
    match text.find(" (os error") {
        Some(end) => text[..end].to_owned(),
        None => text,
    }
}

/// An error as a service hears of it.
pub(crate) fn failure(error: &io::Error) -> Failure {
    Failure {
        kind: error.kind(),
        text: os_text(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_an_error_is_the_system_s_alone() {
        let cases = [
            (io::Error::from_raw_os_error(2), "No such file or directory"),
            (io::Error::from_raw_os_error(98), "Address already in use"),
            (io::Error::other("plain"), "plain"),
        ];
        for (error, expect) in cases {
            assert_eq!(os_text(&error), expect);
        }
    }
}
