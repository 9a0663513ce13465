//! Messages that were published to one channel in a row and are delivered together.
//!
//! Not here: when they are gathered and delivered — `publish.rs`.

use bytes::Bytes;
use russet_resp::{encode_request, wire};

/// Messages to one channel that are not delivered yet.
#[derive(Debug)]
pub(crate) struct Gathered {
    channel: Box<[u8]>,
    /// In the form of RESP2.
    bytes: Vec<u8>,
    /// Where each begins.
    starts: Vec<usize>,
}

/// The most bytes that are gathered.
const SIZE_MAX: usize = 64 << 10;

impl Gathered {
    /// No messages yet.
    pub(crate) fn new(channel: &[u8]) -> Self {
        Self {
            channel: channel.into(),
            bytes: Vec::new(),
            starts: Vec::new(),
        }
    }

    /// The channel.
    pub(crate) fn channel(&self) -> &[u8] {
        &self.channel
    }

    /// Whether its messages are for this channel.
    pub(crate) fn is_for(&self, channel: &[u8]) -> bool {
        *self.channel == *channel
    }

    /// Whether one with a payload of that many bytes may be added.
    pub(crate) fn has_room(&self, size: usize) -> bool {
        self.bytes.len() + size <= SIZE_MAX
    }

    /// Adds a message of these words.
    pub(crate) fn add(&mut self, words: &[&[u8]]) {
        self.starts.push(self.bytes.len());
        encode_request(words, &mut self.bytes);
    }

    /// The messages in the form of RESP3.
    pub(crate) fn as_pushes(&self) -> Bytes {
        let mut bytes = self.bytes.clone();
        for &start in &self.starts {
            bytes[start] = wire::PUSH;
        }
        Bytes::from(bytes)
    }

    /// The messages in the form of RESP2.
    pub(crate) fn into_bytes(self) -> Bytes {
        Bytes::from(self.bytes)
    }
}
