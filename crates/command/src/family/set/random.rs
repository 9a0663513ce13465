//! Members by chance: SPOP, SRANDMEMBER.
//!
//! Always true: every member has the same chance; a SPOP is recorded as SREM of the members that
//! went, or that the key did.

use russet_base::num::I64Buf;
use russet_base::rng::Rng;
use russet_engine::{Encoding, KeyHash, Member, SetMut, SetRef, Touch};
use russet_resp::{ArgBuf, Args};
use smallvec::SmallVec;

use super::replies::{reply_member, reply_members};
use crate::args::{check_repeats, positive, random_count};
use crate::ctx::{Ctx, Flow};
use crate::effects::{Effects, NotifyClass, removal};
use crate::error::CommandError;

/// How many members one recorded SREM names.
const SREM_MEMBERS_MAX: usize = 1024;
/// When this many times more members are removed than stay, those that stay are chosen.
const FEW_STAY: usize = 5;
/// When this many times more members are there than wanted, they are drawn one by one.
const FEW_WANTED: usize = 3;

/// `SPOP key [count]`.
pub(super) fn spop(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    match args.len() {
        2 => pop_one(cx, &args[1]),
        3 => pop_many(cx, &args[1], &args[2]),
        _ => Err(CommandError::Syntax),
    }
}

fn pop_one(cx: &mut Ctx<'_>, key: &[u8]) -> Result<Flow, CommandError> {
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut set = db.set_mut((hash, key))?;
    let chosen = set.view().and_then(|set| set.random(cx.rng));
    let Some(chosen) = chosen.map(Owned::from) else {
        cx.reply.null();
        return Ok(Flow::Done);
    };
    set.remove_member(chosen.member());
    let is_gone = set.is_empty();
    reply_member(&mut cx.reply, chosen.member());
    cx.propagate_as(&[b"SREM", key, chosen.member().as_bytes(&mut I64Buf::new())]);
    settle(cx, key, 1, is_gone);
    Ok(Flow::Done)
}

fn pop_many(cx: &mut Ctx<'_>, key: &[u8], count: &[u8]) -> Result<Flow, CommandError> {
    let count = usize::try_from(positive(count)?).unwrap_or(usize::MAX);
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let mut set = db.set_mut((hash, key))?;
    let len = set.len();
    if count == 0 || len == 0 {
        cx.reply.set(0);
        return Ok(Flow::Done);
    }
    if count >= len {
        if let Some(set) = set.view() {
            reply_members(&mut cx.reply, set);
        }
        db.remove((hash, key));
        cx.propagate_as(&[removal(cx.settings.lazy_server_del), key]);
        settle(cx, key, len, true);
        return Ok(Flow::Done);
    }
    let mut removals = Removals::new(cx.effects.recording);
    cx.reply.set(count);
    if (len - count).saturating_mul(FEW_STAY) <= count {
        let kept = take_random(&mut set, len - count, cx.rng);
        if let Some(set) = set.view() {
            for member in set.iter() {
                reply_member(&mut cx.reply, member);
                removals.add(key, member);
            }
        }
        keep(cx, (hash, key), &kept)?;
    } else {
        for member in take_random(&mut set, count, cx.rng) {
            reply_member(&mut cx.reply, member.member());
            removals.add(key, member.member());
        }
    }
    removals.finish(cx.effects);
    settle(cx, key, count, false);
    Ok(Flow::Done)
}

/// Takes `count` random members out of a set, which has more.
fn take_random(set: &mut SetMut<'_>, count: usize, rng: &mut Rng) -> Vec<Owned> {
    let mut taken = Vec::new();
    for _ in 0..count {
        let Some(member) = set.view().and_then(|set| set.random(rng)).map(Owned::from) else {
            break;
        };
        set.remove_member(member.member());
        taken.push(member);
    }
    taken
}

/// Makes these the only members of the set, which is encoded anew.
fn keep(
    cx: &mut Ctx<'_>,
    (hash, key): (KeyHash, &[u8]),
    kept: &[Owned],
) -> Result<(), CommandError> {
    let mut db = cx.keyspace.db(cx.db);
    let set = db.set_mut((hash, key))?;
    let begins = match set.view().map(|set| set.encoding()) {
        Some(Encoding::Intset) => Encoding::Intset,
        _ => Encoding::Listpack,
    };
    let mut rest = db.new_set(begins);
    for member in kept {
        rest.add(member.member());
    }
    db.set_mut((hash, key))?.replace(rest);
    Ok(())
}

fn settle(cx: &mut Ctx<'_>, key: &[u8], removed: usize, is_gone: bool) {
    cx.dirty(removed as u64);
    cx.notify(NotifyClass::SET, "spop", key);
    if is_gone {
        cx.notify(NotifyClass::GENERIC, "del", key);
    }
}

/// `SRANDMEMBER key [count]`.
pub(super) fn srandmember(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    let count = match args.len() {
        2 => None,
        3 => Some(random_count(&args[2])?),
        _ => return Err(CommandError::Syntax),
    };
    if let Some(count) = count {
        check_repeats(count)?;
    }
    let key = &args[1];
    let hash = cx.hash_of_first(key);
    let mut db = cx.keyspace.db(cx.db);
    let Some(value) = db.read((hash, key), Touch::Yes) else {
        match count {
            None => cx.reply.null(),
            Some(_) => cx.reply.empty_array(),
        }
        cx.miss(key);
        return Ok(Flow::Done);
    };
    let set = value.set()?;
    let Some(count) = count else {
        if let Some(member) = set.random(cx.rng) {
            reply_member(&mut cx.reply, member);
        }
        return Ok(Flow::Done);
    };
    let wanted = usize::try_from(count.unsigned_abs()).unwrap_or(usize::MAX);
    if count < 0 {
        cx.reply.array(wanted);
        for _ in 0..wanted {
            if let Some(member) = set.random(cx.rng) {
                reply_member(&mut cx.reply, member);
            }
            if cx.reply.is_over() {
                break;
            }
        }
        return Ok(Flow::Done);
    }
    let wanted = wanted.min(set.len());
    cx.reply.array(wanted);
    sample(set, wanted, cx.rng, |member| {
        reply_member(&mut cx.reply, member)
    });
    Ok(Flow::Done)
}

/// Shows `wanted` different members, every choice as likely as any other.
fn sample<'a>(set: SetRef<'a>, wanted: usize, rng: &mut Rng, mut show: impl FnMut(Member<'a>)) {
    let (mut left, mut wanted) = (set.len(), wanted);
    let is_few = wanted.saturating_mul(FEW_WANTED) <= left && set.encoding() == Encoding::Hashtable;
    if is_few {
        let mut seen = std::collections::HashSet::with_capacity(wanted);
        while seen.len() < wanted {
            match set.random(rng) {
                Some(member) if seen.insert(member) => show(member),
                Some(_) => {}
                None => return,
            }
        }
        return;
    }
    for member in set.iter() {
        if wanted > 0 && rng.index(left) < wanted {
            wanted -= 1;
            show(member);
        }
        left -= 1;
    }
}

/// A member of its own.
enum Owned {
    Int(i64),
    Str(SmallVec<[u8; 32]>),
}

impl From<Member<'_>> for Owned {
    fn from(member: Member<'_>) -> Self {
        match member {
            Member::Int(number) => Self::Int(number),
            Member::Str(text) => Self::Str(SmallVec::from_slice(text)),
        }
    }
}

impl Owned {
    fn member(&self) -> Member<'_> {
        match self {
            Self::Int(number) => Member::Int(*number),
            Self::Str(text) => Member::Str(text),
        }
    }
}

/// The requests that are recorded.
struct Removals {
    is_recorded: bool,
    requests: Vec<ArgBuf>,
    members: usize,
}

impl Removals {
    fn new(is_recorded: bool) -> Self {
        Self {
            is_recorded,
            requests: Vec::new(),
            members: 0,
        }
    }

    fn add(&mut self, key: &[u8], member: Member<'_>) {
        if !self.is_recorded {
            return;
        }
        if self.members.is_multiple_of(SREM_MEMBERS_MAX) {
            self.requests.push(ArgBuf::from_slices(&[b"SREM", key]));
        }
        if let Some(request) = self.requests.last_mut() {
            request.push(member.as_bytes(&mut I64Buf::new()));
        }
        self.members += 1;
    }

    fn finish(self, effects: &mut Effects) {
        for request in self.requests {
            effects.propagate_as(request.args());
        }
    }
}
