//! Blocks of streams: what they say of themselves, and blocks that contradict themselves.

use std::borrow::Cow;

use russet_pack::listpack;
use russet_rdb::{Error, StreamBlock, StreamId};

/// A block of these elements.
fn block(elements: &str) -> Result<StreamBlock<'static>, Error> {
    let mut list = listpack::new();
    for element in elements.split_whitespace() {
        listpack::append(&mut list, element.as_bytes());
    }
    StreamBlock::validate(StreamId { ms: 1, seq: 1 }, Cow::Owned(list))
}

#[test]
fn blocks_and_entries_tell_how_much_they_hold() {
    let live = block("2 1 1 f 0  2 0 1 a 4  3 0 2 b 4  0 0 3 2 n c m d 8").unwrap();
    assert_eq!((live.len(), live.is_empty()), (2, false));
    let entries = live.entries().map(|entry| (entry.len(), entry.is_deleted));
    assert_eq!(
        entries.collect::<Vec<_>>(),
        [(1, false), (1, true), (2, false)]
    );
    assert!(live.entries().all(|entry| !entry.is_empty()));
    let deleted = block("0 1 1 f 0  3 0 1 a 4").unwrap();
    assert_eq!((deleted.len(), deleted.is_empty()), (0, true));
}

#[test]
fn a_block_that_contradicts_itself_is_refused() {
    for elements in [
        // One entry is live and one deleted; the head says otherwise.
        "2 1 1 f 0  2 0 1 a 4  3 0 2 b 4",
        "1 0 1 f 0  2 0 1 a 4  3 0 2 b 4",
        "1 2 1 f 0  2 0 1 a 4  3 0 2 b 4",
        "2 0 1 f 0  2 0 1 a 4  3 0 2 b 4",
        // No names in the head, and an entry without fields.
        "1 0 0 0  0 0 1 1 n a 6",
        "1 0 1 f 0  0 0 1 0 4",
    ] {
        assert_eq!(block(elements), Err(Error::StreamBlock), "{elements}");
    }
}
