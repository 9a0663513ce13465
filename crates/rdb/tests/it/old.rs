//! Forms that servers wrote long ago.

use russet_rdb::payload::Payload;
use russet_rdb::{Error, Item, Part, Shape, Text, Version};

use crate::items;

/// A ziplist of bodies below 254 bytes.
pub(crate) fn ziplist(bodies: &[&[u8]]) -> Vec<u8> {
    let (mut entries, mut in_front, mut last) = (Vec::new(), 0, 10);
    for body in bodies {
        last = 10 + entries.len() as u32;
        entries.push(in_front);
        entries.extend_from_slice(body);
        in_front = body.len() as u8 + 1;
    }
    let mut bytes = (entries.len() as u32 + 11).to_le_bytes().to_vec();
    bytes.extend_from_slice(&last.to_le_bytes());
    bytes.extend_from_slice(&(bodies.len() as u16).to_le_bytes());
    bytes.extend(entries);
    bytes.push(0xff);
    bytes
}

pub(crate) fn string(bytes: &[u8]) -> Vec<u8> {
    [&[bytes.len() as u8][..], bytes].concat()
}

fn check(object: &[u8], expect: &str) {
    let version = Version(9);
    let found = items(Payload { object, version }).map(|items| told(&items));
    assert_eq!(found.as_deref(), Ok(expect), "{object:?}");
}

/// Items in a few words.
fn told(items: &[Item<'_>]) -> String {
    let text = |text: &Text<'_>| String::from_utf8(text.clone().into_vec()).unwrap();
    let items = items.iter().map(|item| match item {
        Item::Text(value) => text(value),
        Item::Scored { member, score } => format!("{}={score}", text(member)),
        Item::Field { name, value, .. } => format!("{}={}", text(name), text(value)),
        Item::Packed(packed) if packed.shape == Shape::Intset => {
            format!("{:?}", packed.integers().collect::<Vec<_>>())
        }
        Item::Packed(packed) => {
            let entries = packed
                .entries()
                .map(|entry| String::from_utf8(entry.to_vec()).unwrap());
            format!("({})", entries.collect::<Vec<_>>().join(" "))
        }
        other => panic!("{other:?}"),
    });
    items.collect::<Vec<_>>().join(" ")
}

#[test]
fn plain_collections_are_read_element_by_element() {
    check(b"\x01\x02\x01a\xc0\x07", "a 7");
    check(b"\x02\x02\x01a\xc1\xe8\x03", "a 1000");
    check(
        b"\x03\x03\x01a\x031.5\x01b\xfe\x01c\xff",
        "a=1.5 b=inf c=-inf",
    );
    check(b"\x04\x01\x01f\xc2\x00\x00\x01\x00", "f=65536");
}

#[test]
fn ziplists_and_zipmaps_become_listpacks() {
    let pairs = string(&ziplist(&[b"\x01a", b"\xf2", b"\x01b", b"\xc0\xe8\x03"]));
    check(&[&[13][..], &pairs].concat(), "(a 1 b 1000)");
    check(&[&[12][..], &pairs].concat(), "(a 1 b 1000)");
    check(&[&[10][..], &pairs].concat(), "(a 1 b 1000)");
    let empty = string(&ziplist(&[]));
    check(
        &[&[14, 3][..], &empty, &pairs, &pairs].concat(),
        "(a 1 b 1000) (a 1 b 1000)",
    );
    check(b"\x09\x0a\x01\x01f\x03\x01foo.\xff", "(f foo)");
    check(
        b"\x0b\x0c\x02\x00\x00\x00\x02\x00\x00\x00\xff\xff\x05\x00",
        "[-1, 5]",
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let twice = string(&ziplist(&[b"\x01a", b"\xf2", b"\x01a", b"\xf3"]));
    let odd = string(&ziplist(&[b"\x01a", b"\xf2", b"\x01b"]));
    let unordered = string(&ziplist(&[b"\x01a", b"\xf3", b"\x01b", b"\xf2"]));
    let tied = string(&ziplist(&[b"\x01b", b"\xf2", b"\x01a", b"\xf2"]));
    let no_score = string(&ziplist(&[b"\x01a", b"\x01b"]));
    let empty = string(&ziplist(&[]));
    let (hash, zset) = (Part::Ziplist(Shape::Hash), Part::Ziplist(Shape::Zset));
    for (code, bytes, error) in [
        (13, &twice, Error::Repeated { part: hash }),
        (12, &twice, Error::Repeated { part: zset }),
        (13, &odd, Error::Elements { part: hash }),
        (12, &unordered, Error::Elements { part: zset }),
        (12, &tied, Error::Elements { part: zset }),
        (12, &no_score, Error::Elements { part: zset }),
        (13, &empty, Error::Empty),
        (10, &empty, Error::Empty),
    ] {
        let object = [&[code][..], bytes].concat();
        let found = items(Payload {
            object: &object,
            version: Version(9),
        });
        assert_eq!(found, Err(error), "type {code}");
    }
    for (object, error) in [
        (&b"\x01\x00"[..], Error::Empty),
        (b"\x03\x01\x01a\xfd", Error::Number),
        (b"\x01\x02\x01a", Error::Cut),
        (b"\x01\x01\x01ab", Error::Trailing),
        (b"\x12\x01\x01\x00", Error::Form),
        (b"\x00\xc4", Error::Form),
        (b"\x00\x82\x01", Error::Form),
    ] {
        let found = items(Payload {
            object,
            version: Version(9),
        });
        assert_eq!(found, Err(error), "{object:?}");
    }
}
