//! Values of Lua as the reply of a script, and errors that nothing caught.
//!
//! Always true: a reply is one value of the protocol, whatever a script returns: texts of errors
//! and statuses lose their line ends, and a reply has a bounded number of elements.
//! Not here: replies of commands as values — `convert.rs`

use russet_resp::{Protocol, Reply};

use crate::number;
use crate::value::{TableRef, Value};
use crate::vm::{Raised, Vm};

impl Vm {
    /// Writes the value that a script returned.
    pub(crate) fn write_reply(&mut self, value: Value, reply: &mut Reply<'_>) {
        let mut left = ELEMENTS_MAX;
        if !self.measure(value, 0, &mut left) {
            reply.error("ERR reply of the script is too large");
            return;
        }
        self.write_value(value, reply, 0);
    }

    /// Counts the elements of a reply; false if there are too many.
    fn measure(&mut self, value: Value, depth: u32, left: &mut usize) -> bool {
        let Value::Table(table) = value else {
            return true;
        };
        if depth >= DEPTH_MAX {
            return true;
        }
        let mut at = 0;
        while let Some((next, _, value)) = self.heap.get(table).entry_from(at) {
            *left = left.saturating_sub(1);
            if *left == 0 || !self.measure(value, depth + 1, left) {
                return false;
            }
            at = next;
        }
        true
    }

    fn write_value(&mut self, value: Value, reply: &mut Reply<'_>, depth: u32) {
        match value {
            Value::Str(text) => reply.bulk(self.heap.bytes(text)),
            Value::Num(number) => reply.integer(number::to_i64(number)),
            Value::Bool(value) if self.settings.protocol == Protocol::Resp3 => {
                reply.boolean(value);
            }
            Value::Bool(true) => reply.integer(1),
            Value::Table(_) if depth >= DEPTH_MAX => {
                reply.error("ERR reached lua stack limit");
            }
            Value::Table(table) => self.write_table(table, reply, depth),
            _ => reply.null(),
        }
    }

    fn write_table(&mut self, table: TableRef, reply: &mut Reply<'_>, depth: u32) {
        if let Value::Str(text) = self.field(table, "err") {
            let line = one_line(self.heap.bytes(text));
            reply.error(&line);
            return self.note_error(table, line);
        }
        if let Value::Str(text) = self.field(table, "ok") {
            let line = one_line(self.heap.bytes(text));
            return simple(reply, &line);
        }
        if let Value::Num(number) = self.field(table, "double") {
            return reply.double(number);
        }
        if let Value::Table(map) = self.field(table, "map") {
            return self.write_map(map, reply, depth);
        }
        if let Value::Table(set) = self.field(table, "set") {
            return self.write_set(set, reply, depth);
        }
        if let Value::Str(digits) = self.field(table, "big_number") {
            let digits = one_line(self.heap.bytes(digits));
            return reply.big_number(&String::from_utf8_lossy(&digits));
        }
        if let Value::Table(verbatim) = self.field(table, "verbatim_string") {
            let text = self.field(verbatim, "string");
            let format = self.field(verbatim, "format");
            if let (Value::Str(text), Value::Str(format)) = (text, format) {
                let format = String::from_utf8_lossy(self.heap.bytes(format)).into_owned();
                return reply.verbatim(&three_letters(&format), self.heap.bytes(text));
            }
        }
        let count = (1..)
            .take_while(|idx| !self.heap.get(table).get_idx(*idx).is_nil())
            .count();
        reply.array(count);
        for idx in 1..=count {
            let value = self.heap.get(table).get_idx(idx);
            self.write_value(value, reply, depth + 1);
        }
    }

    fn write_map(&mut self, map: TableRef, reply: &mut Reply<'_>, depth: u32) {
        let pairs = self.entries(map);
        reply.map(pairs.len());
        for (key, value) in pairs {
            self.write_value(key, reply, depth + 1);
            self.write_value(value, reply, depth + 1);
        }
    }

    fn write_set(&mut self, set: TableRef, reply: &mut Reply<'_>, depth: u32) {
        let pairs = self.entries(set);
        reply.set(pairs.len());
        for (key, _) in pairs {
            self.write_value(key, reply, depth + 1);
        }
    }

    fn entries(&self, table: TableRef) -> Vec<(Value, Value)> {
        let table = self.heap.get(table);
        let next = |at: &mut usize| {
            let (after, key, value) = table.entry_from(*at)?;
            *at = after;
            Some((key, value))
        };
        let mut at = 0;
        std::iter::from_fn(|| next(&mut at)).collect()
    }

    /// A field by its name, without metatables.
    pub(crate) fn field(&mut self, table: TableRef, name: &str) -> Value {
        match self.heap.string(name.as_bytes()) {
            Ok(name) => self.heap.get(table).get(Value::Str(name)),
            Err(_) => Value::Nil,
        }
    }

    /// Writes the error that ended a script.
    pub(crate) fn write_error(&mut self, raised: Raised, script: &[u8], reply: &mut Reply<'_>) {
        let line = self.error_line(raised, script);
        reply.error(&line);
        match raised.0 {
            Value::Table(table) => self.note_error(table, line),
            _ => {
                self.errors.count += 1;
                self.errors.new.push(line);
            }
        }
    }

    /// Counts an error of the reply, and keeps its line unless a command had replied it.
    fn note_error(&mut self, error: TableRef, line: Vec<u8>) {
        self.errors.count += 1;
        let is_counted = self.field(error, ERROR_IS_COUNTED);
        if !is_counted.is_truthy() && self.errors.new.len() < NOTED_MAX {
            self.errors.new.push(line);
        }
    }

    /// The line of an error that ended a script: its text, and where it was raised.
    fn error_line(&mut self, raised: Raised, script: &[u8]) -> Vec<u8> {
        let mut line = self.error_text(raised);
        if let Some((chunk, number)) = self.error_site.take() {
            line.extend_from_slice(b" script: ");
            line.extend_from_slice(script);
            line.extend_from_slice(b", on ");
            line.extend_from_slice(&chunk);
            line.extend_from_slice(format!(":{number}.").as_bytes());
        }
        one_line(&line)
    }

    /// The text of an error that nothing caught, with a code before it.
    pub(crate) fn error_text(&mut self, raised: Raised) -> Vec<u8> {
        match raised.0 {
            Value::Table(table) => match self.field(table, "err") {
                Value::Str(text) => self.heap.bytes(text).to_vec(),
                _ => b"ERR unknown error".to_vec(),
            },
            other => {
                let mut text = b"ERR ".to_vec();
                text.extend_from_slice(&self.shown(other));
                text
            }
        }
    }
}

/// A text in which the ends of lines, and zero bytes, are blanks.
pub(crate) fn one_line(text: &[u8]) -> Vec<u8> {
    let blank = |byte: &u8| match byte {
        b'\r' | b'\n' | 0 => b' ',
        other => *other,
    };
    text.iter().map(blank).collect()
}

fn simple(reply: &mut Reply<'_>, line: &[u8]) {
    let mut wire = Vec::with_capacity(line.len() + 3);
    wire.push(russet_resp::wire::SIMPLE);
    wire.extend_from_slice(line);
    wire.extend_from_slice(russet_resp::wire::CRLF);
    reply.raw(&wire);
}

/// The format of a text, which has exactly three letters.
fn three_letters(format: &str) -> String {
    let plain = format.chars().filter(char::is_ascii_graphic);
    plain.chain("   ".chars()).take(3).collect()
}

/// The field that says of an error of a command that it was counted.
pub(crate) const ERROR_IS_COUNTED: &str = "ignore_error_stats_update";
/// How many lines of errors in a reply are kept, at most.
const NOTED_MAX: usize = 1000;
/// How deep a reply is nested, at most.
const DEPTH_MAX: u32 = 500;
/// The most elements of a reply.
const ELEMENTS_MAX: usize = 1 << 24;
