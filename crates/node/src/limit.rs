//! The state of the limit of memory (`maxmemory`): how far, and how long, it is exceeded.
//!
//! Not here: what is done about it — `evict.rs`

/// The state of the limit of memory.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    /// Bytes that keys may weigh, as of this turn.
    pub(crate) target: u64,
    /// Whether all was done to make room for the command that asks the gate.
    pub(crate) has_tried: bool,
    /// Whether too much is in use, and nothing may be evicted.
    pub(crate) is_full: bool,
    /// Whether eviction goes on in the next turn.
    pub(crate) is_evicting: bool,
    /// Since when too much is in use, in monotonic microseconds.
    over_since_us: Option<u64>,
    /// How long that was so before, in microseconds.
    over_us: u64,
}

impl Limit {
    /// Microseconds for which too much was in use: without a break until now, and in all.
    pub(crate) fn exceeded_us(&self, now_us: u64) -> (u64, u64) {
        let current = self
            .over_since_us
            .map_or(0, |since| now_us.saturating_sub(since));
        (current, self.over_us + current)
    }

    /// Sets the time in all to zero.
    pub(crate) fn reset(&mut self, now_us: u64) {
        self.over_us = 0;
        if let Some(since) = &mut self.over_since_us {
            *since = now_us;
        }
    }

    /// Counts how long too much is in use.
    pub(crate) fn set_over(&mut self, is_over: bool, now_us: u64) {
        match (is_over, self.over_since_us) {
            (true, None) => self.over_since_us = Some(now_us),
            (false, Some(since)) => {
                self.over_us += now_us.saturating_sub(since);
                self.over_since_us = None;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_above_the_limit_adds_up() {
        let mut limit = Limit::default();
        limit.set_over(true, 100);
        limit.set_over(true, 200);
        assert_eq!(limit.exceeded_us(250), (150, 150));
        limit.set_over(false, 300);
        limit.set_over(false, 400);
        limit.set_over(true, 1000);
        assert_eq!(limit.exceeded_us(1010), (10, 210));
        limit.reset(1010);
        assert_eq!(limit.exceeded_us(1010), (0, 0));
    }
}
