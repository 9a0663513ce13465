//! The target of a writer.
//!
//! Always true: bytes are given out in order, each once.
//! Not here: the sinks of files and connections — their owner implements [`Sink`]

use std::convert::Infallible;

use crate::ObjectType;

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

    /// Takes the type code that a value begins with. A file puts the key behind it.
    ///
    /// # Errors
    /// It was not taken, nor will what follows be.
    #[inline]
    fn begin(&mut self, object: ObjectType) -> Result<(), Self::Error> {
        self.write(&[object.0])
    }

    /// Lends an empty buffer, in which a writer compresses a string. A sink that keeps the buffer
    /// saves an allocation for each string.
    #[inline]
    fn lend_buffer(&mut self) -> Vec<u8> {
        Vec::new()
    }

    /// Takes the buffer back.
    #[inline]
    fn take_back_buffer(&mut self, _: Vec<u8>) {}
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

    #[inline]
    fn begin(&mut self, object: ObjectType) -> Result<(), S::Error> {
        S::begin(self, object)
    }

    #[inline]
    fn lend_buffer(&mut self) -> Vec<u8> {
        S::lend_buffer(self)
    }

    #[inline]
    fn take_back_buffer(&mut self, buffer: Vec<u8>) {
        S::take_back_buffer(self, buffer);
    }
}
