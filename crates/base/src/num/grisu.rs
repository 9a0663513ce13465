//! The digits of a double, as Grisu2 finds them.
//!
//! Redis prints doubles by Grisu2 (Florian Loitsch, "Printing floating-point numbers quickly and
//! accurately with integers", 2010): 64-bit arithmetic on numbers scaled by a cached power of ten.
//! Its digits always read back as the same double, but one double in some hundreds or thousands
//! gets others than the shortest. To answer as Redis does in every byte, we follow it.
//!
//! ```text
//!     m-          w          m+        the double and the middles to its neighbours
//!  ───┼───────────┼──────────┼───►     each × 10^-k, so that the exponent lies in -60..=-32
//!        ◄─────── delta ─────►         digits of m+ are cut off as soon as the rest is inside,
//!                                      then the last digit is lowered towards w
//! ```
//!
//! Always true: the first digit is not 0, and there are at most 18.
//! Not here: the layout — `float.rs`

use super::float::Decimal;

/// The digits of a finite double that is not zero; its sign is dropped.
pub(super) fn digits(value: f64) -> Decimal {
    let bits = value.to_bits();
    let fraction = bits & (HIDDEN_BIT - 1);
    let biased = ((bits >> 52) & 0x7ff) as i32;
    let (significand, exponent) = match biased {
        0 => (fraction, 1 - EXPONENT_BIAS),
        _ => (fraction | HIDDEN_BIT, biased - EXPONENT_BIAS),
    };
    // All three numbers share the exponent of the upper boundary, which is normal.
    let upper = 2 * significand + 1;
    let shift = upper.leading_zeros();
    let upper = upper << shift;
    let middle = significand << (shift + 1);
    // Below a power of two the neighbour is twice as near.
    let lower = match significand {
        HIDDEN_BIT => (4 * significand - 1) << (shift - 1),
        _ => (2 * significand - 1) << shift,
    };
    let exponent = exponent - 1 - shift as i32;

    let (power, k) = cached_power(exponent);
    let scaled_exponent = exponent + binary_exponent(k) + 64;
    // One unit inward at either end makes up for the rounding of the products.
    let upper = scale(upper, power) - 1;
    let lower = scale(lower, power) + 1;
    let middle = scale(middle, power);
    Cut {
        upper,
        to_middle: upper - middle,
        delta: upper - lower,
        shift: -scaled_exponent as u32,
    }
    .generate(-k)
}

/// The scaled interval in which digits are sought; numbers have `shift` bits after the point.
struct Cut {
    upper: u64,
    to_middle: u64,
    delta: u64,
    shift: u32,
}

impl Cut {
    fn generate(self, k: i32) -> Decimal {
        let mut out = Decimal::new(k);
        let mut whole = (self.upper >> self.shift) as u32;
        let mask = (1u64 << self.shift) - 1;
        let mut rest = self.upper & mask;
        let mut place = digits_of(whole);
        while place > 0 {
            place -= 1;
            let unit = POWERS_OF_TEN[place as usize];
            out.push((whole / unit as u32) as u8);
            whole %= unit as u32;
            let remainder = (u64::from(whole) << self.shift) + rest;
            if remainder <= self.delta {
                out.k += place as i32;
                lower_last(
                    &mut out,
                    self.delta,
                    remainder,
                    unit << self.shift,
                    self.to_middle,
                );
                return out;
            }
        }
        let (mut delta, mut to_middle) = (self.delta, self.to_middle);
        loop {
            rest *= 10;
            delta *= 10;
            to_middle = to_middle.wrapping_mul(10);
            out.k -= 1;
            out.push((rest >> self.shift) as u8);
            rest &= mask;
            if rest < delta {
                lower_last(&mut out, delta, rest, mask + 1, to_middle);
                return out;
            }
        }
    }
}

/// Lowers the last digit while that brings the digits nearer to the double.
///
/// All in the same scale: `rest` is how far the digits are below the upper end, `unit` is worth one
/// of the last digit, `to_middle` is how far the double is below the upper end.
fn lower_last(out: &mut Decimal, delta: u64, rest: u64, unit: u64, to_middle: u64) {
    let mut rest = rest;
    while rest < to_middle
        && delta - rest >= unit
        && (rest + unit < to_middle || to_middle - rest > rest + unit - to_middle)
    {
        out.lower_last();
        rest += unit;
    }
}

/// The cached power of ten that brings a number with this exponent into the window, and its k.
fn cached_power(exponent: i32) -> (u64, i32) {
    // COMPAT: where two powers fit, Redis's estimate decides; it starts near the smaller one.
    let estimate = (-f64::from(exponent + POWERS.len() as i32) * LOG10_2) as i32;
    let mut at = (estimate - POWER_MIN) / POWER_STEP;
    loop {
        let k = POWER_MIN + POWER_STEP * at;
        match exponent + binary_exponent(k) + 64 {
            ..-60 => at += 1,
            -60..=-32 => return (POWERS[at as usize], k),
            _ => at -= 1,
        }
    }
}

/// The exponent `e` for which `10^k = f × 2^e` with a 64-bit `f`.
const fn binary_exponent(k: i32) -> i32 {
    ((k * 217_706) >> 16) - 63
}

/// The upper half of the product, rounded.
fn scale(a: u64, b: u64) -> u64 {
    ((u128::from(a) * u128::from(b) + (1 << 63)) >> 64) as u64
}

fn digits_of(n: u32) -> u32 {
    n.checked_ilog10().map_or(0, |log| log + 1)
}

const HIDDEN_BIT: u64 = 1 << 52;
/// The stored exponent less that of a whole significand.
const EXPONENT_BIAS: i32 = 1023 + 52;
const LOG10_2: f64 = 0.301_029_995_663_981_14;
const POWER_MIN: i32 = -348;
const POWER_STEP: i32 = 8;

const POWERS_OF_TEN: [u64; 10] = {
    let mut powers = [1; 10];
    let mut at = 1;
    while at < powers.len() {
        powers[at] = powers[at - 1] * 10;
        at += 1;
    }
    powers
};

/// `10^k` for `k` from -348 in steps of 8, as 64-bit significands rounded to the nearest.
#[rustfmt::skip]
const POWERS: [u64; 87] = [
    0xfa8f_d5a0_081c_0288, 0xbaae_e17f_a23e_bf76, 0x8b16_fb20_3055_ac76, 0xcf42_894a_5dce_35ea,
    0x9a6b_b0aa_5565_3b2d, 0xe61a_cf03_3d1a_45df, 0xab70_fe17_c79a_c6ca, 0xff77_b1fc_bebc_dc4f,
    0xbe56_91ef_416b_d60c, 0x8dd0_1fad_907f_fc3c, 0xd351_5c28_3155_9a83, 0x9d71_ac8f_ada6_c9b5,
    0xea9c_2277_23ee_8bcb, 0xaecc_4991_4078_536d, 0x823c_1279_5db6_ce57, 0xc210_9436_4dfb_5637,
    0x9096_ea6f_3848_984f, 0xd774_85cb_2582_3ac7, 0xa086_cfcd_97bf_97f4, 0xef34_0a98_172a_ace5,
    0xb238_67fb_2a35_b28e, 0x84c8_d4df_d2c6_3f3b, 0xc5dd_4427_1ad3_cdba, 0x936b_9fce_bb25_c996,
    0xdbac_6c24_7d62_a584, 0xa3ab_6658_0d5f_daf6, 0xf3e2_f893_dec3_f126, 0xb5b5_ada8_aaff_80b8,
    0x8762_5f05_6c7c_4a8b, 0xc9bc_ff60_34c1_3053, 0x964e_858c_91ba_2655, 0xdff9_7724_7029_7ebd,
    0xa6df_bd9f_b8e5_b88f, 0xf8a9_5fcf_8874_7d94, 0xb944_7093_8fa8_9bcf, 0x8a08_f0f8_bf0f_156b,
    0xcdb0_2555_6531_31b6, 0x993f_e2c6_d07b_7fac, 0xe45c_10c4_2a2b_3b06, 0xaa24_2499_6973_92d3,
    0xfd87_b5f2_8300_ca0e, 0xbce5_0864_9211_1aeb, 0x8cbc_cc09_6f50_88cc, 0xd1b7_1758_e219_652c,
    0x9c40_0000_0000_0000, 0xe8d4_a510_0000_0000, 0xad78_ebc5_ac62_0000, 0x813f_3978_f894_0984,
    0xc097_ce7b_c907_15b3, 0x8f7e_32ce_7bea_5c70, 0xd5d2_38a4_abe9_8068, 0x9f4f_2726_179a_2245,
    0xed63_a231_d4c4_fb27, 0xb0de_6538_8cc8_ada8, 0x83c7_088e_1aab_65db, 0xc45d_1df9_4271_1d9a,
    0x924d_692c_a61b_e758, 0xda01_ee64_1a70_8dea, 0xa26d_a399_9aef_774a, 0xf209_787b_b47d_6b85,
    0xb454_e4a1_79dd_1877, 0x865b_8692_5b9b_c5c2, 0xc835_53c5_c896_5d3d, 0x952a_b45c_fa97_a0b3,
    0xde46_9fbd_99a0_5fe3, 0xa59b_c234_db39_8c25, 0xf6c6_9a72_a398_9f5c, 0xb7dc_bf53_54e9_bece,
    0x88fc_f317_f222_41e2, 0xcc20_ce9b_d35c_78a5, 0x9816_5af3_7b21_53df, 0xe2a0_b5dc_971f_303a,
    0xa8d9_d153_5ce3_b396, 0xfb9b_7cd9_a4a7_443c, 0xbb76_4c4c_a7a4_4410, 0x8bab_8eef_b640_9c1a,
    0xd01f_ef10_a657_842c, 0x9b10_a4e5_e991_3129, 0xe710_9bfb_a19c_0c9d, 0xac28_20d9_623b_f429,
    0x8044_4b5e_7aa7_cf85, 0xbf21_e440_03ac_dd2d, 0x8e67_9c2f_5e44_ff8f, 0xd433_179d_9c8c_b841,
    0x9e19_db92_b4e3_1ba9, 0xeb96_bf6e_badf_77d9, 0xaf87_023b_9bf0_ee6b,
];

#[cfg(test)]
mod tests {
    use super::{POWER_MIN, POWER_STEP, POWERS, binary_exponent};

    #[test]
    fn each_cached_power_is_the_one_before_times_a_hundred_million() {
        for at in 1..POWERS.len() {
            let k = POWER_MIN + POWER_STEP * at as i32;
            let step = binary_exponent(k) - binary_exponent(k - POWER_STEP);
            let expect = (u128::from(POWERS[at - 1]) * 100_000_000) >> step;
            // Both are rounded, the product of a rounded number more coarsely.
            assert!(u128::from(POWERS[at]).abs_diff(expect) <= 2, "10^{k}");
            assert!(POWERS[at] >> 63 == 1, "10^{k} is normal");
        }
        assert_eq!(
            POWERS[((4 - POWER_MIN) / POWER_STEP) as usize],
            10_000 << 50,
            "10^4"
        );
    }
}
