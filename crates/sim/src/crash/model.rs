//! A node in memory that repeats the journal unit by unit: the state after each.
//!
//! Always true: a state is that of whole units.
//! Not here: the node whose journal it is — `server.rs`

use russet_io::{ConnId, Now};
use russet_node::loopback::Loopback;
use russet_resp::{ReplyDecoder, Value, encode_request};

use super::promise::Policy;
use super::server::{config, read};
use super::state::State;

/// Repeats a journal.
pub(crate) struct Model {
    node: Loopback,
    /// Runs the units.
    conn: ConnId,
    /// Reads the states.
    reader: ConnId,
    decoder: ReplyDecoder,
    /// The requests of the unit so far.
    unit: Vec<u8>,
    in_transaction: bool,
    /// The state after each unit; the first is the one before all.
    pub(crate) states: Vec<State>,
    /// The bytes of each unit, for whoever looks for one.
    pub(crate) units: Vec<Vec<u8>>,
    /// Times at which keys were left out, and the number of units before.
    expired: Vec<(usize, Now)>,
}

impl Model {
    /// A model of an empty node.
    pub(crate) fn new(now: Now) -> Self {
        let mut node = Loopback::at(config(Policy::Saves), now);
        let (conn, reader) = (node.connect(), node.connect());
        Self {
            node,
            conn,
            reader,
            decoder: ReplyDecoder::new(),
            unit: Vec::new(),
            in_transaction: false,
            states: vec![State::default()],
            units: Vec::new(),
            expired: Vec::new(),
        }
    }

    /// Removes what has expired by now: a start from a dump leaves it out and says nothing of it.
    pub(crate) fn expire(&mut self, now: Now) {
        let micros = now.mono_us.saturating_sub(self.node.now().mono_us);
        self.node.advance_us(micros);
        self.expired.push((self.units.len(), now));
    }

    /// A model of the first units only, which began at this time.
    pub(crate) fn first(&self, count: usize, began: Now) -> Self {
        let mut first = Self::new(began);
        for at in 0..=count {
            let expired = self.expired.iter().filter(|(units, _)| *units == at);
            expired.for_each(|(_, now)| first.expire(*now));
            if let Some(unit) = self.units[..count].get(at) {
                first.feed(unit);
            }
        }
        first
    }

    /// Repeats bytes of the journal. Time stands still: the journal has what expired.
    pub(crate) fn feed(&mut self, mut journal: &[u8]) {
        while let Ok(Some(request)) = self.decoder.decode(&mut journal) {
            let words = request.as_elements().unwrap_or_default();
            let words: Vec<&[u8]> = words
                .iter()
                .filter_map(Value::as_bytes)
                .map(|word| &**word)
                .collect();
            encode_request(&words, &mut self.unit);
            match words.first() {
                Some(&b"SELECT") => continue,
                Some(&b"MULTI") => self.in_transaction = true,
                Some(&b"EXEC") => self.in_transaction = false,
                _ => {}
            }
            if !self.in_transaction {
                let unit = std::mem::take(&mut self.unit);
                let replies = self.node.call(self.conn, &unit);
                let is_error =
                    replies.starts_with(b"-") || replies.windows(3).any(|w| w == b"\n-E");
                assert!(
                    !is_error,
                    "{}: {}",
                    unit.escape_ascii(),
                    replies.escape_ascii()
                );
                self.units.push(unit);
                self.states.push(read(&mut self.node, self.reader));
            }
        }
    }
}
