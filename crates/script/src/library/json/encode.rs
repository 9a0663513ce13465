//! Values of Lua as JSON.
//!
//! Always true: recursion is bounded by [`DEPTH_MAX`] and by what the script sets.
//! Not here: the settings — `json.rs`

use crate::library::Called;
use crate::number;
use crate::settings::{Invalid, Json};
use crate::value::{StrRef, TableRef, Value};
use crate::vm::{Invoke, Raise, Vm};

/// `cjson.encode`.
pub(super) fn encode(call: &mut Invoke<'_>) -> Called {
    if call.count() != 1 {
        return Err(Raise::argument(1, "expected 1 argument"));
    }
    let value = call.arg(1);
    let mut out = std::mem::take(&mut call.vm.scratch);
    out.clear();
    let mut writer = Writer {
        vm: call.vm,
        json: &call.vm.settings.json,
        out: &mut out,
    };
    let written = writer.value(value, 0);
    call.vm.spend(out.len() / 8);
    let given = written.and_then(|()| call.give_text(&out));
    call.vm.keep_scratch(out);
    given
}

struct Writer<'a> {
    vm: &'a Vm,
    json: &'a Json,
    out: &'a mut Vec<u8>,
}

impl Writer<'_> {
    fn value(&mut self, value: Value, depth: i32) -> Result<(), Raise> {
        match value {
            Value::Str(text) => self.text(text),
            Value::Num(number) => self.number(number)?,
            Value::Bool(true) => self.out.extend_from_slice(b"true"),
            Value::Bool(false) => self.out.extend_from_slice(b"false"),
            Value::Nil | Value::Null => self.out.extend_from_slice(b"null"),
            Value::Table(table) => self.table(table, depth + 1)?,
            other => return Err(refused(other, "type not supported")),
        }
        Ok(self.vm.heap.check(self.out.len())?)
    }

    fn text(&mut self, text: StrRef) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        self.out.push(b'"');
        for byte in self.vm.heap.bytes(text) {
            match byte {
                b'"' | b'\\' | b'/' => self.out.extend([b'\\', *byte]),
                0x08 => self.out.extend_from_slice(b"\\b"),
                b'\t' => self.out.extend_from_slice(b"\\t"),
                b'\n' => self.out.extend_from_slice(b"\\n"),
                0x0c => self.out.extend_from_slice(b"\\f"),
                b'\r' => self.out.extend_from_slice(b"\\r"),
                0..0x20 | 0x7f => {
                    self.out.extend_from_slice(b"\\u00");
                    let digits = [byte >> 4, byte & 15].map(|digit| DIGITS[usize::from(digit)]);
                    self.out.extend(digits);
                }
                other => self.out.push(*other),
            }
        }
        self.out.push(b'"');
    }

    fn number(&mut self, number: f64) -> Result<(), Raise> {
        if !number.is_finite() {
            match self.json.encode_invalid {
                Invalid::Refuse => {
                    let reason = "must not be NaN or Inf";
                    return Err(refused(Value::Num(number), reason));
                }
                Invalid::Null => self.out.extend_from_slice(b"null"),
                Invalid::Print if number.is_nan() => self.out.extend_from_slice(b"nan"),
                Invalid::Print => number::push_special(number, self.out),
            }
            return Ok(());
        }
        match self.json.precision {
            14 => number::push(number, self.out),
            precision => number::push_general(number, precision as usize, self.out),
        }
        Ok(())
    }

    fn table(&mut self, table: TableRef, depth: i32) -> Result<(), Raise> {
        if depth > self.json.encode_depth.min(DEPTH_MAX) {
            let text = format!("Cannot serialise, excessive nesting ({depth})");
            return Err(Raise::message(text));
        }
        match self.array_len(table)? {
            Some(len) => self.array(table, len, depth),
            None => self.object(table, depth),
        }
    }

    /// The length of a table that is an array: its largest index, if all its keys are indices.
    fn array_len(&self, table: TableRef) -> Result<Option<usize>, Raise> {
        let (mut max, mut items, mut at) = (0_f64, 0_u32, 0);
        let table_ref = self.vm.heap.get(table);
        while let Some((next, key, _)) = table_ref.entry_from(at) {
            match key {
                Value::Num(idx) if idx >= 1.0 && number::floor(idx) == idx => max = max.max(idx),
                _ => return Ok(None),
            }
            items += 1;
            at = next;
        }
        let json = self.json;
        let is_sparse = json.sparse_ratio > 0
            && max > f64::from(items) * f64::from(json.sparse_ratio)
            && max > f64::from(json.sparse_safe);
        if is_sparse && !json.sparse_convert {
            return Err(refused(Value::Table(table), "excessively sparse array"));
        }
        // An array of a billion nulls would be no more than its index.
        let is_array = max > 0.0 && !is_sparse && max <= LEN_MAX;
        Ok(is_array.then_some(max as usize))
    }

    fn array(&mut self, table: TableRef, len: usize, depth: i32) -> Result<(), Raise> {
        self.out.push(b'[');
        for idx in 1..=len {
            if idx > 1 {
                self.out.push(b',');
            }
            let value = self.vm.heap.get(table).get_idx(idx);
            self.value(value, depth)?;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self, table: TableRef, depth: i32) -> Result<(), Raise> {
        self.out.push(b'{');
        let mut at = 0;
        while let Some((next, key, value)) = self.vm.heap.get(table).entry_from(at) {
            if at > 0 {
                self.out.push(b',');
            }
            at = next;
            match key {
                Value::Num(number) => {
                    self.out.push(b'"');
                    self.number(number)?;
                    self.out.push(b'"');
                }
                Value::Str(text) => self.text(text),
                other => {
                    let reason = "table key must be a number or string";
                    return Err(refused(other, reason));
                }
            }
            self.out.push(b':');
            self.value(value, depth)?;
        }
        self.out.push(b'}');
        Ok(())
    }
}

fn refused(value: Value, reason: &str) -> Raise {
    let kind = match value {
        Value::Null => "light userdata",
        other => other.type_name(),
    };
    Raise::message(format!("Cannot serialise {kind}: {reason}"))
}

/// How deep tables are written, whatever a script sets.
const DEPTH_MAX: i32 = 1000;
/// The longest array.
const LEN_MAX: f64 = 67_108_864.0;
