//! The checksum of what was read, taken in long strides.
//!
//! ```text
//!  bytes that were read │ window                   │
//!                       │ summed already │         │
//!                       ├── ahead ──────►│
//! ```
//! Most parts are a few bytes long, and a checksum of a few bytes at a time is slow. So the sum
//! runs ahead within the window, and is taken back by what it had ahead when the end is reached.
//!
//! Always true: `crc` is the checksum of all bytes that were read and of the next `ahead`.
//! Not here: the polynomial — `russet-pack`

use russet_pack::crc64;

/// The checksum of a stream.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    crc: u64,
    ahead: usize,
}

/// How far the sum runs ahead.
const STRIDE: usize = 32 << 10;

impl Sum {
    /// Takes note that `read` bytes of the window were read.
    #[inline]
    pub(super) fn pass(&mut self, window: &[u8], read: usize) {
        if read > self.ahead {
            self.run_ahead(window, read);
        }
        self.ahead -= read;
    }

    #[cold]
    fn run_ahead(&mut self, window: &[u8], read: usize) {
        let until = read.max(self.ahead + STRIDE).min(window.len());
        self.crc = crc64::update(self.crc, &window[self.ahead..until]);
        self.ahead = until;
    }

    /// The checksum of all that was read, when this is the window behind it.
    pub(super) fn of_read(self, window: &[u8]) -> u64 {
        crc64::rewind(self.crc, &window[..self.ahead.min(window.len())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sum_is_that_of_what_was_read() {
        let bytes: Vec<u8> = (0..200_000u32).map(|n| (n * 7 % 251) as u8).collect();
        for (step, window) in [(1, 40), (13, 100_000), (70_000, 70_000), (33_000, 200_000)] {
            let (mut sum, mut at) = (Sum::default(), 0);
            while at + step <= bytes.len() {
                let end = bytes.len().min(at + window);
                sum.pass(&bytes[at..end], step);
                at += step;
                let end = bytes.len().min(at + window);
                if at % 1009 < step {
                    let expect = crc64::checksum(&bytes[..at]);
                    assert_eq!(sum.of_read(&bytes[at..end]), expect, "{step} {at}");
                }
            }
        }
    }
}
