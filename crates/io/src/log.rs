//! Lines for the log, with their severity.

/// The severity of a log line, in the words of `redis.conf`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LogLevel {
    /// Details for debugging.
    Debug,
    /// Many events, rarely useful.
    Verbose,
    /// Events of normal operation that an operator wants to see.
    Notice,
    /// Events that an operator must see.
    Warning,
}

/// A line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its severity.
    pub level: LogLevel,
    /// The text, without a line end.
    pub text: String,
}
