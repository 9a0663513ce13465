//! A function while it is compiled: lists that grow, and are used again for the next function.
//!
//! Jumps that wait for their target are a chain: each has the one before it as its target.
//!
//! Always true: a finished function has lists of its own, of exact size.
//! Not here: what is put into the lists — `compile.rs`

use std::collections::HashMap;

use crate::code::{LocalName, Op, OperandName};
use crate::value::{StrRef, Value};

/// The lists of a function that grow.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) code: Vec<Op>,
    /// The line of each instruction.
    pub(super) lines: Vec<u32>,
    pub(super) names: Vec<OperandName>,
    pub(super) consts: Constants,
    /// The local variables, for a debugger.
    pub(super) locals: Vec<LocalName>,
    /// The places of the ones in sight, in the order of their registers.
    shown: Vec<usize>,
    /// The register of each local that is in sight.
    pub(super) registers: Vec<u8>,
    /// The jumps out of each loop around here.
    pub(super) breaks: Vec<Jumps>,
}

/// Lists of functions that are finished.
#[derive(Default)]
pub(crate) struct Drafts(Vec<Draft>);

impl Drafts {
    /// Empty lists, for a function with this many locals.
    pub(super) fn take(&mut self, locals: usize) -> Draft {
        let mut draft = self.0.pop().unwrap_or_default();
        draft.registers.resize(locals, 0);
        draft
    }

    /// Takes lists back, unless they have grown large.
    pub(super) fn put_back(&mut self, mut draft: Draft) {
        if draft.code.capacity() > KEPT_MAX || self.0.len() >= DRAFTS_MAX {
            return;
        }
        draft.code.clear();
        draft.lines.clear();
        draft.names.clear();
        draft.locals.clear();
        draft.shown.clear();
        draft.consts.clear();
        draft.registers.clear();
        draft.breaks.clear();
        self.0.push(draft);
    }
}

impl Draft {
    pub(super) fn here(&self) -> usize {
        self.code.len()
    }

    /// Brings a local variable into a debugger's sight.
    pub(super) fn show_local(&mut self, name: StrRef, register: u8) {
        self.shown.push(self.locals.len());
        self.locals.push(LocalName {
            name,
            register,
            from: self.here() as u32,
            to: NOWHERE,
        });
    }

    /// Takes local variables in registers from `free` on out of sight.
    pub(super) fn hide_locals(&mut self, free: usize) {
        let end = self.here() as u32;
        while let Some(local) = self
            .shown
            .pop_if(|idx| usize::from(self.locals[*idx].register) >= free)
        {
            self.locals[local].to = end;
        }
    }

    /// Lets a jump go to an instruction.
    pub(super) fn retarget(&mut self, jump: usize, target: usize) {
        *self.target(jump) = target as u32;
    }

    /// Lets all jumps of a chain go to an instruction.
    pub(super) fn retarget_all(&mut self, jumps: Jumps, target: usize) {
        let mut next = jumps.0;
        while next != Jumps::NONE.0 {
            let to = self.target(next as usize);
            next = std::mem::replace(to, target as u32);
        }
    }

    /// One chain of two.
    pub(super) fn joined(&mut self, first: Jumps, second: Jumps) -> Jumps {
        let mut end = second.0;
        if end == Jumps::NONE.0 {
            return first;
        }
        loop {
            let to = self.target(end as usize);
            if *to == Jumps::NONE.0 {
                *to = first.0;
                return second;
            }
            end = *to;
        }
    }

    fn target(&mut self, jump: usize) -> &mut u32 {
        match &mut self.code[jump] {
            Op::Jump { to }
            | Op::JumpIf { to, .. }
            | Op::JumpIfNot { to, .. }
            | Op::ForPrep { to, .. }
            | Op::ForLoop { to, .. }
            | Op::ForNext { to, .. } => to,
            other => unreachable!("{other:?} is no jump"),
        }
    }
}

/// Jumps that wait for the same target.
#[derive(Clone, Copy)]
pub(super) struct Jumps(u32);

impl Jumps {
    pub(super) const NONE: Self = Self(NOWHERE);

    pub(super) const fn one(jump: usize) -> Self {
        Self(jump as u32)
    }
}

/// The target of a jump that is the first of its chain.
pub(super) const NOWHERE: u32 = u32::MAX;

/// The constants of a function.
#[derive(Default)]
pub(super) struct Constants {
    list: Vec<Value>,
    /// Where each is, once there are many.
    places: HashMap<Key, u32>,
}

#[derive(PartialEq, Eq, Hash)]
enum Key {
    Num(u64),
    Str(u32),
}

impl Constants {
    pub(super) fn list(&self) -> &[Value] {
        &self.list
    }

    fn clear(&mut self) {
        self.list.clear();
        self.places = HashMap::new();
    }

    fn find(&self, is_same: impl Fn(&Value) -> bool) -> Option<usize> {
        self.list.iter().position(is_same)
    }

    /// The place of a number or string.
    pub(super) fn place(&mut self, value: Value) -> u32 {
        let next = self.list.len() as u32;
        if self.list.len() < FEW {
            let found = match value {
                Value::Str(text) => {
                    self.find(|other| matches!(other, Value::Str(t) if t.idx == text.idx))
                }
                // As in the reference, both zeroes are one constant.
                Value::Num(number) => {
                    self.find(|other| matches!(other, Value::Num(n) if *n == number))
                }
                _ => None,
            };
            if let Some(place) = found {
                return place as u32;
            }
        } else {
            if self.places.is_empty() {
                let places = self.list.iter().zip(0..);
                self.places = places.map(|(value, place)| (key(*value), place)).collect();
            }
            let place = *self.places.entry(key(value)).or_insert(next);
            if place < next {
                return place;
            }
        }
        self.list.push(value);
        next
    }
}

fn key(value: Value) -> Key {
    match value {
        Value::Num(0.0) => Key::Num(0),
        Value::Num(number) => Key::Num(number.to_bits()),
        Value::Str(text) => Key::Str(text.idx),
        _ => unreachable!("constants are numbers and strings"),
    }
}

/// How many constants are looked through one by one.
const FEW: usize = 24;
/// The longest code whose lists are kept, in instructions.
const KEPT_MAX: usize = 4096;
/// How many lists are kept.
const DRAFTS_MAX: usize = 8;
