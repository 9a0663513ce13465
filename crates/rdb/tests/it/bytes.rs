//! The very bytes that are written: each number and each length in its shortest form.

use std::borrow::Cow;

use russet_base::num::I64Buf;
use russet_pack::lzf;
use russet_rdb::{Buffer, Item, ObjectType, Packed, Shape, Text, Version, Writer};

/// A string as it is written behind the count of a list.
fn written(text: &[u8], compresses: bool) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes).compressing(compresses);
    let Ok(()) = writer.begin_with_deadlines(ObjectType::LIST, 1, 0);
    let Ok(()) = writer.item(&Item::Text(Text::Bytes(Cow::Borrowed(text))));
    // The type and the count come first.
    assert_eq!(bytes[..2], [1, 1]);
    bytes.split_off(2)
}

#[test]
fn integers_are_written_in_as_many_bytes_as_they_need() {
    for (text, expected) in [
        ("0", &b"\xc0\x00"[..]),
        ("127", b"\xc0\x7f"),
        ("-128", b"\xc0\x80"),
        ("128", b"\xc1\x80\x00"),
        ("-129", b"\xc1\x7f\xff"),
        ("32768", b"\xc2\x00\x80\x00\x00"),
        ("-2147483648", b"\xc2\x00\x00\x00\x80"),
        ("2147483648", b"\x0a2147483648"),
        ("01", b"\x0201"),
        ("+1", b"\x02+1"),
        ("", b"\x00"),
    ] {
        assert_eq!(written(text.as_bytes(), true), expected, "{text}");
    }
}

#[test]
fn lengths_are_written_in_as_many_bytes_as_they_need() {
    for (len, head) in [
        (63, &b"\x3f"[..]),
        (64, b"\x40\x40"),
        (16_383, b"\x7f\xff"),
        (16_384, b"\x80\x00\x00\x40\x00"),
    ] {
        let bytes = written(&vec![b'x'; len], false);
        assert_eq!(&bytes[..head.len()], head);
        assert_eq!(bytes.len(), head.len() + len);
    }
}

#[test]
fn strings_are_compressed_where_that_saves_four_bytes() {
    // Twenty bytes are never compressed, however alike they are.
    assert_eq!(written(&[b'x'; 20], true).len(), 21);
    let packed = written(&[b'x'; 21], true);
    assert_eq!(packed[0], 0xc3);
    assert!(packed.len() < 21 - 4 + 3);
    let different: Vec<u8> = (0..200).collect();
    assert_eq!(written(&different, true).len(), 202);
    // The same holds for strings that are compressed in a stream.
    let long: Vec<u8> = (0_u32..200_000)
        .flat_map(|n| (n / 7).to_le_bytes())
        .collect();
    let packed = written(&long, true);
    assert_eq!(packed[0], 0xc3);
    assert!(packed.len() < long.len() / 2);
}

#[test]
fn a_string_that_saves_three_bytes_is_plain_and_one_that_saves_four_is_not() {
    // Numbers that do not repeat, and a tail that does. Strings above 256 KiB go another way.
    for (len, tails) in [(22, 4..16), (300_000, 9_580..9_600)] {
        let mut state = 1u32;
        let mut bytes: Vec<u8> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        })
        .take(len)
        .collect();
        let mut saved = Vec::new();
        for tail in tails {
            bytes.resize(len + tail, b'x');
            let packed = lzf::compressed_len(&bytes, 2 * bytes.len()).unwrap();
            let saves = bytes.len() as i64 - packed as i64;
            let is_compressed = written(&bytes, true)[0] == 0xc3;
            assert_eq!(is_compressed, saves >= 4, "{len} and {tail}: {saves}");
            saved.push(saves);
        }
        assert!(saved.contains(&3) && saved.contains(&4), "{saved:?}");
    }
}

#[test]
fn scores_that_are_text_are_spelled_or_have_a_code() {
    for (score, expect) in [
        (1.5, &b"\x031.5"[..]),
        (f64::NAN, b"\xfd"),
        (f64::INFINITY, b"\xfe"),
        (f64::NEG_INFINITY, b"\xff"),
    ] {
        let mut bytes = Vec::new();
        let mut writer = Writer::new(&mut bytes);
        let Ok(()) = writer.begin(ObjectType::ZSET, 1);
        let member = Text::from(&b"m"[..]);
        let Ok(()) = writer.item(&Item::Scored { member, score });
        assert_eq!(bytes, [b"\x03\x01\x01m", expect].concat());
    }
}

#[test]
fn entries_of_a_listpack_are_written_as_a_node() {
    let mut list = russet_pack::listpack::new();
    russet_pack::listpack::append(&mut list, b"one");
    russet_pack::listpack::append(&mut list, b"2");
    // Its head has six bytes, its end one.
    let entries = &list[6..list.len() - 1];
    let mut bytes = Vec::new();
    let mut writer = Writer::new(&mut bytes);
    let Ok(()) = writer.begin(ObjectType::LIST_QUICKLIST_2, 1);
    let Ok(()) = writer.node(entries, 2);
    let len = list.len() as u8;
    assert_eq!(bytes, [&[18, 1, 2, len], &list[..]].concat());
}

#[test]
fn versions_are_readable_up_to_the_newest_of_each_server() {
    let readable: Vec<u16> = (0..200)
        .filter(|&version| Version(version).is_readable())
        .collect();
    let expected: Vec<u16> = (0..=14).chain([80, 81]).collect();
    assert_eq!(readable, expected);
}

#[test]
fn bytes_that_were_used_are_dropped_before_a_buffer_grows() {
    let mut buffer = Buffer::default();
    for _ in 0..1_000 {
        buffer.append(&[b'x'; 100]);
        assert!(buffer.capacity() >= 100);
        buffer.keep(10);
        assert_eq!(buffer.input().rest().len(), 10);
    }
    assert!(buffer.capacity() < 1_000, "{}", buffer.capacity());
}

#[test]
fn a_buffer_keeps_its_size_while_dropping_makes_room() {
    for more in [1, 50] {
        let mut buffer = Buffer::default();
        buffer.append(&[b'x'; 100]);
        let capacity = buffer.capacity();
        buffer.append(&vec![b'x'; capacity - 100]);
        buffer.keep(10);
        buffer.append(&vec![b'y'; more]);
        assert_eq!(buffer.capacity(), capacity);
        let left = [&[b'x'; 10][..], &vec![b'y'; more]].concat();
        assert_eq!(buffer.input().rest(), left);
    }
}

#[test]
fn a_string_gives_its_bytes_also_if_it_is_an_integer() {
    let mut buf = I64Buf::new();
    assert_eq!(Text::Int(-70).bytes(&mut buf), b"-70");
    assert_eq!(Text::from(&b"caf\xe9"[..]).bytes(&mut buf), b"caf\xe9");
}

#[test]
fn packed_values_know_how_many_elements_they_have() {
    let list = |count: u8| {
        // Entries of a listpack: an integer of seven bits, and its length.
        let mut bytes = (u32::from(count) * 2 + 7).to_le_bytes().to_vec();
        bytes.extend_from_slice(&u16::from(count).to_le_bytes());
        (0..count).for_each(|n| bytes.extend_from_slice(&[n, 1]));
        bytes.push(0xff);
        bytes
    };
    for (shape, len) in [
        (Shape::List, 6),
        (Shape::Set, 6),
        (Shape::Zset, 3),
        (Shape::Hash, 3),
        (Shape::HashEx, 2),
    ] {
        let bytes = Cow::Owned(list(6));
        let packed = Packed { shape, bytes };
        assert_eq!((packed.len(), packed.is_empty()), (len, false));
        let bytes = Cow::Owned(list(0));
        let packed = Packed { shape, bytes };
        assert_eq!((packed.len(), packed.is_empty()), (0, true));
    }
    let intset = b"\x02\x00\x00\x00\x02\x00\x00\x00\x05\x00\x07\x00";
    let packed = Packed {
        shape: Shape::Intset,
        bytes: Cow::Borrowed(intset),
    };
    assert_eq!((packed.len(), packed.entries().count()), (2, 0));
    assert_eq!(packed.integers().collect::<Vec<_>>(), [5, 7]);
}
