//! The target of a writer.
//!
//! Always true: bytes are given out in order, each once.
//! Not here: the sinks of files and connections — their owner implements [`Sink`]

use std::convert::Infallible;

/// Takes the bytes of a value, in order and in pieces of any size.
///
/// A writer keeps nothing back and calls this for every few bytes, so a sink in front of a file
/// gathers them. A sink that refuses ends the value: the writer stops at the first error.
pub trait Sink {
    /// Why bytes are refused.
    type Error;

    /// Takes bytes.
    ///
    /// # Errors
    /// They were not taken, nor will later ones be.
    fn write(&mut self, bytes: &[u8]) -> Result<(), Self::Error>;
}

impl Sink for Vec<u8> {
    type Error = Infallible;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.extend_from_slice(bytes);
        Ok(())
    }
}

impl<S: Sink + ?Sized> Sink for &mut S {
    type Error = S::Error;

    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), S::Error> {
        S::write(self, bytes)
    }
}
