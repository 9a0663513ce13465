use super::*;

/// A ziplist of these bodies.
fn ziplist(bodies: &[&[u8]]) -> Vec<u8> {
    let mut bytes = vec![0; HEADER_LEN];
    let (mut in_front, mut last) = (0usize, HEADER_LEN);
    for body in bodies {
        last = bytes.len();
        match u8::try_from(in_front) {
            Ok(size) if size < LONG_SIZE => bytes.push(size),
            _ => {
                bytes.push(LONG_SIZE);
                bytes.extend_from_slice(&(in_front as u32).to_le_bytes());
            }
        }
        bytes.extend_from_slice(body);
        in_front = bytes.len() - last;
    }
    bytes.push(END);
    let size = bytes.len() as u32;
    bytes[..4].copy_from_slice(&size.to_le_bytes());
    bytes[4..8].copy_from_slice(&(last as u32).to_le_bytes());
    bytes[8..10].copy_from_slice(&(bodies.len() as u16).to_le_bytes());
    bytes
}

#[test]
fn every_body_is_read() {
    let long = [&[0x41, 0x2c][..], &[b'x'; 300]].concat();
    let bodies: &[&[u8]] = &[
        b"\x03abc",
        &long,
        b"\x80\x00\x00\x00\x01z",
        b"\xc0\x00\x80",
        b"\xd0\xff\xff\xff\x7f",
        b"\xe0\x00\x00\x00\x00\x00\x00\x00\x80",
        b"\xf0\x00\x00\x80",
        b"\xfe\xff",
        b"\xf1",
        b"\xfd",
        b"\x00",
    ];
    let bytes = ziplist(bodies);
    let found: Vec<Entry<'_>> = Ziplist::validate(&bytes).unwrap().iter().collect();
    let expect = [
        Entry::Str(b"abc"),
        Entry::Str(&[b'x'; 300]),
        Entry::Str(b"z"),
        Entry::Int(-32_768),
        Entry::Int(i64::from(i32::MAX)),
        Entry::Int(i64::MIN),
        Entry::Int(-8_388_608),
        Entry::Int(-1),
        Entry::Int(0),
        Entry::Int(12),
        Entry::Str(b""),
    ];
    assert_eq!(found, expect);
}

#[test]
fn an_empty_ziplist_is_one() {
    let bytes = ziplist(&[]);
    assert_eq!(Ziplist::validate(&bytes).unwrap().count(), 0);
}

#[test]
fn every_cut_and_most_changes_are_refused() {
    let bytes = ziplist(&[b"\x03abc", b"\xf2", b"\xc0\x01\x02"]);
    for len in 0..bytes.len() {
        assert!(Ziplist::validate(&bytes[..len]).is_err(), "{len} bytes");
    }
    // Sizes, counts and ways back; the text itself may be any.
    for at in (0..bytes.len()).filter(|at| !(12..15).contains(at) && !(17..21).contains(at)) {
        let mut bytes = bytes.clone();
        bytes[at] ^= 0x41;
        assert!(Ziplist::validate(&bytes).is_err(), "byte {at}");
    }
}
