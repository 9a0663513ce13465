//! How fast a counter grows: the mean over its last sixteen samples.
//!
//! Always true: a counter that was set back counts as zero for one sample.

/// How many samples the mean is taken of.
const SAMPLE_COUNT: usize = 16;

/// The growth of one counter.
#[derive(Debug, Clone, Default)]
pub(super) struct Rate {
    samples: [u64; SAMPLE_COUNT],
    next: usize,
    /// The counter and the time at the last sample.
    last: Option<(u64, u64)>,
}

impl Rate {
    /// Notes where the counter stands.
    pub(super) fn sample(&mut self, count: u64, now_us: u64) {
        if let Some((count_before, before_us)) = self.last {
            let elapsed_us = now_us.saturating_sub(before_us);
            if elapsed_us == 0 {
                return;
            }
            let growth = u128::from(count.saturating_sub(count_before));
            let per_second = growth * 1_000_000 / u128::from(elapsed_us);
            self.samples[self.next] = u64::try_from(per_second).unwrap_or(u64::MAX);
            self.next = (self.next + 1) % SAMPLE_COUNT;
        }
        self.last = Some((count, now_us));
    }

    /// The mean growth per second.
    pub(super) fn per_second(&self) -> u64 {
        let sum: u128 = self.samples.iter().map(|&sample| u128::from(sample)).sum();
        u64::try_from(sum / SAMPLE_COUNT as u128).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::{Rate, SAMPLE_COUNT};

    #[test]
    fn a_steady_counter_reaches_its_rate() {
        let mut rate = Rate::default();
        for tick in 0..=SAMPLE_COUNT as u64 {
            rate.sample(tick * 50, tick * 100_000);
        }
        assert_eq!(rate.per_second(), 500);
    }

    #[test]
    fn a_counter_set_back_is_no_growth() {
        let mut rate = Rate::default();
        rate.sample(1_000_000, 0);
        rate.sample(0, 100_000);
        rate.sample(0, 100_000);
        assert_eq!(rate.per_second(), 0);
    }
}
