//! The lines that the tool prints.
//!
//! Always true: a closed output is not an error worth another.
//! Not here: the texts — where they are known.

use std::io::{self, Write as _};

/// The program ends with code 1; what is wrong has been said.
#[derive(Debug)]
pub(super) struct Failed;

/// Prints text.
pub(super) fn say(text: &str) {
    let _ = io::stdout().write_all(text.as_bytes());
}

/// Says what is wrong.
pub(super) fn fail<T>(text: &str) -> Result<T, Failed> {
    say(&format!("{text}\n"));
    Err(Failed)
}
