//! A reply as a value: what a client gets, and what a proxy or a test sends.
//!
//! Always true: encoding walks with a stack of its own, however deep a value is.
//! Not here: writing replies without building values — `encode.rs`.

use bytes::Bytes;
use russet_base::num::{F64Buf, format_f64};

use crate::reply::encode::push_header;
use crate::wire;

/// One reply of any RESP2 or RESP3 type. Streamed replies are whole here.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Value {
    /// A status text.
    Simple(Bytes),
    /// An error line, beginning with its code.
    Error(Bytes),
    /// An integer.
    Integer(i64),
    /// A string of any bytes.
    Bulk(Bytes),
    /// The null of RESP2, `$-1`.
    NullBulk,
    /// The null array of RESP2, `*-1`.
    NullArray,
    /// Elements in order.
    Array(Vec<Self>),
    /// The null of RESP3, `_`.
    Null,
    /// A truth value.
    Boolean(bool),
    /// A floating point number. Two NaN are not equal.
    Double(f64),
    /// An integer of any size, in decimal digits.
    BigNumber(Bytes),
    /// An error of any bytes, beginning with its code.
    BulkError(Bytes),
    /// A text for humans.
    Verbatim {
        /// The format of the text: `txt` or `mkd`.
        format: [u8; 3],
        /// The text.
        text: Bytes,
    },
    /// Pairs in the order of the wire.
    Map(Vec<(Self, Self)>),
    /// Elements without an order.
    Set(Vec<Self>),
    /// A message that answers no request.
    Push(Vec<Self>),
    /// A reply with attributes.
    Attribute {
        /// The attributes of the reply.
        attributes: Vec<(Self, Self)>,
        /// The reply itself.
        value: Box<Self>,
    },
}

/// The elements of one aggregate that are left to encode.
enum Rest<'v> {
    Elements(std::slice::Iter<'v, Value>),
    Pairs(std::slice::Iter<'v, (Value, Value)>),
    One(&'v Value),
}

impl Value {
    /// A string of any bytes, copied.
    #[must_use]
    pub fn bulk(bytes: impl AsRef<[u8]>) -> Self {
        Self::Bulk(Bytes::copy_from_slice(bytes.as_ref()))
    }

    /// Whether this is a null of either protocol.
    #[must_use]
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null | Self::NullBulk | Self::NullArray)
    }

    /// The text of an error of either form.
    #[must_use]
    pub const fn as_error(&self) -> Option<&Bytes> {
        match self {
            Self::Error(text) | Self::BulkError(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes of a string of any form.
    #[must_use]
    pub const fn as_bytes(&self) -> Option<&Bytes> {
        match self {
            Self::Simple(text) | Self::Bulk(text) | Self::Verbatim { text, .. } => Some(text),
            Self::BigNumber(digits) => Some(digits),
            _ => None,
        }
    }

    /// The elements of an array, a set or a push.
    #[must_use]
    pub const fn as_elements(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) | Self::Set(items) | Self::Push(items) => Some(items.as_slice()),
            _ => None,
        }
    }

    /// Appends the reply as the wire carries it. Line types must not contain CR or LF.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let mut stack = vec![Rest::One(self)];
        while let Some(rest) = stack.last_mut() {
            let next = match rest {
                Rest::Elements(items) => items.next(),
                Rest::Pairs(pairs) => match pairs.next() {
                    Some((key, value)) => {
                        stack.push(Rest::One(value));
                        Some(key)
                    }
                    None => None,
                },
                Rest::One(_) => None,
            };
            let next = match (next, stack.last()) {
                (Some(value), _) => value,
                (None, Some(Rest::One(value))) => {
                    let value = *value;
                    stack.pop();
                    value
                }
                (None, _) => {
                    stack.pop();
                    continue;
                }
            };
            next.encode_head(out, &mut stack);
        }
    }

    /// Appends a scalar, or the header of an aggregate whose elements go to the stack.
    fn encode_head<'v>(&'v self, out: &mut Vec<u8>, stack: &mut Vec<Rest<'v>>) {
        match self {
            Self::Simple(text) => line(out, wire::SIMPLE, text),
            Self::Error(text) => line(out, wire::ERROR, text),
            Self::Integer(number) => {
                line(
                    out,
                    wire::INTEGER,
                    itoa::Buffer::new().format(*number).as_bytes(),
                );
            }
            Self::Bulk(bytes) => blob(out, wire::BULK, b"", bytes),
            Self::NullBulk => out.extend_from_slice(b"$-1\r\n"),
            Self::NullArray => out.extend_from_slice(b"*-1\r\n"),
            Self::Null => out.extend_from_slice(b"_\r\n"),
            Self::Boolean(value) => line(out, wire::BOOLEAN, if *value { b"t" } else { b"f" }),
            Self::Double(number) => {
                line(
                    out,
                    wire::DOUBLE,
                    format_f64(*number, &mut F64Buf::new()).as_bytes(),
                );
            }
            Self::BigNumber(digits) => line(out, wire::BIG_NUMBER, digits),
            Self::BulkError(text) => blob(out, wire::BULK_ERROR, b"", text),
            Self::Verbatim { format, text } => {
                let [a, b, c] = *format;
                blob(out, wire::VERBATIM, &[a, b, c, b':'], text);
            }
            Self::Array(items) => elements(out, wire::ARRAY, items, stack),
            Self::Set(items) => elements(out, wire::SET, items, stack),
            Self::Push(items) => elements(out, wire::PUSH, items, stack),
            Self::Map(pairs) => {
                push_header(out, wire::MAP, pairs.len());
                stack.push(Rest::Pairs(pairs.iter()));
            }
            Self::Attribute { attributes, value } => {
                push_header(out, wire::ATTRIBUTE, attributes.len());
                stack.push(Rest::One(value));
                stack.push(Rest::Pairs(attributes.iter()));
            }
        }
    }
}

fn elements<'v>(out: &mut Vec<u8>, kind: u8, items: &'v [Value], stack: &mut Vec<Rest<'v>>) {
    push_header(out, kind, items.len());
    stack.push(Rest::Elements(items.iter()));
}

fn line(out: &mut Vec<u8>, kind: u8, text: &[u8]) {
    out.push(kind);
    out.extend_from_slice(text);
    out.extend_from_slice(wire::CRLF);
}

fn blob(out: &mut Vec<u8>, kind: u8, prefix: &[u8], bytes: &[u8]) {
    push_header(out, kind, prefix.len() + bytes.len());
    out.extend_from_slice(prefix);
    out.extend_from_slice(bytes);
    out.extend_from_slice(wire::CRLF);
}
