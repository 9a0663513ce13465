//! Units of length, positions as arguments, and both in replies.
//!
//! Not here: positions as scores — `cell.rs`

use russet_base::num::parse_f64;
use russet_resp::Reply;

use super::cell::Position;
use crate::args::is_word;
use crate::error::CommandError;

/// Reads a unit: how many metres it has.
pub(super) fn metres(arg: &[u8]) -> Result<f64, CommandError> {
    let units = [("M", 1.0), ("KM", 1000.0), ("FT", 0.3048), ("MI", 1609.34)];
    let unit = units.iter().find(|(word, _)| is_word(arg, word));
    unit.map(|(_, metres)| *metres).ok_or(CommandError::GeoUnit)
}

/// Reads a length, of which the error says what it is.
pub(super) fn length(arg: &[u8], missing: &'static str) -> Result<f64, CommandError> {
    parse_f64(arg).ok_or(CommandError::text(missing))
}

/// Reads a longitude and a latitude.
pub(super) fn position(longitude: &[u8], latitude: &[u8]) -> Result<Position, CommandError> {
    let longitude = parse_f64(longitude).ok_or(CommandError::NotFloat)?;
    let latitude = parse_f64(latitude).ok_or(CommandError::NotFloat)?;
    let position = Position {
        longitude,
        latitude,
    };
    match position.is_valid() {
        true => Ok(position),
        false => Err(CommandError::GeoPosition(longitude, latitude)),
    }
}

/// Writes a distance with four decimals, a string in both protocols.
pub(super) fn reply_distance(reply: &mut Reply<'_>, distance: f64) {
    // COMPAT: it is rounded after it was multiplied.
    let parts = (distance * 10_000.0).round_ties_even() as u64;
    let text = format!("{}.{:04}", parts / 10_000, parts % 10_000);
    reply.bulk(text.as_bytes());
}

/// Writes longitude and latitude.
pub(super) fn reply_position(reply: &mut Reply<'_>, position: Position) {
    reply.array(2);
    reply.double(position.longitude);
    reply.double(position.latitude);
}
