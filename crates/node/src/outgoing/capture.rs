//! Replies to the commands of a script, which the script takes instead of its client.
//!
//! Always true: what is captured never reaches a connection.
//! Not here: the script — `scripts/host.rs`

use russet_resp::Output;

use super::Outgoing;
use super::queue::CAPTURED;
use crate::buffers::BUFFER_SIZE;

/// The place where the session that runs is answered when its script is over.
#[derive(Debug)]
#[must_use = "the session that runs gets its replies again"]
pub(crate) struct Capture(usize);

impl Outgoing {
    /// Keeps what the session that runs is answered from now on, for [`Self::take_captured`].
    pub(crate) fn begin_capture(&mut self) -> Capture {
        Capture(std::mem::replace(&mut self.current, CAPTURED))
    }

    /// Moves what was kept since the last call to the end of `reply`.
    #[inline]
    pub(crate) fn take_captured(&mut self, reply: &mut Vec<u8>) {
        let output = &mut self.queues[CAPTURED].output;
        match output.as_single() {
            Some(bytes) => reply.extend_from_slice(bytes),
            None => {
                let chunks = output.chunks();
                chunks.for_each(|chunk| reply.extend_from_slice(chunk.bytes()));
            }
        }
        output.clear();
    }

    /// Lets the session that runs be answered again.
    pub(crate) fn end_capture(&mut self, Capture(before): Capture) {
        self.current = before;
        let captured = &mut self.queues[CAPTURED].output;
        if captured.memory() > BUFFER_SIZE {
            *captured = Output::new();
        }
    }
}
