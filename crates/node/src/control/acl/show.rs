//! Users, roles and refusals as replies.
//!
//! Always true: passwords are shown as digests.
//! Not here: the commands that change something — `acl.rs`.

use russet_command::CommandError;
use russet_resp::{Args, Reply};

use super::super::{ControlCtx, ControlFlow};
use crate::acl::file;
use crate::acl::log::{Context, Entry};
use crate::acl::permission::Reason;
use crate::acl::role::Role;
use crate::acl::selector::{Databases, Selector};

pub(super) fn list(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let lines: Vec<Vec<u8>> = file::lines(&cx.core.acl.users).collect();
    bulks(&mut cx.reply(), &lines);
    Ok(ControlFlow::Done)
}

pub(super) fn users(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let users = cx.core.acl.users.iter();
    let names: Vec<Vec<u8>> = users.map(|user| user.name.to_vec()).collect();
    bulks(&mut cx.reply(), &names);
    Ok(ControlFlow::Done)
}

pub(super) fn bulks(reply: &mut Reply<'_>, texts: &[Vec<u8>]) {
    reply.array(texts.len());
    for text in texts {
        reply.bulk(text);
    }
}

pub(super) fn getuser(
    cx: &mut ControlCtx<'_>,
    args: Args<'_>,
) -> Result<ControlFlow, CommandError> {
    let user = cx.core.acl.users.find(&args[2]).cloned();
    let knows_roles = !cx.core.acl.users.roles().is_empty();
    let mut reply = cx.reply();
    let Some(user) = user else {
        reply.null();
        return Ok(ControlFlow::Done);
    };
    let Some((root, others)) = user.own_selectors().split_first() else {
        return Ok(ControlFlow::Done);
    };
    // Redis has no roles, and so no field for them.
    reply.map(3 + fields(root) + usize::from(knows_roles));
    reply.bulk(b"flags");
    let flags = user.flags();
    reply.set(flags.len());
    for flag in flags {
        reply.bulk(flag.as_bytes());
    }
    reply.bulk(b"passwords");
    reply.array(user.passwords().len());
    for digest in user.passwords() {
        reply.bulk(digest.as_bytes());
    }
    selector(&mut reply, root);
    reply.bulk(b"selectors");
    reply.array(others.len());
    for other in others {
        reply.map(fields(other));
        selector(&mut reply, other);
    }
    if knows_roles {
        let names = user.roles().iter().map(|role| role.name.to_vec());
        reply.bulk(b"roles");
        bulks(&mut reply, &names.collect::<Vec<_>>());
    }
    Ok(ControlFlow::Done)
}

/// A role and its holders.
pub(super) fn role(reply: &mut Reply<'_>, role: &Role, holders: &[Vec<u8>]) {
    let Some((root, others)) = role.selectors().split_first() else {
        return;
    };
    reply.map(6);
    rights(reply, root);
    databases(reply, root);
    reply.bulk(b"selectors");
    reply.array(others.len());
    for other in others {
        reply.map(4);
        rights(reply, other);
        databases(reply, other);
    }
    reply.bulk(b"users");
    bulks(reply, holders);
}

/// How many fields a selector has. Databases are shown only where rules name them: Redis has none.
fn fields(selector: &Selector) -> usize {
    3 + usize::from(*selector.databases() != Databases::All)
}

fn selector(reply: &mut Reply<'_>, selector: &Selector) {
    rights(reply, selector);
    if *selector.databases() != Databases::All {
        databases(reply, selector);
    }
}

fn databases(reply: &mut Reply<'_>, selector: &Selector) {
    reply.bulk(b"databases");
    reply.bulk(&selector.databases().text());
}

fn rights(reply: &mut Reply<'_>, selector: &Selector) {
    let commands: Vec<Vec<u8>> = selector.commands.words().collect();
    let texts: [(&[u8], Vec<Vec<u8>>); 3] = [
        (b"commands", commands),
        (b"keys", selector.key_words()),
        (b"channels", selector.channels().words()),
    ];
    for (field, words) in texts {
        reply.bulk(field);
        reply.bulk(&words.join(&b' '));
    }
}

/// The latest entries of the log.
pub(super) fn log(cx: &mut ControlCtx<'_>, count: usize) {
    let now_ms = cx.core.now.wall_ms();
    let (conn, protocol) = (cx.session.conn, cx.session.protocol);
    let log = &cx.core.acl.log;
    let mut reply = cx.core.outgoing.reply(conn, protocol);
    reply.array(count.min(log.entries().len()));
    for one in log.entries().take(count) {
        entry(&mut reply, one, now_ms);
    }
}

fn entry(reply: &mut Reply<'_>, entry: &Entry, now_ms: i64) {
    let reason = match entry.refusal.reason {
        Reason::Command => "command",
        Reason::Key => "key",
        Reason::Auth => "auth",
        Reason::Certificate => "tls-cert",
        Reason::Channel => "channel",
        Reason::Database => "database",
    };
    let context = match entry.refusal.context {
        Context::TopLevel => "toplevel",
        Context::Multi => "multi",
        Context::Script => "lua",
    };
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    reply.map(10);
    reply.bulk(b"count");
    reply.integer(number(entry.count));
    let texts: [(&str, &[u8]); 4] = [
        ("reason", reason.as_bytes()),
        ("context", context.as_bytes()),
        ("object", &entry.refusal.object),
        ("username", &entry.refusal.user),
    ];
    for (field, text) in texts {
        reply.bulk(field.as_bytes());
        reply.bulk(text);
    }
    reply.bulk(b"age-seconds");
    reply.double((now_ms - entry.updated_ms) as f64 / 1000.0);
    reply.bulk(b"client-info");
    reply.bulk(entry.client.as_bytes());
    let numbers = [
        ("entry-id", number(entry.id)),
        ("timestamp-created", entry.created_ms),
        ("timestamp-last-updated", entry.updated_ms),
    ];
    for (field, number) in numbers {
        reply.bulk(field.as_bytes());
        reply.integer(number);
    }
}
