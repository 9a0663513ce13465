//! A distribution of durations with two significant digits, from one nanosecond to one second.
//!
//! ```text
//!  bucket 0: 256 places of 1 ns    bucket 1: 128 places of 2 ns    bucket 2: 128 places of 4 ns …
//! ```
//! Bounds are those of a high dynamic range histogram with 256 places in its first bucket, so that
//! percentiles come out as Redis shows them.
//!
//! Always true: recording is one increment; the size is fixed.
//! Not here: which percentiles are shown — `info/`.

/// Half the places of the first bucket: the places of every other one.
const HALF_LEN: usize = 128;

/// The bits of a place within the first bucket.
const SUB_BITS: u32 = 8;

/// The longest duration that is told apart.
const NANOSECONDS_MAX: u64 = 1_000_000_000;

/// The first of the durations that are shown with their counts.
const SHOWN_MIN: u64 = 1024;

/// One place for every 128 values of each power of two up to the longest duration.
const LEN: usize = (NANOSECONDS_MAX.ilog2() - SUB_BITS + 3) as usize * HALF_LEN;

/// How often durations of each length occurred.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Histogram {
    counts: Box<[u64]>,
    total: u64,
}

/// Percentiles and doubles of a distribution.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Digest {
    /// The durations that percentages do not exceed, in nanoseconds, in the order asked for.
    pub percentiles: Vec<u64>,
    /// Durations of about 1024 ns and its doubles, each with the number of all that do not exceed
    /// it, where that number rises.
    pub doubles: Vec<(u64, u64)>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            counts: vec![0; LEN].into(),
            total: 0,
        }
    }
}

impl Histogram {
    /// Counts a duration that occurred `times` times.
    #[inline]
    pub fn record(&mut self, nanoseconds: u64, times: u32) {
        let (bucket, sub) = place(nanoseconds.clamp(1, NANOSECONDS_MAX));
        self.counts[bucket * HALF_LEN + sub] += u64::from(times);
        self.total += u64::from(times);
    }

    /// How many durations were counted.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// The durations that these percentages do not exceed, and how many there are up to about
    /// 1024 ns and each of its doubles, in O(places) for all together.
    // PERF: 24 KB are read, once for all that is asked.
    pub fn digest(&self, percentiles: &[f64]) -> Digest {
        let wanted = percentiles.iter().map(|&percentile| self.rank(percentile));
        let wanted: Vec<u64> = wanted.collect();
        let mut digest = Digest {
            percentiles: vec![0; wanted.len()],
            doubles: Vec::new(),
        };
        let (mut seen, mut from) = (0, 0);
        let mut level = SHOWN_MIN;
        while seen < self.total {
            let (bucket, sub) = place(level);
            let last = (bucket * HALF_LEN + sub).min(LEN - 1);
            let counts = &self.counts[from..=last];
            let upto = seen + counts.iter().sum::<u64>();
            for (rank, found) in wanted.iter().zip(&mut digest.percentiles) {
                if (seen + 1..=upto).contains(rank) {
                    *found = upper_bound(from + index_at(counts, rank - seen));
                }
            }
            if upto > seen {
                digest.doubles.push((upper_bound(last), upto));
            }
            (seen, from, level) = (upto, last + 1, level * 2);
        }
        digest
    }

    /// The rank of the duration that `percentile` percent do not exceed.
    fn rank(&self, percentile: f64) -> u64 {
        let share = percentile.clamp(0.0, 100.0) / 100.0;
        ((share * self.total as f64 + 0.5) as u64).max(1)
    }
}

/// The index at which a sum of counts reaches a rank.
fn index_at(counts: &[u64], rank: u64) -> usize {
    let mut seen = 0;
    let is_reached = |count: &u64| {
        seen += count;
        seen >= rank
    };
    counts.iter().position(is_reached).unwrap_or(0)
}

/// The bucket and the place within it, such that `bucket * HALF_LEN + place` is the index.
#[inline]
fn place(value: u64) -> (usize, usize) {
    let bucket = (value | ((1 << SUB_BITS) - 1)).ilog2() + 1 - SUB_BITS;
    (bucket as usize, (value >> bucket) as usize)
}

/// The longest duration that falls on an index.
fn upper_bound(index: usize) -> u64 {
    let bucket = (index / HALF_LEN).saturating_sub(1);
    let sub = (index - bucket * HALF_LEN) as u64;
    ((sub + 1) << bucket) - 1
}

#[cfg(test)]
mod tests {
    use super::{Digest, Histogram, LEN, NANOSECONDS_MAX, place, upper_bound};

    #[test]
    fn percentiles_come_out_as_redis_shows_them() {
        for (recorded, shown) in [
            (1, 1),
            (4_000, 4_015),
            (18_000, 18_047),
            (10_000, 10_047),
            (12_000, 12_031),
        ] {
            let mut histogram = Histogram::default();
            histogram.record(recorded, 1);
            let found = histogram.digest(&[50.0, 99.9]).percentiles;
            assert_eq!(found, [shown; 2], "{recorded}");
        }
    }

    #[test]
    fn every_duration_has_a_place_whose_bound_is_close() {
        let mut value = 1;
        while value <= NANOSECONDS_MAX {
            let (bucket, sub) = place(value);
            let index = bucket * super::HALF_LEN + sub;
            assert!(index < LEN, "{value}");
            let bound = upper_bound(index);
            assert!(
                bound >= value && bound - value <= value / 100,
                "{value} {bound}"
            );
            value = value * 9 / 8 + 1;
        }
        Histogram::default().record(u64::MAX, 1);
        Histogram::default().record(0, 1);
    }

    #[test]
    fn counts_rise_along_the_doubles_of_a_microsecond() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.digest(&[]), Digest::default());
        for (nanoseconds, times) in [
            (1, 1),
            (1031, 1),
            (1032, 2),
            (20_000, 3),
            (2_000_000_000, 4),
        ] {
            histogram.record(nanoseconds, times);
        }
        let shown = histogram.digest(&[]).doubles;
        let expected = [(1031, 2), (2063, 4), (33_023, 7), (1_073_741_823, 11)];
        assert_eq!(shown, expected);
    }

    #[test]
    fn percentiles_are_those_of_the_sorted_durations() {
        let mut histogram = Histogram::default();
        let mut sorted: Vec<u64> = Vec::new();
        let asked = [99.9, 0.0, 50.0, 100.0, 90.0];
        for nanoseconds in [1, 900, 1031, 1032, 5_000, 77_777, 40_000_000, 999_999_999] {
            let times = nanoseconds as u32 % 7 + 1;
            histogram.record(nanoseconds, times);
            sorted.extend((0..times).map(|_| nanoseconds));
            let bounds = asked.map(|percentile: f64| {
                let rank = (percentile / 100.0 * sorted.len() as f64 + 0.5) as usize;
                let (bucket, sub) = place(sorted[rank.max(1) - 1]);
                upper_bound(bucket * super::HALF_LEN + sub)
            });
            assert_eq!(
                histogram.digest(&asked).percentiles,
                bounds,
                "{nanoseconds}"
            );
        }
        assert_eq!(Histogram::default().digest(&asked).percentiles, [0; 5]);
    }

    #[test]
    fn the_median_of_many_is_in_their_middle() {
        let mut histogram = Histogram::default();
        for n in 1..=1000 {
            histogram.record(n * 1000, 1);
        }
        let found = histogram.digest(&[50.0, 100.0]).percentiles;
        assert!((500_000..505_000).contains(&found[0]), "{found:?}");
        assert!(found[1] >= 1_000_000, "{found:?}");
        assert_eq!(histogram.total(), 1000);
    }
}
