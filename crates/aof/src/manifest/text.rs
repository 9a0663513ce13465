//! The text of a manifest, read and written.
//!
//! ```text
//!  text ─► lines of at most 1,024 bytes ─► words ─► pairs of key and value ─► Part
//!          `#…` is skipped                 quotes   unknown keys are skipped
//! ```
//! The checksum is the first line, so that no cut leaves a manifest that lacks it: a checksum at
//! the end would be lost together with the last files, and the rest would look like a manifest of
//! Redis.
//!
//! Always true: `parse(format(manifest))` gives the same files.
//! Always true: a text that was cut anywhere is refused if a file in it is checked.
//! Not here: what may follow what — `manifest.rs`

use russet_base::num::{parse_i64, parse_u64, push_i64, push_u64};
use russet_base::quote::{quote_into, split_words};
use russet_pack::crc64;

use super::{Manifest, ManifestError, ManifestFault, Part, Units};
use crate::layout::FileName;
use crate::number::leading_number;

pub(super) fn parse(text: &[u8]) -> Result<Manifest, ManifestError> {
    let mut manifest = Manifest::default();
    let mut has_checksum = false;
    let (mut rest, mut number) = (text, 0);
    while !rest.is_empty() {
        let (raw, behind) = rest.split_at(line_len(rest));
        rest = behind;
        number += 1;
        if raw.starts_with(b"#") {
            has_checksum |= check(raw, number, rest)?;
            continue;
        }
        // COMPAT: Redis handles a line as a C string, which a zero byte ends.
        let line = raw.split(|&byte| byte == 0).next().unwrap_or_default();
        if !line.ends_with(b"\n") {
            return Err(whole(ManifestFault::LineTooLong));
        }
        let line = trim(line);
        add(&mut manifest, line).map_err(|fault| ManifestError {
            fault,
            line: Some((number, line.to_vec())),
        })?;
    }
    if number == 0 {
        return Err(whole(ManifestFault::Empty));
    }
    if manifest.files().any(Part::is_checked) && !has_checksum {
        return Err(whole(ManifestFault::ChecksumMissing));
    }
    Ok(manifest)
}

const fn whole(fault: ManifestFault) -> ManifestError {
    ManifestError { fault, line: None }
}

/// The length of the first line with its end, or as much of it as Redis reads at once.
fn line_len(rest: &[u8]) -> usize {
    let window = &rest[..rest.len().min(LINE_SIZE_MAX)];
    let end = window.iter().position(|&byte| byte == b'\n');
    end.map_or(window.len(), |at| at + 1)
}

/// Whether a comment is the checksum of the lines below, which then must match.
fn check(comment: &[u8], number: usize, below: &[u8]) -> Result<bool, ManifestError> {
    if comment.starts_with(CHECKSUM) {
        return match number == 1 && comment == checksum_line(below) {
            true => Ok(true),
            false => Err(whole(ManifestFault::Checksum)),
        };
    }
    // COMPAT: Redis takes the beginning of a first comment for a manifest without files.
    match number == 1 && below.is_empty() && !comment.ends_with(b"\n") {
        true => Err(whole(ManifestFault::LineTooLong)),
        false => Ok(false),
    }
}

fn checksum_line(below: &[u8]) -> Vec<u8> {
    let mut line = CHECKSUM.to_vec();
    line.extend_from_slice(format!("{:016x}\n", crc64::checksum(below)).as_bytes());
    line
}

/// Takes off the blanks around a line.
fn trim(line: &[u8]) -> &[u8] {
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let start = line.iter().position(|byte| !is_blank(byte));
    let end = line.iter().rposition(|byte| !is_blank(byte));
    match (start, end) {
        (Some(start), Some(end)) => &line[start..=end],
        _ => &[],
    }
}

/// Adds the file that a line names.
fn add(manifest: &mut Manifest, line: &[u8]) -> Result<(), ManifestFault> {
    let words = split_words(line).map_err(|_| ManifestFault::Format)?;
    let (pairs, odd) = words.as_chunks::<2>();
    if pairs.len() < 3 || !odd.is_empty() {
        return Err(ManifestFault::Format);
    }
    let mut keys = Keys::default();
    for [key, value] in pairs {
        keys.set(key, value)?;
    }
    let (kind, part) = keys.finish()?;
    match kind {
        b'b' if manifest.base.is_some() => return Err(ManifestFault::DuplicateBase),
        b'b' => {
            manifest.base_seq = part.seq;
            manifest.base = Some(part);
        }
        b'h' => manifest.history.push(part),
        b'i' if part.seq <= manifest.incr_seq => return Err(ManifestFault::NotMonotonic),
        b'i' => {
            manifest.incr_seq = part.seq;
            manifest.incrs.push(part);
        }
        _ => return Err(ManifestFault::UnknownType),
    }
    Ok(())
}

/// The values of a line so far.
#[derive(Default)]
struct Keys {
    name: Option<FileName>,
    seq: i64,
    kind: u8,
    start_offset: Option<i64>,
    end_offset: Option<i64>,
    units: Units,
    size: Option<u64>,
}

impl Keys {
    fn set(&mut self, key: &[u8], value: &[u8]) -> Result<(), ManifestFault> {
        if key.eq_ignore_ascii_case(b"file") {
            let text = String::from_utf8(value.to_vec()).ok();
            let name = text.and_then(FileName::new);
            self.name = Some(name.ok_or(ManifestFault::Path)?);
        } else if key.eq_ignore_ascii_case(b"seq") {
            (self.seq, _) = leading_number(value);
        } else if key.eq_ignore_ascii_case(b"type") {
            self.kind = value.first().copied().unwrap_or(0);
        } else if key.eq_ignore_ascii_case(b"startoffset") {
            self.start_offset = offset(value);
        } else if key.eq_ignore_ascii_case(b"endoffset") {
            self.end_offset = offset(value);
        } else if key == UNITS {
            if value != CRC64 {
                return Err(ManifestFault::Format);
            }
            self.units = Units::Checked;
        } else if key == SIZE {
            self.size = Some(parse_u64(value).ok_or(ManifestFault::Format)?);
        }
        Ok(())
    }

    /// The type and the file of a line that has all it needs.
    fn finish(self) -> Result<(u8, Part), ManifestFault> {
        let Some(name) = self.name else {
            return Err(ManifestFault::Format);
        };
        if self.seq == 0 || self.kind == 0 {
            return Err(ManifestFault::Format);
        }
        let part = Part {
            name,
            seq: self.seq,
            start_offset: self.start_offset,
            // COMPAT: Redis writes an end with its beginning only.
            end_offset: self.end_offset.filter(|_| self.start_offset.is_some()),
            units: self.units,
            size: self.size,
        };
        Ok((self.kind, part))
    }
}

/// A replication offset; Redis writes none as -1.
fn offset(value: &[u8]) -> Option<i64> {
    parse_i64(value).filter(|&offset| offset >= 0)
}

pub(super) fn format(manifest: &Manifest) -> Vec<u8> {
    let mut text = Vec::new();
    let mut is_checked = false;
    let kinds = [
        (b'b', manifest.base.as_slice()),
        (b'h', &manifest.history),
        (b'i', &manifest.incrs),
    ];
    for (kind, parts) in kinds {
        for part in parts {
            push_part(part, kind, &mut text);
            is_checked |= part.is_checked() && kind != b'h';
        }
    }
    if is_checked {
        text.splice(..0, checksum_line(&text));
    }
    text
}

fn push_part(part: &Part, kind: u8, text: &mut Vec<u8>) {
    text.extend_from_slice(b"file ");
    let name = part.name.as_str().as_bytes();
    match name.iter().any(needs_quotes) {
        true => quote_into(name, text),
        false => text.extend_from_slice(name),
    }
    text.extend_from_slice(b" seq ");
    push_i64(part.seq, text);
    text.extend_from_slice(b" type ");
    text.push(kind);
    if let Some(start) = part.start_offset {
        text.extend_from_slice(b" startoffset ");
        push_i64(start, text);
        if let Some(end) = part.end_offset {
            text.extend_from_slice(b" endoffset ");
            push_i64(end, text);
        }
    }
    if part.units == Units::Checked {
        for word in [UNITS, CRC64] {
            text.push(b' ');
            text.extend_from_slice(word);
        }
    }
    if let Some(size) = part.size {
        text.push(b' ');
        text.extend_from_slice(SIZE);
        text.push(b' ');
        push_u64(size, text);
    }
    text.push(b'\n');
}

/// Whether a name with this byte is written in quotes.
fn needs_quotes(byte: &u8) -> bool {
    matches!(byte, b'\\' | b'"' | b'\'') || !byte.is_ascii_graphic()
}

/// The most bytes that Redis reads as one line of a manifest.
const LINE_SIZE_MAX: usize = 1024;
/// The key that says how units are protected, and its value.
const UNITS: &[u8] = b"units";
const CRC64: &[u8] = b"crc64";
/// The key that says how large a file is that nothing is appended to any more.
const SIZE: &[u8] = b"size";
/// How the line with the checksum begins.
const CHECKSUM: &[u8] = b"# crc64 ";
