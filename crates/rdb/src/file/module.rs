//! Values of modules, which are skipped: no module is known here.
//!
//! ```text
//!  value   ( INT length │ UINT length │ FLOAT f32 │ DOUBLE f64 │ STRING string ) …  EOF
//! ```
//!
//! Always true: skipping takes no memory, however long a string is.
//! Not here: where they occur — `read.rs`

use std::fmt;

use super::opcode;
use crate::error::Error;
use crate::input::{Input, Stop};
use crate::wire;

/// The name of a module's type.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct ModuleName([u8; 9]);

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

impl ModuleName {
    /// The name in an identifier: nine letters of six bits, above ten bits of a version.
    pub(super) fn of(id: u64) -> Self {
        Self(std::array::from_fn(|at| {
            let letter = id >> (10 + 6 * (8 - at)) & 0x3f;
            ALPHABET[letter as usize]
        }))
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ModuleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// The place in a value that is skipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Skip {
    /// In front of a part.
    Part,
    /// Inside a string, of which this many bytes are left.
    String(u64),
    /// Behind the value.
    End,
}

impl Skip {
    /// Skips a part of a value, or a piece of a string.
    pub(super) fn step(self, input: &mut Input<'_>) -> Result<Self, Stop> {
        match self {
            Self::End | Self::String(0) => Ok(Self::Part),
            Self::String(left) => {
                let skipped = input.take_some(left)?.len();
                Ok(Self::String(left - skipped as u64))
            }
            Self::Part => part(input),
        }
    }
}

fn part(input: &mut Input<'_>) -> Result<Skip, Stop> {
    match input.length()? {
        opcode::MODULE_EOF => return Ok(Skip::End),
        opcode::MODULE_STRING => return string(input),
        opcode::MODULE_INT | opcode::MODULE_UINT => {
            input.length()?;
        }
        opcode::MODULE_FLOAT => {
            input.take(4)?;
        }
        opcode::MODULE_DOUBLE => {
            input.take(8)?;
        }
        _ => return Err(Error::Form.into()),
    }
    Ok(Skip::Part)
}

fn string(input: &mut Input<'_>) -> Result<Skip, Stop> {
    Ok(Skip::String(match input.length_or_form()? {
        Ok(len) => len,
        Err(wire::FORM_I8) => 1,
        Err(wire::FORM_I16) => 2,
        Err(wire::FORM_I32) => 4,
        Err(wire::FORM_LZF) => {
            let packed_len = input.length()?;
            input.length()?;
            packed_len
        }
        Err(_) => return Err(Error::Form.into()),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_from_an_identifier() {
        // Nine letters: "A" to "I", version 3.
        let letters = (0..9u64).fold(0, |id, letter| id << 6 | letter);
        assert_eq!(ModuleName::of(letters << 10 | 3).as_str(), "ABCDEFGHI");
    }

    #[test]
    fn a_value_is_skipped_to_its_end() {
        let bytes = b"\x01\x07\x02\x40\x80\x03aaaa\x04bbbbbbbb\x05\x02hi\x05\xc0\x09\x00rest";
        let (mut input, mut skip) = (Input::whole(bytes), Skip::Part);
        while skip != Skip::End {
            skip = skip.step(&mut input).unwrap();
        }
        assert_eq!(input.rest(), b"rest");
        let unknown = Skip::Part.step(&mut Input::whole(b"\x09"));
        assert_eq!(unknown, Err(Stop::Error(Error::Form)));
    }
}
