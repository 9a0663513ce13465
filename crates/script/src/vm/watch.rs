//! The notes of a debugger about the run that it watches.
//!
//! Always true: a machine has them only while a debugger steps its run.
//! Not here: the steps — `debug.rs`

/// A message of `redis.debug`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The line of the call.
    pub line: u32,
    /// The values, as [`crate::Engine::locals`] shows them.
    pub text: Vec<u8>,
}

/// The notes about a watched run.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Where the last instruction was, or the next one is.
    pub(crate) before: Option<Place>,
    /// Whether the line of the next instruction was reported.
    pub(crate) is_reported: bool,
    /// Whether the script has called `redis.breakpoint`.
    pub(crate) has_breakpoint: bool,
    pub(crate) messages: Vec<Message>,
}

/// A place in a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Coroutines, and frames of the one that runs.
    pub(crate) depth: (usize, usize),
    pub(crate) pc: usize,
}
