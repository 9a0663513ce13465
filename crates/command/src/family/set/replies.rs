//! Members as replies.

use russet_engine::{Member, SetRef};
use russet_resp::Reply;

/// Writes a member as a bulk string.
#[inline]
pub(super) fn reply_member(reply: &mut Reply<'_>, member: Member<'_>) {
    match member {
        Member::Int(number) => reply.bulk_int(number),
        Member::Str(text) => reply.bulk(text),
    }
}

/// Writes all members of a set.
pub(super) fn reply_members(reply: &mut Reply<'_>, set: SetRef<'_>) {
    reply.set(set.len());
    for member in set.iter() {
        reply_member(reply, member);
    }
}
