//! Validation of untrusted bytes as a listpack.

use super::{COUNT_UNKNOWN, END, HEADER_LEN, Listpack, wire};
use crate::Malformed;

/// Looks at every entry: it lies within the bytes, and the way back over it leads to its begin.
pub(super) fn validate(bytes: &[u8]) -> Result<Listpack<'_>, Malformed> {
    let Some((&[a, b, c, d, e, f], _)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        return Err(Malformed::Header);
    };
    let total = usize::try_from(u32::from_le_bytes([a, b, c, d]));
    if total != Ok(bytes.len()) || bytes.last() != Some(&END) || bytes.len() <= HEADER_LEN {
        return Err(Malformed::Header);
    }
    let counted = usize::from(u16::from_le_bytes([e, f]));
    let end = bytes.len() - 1;
    let (mut at, mut found) = (HEADER_LEN, 0);
    while at < end {
        at = step(bytes, at)?;
        found += 1;
    }
    if at != end {
        return Err(Malformed::End);
    }
    if counted != COUNT_UNKNOWN && counted != found {
        return Err(Malformed::Count { counted, found });
    }
    Ok(Listpack::new(bytes))
}

fn step(bytes: &[u8], at: usize) -> Result<usize, Malformed> {
    let broken = Malformed::Element { at };
    let body = wire::body_len(bytes, at).ok_or(broken)?;
    let way = wire::way_back_len(body);
    let next = at
        .checked_add(body)
        .and_then(|end| end.checked_add(way))
        .ok_or(broken)?;
    // The end byte is none of the entry's.
    if next >= bytes.len() {
        return Err(broken);
    }
    match wire::way_back(bytes, next) {
        Some(found) if found == (body, way) => Ok(next),
        _ => Err(Malformed::WayBack { at }),
    }
}
