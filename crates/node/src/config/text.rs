//! Configuration texts, and what is wrong with them.
//!
//! Always true: an error shows as the message that the server prints before it exits.
//! Not here: reading the lines — `file.rs`.

use crate::environment::RUSSET_VERSION;

/// A configuration text and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// A name for messages.
    pub name: String,
    /// Its lines.
    pub text: Vec<u8>,
}

/// A `rename-command` line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rename {
    /// The command.
    pub from: Vec<u8>,
    /// Its new name; empty: the command is not available.
    pub to: Vec<u8>,
    /// The line itself.
    pub line: Line,
}

/// A line of a configuration text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its number, from 1.
    pub number: usize,
    /// Its text.
    pub text: String,
}

/// Why a configuration could not be loaded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.report())]
pub struct FileError {
    /// The line, unless no line is to blame.
    pub line: Option<Line>,
    /// The reason.
    pub message: String,
}

impl FileError {
    /// The message that the server prints before it exits.
    fn report(&self) -> String {
        let head = format!("\n*** FATAL CONFIG FILE ERROR (Russet {RUSSET_VERSION}) ***\n");
        match &self.line {
            Some(Line { number, text }) => format!(
                "{head}Reading the configuration file, at line {number}\n>>> '{text}'\n{}",
                self.message
            ),
            None => format!("{head}{}", self.message),
        }
    }
}
