//! Replies of members and scores, and the events that a removal of members causes.
//!
//! Always true: a removal of no member counts as no change and causes no event.
//! Not here: the order and number of members in a reply — the commands' files, `range.rs` first.

use russet_engine::{Member, Scored};
use russet_resp::Reply;

use crate::ctx::Ctx;
use crate::effects::NotifyClass;

/// Writes a member as a bulk string.
#[inline]
pub(super) fn reply_member(reply: &mut Reply<'_>, member: Member<'_>) {
    match member {
        Member::Int(number) => reply.bulk_int(number),
        Member::Str(text) => reply.bulk(text),
    }
}

/// Whether scores stand beside members in a reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scores {
    Without,
    /// Member and score in turn, or in pairs where the protocol has doubles.
    With,
}

/// Writes a member, with its score if wanted.
#[inline]
pub(super) fn reply_scored(reply: &mut Reply<'_>, scored: Scored<'_>, scores: Scores) {
    if scores == Scores::Without {
        return reply_member(reply, scored.member);
    }
    if reply.is_resp3() {
        reply.array(2);
    }
    reply_member(reply, scored.member);
    reply.double(scored.score);
}

/// How many replies a member is in its array.
pub(super) fn replies_each(reply: &Reply<'_>, scores: Scores) -> usize {
    match scores {
        Scores::With if !reply.is_resp3() => 2,
        _ => 1,
    }
}

/// Counts the removal of members, and notifies of it and of a key that was deleted with its last
/// member.
pub(super) fn settle_removal(
    cx: &mut Ctx<'_>,
    key: &[u8],
    event: &'static str,
    removed: usize,
    is_gone: bool,
) {
    if removed == 0 {
        return;
    }
    cx.dirty(removed as u64);
    cx.notify(NotifyClass::ZSET, event, key);
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", key);
    }
}
