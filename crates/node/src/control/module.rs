//! MODULE: there are no modules, and none can be loaded.
//!
//! Always true: the list is empty.

use russet_command::Arity::{AtLeast, Exactly};
use russet_command::{CommandError, Family, Flags, Group, help};
use russet_resp::Args;

use super::config::is_local;
use super::{ControlCtx, ControlFlow, ControlHandler};

/// A row of this family; naming the type lets handlers be stored as pointers.
type Row = russet_command::Row<ControlHandler>;

const ADMIN: Flags = Flags::ADMIN.with(Flags::NOSCRIPT);
const LOADS: Flags = ADMIN.with(Flags::NO_ASYNC_LOADING);

/// The family.
pub(crate) const FAMILY: Family<ControlHandler> = Family {
    group: Group::Server,
    rows: &[Row::container("MODULE", SUBCOMMANDS)
        .since("4.0.0")
        .cost("Depends on subcommand.")
        .does("Holds the commands about modules.")],
};
const _: () = FAMILY.check();

const SUBCOMMANDS: &[Row] = &[
    Row::control("HELP", Exactly(2), print_help)
        .flags(Flags::LOADING.with(Flags::STALE))
        .since("5.0.0")
        .cost("O(1)")
        .does("Lists the subcommands."),
    Row::control("LIST", Exactly(2), list)
        .flags(ADMIN)
        .since("4.0.0")
        .cost("O(N) where N is the number of loaded modules")
        .does("Lists the loaded modules.")
        .tips(&["nondeterministic_output_order"]),
    Row::control("LOAD", AtLeast(3), load)
        .takes("path [arg [arg ...]]")
        .flags(LOADS)
        .since("4.0.0")
        .cost("O(1)")
        .does("Refuses to load a module."),
    Row::control("LOADEX", AtLeast(3), load)
        .takes("path [CONFIG (name value):configs [CONFIG (name value):configs ...]] [ARGS args [args ...]]")
        .flags(LOADS)
        .since("7.0.0")
        .cost("O(1)")
        .does("Refuses to load a module with settings."),
    Row::control("UNLOAD", Exactly(3), unload)
        .takes("name")
        .flags(LOADS)
        .since("4.0.0")
        .cost("O(1)")
        .does("Finds no module to unload."),
];

/// Refuses whoever `enable-module-command` does not admit.
fn check_permission(cx: &ControlCtx<'_>) -> Result<(), CommandError> {
    let permission = cx.core.config.enable_module_command;
    match permission.admits(is_local(&cx.session.origin)) {
        true => Ok(()),
        false => Err(CommandError::text(
            "ERR MODULE command not allowed. If the enable-module-command option is set to \
             \"local\", you can run it from a local connection, otherwise you need to set this \
             option in the configuration file, and then restart the server.",
        )),
    }
}

fn list(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    cx.reply().empty_array();
    Ok(ControlFlow::Done)
}

fn load(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    check_permission(cx)?;
    Err(CommandError::text(
        "ERR Error loading the extension. Please check the server logs.",
    ))
}

fn unload(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    check_permission(cx)?;
    Err(CommandError::text(
        "ERR Error unloading module: no such module with that name",
    ))
}

fn print_help(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    help::write(&mut cx.reply(), "MODULE", HELP);
    Ok(ControlFlow::Done)
}

const HELP: &[&str] = &[
    "LIST",
    "    List the loaded modules; there are none.",
    "LOAD <path> [<arg> ...]",
    "    Refused: modules cannot be loaded.",
    "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
    "    Refused: modules cannot be loaded.",
    "UNLOAD <name>",
    "    Refused: no module is loaded.",
];
