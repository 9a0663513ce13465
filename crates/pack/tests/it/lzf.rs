//! LZF both ways, and checksums in pieces.

use proptest::prelude::*;
use russet_pack::{crc64, lzf};

fn text() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(0u8..4, 0..3000),
        prop::collection::vec(any::<u8>(), 0..300),
        (0usize..20_000, 1usize..9000).prop_map(|(len, period)| {
            (0..len)
                .map(|at| (at % period).to_le_bytes()[0] ^ (at % period / 256) as u8)
                .collect()
        }),
    ]
}

proptest! {
    #[test]
    fn what_is_compressed_comes_back(text in text()) {
        let mut packed = b"in front".to_vec();
        let is_packed = lzf::compress(&text, text.len() + text.len() / 16 + 64, &mut packed);
        prop_assert_eq!(is_packed, text.len() >= 4);
        if is_packed {
            let mut unpacked = b"before".to_vec();
            lzf::decompress(&packed[8..], text.len(), &mut unpacked).unwrap();
            prop_assert_eq!(&unpacked[6..], &text);
            prop_assert!(lzf::decompress(&packed[8..], text.len() + 1, &mut Vec::new()).is_err());
            prop_assert!(lzf::decompress(&packed[8..], text.len() - 1, &mut Vec::new()).is_err());
            let enough = packed.len() - 8;
            packed.truncate(8);
            prop_assert!(!lzf::compress(&text, enough - 1, &mut packed));
            prop_assert_eq!(&packed, b"in front");
            prop_assert!(lzf::compress(&text, enough, &mut packed));
        }
    }

    #[test]
    fn pieces_decode_as_the_whole(text in text(), read in 1usize..50, room in 1usize..50) {
        let mut packed = Vec::new();
        prop_assume!(lzf::compress(&text, text.len() * 2, &mut packed));
        let mut again = Vec::new();
        prop_assert!(lzf::compress_into(&text, &mut again));
        prop_assert_eq!(&again, &packed);
        prop_assert_eq!(lzf::compressed_len(&text, packed.len()), Some(packed.len()));
        prop_assert_eq!(lzf::compressed_len(&text, packed.len() - 1), None);
        let mut decoder = lzf::Decoder::new(packed.len() as u64, text.len() as u64).unwrap();
        let (mut unpacked, mut window) = (Vec::new(), Vec::new());
        for mut piece in packed.chunks(read) {
            loop {
                // Only as much of the past is kept as is needed.
                let from = window.len() - window.len().min(lzf::HISTORY_MAX);
                window.drain(..from);
                let had = window.len();
                decoder.decode(&mut piece, room, &mut window).unwrap();
                prop_assert!(window.len() - had <= room);
                unpacked.extend_from_slice(&window[had..]);
                if window.len() - had < room {
                    break;
                }
            }
            prop_assert!(piece.is_empty());
        }
        prop_assert_eq!(decoder.finish(), Ok(()));
        prop_assert_eq!(unpacked, text);
    }

    #[test]
    fn bytes_of_a_stranger_stay_within_the_length(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        len in 0usize..5000,
    ) {
        let mut out = Vec::new();
        let is_whole = lzf::decompress(&bytes, len, &mut out).is_ok();
        prop_assert!(out.len() <= len);
        prop_assert!(!is_whole || out.len() == len);
    }

    #[test]
    fn a_checksum_is_the_same_in_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        cut in any::<prop::sample::Index>(),
    ) {
        let (a, b) = bytes.split_at(cut.index(bytes.len() + 1));
        prop_assert_eq!(crc64::update(crc64::checksum(a), b), crc64::checksum(&bytes));
        let slow = bytes.iter().fold(0, |crc, &byte| crc64::update(crc, &[byte]));
        prop_assert_eq!(crc64::checksum(&bytes), slow);
    }
}

#[test]
fn a_declared_length_reserves_nothing() {
    let mut out = Vec::new();
    assert!(lzf::decompress(b"\x00a", usize::MAX, &mut out).is_err());
    assert!(lzf::decompress(&[0; 100], 8000, &mut out).is_err());
    assert!(out.capacity() < 1000);
}

#[test]
fn a_long_run_takes_time_by_its_length_only() {
    // Were each reference to look at all that is alike, this would take minutes.
    let text = vec![b'x'; 8 << 20];
    let mut packed = Vec::new();
    assert!(lzf::compress(&text, text.len(), &mut packed));
    assert!(packed.len() < 100_000);
    let mut unpacked = Vec::new();
    lzf::decompress(&packed, text.len(), &mut unpacked).unwrap();
    assert_eq!(unpacked, text);
}

/// A match that is found late is extended backwards by more than a reference can hold.
#[test]
fn a_long_repetition_that_is_found_late_is_compressed() {
    let mut state = 1_u32;
    let mut random = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 24) as u8
    };
    for len in (300..6_000).step_by(97) {
        let once: Vec<u8> = (0..len).map(|_| random()).collect();
        let text = [&once[..], &once[..], &once[..]].concat();
        let mut packed = Vec::new();
        assert!(lzf::compress_into(&text, &mut packed));
        let mut unpacked = Vec::new();
        lzf::decompress(&packed, text.len(), &mut unpacked).unwrap();
        assert!(unpacked == text, "{len}");
    }
}
