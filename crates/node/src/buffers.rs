//! Spare buffers: so that an idle connection owns none, and a busy one allocates none.
//!
//! Always true: the buffer that was used last is lent first; those that nobody needed since the
//! last trim go to the allocator by halves.

/// The size of a pooled buffer, in bytes.
pub(crate) const BUFFER_SIZE: usize = 16 << 10;

/// The most buffers that are kept.
const SPARE_COUNT_MAX: usize = 1024;

/// Spare buffers of [`BUFFER_SIZE`] bytes, the last used first.
#[derive(Debug, Default)]
pub(crate) struct Spares {
    buffers: Vec<Vec<u8>>,
    /// The fewest there were since the last trim.
    idle: usize,
}

impl Spares {
    /// A buffer whose whole length may be written to; its contents are of no meaning.
    #[inline]
    pub(crate) fn input(&mut self) -> Vec<u8> {
        self.take().unwrap_or_else(|| vec![0; BUFFER_SIZE])
    }

    /// An empty buffer to append to.
    #[inline]
    pub(crate) fn output(&mut self) -> Vec<u8> {
        self.take()
            .unwrap_or_else(|| Vec::with_capacity(BUFFER_SIZE))
    }

    /// Takes an input buffer back, its length kept so that taking one never clears it; one that
    /// grew is given to the allocator instead.
    #[inline]
    pub(crate) fn give_input(&mut self, buffer: Vec<u8>) {
        if buffer.len() == BUFFER_SIZE {
            self.give(buffer);
        }
    }

    /// Takes an empty output buffer back; one of another size is given to the allocator instead.
    #[inline]
    pub(crate) fn give_output(&mut self, buffer: Vec<u8>) {
        debug_assert!(buffer.is_empty(), "whoever takes it writes from its start");
        if buffer.capacity() == BUFFER_SIZE {
            self.give(buffer);
        }
    }

    #[inline]
    fn take(&mut self) -> Option<Vec<u8>> {
        let buffer = self.buffers.pop();
        self.idle = self.idle.min(self.buffers.len());
        buffer
    }

    #[inline]
    fn give(&mut self, buffer: Vec<u8>) {
        if self.buffers.len() < SPARE_COUNT_MAX {
            self.buffers.push(buffer);
        }
    }

    /// Gives half of the buffers to the allocator that nobody took since the last call.
    pub(crate) fn trim(&mut self) {
        // Those in front were used longest ago.
        self.buffers.drain(..self.idle.div_ceil(2));
        self.idle = self.buffers.len();
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.buffers.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{BUFFER_SIZE, Spares};

    #[test]
    fn buffers_that_nobody_takes_go_by_halves_and_others_stay() {
        let mut spares = Spares::default();
        let taken: Vec<_> = (0..20).map(|_| spares.input()).collect();
        taken
            .into_iter()
            .for_each(|buffer| spares.give_input(buffer));
        spares.trim();
        let mut left = Vec::new();
        for _ in 0..6 {
            let used: Vec<_> = (0..3).map(|_| spares.input()).collect();
            used.into_iter()
                .for_each(|buffer| spares.give_input(buffer));
            spares.trim();
            left.push(spares.buffers.len());
        }
        assert_eq!(left, [11, 7, 5, 4, 3, 3]);
    }

    #[test]
    fn buffers_of_another_size_are_not_kept() {
        let mut spares = Spares::default();
        let buffer = spares.output();
        spares.give_output(buffer);
        spares.give_output(Vec::with_capacity(80));
        spares.give_output(Vec::with_capacity(BUFFER_SIZE + 1));
        assert_eq!(spares.buffers.len(), 1);
        assert_eq!(spares.output().capacity(), BUFFER_SIZE);
    }
}
