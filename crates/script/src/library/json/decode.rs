//! JSON as values of Lua.
//!
//! Always true: any bytes give a value or an error; depth is bounded by [`DEPTH_MAX`].
//! Not here: the settings — `json.rs`

use crate::library::Called;
use crate::number;
use crate::value::Value;
use crate::vm::{Invoke, Raise, Vm};

/// `cjson.decode`.
pub(super) fn decode(call: &mut Invoke<'_>) -> Called {
    if call.count() != 1 {
        return Err(Raise::argument(1, "expected 1 argument"));
    }
    let text = call.bytes(1)?.into_owned();
    if text.len() >= 2 && (text[0] == 0 || text[1] == 0) {
        let text = "JSON parser does not support UTF-16 or UTF-32";
        return Err(Raise::message(text));
    }
    call.vm.spend(text.len() / 8);
    let mut reader = Reader {
        text: &text,
        at: 0,
        vm: call.vm,
        depth: 0,
        buffer: Vec::new(),
    };
    let value = reader.value()?;
    let token = reader.next();
    if !matches!(token.kind, Kind::End) {
        return Err(token.error("the end"));
    }
    call.give(value)
}

struct Reader<'a> {
    text: &'a [u8],
    at: usize,
    vm: &'a mut Vm,
    depth: i32,
    /// The string that was read last.
    buffer: Vec<u8>,
}

struct Token {
    kind: Kind,
    at: usize,
}

enum Kind {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    Text,
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl Token {
    fn error(&self, expected: &str) -> Raise {
        let found = match self.kind {
            Kind::ObjectBegin => "T_OBJ_BEGIN",
            Kind::ObjectEnd => "T_OBJ_END",
            Kind::ArrayBegin => "T_ARR_BEGIN",
            Kind::ArrayEnd => "T_ARR_END",
            Kind::Text => "T_STRING",
            Kind::Number(_) => "T_NUMBER",
            Kind::Boolean(_) => "T_BOOLEAN",
            Kind::Null => "T_NULL",
            Kind::Colon => "T_COLON",
            Kind::Comma => "T_COMMA",
            Kind::End => "T_END",
            Kind::Error(text) => text,
        };
        let at = self.at + 1;
        Raise::message(format!(
            "Expected {expected} but found {found} at character {at}"
        ))
    }
}

impl Reader<'_> {
    /// The next value. Only what is rare, or wrong, becomes a token.
    fn value(&mut self) -> Result<Value, Raise> {
        match self.byte() {
            Some(b'"') => self.text("value"),
            Some(b'{') => self.object(),
            Some(b'[') => self.array(),
            _ => {
                let token = self.next();
                match token.kind {
                    Kind::Number(number) => Ok(Value::Num(number)),
                    Kind::Boolean(value) => Ok(Value::Bool(value)),
                    Kind::Null => Ok(Value::Null),
                    _ => Err(token.error("value")),
                }
            }
        }
    }

    /// The next string, where a quote may be the next byte.
    fn text(&mut self, expected: &str) -> Result<Value, Raise> {
        if self.byte() != Some(b'"') {
            return Err(self.next().error(expected));
        }
        match self.string() {
            Ok(()) => Ok(self.vm.heap.string(&self.buffer).map(Value::Str)?),
            Err(text) => {
                let (kind, at) = (Kind::Error(text), self.at);
                Err(Token { kind, at }.error(expected))
            }
        }
    }

    /// The next byte that is no blank.
    fn byte(&mut self) -> Option<u8> {
        loop {
            let byte = *self.text.get(self.at)?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    /// Passes a sign if it is next.
    fn accept(&mut self, sign: u8) -> bool {
        let is_next = self.byte() == Some(sign);
        self.at += usize::from(is_next);
        is_next
    }

    fn descend(&mut self) -> Result<(), Raise> {
        self.depth += 1;
        if self.depth > self.vm.settings.json.decode_depth.min(DEPTH_MAX) {
            let (depth, at) = (self.depth, self.at);
            return Err(Raise::message(format!(
                "Found too many nested data structures ({depth}) at character {at}"
            )));
        }
        Ok(())
    }

    fn object(&mut self) -> Result<Value, Raise> {
        self.at += 1;
        self.descend()?;
        let table = self.vm.heap.table(0, 0)?;
        if !self.accept(b'}') {
            loop {
                let key = self.text("object key string")?;
                if !self.accept(b':') {
                    return Err(self.next().error("colon"));
                }
                let value = self.value()?;
                self.vm.heap.set(table, key, value)?;
                if self.accept(b'}') {
                    break;
                }
                if !self.accept(b',') {
                    return Err(self.next().error("comma or object end"));
                }
            }
        }
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    fn array(&mut self) -> Result<Value, Raise> {
        self.at += 1;
        self.descend()?;
        let table = self.vm.heap.table(0, 0)?;
        if !self.accept(b']') {
            for idx in 1_u32.. {
                let value = self.value()?;
                self.vm.heap.set(table, Value::Num(idx.into()), value)?;
                if self.accept(b']') {
                    break;
                }
                if !self.accept(b',') {
                    return Err(self.next().error("comma or array end"));
                }
            }
        }
        self.depth -= 1;
        Ok(Value::Table(table))
    }

    fn next(&mut self) -> Token {
        self.byte();
        let start = self.at;
        let kind = self.kind();
        let at = match kind {
            Kind::Error(_) => self.at,
            _ => start,
        };
        Token { kind, at }
    }

    fn kind(&mut self) -> Kind {
        let Some(&byte) = self.text.get(self.at) else {
            return Kind::End;
        };
        let simple = match byte {
            b'{' => Kind::ObjectBegin,
            b'}' => Kind::ObjectEnd,
            b'[' => Kind::ArrayBegin,
            b']' => Kind::ArrayEnd,
            b':' => Kind::Colon,
            b',' => Kind::Comma,
            0 => Kind::End,
            b'"' => return self.string().map_or_else(Kind::Error, |()| Kind::Text),
            _ => return self.word(byte),
        };
        self.at += 1;
        simple
    }

    fn word(&mut self, byte: u8) -> Kind {
        let rest = &self.text[self.at..];
        let allows_invalid = self.vm.settings.json.decode_invalid;
        if byte == b'-' || byte.is_ascii_digit() {
            if !allows_invalid && is_invalid_number(rest) {
                return Kind::Error("invalid number");
            }
            return self.number();
        }
        for (text, kind) in [
            (&b"true"[..], Kind::Boolean(true)),
            (b"false", Kind::Boolean(false)),
            (b"null", Kind::Null),
        ] {
            if rest.starts_with(text) {
                self.at += text.len();
                return kind;
            }
        }
        if allows_invalid && is_invalid_number(rest) {
            return self.number();
        }
        Kind::Error("invalid token")
    }

    fn number(&mut self) -> Kind {
        match number::prefix(&self.text[self.at..]) {
            Some((number, len)) => {
                self.at += len;
                Kind::Number(number)
            }
            None => Kind::Error("invalid number"),
        }
    }

    fn string(&mut self) -> Result<(), &'static str> {
        self.buffer.clear();
        self.at += 1;
        loop {
            let rest = &self.text[self.at..];
            let is_special = |byte: &u8| matches!(byte, 0 | b'"' | b'\\');
            let plain = rest.iter().position(is_special).unwrap_or(rest.len());
            self.buffer.extend_from_slice(&rest[..plain]);
            self.at += plain;
            match rest.get(plain) {
                None | Some(0) => return Err("unexpected end of string"),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.escape()?,
            }
        }
    }

    fn escape(&mut self) -> Result<(), &'static str> {
        let plain = match self.text.get(self.at + 1) {
            Some(byte @ (b'"' | b'\\' | b'/')) => *byte,
            Some(b'b') => 0x08,
            Some(b'f') => 0x0c,
            Some(b'n') => b'\n',
            Some(b'r') => b'\r',
            Some(b't') => b'\t',
            Some(b'u') => return self.unicode(),
            _ => return Err("invalid escape code"),
        };
        self.buffer.push(plain);
        self.at += 2;
        Ok(())
    }

    fn unicode(&mut self) -> Result<(), &'static str> {
        let invalid = "invalid unicode escape code";
        let first = self.unit(self.at).ok_or(invalid)?;
        let (code, len) = match first {
            0xd800..0xdc00 => {
                let second = self.unit(self.at + 6).ok_or(invalid)?;
                if !(0xdc00..0xe000).contains(&second) {
                    return Err(invalid);
                }
                (0x1_0000 + ((first & 0x3ff) << 10 | second & 0x3ff), 12)
            }
            0xdc00..0xe000 => return Err(invalid),
            code => (code, 6),
        };
        let code = char::from_u32(code).ok_or(invalid)?;
        let mut utf8 = [0; 4];
        let utf8 = code.encode_utf8(&mut utf8);
        self.buffer.extend_from_slice(utf8.as_bytes());
        self.at += len;
        Ok(())
    }

    /// The number of an escape of six bytes.
    fn unit(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        let digit = |byte: &u8| char::from(*byte).to_digit(16);
        digits
            .iter()
            .try_fold(0, |code, byte| Some(code << 4 | digit(byte)?))
    }
}

/// Whether a text is a number for C, but none for JSON.
fn is_invalid_number(text: &[u8]) -> bool {
    if text.first() == Some(&b'+') {
        return true;
    }
    let digits = text.strip_prefix(b"-").unwrap_or(text);
    match digits.first() {
        Some(b'0') => matches!(digits.get(1), Some(b'x' | b'X' | b'0'..=b'9')),
        Some(..=b'9') => false,
        _ => {
            let starts = |word: &[u8]| {
                digits
                    .get(..3)
                    .is_some_and(|d| d.eq_ignore_ascii_case(word))
            };
            starts(b"inf") || starts(b"nan")
        }
    }
}

/// How deep a text is read, whatever a script sets.
const DEPTH_MAX: i32 = 1000;
