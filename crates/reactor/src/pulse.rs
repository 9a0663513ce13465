//! The pulse of a loop: tells other threads whether a turn goes on.
//!
//! Always true: the loop writes it twice a turn, and reads no clock for it.
//! Not here: who looks at it — the binary.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Watches the turns of a loop from another thread. Clones watch the same loop.
#[derive(Debug, Clone, Default)]
pub struct Pulse {
    /// Twice the number of turns; one more while a turn goes on.
    beats: Arc<AtomicU64>,
}

impl Pulse {
    /// The number of the turn that goes on; `None` while the loop waits for events.
    ///
    /// # Examples
    /// ```
    /// assert_eq!(russet_reactor::Pulse::default().turn(), None);
    /// ```
    #[must_use]
    pub fn turn(&self) -> Option<u64> {
        let beats = self.beats.load(Ordering::Relaxed);
        (!beats.is_multiple_of(2)).then_some(beats / 2)
    }

    /// A turn begins or ends.
    #[inline]
    pub(crate) fn beat(&self) {
        // PERF: only the loop writes, so that no locked instruction is needed.
        let beats = self.beats.load(Ordering::Relaxed);
        self.beats.store(beats.wrapping_add(1), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_turn_has_a_number_while_it_goes_on() {
        let pulse = Pulse::default();
        let turns: Vec<Option<u64>> = (0..4)
            .map(|_| {
                pulse.beat();
                pulse.turn()
            })
            .collect();
        assert_eq!(turns, [Some(0), None, Some(1), None]);
    }
}
