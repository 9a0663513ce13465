//! A run of a script or function, on its way.
//!
//! Always true: a run that goes on over several turns keeps its request.
//! Not here: running it — `step.rs`; what it may do — `rules.rs`

use russet_base::time::Now;
use russet_command::registry::CommandId;
use russet_command::{CommandError, Flags};
use russet_resp::ArgBuf;
use russet_script::Engine;

use super::debugger::Debugger;

/// The rules of one run.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    /// Flags of commands that it may not run.
    pub refused: Flags,
    /// Whether commands that need memory are refused until it has written.
    pub is_out_of_memory: bool,
    /// Whether it has run a command that may write.
    pub has_written: bool,
}

/// Whether it is a script of EVAL or a function of a library.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum What {
    /// A script.
    Script,
    /// A function.
    Function,
}

impl What {
    /// The refusal of other commands while it is busy.
    pub(crate) fn busy(self) -> CommandError {
        CommandError::text(match self {
            Self::Script => {
                "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN \
                 NOSAVE."
            }
            Self::Function => {
                "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN \
                 NOSAVE."
            }
        })
    }

    /// The command that ends it.
    pub(crate) fn killer(self) -> &'static str {
        match self {
            Self::Script => "SCRIPT KILL",
            Self::Function => "FUNCTION KILL",
        }
    }
}

/// A run.
pub(crate) struct Run {
    pub(super) engine: Box<Engine>,
    /// Whether it is a script or a function.
    pub what: What,
    /// The command that runs it.
    pub command: CommandId,
    /// The rules for its commands.
    pub rules: Rules,
    /// The database that it has selected.
    pub(super) db: usize,
    /// The time, which stands still for it.
    pub now: Now,
    /// Whether it takes so long that others are refused.
    pub is_busy: bool,
    /// The request, once it goes on over several turns.
    pub request: ArgBuf,
    /// The time that its command took so far, in nanoseconds.
    pub took_ns: u64,
    /// The debugger, if it is watched.
    pub debugger: Option<Box<Debugger>>,
}

impl Run {
    /// A run of what an interpreter has begun.
    pub(crate) fn new(
        engine: Box<Engine>,
        what: What,
        (command, rules): (CommandId, Rules),
        (db, now): (usize, Now),
    ) -> Self {
        Self {
            engine,
            what,
            command,
            rules,
            db,
            now,
            is_busy: false,
            request: ArgBuf::new(),
            took_ns: 0,
            debugger: None,
        }
    }

    /// The name of the script or function.
    pub(crate) fn name(&self) -> &[u8] {
        self.engine.name()
    }
}
