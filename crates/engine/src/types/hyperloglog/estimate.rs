//! From registers to a count: Ertl's improved raw estimator (arXiv:1702.01284), which needs no
//! correction at either end.
//!
//! Always true: the same registers give the same count as Redis, bit for bit of the float.

use super::{COUNTED_BITS, REGISTERS};

/// How many registers have each value.
#[derive(Debug)]
pub(super) struct Histogram([u32; 64]);

impl Default for Histogram {
    fn default() -> Self {
        Self([0; 64])
    }
}

impl Histogram {
    /// Adds some registers of a value.
    #[inline]
    pub(super) fn add(&mut self, value: u8, count: u32) {
        self.0[usize::from(value & 0x3f)] += count;
    }

    /// The count of different elements; none if the registers are beyond what elements make of
    /// them.
    pub(super) fn estimate(&self) -> Option<u64> {
        const SHARE: f64 = 0.721_347_520_444_481_7;
        let registers = REGISTERS as f64;
        let counted = COUNTED_BITS as usize;
        let full = f64::from(self.0[counted + 1]);
        let mut sum = registers * tau((registers - full) / registers);
        for value in (1..=counted).rev() {
            sum += f64::from(self.0[value]);
            sum *= 0.5;
        }
        sum += registers * sigma(f64::from(self.0[0]) / registers);
        let estimate = (SHARE * registers * registers / sum).round();
        (estimate < i64::MAX as f64).then_some(estimate as u64)
    }
}

/// x + Σ x^(2^k) · 2^(k−1) for k from 1 on.
fn sigma(x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut x, mut weight, mut sum) = (x, 1.0, x);
    loop {
        x *= x;
        let before = sum;
        sum += x * weight;
        weight += weight;
        if sum == before {
            return sum;
        }
    }
}

/// (1 − x − Σ (1 − x^(2^−k))² · 2^(−k)) / 3 for k from 1 on.
fn tau(x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut x, mut weight, mut sum) = (x, 1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = sum;
        weight *= 0.5;
        sum -= (1.0 - x) * (1.0 - x) * weight;
        if sum == before {
            return sum / 3.0;
        }
    }
}
