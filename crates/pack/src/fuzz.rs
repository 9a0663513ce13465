//! The bodies of the fuzz targets of this crate.
//!
//! Always true: they panic only on a defect of this crate.
//! Not here: the targets themselves — the workspace's `fuzz/`

use crate::intset::{Insert, Intset};
use crate::listpack::{self, Listpack};
use crate::ziplist::Ziplist;
use crate::zipmap::Zipmap;
use crate::{crc64, lzf};

/// Walks bytes as a listpack, trusted and not; what is valid must look the same from both ends,
/// and survive being edited.
pub fn listpack(input: &[u8]) {
    let Some((&pick, bytes)) = input.split_first() else {
        return;
    };
    let list = Listpack::new(bytes);
    let forward = list.iter().count();
    let mut places: Vec<usize> = list.offsets().rev().collect();
    let _ = (
        list.len(),
        list.first(),
        list.last(),
        list.find(bytes, 0),
        list.find(b"12", 1),
    );
    for at in 0..bytes.len().min(300) + 2 {
        let _ = (
            list.next(at),
            list.prev(at),
            list.span(at),
            list.skip(at, 2),
            list.get(at),
        );
        let _ = list.seek(at as i64 - 150);
    }
    if Listpack::validate(bytes).is_err() {
        return;
    }
    places.reverse();
    assert!(places.iter().copied().eq(list.offsets()));
    assert_eq!((forward, list.len()), (places.len(), places.len()));
    let texts: Vec<Vec<u8>> = list.iter().map(|entry| entry.to_vec()).collect();
    let canonical = listpack::canonical(list);
    let list = Listpack::validate(&canonical).expect("it was made here");
    assert!(list.is_canonical());
    assert!(
        list.iter()
            .map(|entry| entry.to_vec())
            .eq(texts.iter().cloned())
    );
    for text in texts.iter().take(20) {
        let at = list.find(text, 0).expect("it is there");
        assert!(list.get(at).expect("an entry").is(text));
    }
    remove_one(canonical, texts, usize::from(pick));
}

fn remove_one(mut bytes: Vec<u8>, mut texts: Vec<Vec<u8>>, pick: usize) {
    if texts.is_empty() {
        return;
    }
    let idx = pick % texts.len();
    let list = Listpack::new(&bytes);
    let at = list.seek(idx as i64).expect("there are so many");
    let remove = list.span(at).expect("an entry");
    listpack::splice(&mut bytes, (at, remove), &[], (1, 0));
    texts.remove(idx);
    let list = Listpack::validate(&bytes).expect("it was made here");
    assert!(list.iter().map(|entry| entry.to_vec()).eq(texts));
}

/// Reads bytes as everything else that is packed.
pub fn packed(input: &[u8]) {
    let Some((&n, bytes)) = input.split_first() else {
        return;
    };
    let set = Intset::new(bytes);
    let _ = (set.len(), set.contains(i64::from(n)), set.iter().count());
    if let Ok(set) = Intset::validate(bytes) {
        let n = i64::from(n) * 1000;
        let mut edited = bytes.to_vec();
        match set.insert(n) {
            Insert::Present => assert!(set.contains(n)),
            Insert::Edit(edit) => edit.apply(&mut edited),
            Insert::Rebuilt(rebuilt) => edited = rebuilt,
        }
        assert!(
            Intset::validate(&edited)
                .expect("it was made here")
                .contains(n)
        );
    }
    if let Ok(list) = Ziplist::validate(bytes) {
        let texts: Vec<Vec<u8>> = list.iter().map(|entry| entry.to_vec()).collect();
        assert_eq!(list.count(), texts.len());
    }
    if let Ok(map) = Zipmap::validate(bytes) {
        let size: usize = map
            .iter()
            .map(|(field, value)| field.len() + value.len())
            .sum();
        assert!(size < bytes.len() && map.count() < bytes.len());
    }
}

/// Compresses and decompresses; the first byte is the length that compressed bytes are said to
/// have.
pub fn compressed(input: &[u8]) {
    let Some((&len, bytes)) = input.split_first() else {
        return;
    };
    let len = usize::from(len) * 16;
    let mut out = Vec::new();
    let is_whole = lzf::decompress(bytes, len, &mut out).is_ok();
    assert!(out.len() <= len && (!is_whole || out.len() == len));
    let mut packed = Vec::new();
    if lzf::compress(bytes, bytes.len() * 2, &mut packed) {
        let mut again = Vec::new();
        lzf::decompress(&packed, bytes.len(), &mut again).expect("it was made here");
        assert_eq!(again, bytes);
    }
    let (a, b) = bytes.split_at(bytes.len() / 3);
    assert_eq!(crc64::update(crc64::checksum(a), b), crc64::checksum(bytes));
}
