//! The access clock: 24 bits per key that say when, or when and how often, it was used.
//!
//! ```text
//!  LRU: seconds, modulo 2^24 (194 days)          LFU: minutes, modulo 2^16 │ counter, 8 bits
//! ```
//! The frequency counter is logarithmic: it rises with a chance of 1 / ((counter − 5) · factor + 1)
//! and falls by one for each decay period without use.
//!
//! Not here: who is evicted — that is the caller's choice.

use russet_base::Rng;

use crate::value::{Access, Millis};

/// The measure of the access clock of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessPolicy {
    /// When the key was last used.
    #[default]
    Lru,
    /// How often it is used, and when it was last.
    Lfu {
        /// How hard it is for the counter to rise.
        log_factor: u32,
        /// How many minutes without use lower it by one; 0 means never.
        decay_minutes: u32,
    },
}

const MASK: u64 = 0xff_ffff;
/// Value of the counter of a new key, so that it is not the first to be evicted.
const FREQUENCY_NEW: u8 = 5;

impl AccessPolicy {
    /// The clock of a key that is created now.
    pub(crate) fn fresh(self, now: Millis) -> u32 {
        match self {
            Self::Lru => seconds(now),
            Self::Lfu { .. } => minutes(now) << 8 | u32::from(FREQUENCY_NEW),
        }
    }

    /// The clock of a key that is used now.
    #[inline]
    pub(crate) fn touched(self, word: u32, now: Millis, rng: &mut Rng) -> u32 {
        match self {
            Self::Lru => seconds(now),
            Self::Lfu { log_factor, .. } => {
                let counter = self.decayed(word, now);
                let base = u64::from(counter.saturating_sub(FREQUENCY_NEW));
                let rises = counter < u8::MAX && rng.below(base * u64::from(log_factor) + 1) == 0;
                minutes(now) << 8 | u32::from(counter + u8::from(rises))
            }
        }
    }

    /// The use of a key that a clock describes.
    pub(crate) fn view(self, word: u32, now: Millis) -> Access {
        match self {
            Self::Lru => {
                let idle = u64::from(seconds(now)).wrapping_sub(u64::from(word)) & MASK;
                Access {
                    idle_s: idle,
                    frequency: 0,
                }
            }
            Self::Lfu { .. } => {
                let idle_s = u64::from(idle_minutes(word, now)) * 60;
                Access {
                    idle_s,
                    frequency: self.decayed(word, now),
                }
            }
        }
    }

    /// The clock that says this.
    pub(crate) fn encode(self, access: Access, now: Millis) -> u32 {
        match self {
            Self::Lru => {
                let idle = access.idle_s.min(MASK);
                (u64::from(seconds(now)).wrapping_sub(idle) & MASK) as u32
            }
            Self::Lfu { .. } => minutes(now) << 8 | u32::from(access.frequency),
        }
    }

    fn decayed(self, word: u32, now: Millis) -> u8 {
        let counter = word as u8;
        let Self::Lfu { decay_minutes, .. } = self else {
            return counter;
        };
        let periods = idle_minutes(word, now)
            .checked_div(decay_minutes)
            .unwrap_or(0);
        counter.saturating_sub(periods.min(255) as u8)
    }
}

#[inline]
fn seconds(now: Millis) -> u32 {
    ((now / 1000) as u64 & MASK) as u32
}

fn minutes(now: Millis) -> u32 {
    (now / 60_000) as u32 & 0xffff
}

fn idle_minutes(word: u32, now: Millis) -> u32 {
    minutes(now).wrapping_sub(word >> 8) & 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const LFU: AccessPolicy = AccessPolicy::Lfu {
        log_factor: 10,
        decay_minutes: 1,
    };

    #[test]
    fn idle_time_survives_the_wrap_of_the_clock() {
        for start in [0, 5_000_000, 16_777_215_000, 1_700_000_000_000] {
            let word = AccessPolicy::Lru.fresh(start);
            assert_eq!(AccessPolicy::Lru.view(word, start + 90_500).idle_s, 90);
            let word = AccessPolicy::Lru.encode(
                Access {
                    idle_s: 33,
                    frequency: 0,
                },
                start,
            );
            assert_eq!(AccessPolicy::Lru.view(word, start).idle_s, 33);
        }
    }

    #[test]
    fn the_frequency_rises_slowly_and_decays() {
        let (mut rng, now) = (Rng::new(1), 1_700_000_000_000);
        let mut word = LFU.fresh(now);
        assert_eq!(LFU.view(word, now).frequency, 5);
        for _ in 0..1000 {
            word = LFU.touched(word, now, &mut rng);
        }
        let after = LFU.view(word, now).frequency;
        assert!((12..30).contains(&after), "{after}");
        assert_eq!(LFU.view(word, now + 3 * 60_000).frequency, after - 3);
        assert_eq!(LFU.view(word, now + 9_999 * 60_000).frequency, 0);
        let word = LFU.encode(
            Access {
                idle_s: 0,
                frequency: 200,
            },
            now,
        );
        assert_eq!(LFU.view(word, now).frequency, 200);
    }
}
