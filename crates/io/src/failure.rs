//! The refusal of the operating system, as files, tasks and jobs report it.

use std::io::ErrorKind;

/// The refusal of the operating system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Failure {
    /// The kind of error, to be decided by.
    pub kind: ErrorKind,
    /// The text of the operating system (`strerror`), to be shown.
    pub text: String,
}

impl Failure {
    /// A failure of this kind, with this text.
    pub fn new(kind: ErrorKind, text: impl Into<String>) -> Self {
        let text = text.into();
        Self { kind, text }
    }
}
