//! `struct`: numbers and texts in the layouts of C.
//!
//! Always true: every size is checked against the data, and against the memory of the script.
//! Not here: MessagePack — `msgpack.rs`

use super::{Called, Entry};
use crate::number;
use crate::value::Value;
use crate::vm::{Flow, Invoke, Raise};

/// The functions.
pub(crate) const ENTRIES: &[Entry] = &[("pack", pack), ("size", size), ("unpack", unpack)];

/// A format that is read from its start.
struct Format<'a> {
    text: &'a [u8],
    at: usize,
    is_little: bool,
    align: usize,
}

impl<'a> Format<'a> {
    const fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            at: 0,
            is_little: true,
            align: 1,
        }
    }

    /// The next option and its size; `None` at the end, which may be a zero byte as in C.
    fn next(&mut self) -> Result<Option<(u8, usize)>, Raise> {
        let Some(&option @ 1..) = self.text.get(self.at) else {
            return Ok(None);
        };
        self.at += 1;
        let size = match option {
            b'B' | b'b' | b'x' => 1,
            b'H' | b'h' => 2,
            b'f' => 4,
            b'L' | b'l' | b'T' | b'd' => 8,
            b'c' => self.number(1)?,
            b'I' | b'i' => {
                let size = self.number(4)?;
                if size > INTEGER_MAX {
                    return Err(Raise::message(format!(
                        "integral size {size} is larger than limit of {INTEGER_MAX}"
                    )));
                }
                size
            }
            _ => 0,
        };
        Ok(Some((option, size)))
    }

    fn number(&mut self, default: usize) -> Result<usize, Raise> {
        let mut number = None;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            let digit = i32::from(digit - b'0');
            let next = number.unwrap_or(0_i32).checked_mul(10);
            let next = next.and_then(|next| next.checked_add(digit));
            number = Some(next.ok_or_else(|| Raise::message("integral size overflow"))?);
            self.at += 1;
        }
        Ok(number.map_or(default, |number| number as usize))
    }

    /// How many bytes align an option of this size.
    fn padding(&self, option: u8, size: usize, len: usize) -> usize {
        if size == 0 || option == b'c' {
            return 0;
        }
        let align = size.min(self.align);
        match align.is_power_of_two() {
            true => len.wrapping_neg() & (align - 1),
            false => (align - (len & (align - 1))) & (align - 1),
        }
    }

    /// An option that only changes what follows.
    fn control(&mut self, option: u8) -> Result<(), Raise> {
        match option {
            b' ' => {}
            b'>' => self.is_little = false,
            b'<' => self.is_little = true,
            b'!' => {
                let align = self.number(8)?;
                if !align.is_power_of_two() {
                    let text = format!("alignment {align} is not a power of 2");
                    return Err(Raise::message(text));
                }
                self.align = align;
            }
            other => {
                let option = char::from(other);
                return Err(Raise::argument(
                    1,
                    format!("invalid format option '{option}'"),
                ));
            }
        }
        Ok(())
    }
}

fn pack(call: &mut Invoke<'_>) -> Called {
    let text = call.bytes(1)?.into_owned();
    let mut format = Format::new(&text);
    let mut out = Vec::new();
    let mut arg = 2;
    while let Some((option, size)) = format.next()? {
        let padding = format.padding(option, size, out.len());
        out.resize(out.len() + padding, 0);
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let number = number_arg(call, arg)?;
                push_integer(number, size, format.is_little, &mut out);
            }
            b'x' => {
                out.push(0);
                continue;
            }
            b'f' => {
                let bytes = (number_arg(call, arg)? as f32).to_le_bytes();
                push_bytes(bytes, format.is_little, &mut out);
            }
            b'd' => {
                let bytes = number_arg(call, arg)?.to_le_bytes();
                push_bytes(bytes, format.is_little, &mut out);
            }
            b'c' | b's' => {
                let data = call.bytes(arg)?;
                let size = if size == 0 { data.len() } else { size };
                if data.len() < size {
                    // The reference has counted on by then.
                    return Err(Raise::argument(arg + 1, "string too short"));
                }
                out.extend_from_slice(&data[..size]);
                if option == b's' {
                    out.push(0);
                }
            }
            other => {
                format.control(other)?;
                continue;
            }
        }
        arg += 1;
        call.vm.heap.check(out.len())?;
    }
    call.give_text(&out)
}

/// A number to pack. For the reference, arguments that are missing are nil.
fn number_arg(call: &Invoke<'_>, arg: usize) -> Result<f64, Raise> {
    if arg > call.count() {
        return Err(Raise::argument(arg, "number expected, got nil"));
    }
    call.number(arg)
}

fn push_integer(number: f64, size: usize, is_little: bool, out: &mut Vec<u8>) {
    let value = match number < 0.0 {
        true => number::to_i64(number).cast_unsigned(),
        false => number as u64,
    };
    let mut bytes = [0; INTEGER_MAX];
    bytes[..8].copy_from_slice(&value.to_le_bytes());
    if !is_little {
        bytes[..size].reverse();
    }
    out.extend_from_slice(&bytes[..size]);
}

fn push_bytes<const N: usize>(bytes: [u8; N], is_little: bool, out: &mut Vec<u8>) {
    let mut bytes = bytes;
    if !is_little {
        bytes.reverse();
    }
    out.extend(bytes);
}

fn size(call: &mut Invoke<'_>) -> Called {
    let text = call.bytes(1)?.into_owned();
    let mut format = Format::new(&text);
    let mut total = 0_usize;
    while let Some((option, size)) = format.next()? {
        total = total.saturating_add(format.padding(option, size, total));
        if option == b's' {
            return Err(Raise::argument(1, "option 's' has no fixed size"));
        }
        if option == b'c' && size == 0 {
            return Err(Raise::argument(1, "option 'c0' has no fixed size"));
        }
        if !option.is_ascii_alphanumeric() {
            format.control(option)?;
        }
        total = total.saturating_add(size);
    }
    call.give_number(total as f64)
}

fn unpack(call: &mut Invoke<'_>) -> Called {
    let text = call.bytes(1)?.into_owned();
    let data = call.bytes(2)?.into_owned();
    let pos = call.integer_or(3, 1)?;
    if pos < 1 {
        return Err(Raise::argument(3, "offset must be 1 or greater"));
    }
    let mut pos = pos as usize - 1;
    let mut format = Format::new(&text);
    while let Some((option, size)) = format.next()? {
        pos = pos.saturating_add(format.padding(option, size, pos));
        let mut size = size;
        let field = slice(&data, pos, size)?;
        if call.vm.out.len() > VALUES_MAX {
            return Err(Raise::message("stack overflow (too many results)"));
        }
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let is_signed = option.is_ascii_lowercase();
                call.push(Value::Num(integer(field, format.is_little, is_signed)));
            }
            b'x' => {}
            b'f' => {
                let bytes = ordered(field, format.is_little);
                call.push(Value::Num(f32::from_le_bytes(bytes).into()));
            }
            b'd' => {
                let bytes = ordered(field, format.is_little);
                call.push(Value::Num(f64::from_le_bytes(bytes)));
            }
            b'c' => {
                if size == 0 {
                    size = previous_size(call)?;
                }
                let value = call.vm.string(slice(&data, pos, size)?)?;
                call.push(value);
            }
            b's' => {
                let rest = data.get(pos..).unwrap_or_default();
                let Some(end) = memchr::memchr(0, rest) else {
                    return Err(Raise::message("unfinished string in data"));
                };
                let value = call.vm.string(&rest[..end])?;
                call.push(value);
                size = end + 1;
            }
            other => format.control(other)?,
        }
        pos = pos.saturating_add(size);
    }
    call.push(Value::Num((pos + 1) as f64));
    Ok(Flow::Done)
}

fn slice(data: &[u8], pos: usize, size: usize) -> Result<&[u8], Raise> {
    let end = pos.checked_add(size);
    end.and_then(|end| data.get(pos..end))
        .ok_or_else(|| Raise::argument(2, "data string too short"))
}

/// The size of a text that the number before it gives.
fn previous_size(call: &mut Invoke<'_>) -> Result<usize, Raise> {
    let last = call.vm.out.last().copied().unwrap_or_default();
    let Some(size) = call.vm.to_number(last) else {
        return Err(Raise::message("format 'c0' needs a previous size"));
    };
    call.vm.out.pop();
    usize::try_from(number::to_i64(size)).map_err(|_| Raise::argument(2, "data string too short"))
}

fn integer(field: &[u8], is_little: bool, is_signed: bool) -> f64 {
    let fold = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
    let number = match is_little {
        true => field.iter().rev().fold(0, fold),
        false => field.iter().fold(0, fold),
    };
    if !is_signed {
        return number as f64;
    }
    let unused = 64_u32.saturating_sub(8 * field.len() as u32).min(63);
    (number.cast_signed() << unused >> unused) as f64
}

fn ordered<const N: usize>(field: &[u8], is_little: bool) -> [u8; N] {
    let mut bytes: [u8; N] = field.try_into().expect("the size of the option");
    if !is_little {
        bytes.reverse();
    }
    bytes
}

/// The largest integer, in bytes.
const INTEGER_MAX: usize = 32;
/// The most values that one call gives.
const VALUES_MAX: usize = 7_990;
