//! The sparse form: runs of equal registers, in one or two bytes each.
//!
//! ```text
//!  00llllll            l + 1 registers that are 0        (1–64)
//!  01llllll llllllll   l + 1 registers that are 0        (1–16384)
//!  1vvvvvll            l + 1 registers that are v + 1    (1–4 of 1–32)
//! ```
//! Always true: no bytes make a reader panic; a change leaves a sequence that is as long as before
//! when it is decoded.
//! Not here: the header before the runs — `mod.rs`

use smallvec::SmallVec;

use super::{CorruptedSketch, HEADER_LEN};

/// The highest value of a register in this form.
const VALUE_MAX: u8 = 32;
const VALUES_LEN_MAX: usize = 4;
const ZEROS_LEN_MAX: usize = 64;
/// How many runs are looked at for joining them after a change.
const JOINED_RUNS_MAX: usize = 5;

/// Equal registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Run {
    /// Registers that are zero, in one byte.
    Zeros(usize),
    /// Registers that are zero, in two bytes.
    ManyZeros(usize),
    /// Registers of this value, in one byte.
    Values(u8, usize),
}

impl Run {
    /// How many registers they are.
    pub fn len(self) -> usize {
        match self {
            Self::Zeros(len) | Self::ManyZeros(len) | Self::Values(_, len) => len,
        }
    }

    /// Never: a run has a register at least.
    pub fn is_empty(self) -> bool {
        false
    }

    /// The value of each of them.
    pub fn value(self) -> u8 {
        match self {
            Self::Zeros(_) | Self::ManyZeros(_) => 0,
            Self::Values(value, _) => value,
        }
    }

    /// The first run of some bytes; nothing if there is none, or it is cut off.
    #[inline]
    fn decode(bytes: &[u8]) -> Option<Self> {
        let first = *bytes.first()?;
        Some(match first >> 6 {
            0 => Self::Zeros(usize::from(first & 0x3f) + 1),
            1 => {
                let low = *bytes.get(1)?;
                Self::ManyZeros((usize::from(first & 0x3f) << 8 | usize::from(low)) + 1)
            }
            _ => Self::Values((first >> 2 & 0x1f) + 1, usize::from(first & 3) + 1),
        })
    }

    /// Bytes that it takes.
    fn size(self) -> usize {
        match self {
            Self::ManyZeros(_) => 2,
            Self::Zeros(_) | Self::Values(..) => 1,
        }
    }
}

/// The runs of some bytes.
///
/// COMPAT: one that is cut off ends with the zero byte that Redis has behind a string, so that
/// there are too many registers.
pub(super) fn runs(mut bytes: &[u8]) -> impl Iterator<Item = Run> + '_ {
    std::iter::from_fn(move || {
        let first = *bytes.first()?;
        let cut_off = Run::ManyZeros((usize::from(first & 0x3f) << 8) + 1);
        let run = Run::decode(bytes).unwrap_or(cut_off);
        bytes = bytes.get(run.size()..).unwrap_or_default();
        Some(run)
    })
}

/// Appends registers that are zero.
pub(super) fn push_zeros<B: Extend<u8>>(len: usize, into: &mut B) {
    let less = len - 1;
    if len > ZEROS_LEN_MAX {
        into.extend([0x40 | (less >> 8) as u8, less as u8]);
    } else {
        into.extend([less as u8]);
    }
}

fn values(value: u8, len: usize) -> u8 {
    0x80 | (value - 1) << 2 | (len - 1) as u8
}

/// Result of raising a register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Raised {
    /// It was as high already.
    Not,
    /// It was raised.
    Done,
    /// This form cannot hold the value, or would be too long; nothing was changed.
    TooLong,
}

/// The run of a register.
struct Spot {
    run: Run,
    /// Where it lies.
    at: usize,
    /// Where the run before it lies.
    before: Option<usize>,
    /// Its first register.
    first: usize,
}

fn find(bytes: &[u8], index: usize) -> Result<Spot, CorruptedSketch> {
    let (mut at, mut before, mut first) = (HEADER_LEN, None, 0);
    loop {
        let run = Run::decode(&bytes[at..]).ok_or(CorruptedSketch)?;
        if index < first + run.len() {
            return Ok(Spot {
                run,
                at,
                before,
                first,
            });
        }
        (before, first, at) = (Some(at), first + run.len(), at + run.size());
    }
}

/// Raises a register in the bytes of a sparse HyperLogLog.
pub(super) fn raise(
    bytes: &mut Vec<u8>,
    index: usize,
    value: u8,
    len_max: usize,
) -> Result<Raised, CorruptedSketch> {
    if value > VALUE_MAX {
        return Ok(Raised::TooLong);
    }
    let spot = find(bytes, index)?;
    match spot.run {
        Run::Values(present, _) if present >= value => return Ok(Raised::Not),
        Run::Values(_, 1) | Run::Zeros(1) => bytes[spot.at] = values(value, 1),
        run => {
            let parts = split(&spot, index, value);
            let is_longer = parts.len() > run.size();
            if is_longer && bytes.len() + parts.len() - run.size() > len_max {
                return Ok(Raised::TooLong);
            }
            bytes.splice(spot.at..spot.at + run.size(), parts);
        }
    }
    join(bytes, spot.before.unwrap_or(HEADER_LEN));
    Ok(Raised::Done)
}

/// A run with another value at one of its registers.
fn split(spot: &Spot, index: usize, value: u8) -> SmallVec<[u8; 8]> {
    let mut parts = SmallVec::new();
    let push_rest = |parts: &mut SmallVec<[u8; 8]>, len: usize| match spot.run {
        _ if len == 0 => {}
        Run::Values(present, _) => parts.push(values(present, len)),
        Run::Zeros(_) | Run::ManyZeros(_) => push_zeros(len, parts),
    };
    push_rest(&mut parts, index - spot.first);
    parts.push(values(value, 1));
    push_rest(&mut parts, spot.first + spot.run.len() - 1 - index);
    parts
}

/// Joins neighbouring runs of the same value that fit into one, a few of them from a place on.
fn join(bytes: &mut Vec<u8>, from: usize) {
    let mut at = from;
    for _ in 0..JOINED_RUNS_MAX {
        let Some(run) = bytes.get(at..).and_then(Run::decode) else {
            return;
        };
        let next = bytes.get(at + run.size()..).and_then(Run::decode);
        match (run, next) {
            (Run::Values(value, len), Some(Run::Values(other, more)))
                if value == other && len + more <= VALUES_LEN_MAX =>
            {
                bytes[at] = values(value, len + more);
                bytes.remove(at + 1);
            }
            _ => at += run.size(),
        }
    }
}
