//! The target of encoders: anything that bytes can be appended to.

use smallvec::SmallVec;

/// Accepts bytes that are appended.
pub trait Buffer {
    /// Appends `bytes`.
    fn push_bytes(&mut self, bytes: &[u8]);
}

impl Buffer for Vec<u8> {
    #[inline]
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

impl<const N: usize> Buffer for SmallVec<[u8; N]> {
    #[inline]
    fn push_bytes(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}
