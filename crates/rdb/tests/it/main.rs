//! Properties of the RDB crate: what servers wrote is read, what is written comes back, however the
//! bytes are split, and hostile bytes do no harm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod blocks;
mod bytes;
mod file;
mod file_forms;
mod file_options;
mod golden;
mod hostile;
mod large;
mod old;
mod report;
mod round_trip;
mod splits;

use russet_rdb::payload::Payload;
use russet_rdb::{Error, Item, Next, Pieces};

/// All items of a value, and that nothing follows it.
fn items(payload: Payload<'_>) -> Result<Vec<Item<'_>>, Error> {
    let (mut reader, mut input) = payload.reader()?;
    let (mut items, mut pieces) = (Vec::new(), Pieces::default());
    loop {
        match reader.next(&mut input)? {
            Next::Item(item) => items.extend(pieces.join(item)),
            Next::More => panic!("nothing follows a payload"),
            Next::End => break,
        }
    }
    assert_eq!(reader.next(&mut input), Ok(Next::End));
    match input.rest() {
        [] => Ok(items),
        _ => Err(Error::Trailing),
    }
}
