//! Whether the loop rests for a moment before it waits, so that its next turn serves several
//! connections and not one.
//!
//! A loop that keeps up with its clients falls asleep after nearly every request, and the next
//! client pays for waking it. When many clients are served, a rest of some microseconds lets their
//! requests come together: one wake-up and one look at the event queue serve them all.
//!
//! ```text
//!  without   ─►▪ ─►▪  ─►▪ ─►▪   ─►▪         ▪ a request, ─► a wake-up
//!  with      ─────────────────rest──►▪▪▪▪▪
//! ```
//! Nobody is to feel it. A rest is at most [`REST_MAX_US`], and at most a tenth of the time that
//! clients let pass between a reply and their next request; it is made only when [`WORTH`] or more
//! requests may be expected meanwhile, and nothing is there yet. A client alone, a few that answer
//! at once, or hundreds that ask seldom are served as they come.
//!
//! Always true: what is measured is forgotten after [`WINDOW_US`], so a rest follows the load.
//! Not here: sleeping — `clock.rs`.

/// The longest rest.
const REST_MAX_US: u64 = 50;

/// A rest is at most this part of the time that clients take from a reply to the next request.
const PART_OF_PAUSE: u64 = 10;

/// How many requests must be expected during a rest.
const WORTH: u64 = 3;

/// How long a measurement lasts.
const WINDOW_US: u64 = 1_000;

/// Measurements of a window, and the rest that follows from them.
#[derive(Debug, Default)]
pub(crate) struct Gather {
    began_us: u64,
    /// Arrivals from clients that had a reply before.
    arrivals: u64,
    /// Sum of the times that they let pass since that reply.
    pauses_us: u64,
    rest_us: u64,
}

impl Gather {
    /// Bytes arrived from a client that was last written to at `replied_us`; 0 for never.
    #[inline]
    pub(crate) fn heard(&mut self, now_us: u64, replied_us: u64) {
        if replied_us > 0 {
            self.arrivals += 1;
            self.pauses_us = self
                .pauses_us
                .saturating_add(now_us.saturating_sub(replied_us));
        }
    }

    /// A turn begins.
    #[inline]
    pub(crate) fn turn(&mut self, now_us: u64) {
        let elapsed_us = now_us.saturating_sub(self.began_us);
        if elapsed_us >= WINDOW_US {
            self.conclude(now_us, elapsed_us);
        }
    }

    fn conclude(&mut self, now_us: u64, elapsed_us: u64) {
        let pause_us = self.pauses_us.checked_div(self.arrivals).unwrap_or(0);
        let rest_us = REST_MAX_US.min(pause_us / PART_OF_PAUSE);
        let is_worth = self.arrivals.saturating_mul(rest_us) >= elapsed_us.saturating_mul(WORTH);
        *self = Self {
            began_us: now_us,
            rest_us: if is_worth { rest_us } else { 0 },
            ..Self::default()
        };
    }

    /// How long to rest when nothing is there; 0 for not at all.
    #[inline]
    pub(crate) fn rest_us(&self) -> u64 {
        self.rest_us
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rest after a window in which each of `clients` sent a request every `every_us`.
    fn rest(clients: u64, every_us: u64, pause_us: u64) -> u64 {
        let mut gather = Gather::default();
        let begin = 1_000_000;
        gather.turn(begin);
        for _ in 0..clients * WINDOW_US / every_us {
            gather.heard(begin + pause_us, begin);
        }
        gather.turn(begin + WINDOW_US);
        gather.rest_us()
    }

    #[test]
    fn many_clients_that_take_their_time_are_gathered() {
        assert_eq!(rest(50, 550, 500), 50);
        assert_eq!(rest(50, 350, 300), 30);
    }

    #[test]
    fn few_fast_or_seldom_clients_are_served_as_they_come() {
        // One that waits for each reply, as a benchmark with one connection does.
        assert_eq!(rest(1, 20, 15), 0);
        // Eight on processors of their own.
        assert_eq!(rest(8, 60, 30), 0);
        // A thousand that ask ten times a second.
        assert_eq!(rest(1_000, 100_000, 100_000), 0);
        assert_eq!(rest(0, 1, 0), 0);
    }

    #[test]
    fn a_first_request_counts_for_nothing_and_a_quiet_time_ends_the_rests() {
        let mut gather = Gather::default();
        gather.turn(5_000);
        for _ in 0..1_000 {
            gather.heard(5_500, 0);
        }
        gather.turn(6_000);
        assert_eq!(gather.rest_us(), 0);
        for _ in 0..1_000 {
            gather.heard(6_900, 6_000);
        }
        gather.turn(7_000);
        assert_eq!(gather.rest_us(), 50);
        gather.turn(7_999);
        assert_eq!(gather.rest_us(), 50);
        gather.turn(8_000);
        assert_eq!(gather.rest_us(), 0);
    }
}
