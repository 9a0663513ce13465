//! DEBUG DIGEST: a signature of the data that depends on nothing but the data.
//!
//! Keys are hashed one by one and combined by exclusive or, so their order does not matter; an
//! empty data set is all zeros.
//!
//! Always true: equal data gives equal signatures, whatever its history and wherever it is.
//! Not here: DIGEST, the command — `russet_command`.

use russet_base::xxh3::xxh3_64;
use russet_command::CommandError;
use russet_engine::{Db, StringRef, Touch};
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
    for index in 0..cx.core.keyspace.databases() {
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
    match value.string() {
        Ok(StringRef::Int(n)) => bytes.extend_from_slice(n.to_string().as_bytes()),
        Ok(StringRef::Bytes(text)) => bytes.extend_from_slice(text),
        Ok(StringRef::Shared(text)) => bytes.extend_from_slice(text),
        Err(_) => {}
    }
    Some(bytes)
}
