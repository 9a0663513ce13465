//! Properties of the RDB crate: what servers wrote is read, what is written comes back, and bytes
//! of strangers do no harm.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod golden;
mod hostile;
mod old;
mod round_trip;

use russet_rdb::payload::Payload;
use russet_rdb::{Error, Item, ObjectReader};

/// All items of a value, and that nothing follows it.
fn items(payload: Payload<'_>) -> Result<Vec<Item<'_>>, Error> {
    let mut reader = ObjectReader::of_payload(payload)?;
    let mut items = Vec::new();
    while let Some(item) = reader.next()? {
        items.push(item);
    }
    assert_eq!(reader.next(), Ok(None));
    match reader.rest().rest() {
        [] => Ok(items),
        _ => Err(Error::Trailing),
    }
}
