use super::*;

/// Each value with the bytes of its entry.
const ENTRIES: &[(&[u8], &[u8])] = &[
    (b"", b"\x80\x01"),
    (b"0", b"\x00\x01"),
    (b"127", b"\x7f\x01"),
    (b"128", b"\xc0\x80\x02"),
    (b"-1", b"\xdf\xff\x02"),
    (b"-4096", b"\xd0\x00\x02"),
    (b"4095", b"\xcf\xff\x02"),
    (b"4096", b"\xf1\x00\x10\x03"),
    (b"-32768", b"\xf1\x00\x80\x03"),
    (b"32768", b"\xf2\x00\x80\x00\x04"),
    (b"-8388608", b"\xf2\x00\x00\x80\x04"),
    (b"8388608", b"\xf3\x00\x00\x80\x00\x05"),
    (b"2147483648", b"\xf4\x00\x00\x00\x80\x00\x00\x00\x00\x09"),
    (
        b"-9223372036854775808",
        b"\xf4\x00\x00\x00\x00\x00\x00\x00\x80\x09",
    ),
    (b"9223372036854775808", b"\x939223372036854775808\x14"),
    (b"-0", b"\x82-0\x03"),
    (b"+1", b"\x82+1\x03"),
    (b"01", b"\x8201\x03"),
    (b"abc", b"\x83abc\x04"),
];

#[test]
fn each_value_has_its_one_entry() {
    for &(value, entry) in ENTRIES {
        let mut made = Vec::new();
        encode(value, &mut made);
        assert_eq!(made, entry, "{}", value.escape_ascii());
        assert_eq!(entry_len(value), entry.len());
        let mut bytes = new();
        append(&mut bytes, value);
        let list = Listpack::validate(&bytes).unwrap();
        let found = list.get(HEADER_LEN).unwrap();
        assert_eq!(found, Entry::of(value));
        assert_eq!(found.to_vec(), value);
        assert_eq!(found.text_len(), value.len());
        assert!(found.is(value) && !found.is(b"something else"));
        assert!(list.is_canonical());
    }
}

#[test]
fn strings_of_every_size_class_are_walked_both_ways() {
    let sizes = [
        0, 1, 63, 64, 125, 126, 4095, 4096, 16_377, 16_378, 16_379, 2_097_145, 2_097_146,
    ];
    let mut builder = Builder::new();
    for size in sizes {
        builder.push(&vec![b'x'; size]);
    }
    let bytes = builder.finish();
    let list = Listpack::validate(&bytes).unwrap();
    assert!(list.is_canonical());
    assert_eq!(
        list.iter()
            .map(|entry| entry.text_len())
            .collect::<Vec<_>>(),
        sizes
    );
    let back: Vec<usize> = list.iter().rev().map(|entry| entry.text_len()).collect();
    assert_eq!(back, sizes.iter().rev().copied().collect::<Vec<_>>());
    let starts: Vec<usize> = list.offsets().collect();
    let mut back: Vec<usize> = list.offsets().rev().collect();
    back.reverse();
    assert_eq!(starts, back);
    for (index, &at) in starts.iter().enumerate() {
        let index = index as i64;
        assert_eq!(list.seek(index), Some(at));
        assert_eq!(list.seek(index - sizes.len() as i64), Some(at));
        assert_eq!(list.next(at), list.seek(index + 1));
    }
    assert_eq!(list.seek(sizes.len() as i64), None);
    assert_eq!(list.seek(-1 - sizes.len() as i64), None);
}

#[test]
fn an_empty_listpack_has_no_places() {
    let list = Listpack::validate(&EMPTY).unwrap();
    assert!(list.is_empty());
    assert_eq!(
        (list.first(), list.last(), list.seek(0), list.seek(-1)),
        (None, None, None, None)
    );
    assert_eq!(
        (list.len(), list.end(), list.iter().next()),
        (0, HEADER_LEN, None)
    );
    assert_eq!(list.find(b"", 0), None);
}

#[test]
fn more_entries_than_the_header_counts_are_walked() {
    let mut builder = Builder::new();
    for n in 0..70_000 {
        builder.push_int(n);
    }
    let mut bytes = builder.finish();
    let list = Listpack::validate(&bytes).unwrap();
    assert_eq!((list.counted(), list.len()), (None, 70_000));
    assert_eq!(
        list.get(list.seek(66_000).unwrap()),
        Some(Entry::Int(66_000))
    );
    assert_eq!(list.find(b"69999", 0), list.last());
    let first = list.span(HEADER_LEN).unwrap();
    splice(&mut bytes, (HEADER_LEN, first), &[], (1, 0));
    assert_eq!(Listpack::validate(&bytes).unwrap().len(), 69_999);
}

#[test]
fn an_edit_replaces_entries_where_they_lie() {
    let mut bytes = new();
    for value in [&b"a"[..], b"1", b"b", b"2"] {
        append(&mut bytes, value);
    }
    let list = Listpack::new(&bytes);
    let at = list.seek(1).unwrap();
    let remove = list.skip(at, 2) - at;
    let mut entries = Vec::new();
    encode(b"new", &mut entries);
    splice(&mut bytes, (at, remove), &entries, (2, 1));
    let list = Listpack::validate(&bytes).unwrap();
    let values: Vec<Vec<u8>> = list.iter().map(|entry| entry.to_vec()).collect();
    assert_eq!(values, [&b"a"[..], b"new", b"2"]);
}

#[test]
fn what_is_broken_is_refused_and_still_can_be_walked() {
    let good = {
        let mut bytes = new();
        append(&mut bytes, b"abc");
        append(&mut bytes, b"1000");
        bytes
    };
    assert!(Listpack::validate(&good).is_ok());
    for len in 0..good.len() {
        assert!(Listpack::validate(&good[..len]).is_err(), "{len} bytes");
    }
    for at in 0..good.len() {
        for bit in 0..8 {
            let mut bytes = good.clone();
            bytes[at] ^= 1 << bit;
            let list = Listpack::new(&bytes);
            let _ = (
                list.iter().count(),
                list.iter().rev().count(),
                list.len(),
                list.seek(-2),
            );
            let _ = (
                list.find(b"1000", 0),
                list.find(b"x", 1),
                list.is_canonical(),
            );
        }
    }
    let mut other = good.clone();
    other[4] = 3;
    assert_eq!(
        Listpack::validate(&other),
        Err(Malformed::Count {
            counted: 3,
            found: 2
        })
    );
    let mut other = good.clone();
    other[10] = 5;
    assert_eq!(
        Listpack::validate(&other),
        Err(Malformed::WayBack { at: 6 })
    );
    let mut other = good;
    other[6] = 0xff;
    assert_eq!(
        Listpack::validate(&other),
        Err(Malformed::Element { at: 6 })
    );
}

#[test]
fn a_number_kept_as_text_is_found_and_made_canonical() {
    let mut entries = EMPTY[..HEADER_LEN].to_vec();
    encode_str(b"12", &mut entries);
    entries.push(END);
    fix_header(&mut entries, 0, 1);
    let list = Listpack::validate(&entries).unwrap();
    assert!(!list.is_canonical());
    assert_eq!(list.find(b"12", 0), Some(HEADER_LEN));
    assert_eq!(
        Listpack::new(&canonical(list)).get(HEADER_LEN),
        Some(Entry::Int(12))
    );
}
