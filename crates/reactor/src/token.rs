//! Mio's token, packed: whom an event is for.
//!
//! ```text
//!  63            32 31 30                    0
//! ┌────────────────┬──┬───────────────────────┐
//! │ generation     │0 │ index of a connection │
//! │ 0              │1 │ number of a listener  │
//! │ 1              │1 │ number of a dial      │
//! │ high part 1  0 │1 │ number of a handshake │
//! │ all ones                                  │  the remote's waker
//! └───────────────────────────────────────────┘
//! ```
//! Always true: a token of a connection that is gone names no later one, for generations differ.

use mio::Token;
use russet_io::ConnId;

const _: () = assert!(usize::BITS == 64);

/// The bit that no index of a connection has.
const NUMBERED: usize = 1 << 31;

/// The upper half of the token of a dial.
const DIAL: usize = 1 << 32;

/// In the upper half of the token of a handshake, below the high part of its number.
const HANDSHAKE: usize = 2 << 32;

/// The bits of the upper half that tell numbered ones apart.
const KIND: usize = 3 << 32;

/// The token of the remote's waker.
pub(crate) const REMOTE: Token = Token(usize::MAX);

/// The receiver of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addressee {
    Connection(ConnId),
    Listener(u32),
    Dial(u32),
    Handshake(u64),
    Remote,
}

impl Addressee {
    pub(crate) fn of(token: Token) -> Self {
        if token == REMOTE {
            return Self::Remote;
        }
        let low = token.0 & 0xffff_ffff;
        if low & NUMBERED != 0 {
            let number = (low & !NUMBERED) as u32;
            return match token.0 & KIND {
                DIAL => Self::Dial(number),
                HANDSHAKE => {
                    let high = (token.0 >> 34) as u64;
                    Self::Handshake(high << 31 | u64::from(number))
                }
                _ => Self::Listener(number),
            };
        }
        Self::Connection(ConnId {
            index: low as u32,
            generation: (token.0 >> 32) as u32,
        })
    }
}

pub(crate) fn of_connection(conn: ConnId) -> Token {
    debug_assert!((conn.index as usize) < NUMBERED);
    Token((conn.generation as usize) << 32 | conn.index as usize)
}

pub(crate) fn of_listener(number: u32) -> Token {
    Token(NUMBERED | number as usize & !NUMBERED)
}

pub(crate) fn of_dial(number: u32) -> Token {
    Token(DIAL | NUMBERED | number as usize & !NUMBERED)
}

/// Numbers up to 2^61 are told apart.
pub(crate) fn of_handshake(number: u64) -> Token {
    let (high, low) = ((number >> 31) as usize, number as usize & (NUMBERED - 1));
    Token(high << 34 | HANDSHAKE | NUMBERED | low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_says_who_it_is_for() {
        for (index, generation) in [(0, 0), (7, 1), (0x7fff_fffe, u32::MAX)] {
            let conn = ConnId { index, generation };
            assert_eq!(
                Addressee::of(of_connection(conn)),
                Addressee::Connection(conn)
            );
        }
        for number in [0, 1, 0x7fff_ffff] {
            assert_eq!(
                Addressee::of(of_listener(number)),
                Addressee::Listener(number)
            );
            assert_eq!(Addressee::of(of_dial(number)), Addressee::Dial(number));
        }
        for number in [
            0,
            1,
            0x7fff_ffff,
            0x8000_0000,
            0x1234_5678_9abc,
            (1 << 61) - 2,
        ] {
            assert_eq!(
                Addressee::of(of_handshake(number)),
                Addressee::Handshake(number)
            );
        }
        assert_eq!(Addressee::of(REMOTE), Addressee::Remote);
    }
}
