//! A digest of everything that services saw and said, and a trace of the end of it.
//!
//! Always true: equal runs have equal digests; a trace changes nothing in a run.

use core::fmt::{self, Write};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::rc::Rc;

/// A shared record; clones write to the same.
#[derive(Debug, Clone, Default)]
pub struct Record(Rc<RefCell<Lines>>);

#[derive(Debug)]
struct Lines {
    hash: u64,
    trace: VecDeque<String>,
    trace_len_max: usize,
    /// Bytes of one text that are shown.
    size_max: usize,
}

impl Default for Lines {
    fn default() -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            trace: VecDeque::new(),
            trace_len_max: 0,
            size_max: 0,
        }
    }
}

impl Record {
    /// A record that also keeps the last lines, this many, with this many bytes of each text.
    #[must_use]
    pub fn with_trace(len: usize, size: usize) -> Self {
        let record = Self::default();
        record.0.borrow_mut().trace_len_max = len;
        record.0.borrow_mut().size_max = size;
        record
    }

    /// The digest up to here.
    #[must_use]
    pub fn digest(&self) -> u64 {
        self.0.borrow().hash
    }

    /// The last lines, oldest first.
    #[must_use]
    pub fn trace(&self) -> Vec<String> {
        let lines = self.0.borrow();
        lines.trace.iter().cloned().collect()
    }

    /// Notes a line.
    pub fn note(&self, line: fmt::Arguments<'_>) {
        self.bytes(line, &[]);
    }

    /// Notes a line with bytes behind it.
    pub fn bytes(&self, line: fmt::Arguments<'_>, bytes: &[u8]) {
        let lines = &mut *self.0.borrow_mut();
        let mut fnv = Fnv(lines.hash);
        let _ = fnv.write_fmt(line);
        fnv.add(bytes);
        fnv.add(b"\n");
        lines.hash = fnv.0;
        if lines.trace_len_max == 0 {
            return;
        }
        if lines.trace.len() == lines.trace_len_max {
            lines.trace.pop_front();
        }
        let shown = &bytes[..bytes.len().min(lines.size_max)];
        lines.trace.push_back(match shown {
            [] => line.to_string(),
            _ => format!("{line} {} \"{}\"", bytes.len(), shown.escape_ascii()),
        });
    }
}

/// FNV-1a, 64 bits.
struct Fnv(u64);

impl Fnv {
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}

impl Write for Fnv {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.add(text.as_bytes());
        Ok(())
    }
}
