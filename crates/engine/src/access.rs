//! The access clock: 32 bits per key that say when, or when and how often, it was used.
//!
//! ```text
//!  LRU, LRM: units of 16 ms, modulo 2^32 (2.1 years)
//!  LFU:      seconds, modulo 2^24 (194 days) │ counter, 8 bits
//! ```
//! The frequency counter is logarithmic: it rises with a chance of 1 / ((counter − 5) · factor + 1)
//! and falls by one for each decay period without use.
//!
//! Not here: which key is evicted — `evict.rs`.

use russet_base::Rng;

use crate::value::{Access, Millis};

/// The measure of the access clock of keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AccessPolicy {
    /// When the key was last used.
    #[default]
    Lru,
    /// When the key was last written.
    Lrm,
    /// How often it is used, and when it was last.
    Lfu {
        /// How hard it is for the counter to rise.
        log_factor: u32,
        /// How many minutes without use lower it by one; 0 means never.
        decay_minutes: u32,
    },
}

/// Bits of milliseconds that the clock of LRU does not tell.
const UNIT_SHIFT: u32 = 4;
/// The bits of seconds that the clock of LFU has.
const SECONDS_MASK: u32 = 0xff_ffff;
/// Times of use up to a day ahead are those of a clock that was set back: such keys are not idle.
const SECONDS_AHEAD: u32 = 86_400;
const UNITS_AHEAD: u32 = (SECONDS_AHEAD * 1000) >> UNIT_SHIFT;
/// Value of the counter of a new key, so that it is not the first to be evicted.
const FREQUENCY_NEW: u8 = 5;

impl AccessPolicy {
    /// The clock of a key that is created now.
    pub(crate) fn fresh(self, now: Millis) -> u32 {
        match self {
            Self::Lru | Self::Lrm => units(now),
            Self::Lfu { .. } => seconds(now) << 8 | u32::from(FREQUENCY_NEW),
        }
    }

    /// The clock of a key that is read now.
    #[inline]
    pub(crate) fn touched(self, word: u32, now: Millis, rng: &mut Rng) -> u32 {
        match self {
            Self::Lru => units(now),
            Self::Lrm => word,
            Self::Lfu { log_factor, .. } => {
                let counter = self.decayed(word, now);
                let base = u64::from(counter.saturating_sub(FREQUENCY_NEW));
                let rises = counter < u8::MAX && rng.below(base * u64::from(log_factor) + 1) == 0;
                seconds(now) << 8 | u32::from(counter + u8::from(rises))
            }
        }
    }

    /// The use of a key that a clock describes.
    pub(crate) fn view(self, word: u32, now: Millis) -> Access {
        match self {
            Self::Lru | Self::Lrm => {
                let idle = u64::from(idle_units(word, now));
                Access {
                    // Half a unit: a whole second that has passed is one.
                    idle_s: ((idle << UNIT_SHIFT) + (1 << (UNIT_SHIFT - 1))) / 1000,
                    frequency: 0,
                }
            }
            Self::Lfu { .. } => Access {
                idle_s: u64::from(idle_seconds(word, now)),
                frequency: self.decayed(word, now),
            },
        }
    }

    /// The clock that says this.
    pub(crate) fn encode(self, access: Access, now: Millis) -> u32 {
        match self {
            Self::Lru | Self::Lrm => {
                let longest = u64::from(u32::MAX - UNITS_AHEAD) << UNIT_SHIFT;
                let idle_ms = access.idle_s.saturating_mul(1000).min(longest);
                units(now).wrapping_sub(idle_ms.div_ceil(1 << UNIT_SHIFT) as u32)
            }
            Self::Lfu { .. } => seconds(now) << 8 | u32::from(access.frequency),
        }
    }

    /// How willingly a key is evicted: the higher, the sooner. Under LFU the one that was used
    /// longest ago goes first of those with the same frequency.
    pub(crate) fn staleness(self, word: u32, now: Millis) -> u32 {
        match self {
            Self::Lru | Self::Lrm => idle_units(word, now),
            Self::Lfu { .. } => {
                let rarity = u32::from(u8::MAX - self.decayed(word, now));
                rarity << 24 | idle_seconds(word, now)
            }
        }
    }

    fn decayed(self, word: u32, now: Millis) -> u8 {
        let counter = word as u8;
        let Self::Lfu { decay_minutes, .. } = self else {
            return counter;
        };
        let minutes = idle_seconds(word, now) / 60;
        let periods = minutes.checked_div(decay_minutes).unwrap_or(0);
        counter.saturating_sub(periods.min(255) as u8)
    }
}

#[inline]
fn units(now: Millis) -> u32 {
    (now >> UNIT_SHIFT) as u32
}

fn seconds(now: Millis) -> u32 {
    (now / 1000) as u32 & SECONDS_MASK
}

fn idle_units(word: u32, now: Millis) -> u32 {
    let idle = units(now).wrapping_sub(word);
    if idle > u32::MAX - UNITS_AHEAD {
        0
    } else {
        idle
    }
}

fn idle_seconds(word: u32, now: Millis) -> u32 {
    let idle = seconds(now).wrapping_sub(word >> 8) & SECONDS_MASK;
    if idle > SECONDS_MASK - SECONDS_AHEAD {
        0
    } else {
        idle
    }
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
    fn keys_are_not_idle_when_the_clock_is_set_back() {
        for policy in [AccessPolicy::Lru, AccessPolicy::Lrm, LFU] {
            let word = policy.fresh(1_700_000_000_000);
            for back_ms in [1, 1000, 3_600_000] {
                assert_eq!(policy.view(word, 1_700_000_000_000 - back_ms).idle_s, 0);
            }
        }
    }

    #[test]
    fn rare_keys_are_stale_before_old_ones() {
        let now = 1_700_000_000_000;
        let used = |frequency, idle_s: Millis| {
            let word = LFU.encode(
                Access {
                    idle_s: 0,
                    frequency,
                },
                now - idle_s * 1000,
            );
            LFU.staleness(word, now)
        };
        assert!(used(5, 1) > used(6, 59));
        assert!(used(5, 2) > used(5, 1));
        let lru =
            |idle_ms| AccessPolicy::Lru.staleness(AccessPolicy::Lru.fresh(now - idle_ms), now);
        assert!(lru(1_000) > lru(900) && lru(40) > lru(0));
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
