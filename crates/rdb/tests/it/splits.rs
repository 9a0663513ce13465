//! Values whose bytes arrive in pieces.

use std::borrow::Cow;
use std::convert::Infallible;

use proptest::prelude::*;
use russet_rdb::{
    Buffer, Error, Input, Item, Limits, Next, ObjectType, Piece, Reader, Sink, Text, Version,
    Writer, fuzz,
};

use crate::golden;

/// Windows that end anywhere, often after a single byte.
fn sizes() -> impl Strategy<Value = Vec<usize>> {
    prop::collection::vec(prop_oneof![Just(1usize), 1usize..4, 1usize..300], 1..40)
}

fn reads_as_the_whole(object: ObjectType, version: Version, bytes: &[u8], sizes: &[usize]) {
    let whole = fuzz::read_whole(object, version, bytes);
    let mut sizes = sizes.iter().copied().cycle();
    let split = fuzz::read_split(object, version, bytes, &mut || sizes.next().unwrap_or(1));
    assert_eq!(whole, split);
}

proptest! {
    #[test]
    fn what_servers_wrote_is_the_same_in_any_pieces(
        sizes in sizes(),
        change in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        for (name, payload) in golden::payloads() {
            let opened = russet_rdb::payload::open(&payload).unwrap();
            let mut bytes = opened.object[1..].to_vec();
            if let Some((at, byte)) = change {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            } else {
                let whole = fuzz::read_whole(ObjectType(opened.object[0]), opened.version, &bytes);
                prop_assert_eq!(whole.1, Ok(0), "{}", name);
            }
            reads_as_the_whole(ObjectType(opened.object[0]), opened.version, &bytes, &sizes);
        }
    }

    #[test]
    fn any_bytes_of_any_type_are_the_same_in_any_pieces(
        code in 0u8..30,
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        sizes in sizes(),
        is_valkey in any::<bool>(),
    ) {
        let version = if is_valkey { Version::VALKEY_9 } else { Version::REDIS_NEWEST };
        reads_as_the_whole(ObjectType(code), version, &bytes, &sizes);
    }

    #[test]
    fn compressed_strings_are_the_same_in_any_pieces(
        text in prop::collection::vec(0u8..3, 21..3000),
        sizes in sizes(),
        object in prop::sample::select(vec![ObjectType::STRING, ObjectType::SET, ObjectType::HASH]),
        change in any::<Option<(prop::sample::Index, u8)>>(),
    ) {
        let text = || Text::Bytes(Cow::Borrowed(&text[..]));
        let item = match object {
            ObjectType::HASH => Item::Field { name: text(), value: text(), deadline: None },
            _ => Item::Text(text()),
        };
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).compressing(true);
        let Ok(()) = writer.begin(object, 1);
        let Ok(()) = writer.item(&item);
        let whole = fuzz::read_whole(object, Version::REDIS_7_0, &bytes[1..]);
        prop_assert_eq!(whole, (vec![item.into_owned()], Ok(0)));
        if let Some((at, byte)) = change {
            let at = 1 + at.index(bytes.len() - 1);
            bytes[at] = byte;
        }
        reads_as_the_whole(object, Version::REDIS_7_0, &bytes[1..], &sizes);
    }
}

/// Forms that no server of today writes, as `old.rs` spells them.
#[test]
fn old_forms_are_the_same_byte_by_byte() {
    let values: [&[u8]; 6] = [
        b"\x01\x02\x01a\xc0\x07",
        b"\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff",
        b"\x04\x01\x01f\xc2\x00\x00\x01\x00",
        b"\x09\x0a\x01\x01f\x03\x01foo.\xff",
        b"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x05\x00",
        b"\x0e\x02\x11\x11\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\x01b\xff\x11\x11\0\0\0\x0d\0\0\0\x02\0\0\x01a\x03\x01b\xff",
    ];
    for value in values {
        let (object, bytes) = (ObjectType(value[0]), &value[1..]);
        assert_eq!(fuzz::read_whole(object, Version(9), bytes).1, Ok(0));
        reads_as_the_whole(object, Version(9), bytes, &[1]);
    }
}

/// Reads what is written at once; nothing else is kept.
struct Pipe {
    reader: Reader,
    buffer: Buffer,
    /// The most that the buffer ever took, the longest item, and the bytes of all items.
    capacity_max: usize,
    item_max: usize,
    total: u64,
    /// The bytes that all items repeat, over and over.
    cycle: Vec<u8>,
    is_ended: bool,
}

impl Pipe {
    fn new(object: ObjectType, cycle: Vec<u8>) -> Self {
        Self {
            reader: Reader::new(object, Version::REDIS_7_0).unwrap(),
            buffer: Buffer::default(),
            capacity_max: 0,
            item_max: 0,
            total: 0,
            cycle,
            is_ended: false,
        }
    }

    fn note(&mut self, bytes: &[u8]) {
        self.item_max = self.item_max.max(bytes.len());
        let mut rest = bytes;
        while !rest.is_empty() {
            let cycle = &self.cycle[(self.total % self.cycle.len() as u64) as usize..];
            let len = rest.len().min(cycle.len());
            assert!(rest[..len] == cycle[..len], "at {}", self.total);
            self.total += len as u64;
            rest = &rest[len..];
        }
    }

    fn drain(&mut self) -> Result<(), Error> {
        let mut buffer = std::mem::take(&mut self.buffer);
        loop {
            let mut input = buffer.input();
            let next = self.reader.next(&mut input)?;
            let left = input.rest().len();
            match next {
                Next::Item(Item::Piece(Piece { bytes, .. })) => self.note(&bytes),
                Next::Item(Item::Text(Text::Bytes(bytes))) => self.note(&bytes),
                Next::Item(Item::Packed(node)) => {
                    for entry in node.entries() {
                        self.note(&entry.to_vec());
                    }
                }
                Next::Item(other) => panic!("{other:?}"),
                Next::More | Next::End => {
                    self.is_ended |= next == Next::End;
                    self.capacity_max = self.capacity_max.max(buffer.capacity());
                    buffer.keep(left);
                    self.buffer = buffer;
                    return Ok(());
                }
            }
            buffer.keep(left);
        }
    }
}

impl Sink for Pipe {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        for bytes in bytes.chunks(32 << 10) {
            self.buffer.append(bytes);
            self.drain().unwrap();
        }
        Ok(())
    }
}

const GIB: u64 = 1 << 30;
const MIB: usize = 1 << 20;

/// Begins a value behind a pipe, which is not to see its type code.
fn begin(object: ObjectType, count: usize, cycle: Vec<u8>) -> Writer<Behind> {
    let mut writer = Writer::new(Behind {
        pipe: Pipe::new(object, cycle),
        is_begun: false,
    });
    let Ok(()) = writer.begin(object, count);
    writer
}

/// A pipe behind the first byte.
struct Behind {
    pipe: Pipe,
    is_begun: bool,
}

impl Sink for Behind {
    type Error = Infallible;

    fn write(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        match std::mem::replace(&mut self.is_begun, true) {
            true => self.pipe.write(bytes),
            false => Ok(()),
        }
    }
}

#[test]
fn a_string_of_a_gibibyte_passes_through_less_than_a_mebibyte() {
    let piece: Vec<u8> = (0..48u32 << 10).map(|n| (n % 251) as u8).collect();
    let mut writer = begin(ObjectType::STRING, 1, piece.clone());
    let mut left = GIB;
    while left > 0 {
        let bytes = &piece[..piece.len().min(left as usize)];
        left -= bytes.len() as u64;
        let Ok(()) = writer.item(&Item::Piece(Piece {
            bytes: Cow::Borrowed(bytes),
            left,
        }));
    }
    let pipe = writer.into_sink().pipe;
    assert!(pipe.is_ended);
    assert_eq!(pipe.total, GIB);
    assert!(pipe.capacity_max + pipe.item_max <= MIB);
}

#[test]
fn a_compressed_string_of_a_gibibyte_passes_through_less_than_a_mebibyte() {
    // One byte, and references to it: three bytes for 264.
    let references = (GIB - 1) / 264;
    let rest = (GIB - 1) % 264;
    assert_eq!(rest, 9 + 0xde);
    let packed_len = 2 + 3 * references + 3;
    let mut pipe = Pipe::new(ObjectType::STRING, vec![b'x'; 10_000]);
    let mut head = vec![0xc3, 0x80];
    head.extend_from_slice(&u32::try_from(packed_len).unwrap().to_be_bytes());
    head.push(0x80);
    head.extend_from_slice(&u32::try_from(GIB).unwrap().to_be_bytes());
    head.extend_from_slice(b"\x00x");
    let Ok(()) = pipe.write(&head);
    let some = b"\xe0\xff\x00".repeat(1000);
    let mut left = references as usize;
    while left > 0 {
        let count = left.min(1000);
        let Ok(()) = pipe.write(&some[..3 * count]);
        left -= count;
    }
    let Ok(()) = pipe.write(b"\xe0\xde\x00");
    assert!(pipe.is_ended);
    assert_eq!(pipe.total, GIB);
    assert!(pipe.capacity_max + pipe.item_max <= MIB);
}

#[test]
fn a_list_of_a_gibibyte_passes_through_less_than_a_mebibyte() {
    let long: Vec<u8> = (0..200u32 << 10).map(|n| (n % 253) as u8).collect();
    let (mut node, mut of_node) = (russet_pack::listpack::new(), Vec::new());
    for n in 0..60u32 {
        let element = format!("element {n:0100}");
        russet_pack::listpack::append(&mut node, element.as_bytes());
        of_node.extend_from_slice(element.as_bytes());
    }
    let cycle = [long.clone(), of_node.repeat(10)].concat();
    let round = cycle.len() as u64;
    let rounds = GIB.div_ceil(round);
    let count = 11 * rounds as usize;
    let mut writer = begin(ObjectType::LIST_QUICKLIST_2, count, cycle);
    for _ in 0..rounds {
        let Ok(()) = writer.item(&Item::Text(Text::from(&long[..])));
        for _ in 0..10 {
            let Ok(()) = writer.packed(&node);
        }
    }
    let pipe = writer.into_sink().pipe;
    assert!(pipe.is_ended);
    assert_eq!(pipe.total, round * rounds);
    assert!(pipe.capacity_max + pipe.item_max <= MIB);
}

/// A sink with room for that number of bytes.
struct Full(usize);

impl Sink for Full {
    type Error = &'static str;

    fn write(&mut self, bytes: &[u8]) -> Result<(), &'static str> {
        self.0 = self.0.checked_sub(bytes.len()).ok_or("full")?;
        Ok(())
    }
}

#[test]
fn a_sink_that_refuses_ends_the_value() {
    let long = vec![b'x'; 10 << 20];
    let mut writer = Writer::new(Full(100_000)).compressing(true);
    assert_eq!(writer.begin(ObjectType::LIST, 2), Ok(()));
    // It shrinks to less than what fits, twice does not.
    let item = Item::Text(Text::from(&long[..]));
    assert_eq!(writer.item(&item), Err("full"));
    let mut writer = Writer::new(Full(200_000)).compressing(true);
    assert_eq!(writer.item(&item), Ok(()));
    assert_eq!(writer.item(&item), Err("full"));
}

#[test]
fn a_compressed_string_comes_whole_up_to_the_limit() {
    for (len, is_whole) in [(100, true), (101, false)] {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes).compressing(true);
        let Ok(()) = writer.begin(ObjectType::STRING, 1);
        let Ok(()) = writer.item(&Item::Text(Text::from(&vec![b'x'; len][..])));
        let mut reader = string_reader(100);
        let found = reader.next(&mut Input::whole(&bytes[1..])).unwrap();
        assert_eq!(matches!(found, Next::Item(Item::Text(_))), is_whole);
        assert_eq!(matches!(found, Next::Item(Item::Piece(_))), !is_whole);
    }
}

#[test]
fn a_plain_string_comes_whole_up_to_the_limit_or_when_it_is_all_there() {
    let string = |len: u8| [&[len][..], &vec![b'x'; len.into()]].concat();
    let mut short = string_reader(40);
    assert_eq!(
        short.next(&mut Input::partial(&string(40)[..9])),
        Ok(Next::More)
    );
    let long = string(41);
    let mut cut = string_reader(40);
    let found = cut.next(&mut Input::partial(&long[..9]));
    assert!(matches!(
        found,
        Ok(Next::Item(Item::Piece(Piece { left: 33, .. })))
    ));
    let mut here = string_reader(40);
    let found = here.next(&mut Input::partial(&long));
    assert!(matches!(found, Ok(Next::Item(Item::Text(_)))));
}

#[test]
fn a_string_that_unpacks_to_less_than_it_declares_is_refused_without_waiting() {
    // Two bytes as they are; 100 are declared.
    let mut input = Input::partial(b"\xc3\x03\x40\x64\x01aa");
    let mut reader = string_reader(50);
    let found = reader.next(&mut input);
    assert!(matches!(
        found,
        Ok(Next::Item(Item::Piece(Piece { left: 98, .. })))
    ));
    let end = reader.next(&mut input);
    assert!(matches!(end, Err(Error::Compressed(_))), "{end:?}");
}

/// A reader of a string that comes whole up to this length.
fn string_reader(text_max: u64) -> Reader {
    let limits = Limits {
        text_max,
        ..Limits::default()
    };
    let reader = Reader::new(ObjectType::STRING, Version::REDIS_7_0).unwrap();
    reader.with_limits(limits)
}

#[test]
fn long_strings_are_compressed_as_short_ones_are() {
    let long: Vec<u8> = (0..400_000u32)
        .flat_map(|n| (n / 7).to_le_bytes())
        .collect();
    let item = Item::Text(Text::from(&long[..]));
    let mut bytes = Vec::new();
    let Ok(()) = Writer::new(&mut bytes).compressing(true).item(&item);
    let mut packed = Vec::new();
    assert!(russet_pack::lzf::compress(&long, long.len(), &mut packed));
    assert!(bytes.ends_with(&packed) && bytes.len() == packed.len() + 11);
    let read = fuzz::read_whole(ObjectType::STRING, Version::REDIS_7_0, &bytes);
    assert_eq!(read, (vec![item], Ok(0)));
}
