//! DEBUG DIGEST: a signature of the data that depends on nothing but the data.
//!
//! Keys are hashed one by one and combined by exclusive or, so their order does not matter; an
//! empty data set is all zeros. Members of sets and fields of hashes are combined in the same way;
//! elements of lists and entries of streams are hashed in their order.
//!
//! Always true: equal data gives equal signatures, whatever its history and wherever it is.
//! Not here: DIGEST, the command — `russet_command`.

use russet_base::num::{I64Buf, push_i64};
use russet_base::xxh3::xxh3_64;
use russet_command::CommandError;
use russet_engine::{Db, Kind, Member, Stream, StreamGroup, StreamId, StringRef, Touch, ValueRef};
use russet_resp::Args;

use crate::control::{ControlCtx, ControlFlow};

/// Twenty bytes, as many as Redis shows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Signature([u64; 3]);

impl Signature {
    fn of(bytes: &[u8]) -> Self {
        let mut tagged = bytes.to_vec();
        let mut hash = |tag: u8| {
            tagged.push(tag);
            xxh3_64(&tagged)
        };
        Self([hash(1), hash(2), hash(3) >> 32])
    }

    fn combine(&mut self, other: Self) {
        for (own, others) in self.0.iter_mut().zip(other.0) {
            *own ^= others;
        }
    }

    fn text(self) -> String {
        let [a, b, c] = self.0;
        format!("{a:016x}{b:016x}{c:08x}")
    }
}

/// The signature of all data.
pub(super) fn all(cx: &mut ControlCtx<'_>, _: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut signature = Signature::default();
    for index in cx.core.keyspace.filled() {
        let mut db = cx.core.keyspace.db(index);
        let mut keys: Vec<Box<[u8]>> = Vec::with_capacity(db.len());
        db.for_each(&mut |found| keys.push(found.key.into()));
        for key in keys {
            let mut bytes = value_bytes(&mut db, &key).unwrap_or_default();
            bytes.extend_from_slice(&(key.len() as u64).to_le_bytes());
            bytes.extend_from_slice(&key);
            bytes.extend_from_slice(&(index as u64).to_le_bytes());
            signature.combine(Signature::of(&bytes));
        }
    }
    cx.reply().simple(&signature.text());
    Ok(ControlFlow::Done)
}

/// The signature of the value of each key; zeros where there is none.
pub(super) fn values(cx: &mut ControlCtx<'_>, args: Args<'_>) -> Result<ControlFlow, CommandError> {
    let mut db = cx.core.keyspace.db(cx.session.db);
    let keys = args.skip(2);
    let signatures: Vec<Signature> = keys
        .iter()
        .map(|key| {
            value_bytes(&mut db, key)
                .map(|bytes| Signature::of(&bytes))
                .unwrap_or_default()
        })
        .collect();
    let mut reply = cx.reply();
    reply.array(signatures.len());
    for signature in signatures {
        reply.simple(&signature.text());
    }
    Ok(ControlFlow::Done)
}

/// All that a value is: its kind, its deadline, its contents.
fn value_bytes(db: &mut Db<'_>, key: &[u8]) -> Option<Vec<u8>> {
    let value = db.read(key, Touch::No)?;
    let mut bytes = value.kind().name().as_bytes().to_vec();
    let deadline = value.deadline().unwrap_or(i64::MIN);
    bytes.extend_from_slice(&deadline.to_le_bytes());
    contents(&value, &mut bytes);
    Some(bytes)
}

fn contents(value: &ValueRef<'_>, out: &mut Vec<u8>) {
    match value.kind() {
        Kind::String => {
            if let Ok(string) = value.string() {
                push_text(string, out);
            }
        }
        Kind::List => {
            if let Ok(list) = value.list() {
                list.each(0, usize::MAX, |element| push_part(element, out));
            }
        }
        Kind::Set | Kind::Hash | Kind::Zset => {
            let parts = unordered(value);
            let lanes = parts.0.iter().flat_map(|lane| lane.to_le_bytes());
            out.extend(lanes);
        }
        Kind::Stream => {
            if let Ok(stream) = value.stream() {
                stream_contents(stream, out);
            }
        }
    }
}

/// The signature of what has no order of its own.
fn unordered(value: &ValueRef<'_>) -> Signature {
    let mut all = Signature::default();
    let mut part = Vec::new();
    if let Ok(set) = value.set() {
        for member in set.iter() {
            part.clear();
            push_part(text_of(member), &mut part);
            all.combine(Signature::of(&part));
        }
    } else if let Ok(hash) = value.hash() {
        hash.each(|field| {
            part.clear();
            push_part(field.field, &mut part);
            push_part(field.value, &mut part);
            let deadline = field.deadline.unwrap_or(i64::MIN);
            part.extend_from_slice(&deadline.to_le_bytes());
            all.combine(Signature::of(&part));
        });
    } else if let Ok(zset) = value.zset() {
        for scored in zset.iter() {
            part.clear();
            push_part(text_of(scored.member), &mut part);
            // Zero has one sign here.
            part.extend_from_slice(&(scored.score + 0.0).to_le_bytes());
            all.combine(Signature::of(&part));
        }
    }
    all
}

fn stream_contents(stream: &Stream, out: &mut Vec<u8>) {
    for id in [stream.last_id(), stream.max_deleted_id()] {
        push_id(id, out);
    }
    out.extend_from_slice(&stream.entries_added().to_le_bytes());
    for entry in stream.entries() {
        push_id(entry.id(), out);
        let mut digits = I64Buf::new();
        for (name, value) in entry.fields() {
            push_part(StringRef::Bytes(name), out);
            push_part(StringRef::Bytes(value.bytes(&mut digits)), out);
        }
    }
    stream.groups().for_each(|group| group_contents(group, out));
}

fn group_contents(group: &StreamGroup, out: &mut Vec<u8>) {
    push_part(StringRef::Bytes(group.name()), out);
    push_id(group.last_id, out);
    let read = group.entries_read.map_or(-1, u64::cast_signed);
    out.extend_from_slice(&read.to_le_bytes());
    for consumer in group.consumers() {
        push_part(StringRef::Bytes(consumer.name()), out);
    }
    for pending in group.pending_from(StreamId::MIN) {
        push_id(pending.id, out);
        out.extend_from_slice(&pending.delivered_at.to_le_bytes());
        out.extend_from_slice(&pending.deliveries.to_le_bytes());
        let owner = pending.consumer.map(|id| group.consumer(id).name());
        push_part(StringRef::Bytes(owner.unwrap_or_default()), out);
    }
}

fn text_of(member: Member<'_>) -> StringRef<'_> {
    match member {
        Member::Int(n) => StringRef::Int(n),
        Member::Str(text) => StringRef::Bytes(text),
    }
}

fn push_id(id: StreamId, out: &mut Vec<u8>) {
    out.extend_from_slice(&id.ms.to_le_bytes());
    out.extend_from_slice(&id.seq.to_le_bytes());
}

/// A text among others: its length comes first.
fn push_part(text: StringRef<'_>, out: &mut Vec<u8>) {
    let at = out.len();
    out.extend_from_slice(&[0; 8]);
    push_text(text, out);
    let len = (out.len() - at - 8) as u64;
    out[at..at + 8].copy_from_slice(&len.to_le_bytes());
}

fn push_text(text: StringRef<'_>, out: &mut Vec<u8>) {
    match text {
        StringRef::Int(n) => push_i64(n, out),
        StringRef::Bytes(text) => out.extend_from_slice(text),
        StringRef::Shared(text) => out.extend_from_slice(text),
    }
}
