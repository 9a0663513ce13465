//! Limits of output: checked where bytes are added, and by the clock while a peer reads nothing.
//!
//! Always true: a connection that went beyond a limit is named once.
//! Not here: the numbers — `set_limits` in `outgoing.rs`; closing — `cron.rs`.

use russet_io::ConnId;

use super::Outgoing;
use super::queue::Queue;

impl Outgoing {
    /// Checks a connection for which more waits than a first buffer holds.
    #[cold]
    pub(super) fn check(&mut self, conn: ConnId) {
        let now_us = self.now_us;
        let limits = match self.find(conn) {
            Some(queue) => self.limits[queue.class as usize],
            None => return,
        };
        let is_over = self.is_over(conn);
        let Some(queue) = self.find_mut(conn).filter(|queue| !queue.is_killed) else {
            return;
        };
        if is_over {
            if !std::mem::replace(&mut queue.is_over, true) {
                self.over.push(conn);
            }
            return;
        }
        let is_above = limits.soft > 0 && queue.waiting() as u64 > limits.soft;
        match (queue.closes_at_us, is_above) {
            (None, true) => {
                let patience_us = limits.soft_seconds.saturating_mul(1_000_000);
                let at_us = now_us.saturating_add(patience_us);
                queue.closes_at_us = Some(at_us);
                self.patience.insert((at_us, conn));
            }
            (Some(at_us), false) => {
                queue.closes_at_us = None;
                self.patience.remove(&(at_us, conn));
            }
            _ => {}
        }
    }

    /// Finds the connections that were above their soft limit for too long.
    #[inline]
    pub(crate) fn expire_patience(&mut self) {
        while let Some(&(at_us, conn)) = self.patience.first()
            && at_us < self.now_us
        {
            self.patience.pop_first();
            if let Some(queue) = self.find_mut(conn) {
                queue.closes_at_us = None;
                queue.is_over = true;
                self.over.push(conn);
            }
        }
    }

    /// When the next connection is closed for being above its soft limit too long, in monotonic
    /// microseconds.
    pub(crate) fn next_patience_us(&self) -> Option<u64> {
        self.patience.first().map(|&(at_us, _)| at_us + 1)
    }

    /// Whether a connection went beyond a limit.
    #[inline]
    pub(crate) fn has_over(&self) -> bool {
        !self.over.is_empty()
    }

    /// A connection that went beyond a limit.
    pub(crate) fn next_over(&mut self) -> Option<ConnId> {
        self.over.pop()
    }

    pub(super) fn stop_patience(&mut self, conn: ConnId, queue: &mut Queue) {
        if let Some(at_us) = queue.closes_at_us.take() {
            self.patience.remove(&(at_us, conn));
        }
    }
}
