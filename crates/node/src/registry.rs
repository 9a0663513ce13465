//! Every command of the node: data commands and control commands under one table of names.
//!
//! Always true: the table is built once at the start and never changes.
//! Not here: how names are found — `russet_command::registry`.

pub(crate) use russet_command::registry::CommandId;
use russet_command::registry::{self, Registry};

use crate::config::Rename;
use crate::control::{self, ControlHandler};

/// What runs when a command is called.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Handler {
    /// A data command.
    Data(russet_command::Handler),
    /// A control command.
    Control(ControlHandler),
}

/// All commands.
pub(crate) type Commands = Registry<Handler>;

/// One command.
pub(crate) type Command = registry::Command<Handler>;

/// The table of all commands, some of them under other names.
///
/// # Panics
/// When a command cannot be renamed; reading the configuration makes sure of that.
pub(crate) fn commands(renames: &[Rename]) -> Commands {
    let mut commands = Registry::new()
        .with(russet_command::family::FAMILIES, Handler::Data)
        .with(control::FAMILIES, Handler::Control);
    for Rename { from, to } in renames {
        let renamed = commands.rename(from, to);
        renamed.expect("the same renames worked when the configuration was read");
    }
    commands
}
