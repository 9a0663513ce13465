//! The bodies of the fuzz targets of this crate.
//!
//! Always true: they panic only on a defect of this crate.
//! Not here: the targets themselves — the workspace's `fuzz/`

use crate::file::{self, FileError, FileReader, ShortString};
use crate::{Buffer, Error, Input, Item, Kind, Limits, Next, ObjectType, Pieces, Reader, Version};

/// Limits that make most strings long, so that their pieces are exercised.
const NARROW: Limits = Limits {
    text_max: 8,
    item_max: 1 << 20,
};

/// Reads bytes as a value, as a whole and in pieces: both must yield the same items and the same
/// error. The first three bytes choose version, type and pieces.
pub fn stream(input: &[u8]) {
    let [pick, code, cut, bytes @ ..] = input else {
        return;
    };
    let version = match pick % 4 {
        0 => Version::REDIS_7_0,
        1 => Version::REDIS_7_4,
        2 => Version::REDIS_NEWEST,
        _ => Version::VALKEY_9,
    };
    let object = ObjectType(code % 32);
    let whole = read_whole(object, version, bytes);
    let cut = usize::from(*cut);
    let mut sizes = [1, cut % 7 + 1, cut % 50 + 1].into_iter().cycle();
    let split = read_split(object, version, bytes, &mut || sizes.next().unwrap_or(1));
    assert_eq!(whole, split);
}

/// The items of a value, the error that ended it, and how many bytes followed it.
type Outcome = (Vec<Item<'static>>, Result<usize, Error>);

/// Reads a value whose bytes are all here.
pub fn read_whole(object: ObjectType, version: Version, bytes: &[u8]) -> Outcome {
    let mut reader = match Reader::new(object, version) {
        Ok(reader) => reader.with_limits(NARROW),
        Err(error) => return (Vec::new(), Err(error)),
    };
    let (mut pieces, mut items) = (Pieces::default(), Vec::new());
    let mut input = Input::whole(bytes);
    loop {
        match reader.next(&mut input) {
            Ok(Next::Item(item)) => items.extend(pieces.join(item).map(Item::into_owned)),
            Ok(Next::End) => return (items, Ok(input.rest().len())),
            Ok(Next::More) => panic!("nothing follows the whole"),
            Err(error) => return (items, Err(error)),
        }
    }
}

/// Reads a value whose bytes arrive in pieces of these sizes.
pub fn read_split(
    object: ObjectType,
    version: Version,
    bytes: &[u8],
    size: &mut dyn FnMut() -> usize,
) -> Outcome {
    let mut reader = match Reader::new(object, version) {
        Ok(reader) => reader.with_limits(NARROW),
        Err(error) => return (Vec::new(), Err(error)),
    };
    let (mut pieces, mut items) = (Pieces::default(), Vec::new());
    let (mut buffer, mut rest) = (Buffer::default(), bytes);
    loop {
        let mut input = buffer.input();
        match reader.next(&mut input) {
            Ok(Next::Item(item)) => items.extend(pieces.join(item).map(Item::into_owned)),
            Ok(Next::End) => return (items, Ok(input.rest().len() + rest.len())),
            Ok(Next::More) => {
                let left = input.rest().len();
                buffer.keep(left);
                let (piece, behind) = rest.split_at(size().min(rest.len()));
                buffer.append(piece);
                rest = behind;
                if rest.is_empty() {
                    buffer.end();
                }
                continue;
            }
            Err(error) => return (items, Err(error)),
        }
        let left = input.rest().len();
        buffer.keep(left);
    }
}

/// Reads bytes as a file, as a whole and in pieces: both must yield the same parts and the same
/// error. The first byte chooses the pieces.
pub fn file(input: &[u8]) {
    let [cut, bytes @ ..] = input else {
        return;
    };
    let whole = read_file_whole(bytes);
    let cut = usize::from(*cut);
    let mut sizes = [1, cut % 7 + 1, cut % 50 + 1].into_iter().cycle();
    let split = read_file_split(bytes, &mut || sizes.next().unwrap_or(1));
    assert_eq!(whole, split);
}

/// The parts of a file, and the error that ended it.
pub type FileOutcome = (Vec<file::Next<'static>>, Result<(), FileError>);

/// Reads a file whose bytes are all here.
pub fn read_file_whole(bytes: &[u8]) -> FileOutcome {
    read_file(bytes, &mut || bytes.len(), false)
}

/// Reads a file whose bytes arrive in pieces of these sizes, short strings at once.
pub fn read_file_split(bytes: &[u8], size: &mut dyn FnMut() -> usize) -> FileOutcome {
    read_file(bytes, size, true)
}

fn read_file(
    bytes: &[u8],
    size: &mut dyn FnMut() -> usize,
    takes_short_strings: bool,
) -> FileOutcome {
    let mut reader = FileReader::default().with_limits(NARROW);
    let (mut pieces, mut parts) = (Pieces::default(), Vec::new());
    let (mut buffer, mut rest) = (Buffer::default(), bytes);
    let mut is_ended = false;
    loop {
        let mut input = buffer.input();
        while takes_short_strings && let Some(short) = reader.short_string(&mut input) {
            parts.extend(parts_of(short));
        }
        match reader.next(&mut input) {
            Ok(file::Next::More) => {
                let left = input.rest().len();
                buffer.keep(left);
                let (piece, behind) = rest.split_at(size().min(rest.len()));
                buffer.append(piece);
                rest = behind;
                if rest.is_empty() {
                    buffer.end();
                }
                continue;
            }
            Ok(file::Next::Item(item)) => {
                parts.extend(
                    pieces
                        .join(item)
                        .map(|item| file::Next::Item(item.into_owned())),
                );
            }
            Ok(file::Next::End(_)) if is_ended => return (parts, Ok(())),
            Ok(next) => {
                is_ended = matches!(next, file::Next::End(_));
                parts.push(next.into_owned());
            }
            Err(error) => return (parts, Err(error)),
        }
        let left = input.rest().len();
        buffer.keep(left);
    }
}

/// The parts that the key would be read as.
fn parts_of(short: ShortString<'_>) -> [file::Next<'static>; 3] {
    let key = file::Key {
        name: short.name.into(),
        deadline: short.deadline,
        idle_s: short.idle_s,
        frequency: short.frequency,
    };
    let key = file::Next::Key {
        db: short.db,
        object: ObjectType::STRING,
        kind: Kind::String,
        key,
    };
    let value = Item::Text(short.value.into_owned());
    [
        key.into_owned(),
        file::Next::Item(value),
        file::Next::ValueEnd,
    ]
}
