//! Many bulks one after the other: room is made for several at once.
//!
//! PERF: a reply of hundreds of short strings is bound by the checks for room and the calls that
//! copy a few bytes. Here the tail of the output is lengthened by thousands of zero bytes at a time
//! and written over, and short strings are copied by two stores that may overlap.
//!
//! Always true: when the writer is dropped, the output ends behind the last bulk.
//! Not here: single replies — `encode.rs`.

use crate::output::Output;
use crate::wire;

/// The frame of a bulk besides its bytes: its header (type, 20 digits, CR LF) and an end of line.
const FRAME_LEN_MAX: usize = 25;

/// The output is lengthened by this number of bytes at least.
const STEP_MIN: usize = 256;

/// A writer of bulks; see [`Reply::bulks`](crate::Reply::bulks).
#[derive(Debug)]
pub struct Bulks<'o> {
    out: &'o mut Output,
    /// Where the next bulk begins; what is behind are zero bytes.
    at: usize,
}

impl<'o> Bulks<'o> {
    /// A writer behind the bytes that are there, with room for `room` more.
    pub(crate) fn new(out: &'o mut Output, room: usize) -> Self {
        let is_roomy = out.has_room(room) && out.room(room).is_some();
        let at = out.tail().len();
        if is_roomy {
            out.tail().resize(at + room, 0);
        }
        Self { out, at }
    }

    /// Whether the output dropped bytes because of its limit; see
    /// [`Reply::is_over`](crate::Reply::is_over).
    #[inline]
    #[must_use]
    pub const fn is_over(&self) -> bool {
        self.out.is_over()
    }

    /// A string of any bytes.
    #[inline]
    pub fn push(&mut self, bytes: &[u8]) {
        let need = FRAME_LEN_MAX + bytes.len();
        if self.out.tail().len() - self.at < need && !self.grow(need) {
            return;
        }
        let target = &mut self.out.tail()[self.at..];
        let head = write_header(target, bytes.len());
        let end = head + bytes.len();
        copy_short(&mut target[head..end], bytes);
        target[end..end + 2].copy_from_slice(wire::CRLF);
        self.at += end + 2;
    }

    /// An integer as a string.
    #[inline]
    pub fn push_int(&mut self, number: i64) {
        let mut digits = itoa::Buffer::new();
        self.push(digits.format(number).as_bytes());
    }

    /// Makes room for a bulk; false when it must be dropped.
    #[cold]
    fn grow(&mut self, need: usize) -> bool {
        self.out.tail().truncate(self.at);
        if !self.out.reserve(need) {
            return false;
        }
        // Sent bytes may have been cut off.
        let written = self.out.tail().len();
        self.at = written;
        let len = written + need.max(STEP_MIN).max(written.min(1 << 20));
        let tail = self.out.tail();
        tail.resize(len.min(tail.capacity()), 0);
        true
    }
}

impl Drop for Bulks<'_> {
    fn drop(&mut self) {
        self.out.tail().truncate(self.at);
    }
}

/// Writes `$len\r\n`; returns its length.
#[inline]
fn write_header(target: &mut [u8], len: usize) -> usize {
    let digit = |n: usize| b'0' + n as u8;
    match len {
        0..10 => {
            target[..4].copy_from_slice(&[wire::BULK, digit(len), b'\r', b'\n']);
            4
        }
        10..100 => {
            let (tens, ones) = (digit(len / 10), digit(len % 10));
            target[..5].copy_from_slice(&[wire::BULK, tens, ones, b'\r', b'\n']);
            5
        }
        _ => {
            let mut digits = itoa::Buffer::new();
            let digits = digits.format(len).as_bytes();
            let end = 1 + digits.len();
            target[0] = wire::BULK;
            target[1..end].copy_from_slice(digits);
            target[end..end + 2].copy_from_slice(wire::CRLF);
            end + 2
        }
    }
}

/// Copies bytes to a target of the same length.
#[inline]
fn copy_short(target: &mut [u8], bytes: &[u8]) {
    #[inline]
    fn both_ends<const N: usize>(target: &mut [u8], bytes: &[u8]) {
        if let (Some(first), Some(last)) = (bytes.first_chunk::<N>(), bytes.last_chunk::<N>()) {
            let len = target.len();
            target[..N].copy_from_slice(first);
            target[len - N..].copy_from_slice(last);
        }
    }
    match bytes.len() {
        16..=32 => both_ends::<16>(target, bytes),
        8..16 => both_ends::<8>(target, bytes),
        4..8 => both_ends::<4>(target, bytes),
        2..4 => both_ends::<2>(target, bytes),
        _ => target.copy_from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use crate::{Output, Protocol, Reply};

    #[test]
    fn many_bulks_are_what_single_ones_are() {
        for room in [0, 1, 100, 10_000] {
            let (mut many, mut single) = (Output::new(), Output::new());
            let mut reply = Reply::new(&mut single, Protocol::Resp2);
            reply.ok();
            let mut replies = Reply::new(&mut many, Protocol::Resp2);
            replies.ok();
            let mut bulks = replies.bulks(room);
            for len in (0..200).chain([999, 1000, 5000, 300_000]) {
                let bytes: Vec<u8> = (0..len).map(|n: usize| n as u8).collect();
                bulks.push(&bytes);
                reply.bulk(&bytes);
                for n in [0, -1, i64::MIN, len as i64] {
                    bulks.push_int(n);
                    reply.bulk_int(n);
                }
            }
            drop(bulks);
            replies.ok();
            reply.ok();
            assert_eq!(many.to_vec(), single.to_vec());
        }
    }
}
