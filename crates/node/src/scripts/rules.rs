//! The rules of a run: what its script may do, from its flags, its command and the state of the
//! server when it began.
//!
//! | flags | EVAL, FCALL | EVAL_RO, FCALL_RO |
//! |---|---|---|
//! | no shebang | may write | may not write |
//! | none declared | may write; refused when memory is short or the disk failed | refused |
//! | `no-writes` | may not write | may not write |
//! | `allow-oom` | may write, when memory is short too | refused |
//!
//! A script without a shebang has its writes refused one by one, until the first has been done.
//!
//! Always true: the gate sees the flags of a script as those of its command.
//! Not here: the checks of each command — `gate.rs`, `host.rs`

use russet_command::{CommandError, Flags};
use russet_resp::Args;
use russet_script::Flags as Declared;

use super::run::Rules;
use crate::core::{Command, Core};
use crate::gate;
use crate::hurdles::Hurdles;

/// Flags of commands that a script which may not write may not run either.
const WRITES: Flags = Flags::WRITE.with(Flags::MAY_REPLICATE);

impl Core {
    /// The rules for a script with these flags; `None` if it declares none.
    ///
    /// # Errors
    /// When it may not run now.
    pub(crate) fn rules_of(
        &self,
        declared: Option<Declared>,
        is_read_only: bool,
    ) -> Result<Rules, CommandError> {
        let may_write = declared.is_none_or(|flags| !flags.no_writes());
        let is_out_of_memory = self.is_out_of_memory();
        if let Some(flags) = declared
            && may_write
        {
            if is_read_only {
                return Err(CommandError::text(
                    "ERR Can not execute a script with write flag using *_ro command.",
                ));
            }
            if self.hurdles.has(Hurdles::DISK) {
                return Err(gate::disk_fault(self));
            }
            if is_out_of_memory && !flags.allow_oom() {
                return Err(CommandError::text(
                    "OOM allow-oom flag is not set on the script, can not run it when used memory \
                     > 'maxmemory'",
                ));
            }
        }
        let writes = match may_write && !is_read_only {
            true => Flags::NONE,
            false => WRITES,
        };
        let never = match self.scripts.allows_all {
            true => Flags::NONE,
            false => Flags::NOSCRIPT,
        };
        let allows = declared.is_some_and(|flags| flags.allow_oom() || flags.no_writes());
        Ok(Rules {
            refused: never.with(writes),
            is_out_of_memory: is_out_of_memory && !allows,
            has_written: false,
        })
    }

    /// Whether more memory is in use than may be, and nothing can be evicted.
    fn is_out_of_memory(&self) -> bool {
        self.hurdles.has(Hurdles::MEMORY)
            && self.limit.is_full
            && self.keyspace.live_weight() > self.limit.target
    }

    /// The flags of a command; of one that runs a script, those that follow from what it declares.
    pub(crate) fn flags_of(&self, command: &Command, args: &Args<'_>) -> Flags {
        let flags = command.spec.flags;
        if !flags.has(Flags::RUNS_SCRIPT) {
            return flags;
        }
        match self.scripts.declared(command.spec.name, args) {
            Some(declared) => as_command(flags, declared),
            None => flags,
        }
    }
}

/// The flags of a command that runs a script which declares these.
fn as_command(flags: Flags, declared: Declared) -> Flags {
    let mut flags = flags.without(Flags::STALE.with(Flags::MAY_REPLICATE));
    if !declared.no_writes() {
        flags = flags.with(Flags::WRITE);
        if !declared.allow_oom() {
            flags = flags.with(Flags::DENY_OOM);
        }
    }
    if declared.allow_stale() {
        flags = flags.with(Flags::STALE);
    }
    flags
}
