//! LCS: the longest common subsequence of two values.
//!
//! The textbook fills a table of lengths. Two neighbours in a row of that table differ by 0 or 1,
//! so a row is a string of bits, and a whole row follows from the one above by an addition
//! (Hyyrö's bit-parallel form): 64 cells a step, a bit a cell.
//!
//! ```text
//!            b0 b1 b2 …              row[i] bit j = 1   length(i, j) = length(i, j − 1)
//!   a0   row[0]                              bit j = 0   length(i, j) = length(i, j − 1) + 1
//!   a1   row[1]       masks[x] bit j = 1 where b[j] = x
//! ```
//! The way back needs no more than that bit: where characters differ, a 0 means that the row above
//! is the longer way, a 1 that it is not longer; this is the choice Redis makes among equals.
//!
//! Always true: rows and masks each take no more memory than the table of 32-bit lengths would, on
//! which the limit is put.
//! Not here: replies — the handler below only arranges them.

use russet_engine::Touch;
use russet_resp::{Args, Reply};

use crate::args::{integer, is_word};
use crate::ctx::{Ctx, Flow};
use crate::error::CommandError;

/// The kind of answer.
#[derive(Debug, Default)]
struct Wanted {
    len: bool,
    idx: bool,
    run_lens: bool,
    run_len_min: usize,
}

/// A run of characters that both values share: it begins at `a` and `b` and is `len` long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    a: usize,
    b: usize,
    len: usize,
}

/// `LCS key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]`.
pub(super) fn lcs(cx: &mut Ctx<'_>, args: Args<'_>) -> Result<Flow, CommandError> {
    // COMPAT: both keys are looked up, and their types complained of, before any option is read.
    let a = string_at(cx, &args[1]);
    let b = string_at(cx, &args[2]);
    let (a, b) = (a?, b?);
    let wanted = read_options(args)?;
    check_size(cx.settings.string_len_max, a.len(), b.len())?;
    if wanted.len {
        cx.reply.count(length(&a, &b));
        return Ok(Flow::Done);
    }
    let runs = runs(&a, &b);
    match wanted.idx {
        true => reply_runs(&mut cx.reply, &runs, &wanted),
        false => reply_text(&mut cx.reply, &a, &runs),
    }
    Ok(Flow::Done)
}

/// A copy of the string at a key; empty when it is absent.
fn string_at(cx: &mut Ctx<'_>, key: &[u8]) -> Result<Vec<u8>, CommandError> {
    match cx.keyspace.db(cx.db).read(key, Touch::Yes) {
        Some(value) => match value.string() {
            Ok(value) => Ok(value.to_vec()),
            Err(_) => Err(CommandError::LcsType),
        },
        None => {
            cx.miss(key);
            Ok(Vec::new())
        }
    }
}

fn read_options(args: Args<'_>) -> Result<Wanted, CommandError> {
    let mut wanted = Wanted::default();
    let mut rest = args.skip(3).iter();
    while let Some(arg) = rest.next() {
        if is_word(arg, "IDX") {
            wanted.idx = true;
        } else if is_word(arg, "LEN") {
            wanted.len = true;
        } else if is_word(arg, "WITHMATCHLEN") {
            wanted.run_lens = true;
        } else if is_word(arg, "MINMATCHLEN") {
            // COMPAT: this number is read at once, before the options after it are looked at.
            let min = integer(rest.next().ok_or(CommandError::Syntax)?)?;
            wanted.run_len_min = usize::try_from(min).unwrap_or(0);
        } else {
            return Err(CommandError::Syntax);
        }
    }
    match wanted.len && wanted.idx {
        true => Err(CommandError::LcsLenAndIdx),
        false => Ok(wanted),
    }
}

/// Refuses what the textbook's table would be too large for.
fn check_size(string_len_max: u64, a_len: usize, b_len: usize) -> Result<(), CommandError> {
    const LEN_MAX: usize = u32::MAX as usize - 1;
    const CELL: u64 = 4;
    if a_len >= LEN_MAX || b_len >= LEN_MAX {
        return Err(CommandError::LcsTooLong);
    }
    // Both factors are below 2^32.
    let cells = (a_len as u64 + 1) * (b_len as u64 + 1);
    match cells.checked_mul(CELL) {
        Some(size) if size <= string_len_max => Ok(()),
        _ => Err(CommandError::LcsMemory),
    }
}

fn reply_runs(reply: &mut Reply<'_>, runs: &[Run], wanted: &Wanted) {
    let is_shown = |run: &&Run| run.len >= wanted.run_len_min;
    reply.map(2);
    reply.bulk(b"matches");
    reply.array(runs.iter().filter(is_shown).count());
    for run in runs.iter().filter(is_shown) {
        reply.array(if wanted.run_lens { 3 } else { 2 });
        for start in [run.a, run.b] {
            reply.array(2);
            reply.count(start);
            reply.count(start + run.len - 1);
        }
        if wanted.run_lens {
            reply.count(run.len);
        }
    }
    reply.bulk(b"len");
    reply.count(runs.iter().map(|run| run.len).sum());
}

fn reply_text(reply: &mut Reply<'_>, a: &[u8], runs: &[Run]) {
    let mut text = Vec::with_capacity(runs.iter().map(|run| run.len).sum());
    for run in runs.iter().rev() {
        text.extend_from_slice(&a[run.a..run.a + run.len]);
    }
    reply.bulk(&text);
}

/// The length of the longest common subsequence.
fn length(a: &[u8], b: &[u8]) -> usize {
    let masks = Masks::new(a, b);
    let mut row = vec![u64::MAX; masks.words];
    for character in a {
        masks.step(*character, &mut row);
    }
    let ones: usize = row.iter().map(|word| word.count_ones() as usize).sum();
    // Bits past the end of b never match, hence stay set.
    masks.words * 64 - ones
}

/// The runs of the longest common subsequence, last one first.
fn runs(a: &[u8], b: &[u8]) -> Vec<Run> {
    let rows = Rows::new(a, b);
    let mut runs: Vec<Run> = Vec::new();
    let (mut i, mut j) = (a.len(), b.len());
    while i > 0 && j > 0 {
        if a[i - 1] == b[j - 1] {
            (i, j) = (i - 1, j - 1);
            match runs.last_mut() {
                Some(run) if run.a == i + 1 && run.b == j + 1 => {
                    *run = Run {
                        a: i,
                        b: j,
                        len: run.len + 1,
                    };
                }
                _ => runs.push(Run { a: i, b: j, len: 1 }),
            }
        } else if rows.grows_at(i - 1, j - 1) {
            i -= 1;
        } else {
            j -= 1;
        }
    }
    runs
}

/// Where in `b` each character of `a` stands, as bits.
struct Masks {
    words: usize,
    /// The index of a character's mask, or [`Masks::NONE`].
    idx: [u16; 256],
    bits: Vec<u64>,
}

impl Masks {
    const NONE: u16 = u16::MAX;

    fn new(a: &[u8], b: &[u8]) -> Self {
        let words = b.len().div_ceil(64);
        let mut idx = [Self::NONE; 256];
        let mut count = 0;
        for &character in a {
            let slot = &mut idx[usize::from(character)];
            if *slot == Self::NONE {
                *slot = count;
                count += 1;
            }
        }
        let mut bits = vec![0; words * usize::from(count)];
        for (at, &character) in b.iter().enumerate() {
            let mask = idx[usize::from(character)];
            if mask != Self::NONE {
                bits[usize::from(mask) * words + at / 64] |= 1 << (at % 64);
            }
        }
        Self { words, idx, bits }
    }

    /// Turns a row into the next one, whose character is this one of `a`.
    fn step(&self, character: u8, row: &mut [u64]) {
        let start = usize::from(self.idx[usize::from(character)]) * self.words;
        let mask = &self.bits[start..start + self.words];
        let mut carry = false;
        for (word, mask) in row.iter_mut().zip(mask) {
            let matched = *word & mask;
            let (sum, over) = word.overflowing_add(matched);
            let (sum, over_carry) = sum.overflowing_add(u64::from(carry));
            carry = over || over_carry;
            *word = sum | (*word & !mask);
        }
    }
}

/// All rows, one after the other.
struct Rows {
    words: usize,
    bits: Vec<u64>,
}

impl Rows {
    fn new(a: &[u8], b: &[u8]) -> Self {
        let masks = Masks::new(a, b);
        let words = masks.words;
        let mut row = vec![u64::MAX; words];
        let mut bits = Vec::with_capacity(a.len() * words);
        for character in a {
            masks.step(*character, &mut row);
            bits.extend_from_slice(&row);
        }
        Self { words, bits }
    }

    /// Whether the length grows from the cell before this one.
    fn grows_at(&self, i: usize, j: usize) -> bool {
        self.bits[i * self.words + j / 64] >> (j % 64) & 1 == 0
    }
}

#[cfg(test)]
mod tests;
