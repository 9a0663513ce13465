//! Every command of the node: data commands and control commands under one table of names.
//!
//! Always true: the table is built once at the start and never changes.
//! Not here: how names are found — `russet_command::registry`.

use russet_command::registry::Registry;

use crate::acl::store;
use crate::config::{Config, FileError, Rename};
use crate::control;
use crate::core::{Commands, Handler};

/// The table of all commands, some of them under other names.
///
/// # Panics
/// When a command cannot be renamed, which [`check_renames`] finds out before.
pub(crate) fn commands(renames: &[Rename]) -> Commands {
    renamed(renames).expect("who loaded the configuration has checked its renames")
}

/// Checks that each `rename-command` of a configuration names a command and gives it a name that
/// is free. [`Node::new`](crate::Node::new) expects that of its configuration.
///
/// # Errors
/// The first line that is wrong.
pub fn check_renames(config: &Config) -> Result<(), FileError> {
    match config.renames() {
        [] => Ok(()),
        renames => renamed(renames).map(|_| ()),
    }
}

/// Checks the users of a configuration: the rules of its `user` and `role` lines, or its file of
/// users.
/// [`Node::new`](crate::Node::new) expects them to be right.
///
/// # Errors
/// The line of the log that says why the server does not start.
pub fn check_users(config: &Config) -> Result<(), String> {
    if config.aclfile.is_empty() && !config.declares_users() && config.metrics_user.is_empty() {
        return Ok(());
    }
    let checked = store::configured(config, &commands(config.renames()));
    let users = checked.map_err(|line| String::from_utf8_lossy(&line).into_owned())?;
    let scraper = config.metrics_user.as_str();
    if !scraper.is_empty() && users.find(scraper.as_bytes()).is_none() {
        return Err(format!("There is no user '{scraper}' for metrics-user"));
    }
    Ok(())
}

fn renamed(renames: &[Rename]) -> Result<Commands, FileError> {
    let mut commands = Registry::new()
        .with(russet_command::family::FAMILIES, Handler::Data)
        .with(control::FAMILIES, Handler::Control);
    for Rename { from, to, line } in renames {
        commands.rename(from, to).map_err(|error| FileError {
            line: Some(line.clone()),
            message: error.to_string(),
        })?;
    }
    Ok(commands)
}
