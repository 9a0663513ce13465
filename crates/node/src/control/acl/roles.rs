//! Roles: made, changed, shown, removed.
//!
//! Always true: a role that a user holds is not removed.
//! Not here: what a role is — `acl/role.rs`; its holders' sessions — `permissions.rs`.

use russet_command::CommandError;
use russet_resp::Args;

use super::super::{ControlCtx, ControlFlow};
use super::show;
use crate::acl::role;
use crate::permissions;

pub(super) fn setrole(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let name = &args[2];
    role::check_name(name)
        .map_err(|why| CommandError::quoting(&[b"ERR ", why.to_string().as_bytes()]))?;
    let mut users = std::mem::take(&mut cx.core.acl.users);
    let changed = users.set_role(name, args.skip(3).iter(), &cx.core.rulebook());
    cx.core.acl.users = users;
    for holder in &changed? {
        permissions::hand_over(cx.core, cx.sessions, Some(cx.session), holder);
    }
    cx.ok()
}

pub(super) fn delrole(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let users = &mut cx.core.acl.users;
    let mut names = args.skip(2).iter();
    if let Some(name) = names.find(|name| users.holders(name).next().is_some()) {
        return Err(CommandError::quoting(&[
            b"ERR Role '",
            name,
            b"' is assigned to one or more users. Remove it from them first.",
        ]));
    }
    let names = args.skip(2).iter();
    let removed = names.filter(|name| users.remove_role(name)).count();
    cx.reply().count(removed);
    Ok(ControlFlow::Done)
}

pub(super) fn getrole(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let Some(role) = cx.core.acl.users.roles().get(&args[2]).cloned() else {
        cx.reply().null();
        return Ok(ControlFlow::Done);
    };
    let holders = cx.core.acl.users.holders(&role.name);
    let holders: Vec<Vec<u8>> = holders.map(|user| user.name.to_vec()).collect();
    show::role(&mut cx.reply(), &role, &holders);
    Ok(ControlFlow::Done)
}

pub(super) fn roles(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let names = cx.core.acl.users.roles().keys();
    let names: Vec<Vec<u8>> = names.map(|name| name.to_vec()).collect();
    show::bulks(&mut cx.reply(), &names);
    Ok(ControlFlow::Done)
}
