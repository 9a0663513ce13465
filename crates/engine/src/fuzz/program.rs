//! Bytes as a program of operations. Every byte string is one, and short ones are simple.
//!
//! Always true: reading a program ends with its bytes and never fails.
//! Not here: running it — `fuzz/mod.rs`

use bytes::Bytes;

use super::DATABASES;
use super::model::Item;
use crate::{Encoding, Millis, NewValue};

/// One operation. A deadline is relative to now if `Ok`, and as it is if `Err`.
#[derive(Debug)]
pub(super) enum Op {
    Set {
        db: usize,
        key: Vec<u8>,
        value: Value,
        deadline: Option<Result<Millis, Millis>>,
    },
    Replace {
        db: usize,
        key: Vec<u8>,
        value: Value,
    },
    Deadline {
        db: usize,
        key: Vec<u8>,
        deadline: Option<Result<Millis, Millis>>,
    },
    Append {
        db: usize,
        key: Vec<u8>,
        bytes: Vec<u8>,
    },
    SetRange {
        db: usize,
        key: Vec<u8>,
        offset: usize,
        bytes: Vec<u8>,
    },
    Incr {
        db: usize,
        key: Vec<u8>,
        by: i64,
    },
    Remove {
        db: usize,
        key: Vec<u8>,
    },
    Read {
        db: usize,
        key: Vec<u8>,
    },
    Rename {
        db: usize,
        key: Vec<u8>,
        to: Vec<u8>,
    },
    Copy {
        db: usize,
        key: Vec<u8>,
        to_db: usize,
        to: Vec<u8>,
        replace: bool,
    },
    Move {
        db: usize,
        key: Vec<u8>,
        to_db: usize,
    },
    Swap {
        a: usize,
        b: usize,
    },
    Flush {
        db: usize,
    },
    Advance {
        ms: Millis,
    },
    ExpireDue {
        budget: usize,
    },
    Housekeep {
        budget: usize,
    },
    Snapshot,
    Walk {
        which: usize,
    },
    Scan {
        db: usize,
        count: usize,
    },
    ResetStats,
}

/// A value to set.
#[derive(Debug)]
pub(super) enum Value {
    Plain(Vec<u8>),
    Raw(Vec<u8>),
    Int(i64),
    Shared(Bytes),
}

impl Value {
    pub(super) fn new_value(&self) -> NewValue<'_> {
        match self {
            Self::Plain(bytes) => NewValue::Plain(bytes),
            Self::Raw(bytes) => NewValue::Raw(bytes),
            Self::Int(n) => NewValue::Int(*n),
            Self::Shared(bytes) => NewValue::Shared(bytes.clone()),
        }
    }

    pub(super) fn item(&self, deadline: Option<Millis>) -> Item {
        let item = match self {
            Self::Plain(bytes) => Item::plain(bytes),
            Self::Raw(bytes) => Item::raw(bytes),
            Self::Int(n) => Item::plain(n.to_string().as_bytes()),
            Self::Shared(bytes) => Item {
                encoding: Encoding::Raw,
                ..Item::raw(bytes)
            },
        };
        Item { deadline, ..item }
    }
}

/// The operations that bytes stand for.
pub(super) struct Program<'a> {
    bytes: std::slice::Iter<'a, u8>,
}

impl<'a> Program<'a> {
    pub(super) fn new(data: &'a [u8]) -> Self {
        Self { bytes: data.iter() }
    }

    fn byte(&mut self) -> u8 {
        self.bytes.next().copied().unwrap_or(0)
    }

    fn word(&mut self) -> i64 {
        i64::from(u16::from_le_bytes([self.byte(), self.byte()]))
    }

    fn db(&mut self) -> usize {
        // Mostly the first, so that it has many keys.
        [0, 0, 0, 0, 0, 1, 1, 2][usize::from(self.byte() % 8)] % DATABASES
    }

    /// One of a few thousand keys, of all lengths that matter.
    fn key(&mut self) -> Vec<u8> {
        let (shape, n) = (self.byte(), self.word());
        match shape {
            0..=7 => vec![b'k'; usize::from(shape) * 37],
            8..=10 => format!("long{n}").into_bytes().repeat(60),
            11..=80 => format!("{}", n % 50).into_bytes(),
            _ => format!("key:{}", n % 3000).into_bytes(),
        }
    }

    fn text(&mut self) -> Vec<u8> {
        let (shape, fill) = (self.byte(), self.byte());
        let len = match shape {
            0..=99 => usize::from(shape) % 20,
            100..=199 => usize::from(shape) - 60,
            200..=239 => usize::from(shape) * 5,
            _ => usize::from(shape) * usize::from(fill % 128),
        };
        vec![fill; len]
    }

    fn int(&mut self) -> i64 {
        match self.byte() % 8 {
            0 => i64::MAX,
            1 => i64::MIN,
            2 => -self.word(),
            _ => self.word(),
        }
    }

    fn value(&mut self) -> Value {
        match self.byte() % 8 {
            0 => Value::Int(self.int()),
            1 => Value::Plain(self.int().to_string().into_bytes()),
            2 => Value::Raw(self.text()),
            3 => Value::Raw(self.int().to_string().into_bytes()),
            4 => Value::Shared(self.text().into()),
            _ => Value::Plain(self.text()),
        }
    }

    fn deadline(&mut self) -> Option<Result<Millis, Millis>> {
        match self.byte() % 16 {
            0 => Some(Err(9_223_372_036_854_770_000)),
            1 => Some(Err(i64::MAX)),
            2 => Some(Err(-5)),
            3 => Some(Err((1 << 47) - 1)),
            4 => Some(Ok(self.word() << 28)),
            5 => Some(Ok(self.word() << 12)),
            6 | 7 => Some(Ok(self.word())),
            8 => Some(Ok(i64::from(self.byte()))),
            _ => None,
        }
    }

    fn rarer(&mut self, op: u8) -> Op {
        match op {
            0..=10 => Op::Rename {
                db: self.db(),
                key: self.key(),
                to: self.key(),
            },
            11..=20 => Op::Copy {
                db: self.db(),
                key: self.key(),
                to_db: self.db(),
                to: self.key(),
                replace: self.byte().is_multiple_of(2),
            },
            21..=30 => Op::Move {
                db: self.db(),
                key: self.key(),
                to_db: self.db(),
            },
            31 => Op::Swap {
                a: self.db(),
                b: self.db(),
            },
            32 => Op::Flush { db: self.db() },
            33..=37 => Op::Advance {
                ms: 1 << (self.byte() % 40),
            },
            38..=45 => Op::Advance { ms: self.word() },
            46..=52 => Op::ExpireDue {
                budget: usize::from(self.byte()),
            },
            53..=56 => Op::Housekeep {
                budget: usize::from(self.byte()),
            },
            57..=60 => Op::Snapshot,
            61..=64 => Op::Walk {
                which: usize::from(self.byte()),
            },
            65..=67 => Op::Scan {
                db: self.db(),
                count: usize::from(self.byte()),
            },
            _ => Op::ResetStats,
        }
    }
}

impl Iterator for Program<'_> {
    type Item = Op;

    fn next(&mut self) -> Option<Op> {
        let op = *self.bytes.next()?;
        Some(match op {
            0..=79 => Op::Set {
                db: self.db(),
                key: self.key(),
                value: self.value(),
                deadline: self.deadline(),
            },
            80..=89 => Op::Replace {
                db: self.db(),
                key: self.key(),
                value: self.value(),
            },
            90..=104 => Op::Deadline {
                db: self.db(),
                key: self.key(),
                deadline: self.deadline(),
            },
            105..=114 => Op::Append {
                db: self.db(),
                key: self.key(),
                bytes: self.text(),
            },
            115..=121 => Op::SetRange {
                db: self.db(),
                key: self.key(),
                offset: self.word() as usize % 3000,
                bytes: self.text(),
            },
            122..=131 => Op::Incr {
                db: self.db(),
                key: self.key(),
                by: self.int(),
            },
            132..=167 => Op::Remove {
                db: self.db(),
                key: self.key(),
            },
            168..=187 => Op::Read {
                db: self.db(),
                key: self.key(),
            },
            _ => self.rarer(op - 188),
        })
    }
}
