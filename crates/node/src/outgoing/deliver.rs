//! Messages to connections that asked nothing.
//!
//! Always true: a message to the session that runs follows its reply.
//! Not here: who receives which — `publish.rs`, `invalidate.rs`, `monitors.rs`.

use bytes::Bytes;
use russet_io::ConnId;
use russet_resp::{Protocol, SHARED_LEN_MIN};

use super::Outgoing;

/// A message in each form that a receiver needed so far.
#[derive(Debug, Default)]
pub(crate) struct Forms {
    resp2: Option<Bytes>,
    resp3: Option<Bytes>,
}

impl Forms {
    /// The form of a protocol, which is encoded for the first receiver that has it.
    pub(crate) fn of(&mut self, protocol: Protocol, encode: impl FnOnce() -> Bytes) -> &Bytes {
        let form = match protocol {
            Protocol::Resp2 => &mut self.resp2,
            Protocol::Resp3 => &mut self.resp3,
        };
        form.get_or_insert_with(encode)
    }
}

impl Outgoing {
    /// Appends a message to what leaves for a connection; false if it has gone.
    ///
    /// A long message is shared by its count among all who receive it. A short one is copied to a
    /// buffer of its size: thousands may receive it in one turn, and a pooled one is much larger.
    pub(crate) fn deliver(&mut self, conn: ConnId, message: &Bytes) -> bool {
        if self.find(conn).is_none_or(|queue| queue.is_killed) {
            return false;
        }
        if self.running == Some(conn) {
            self.aside
                .get_or_insert_default()
                .extend_shared(message.clone());
            return true;
        }
        if let Some(receivers) = &mut self.receivers {
            receivers.push(conn);
        }
        let output = self.output(conn);
        // PERF: counting a reference costs more than copying a short message.
        match message.len() < SHARED_LEN_MIN {
            true => output.extend(message),
            false => output.extend_shared(message.clone()),
        }
        match self.allowed {
            None => self.settle(conn),
            Some(_) => self.delivered.push(conn),
        }
        true
    }

    /// Notes what messages depend on that were delivered since the last call: no unit is open.
    pub(crate) fn settle_delivered(&mut self) {
        while let Some(conn) = self.delivered.pop() {
            self.settle(conn);
        }
    }
}
