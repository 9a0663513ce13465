//! Streams as values of keys.
//!
//! Always true: a stream that lost all its entries is still there.
//! Not here: the stream itself — `stream.rs`

use super::Stream;
use crate::db::{Db, Held};
use crate::key::Key;
use crate::packing::Packing;
use crate::types::form::{Collection, Form};
use crate::value::{Encoding, Kind, Touch, WrongType};
use crate::value_ref::ValueRef;

impl<'a> ValueRef<'a> {
    /// The value as a stream.
    ///
    /// # Errors
    /// [`WrongType`] when it is not one.
    pub fn stream(&self) -> Result<&'a Stream, WrongType> {
        self.form(Kind::Stream).map(stream_of)
    }
}

impl Db<'_> {
    /// The stream at a key, if there is one.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    ///
    /// # Examples
    /// ```
    /// # use russet_engine::{Keyspace, Options, StreamId, Touch};
    /// let mut keyspace = Keyspace::new(Options::default());
    /// let mut db = keyspace.db(0);
    /// let items = [&b"sensor"[..], b"7"];
    /// let mut log = db.stream_mut(b"log")?;
    /// let packing = log.packing();
    /// log.edit(|stream| stream.append(StreamId::new(5, 0), items.into_iter(), &packing));
    /// let stream = db.stream(b"log", Touch::Yes)?.expect("it was just created");
    /// assert_eq!(stream.last_id(), StreamId::new(5, 0));
    /// assert_eq!(stream.range(StreamId::MIN, StreamId::MAX).count(), 1);
    /// # Ok::<(), russet_engine::WrongType>(())
    /// ```
    #[inline]
    pub fn stream<'k>(
        &mut self,
        key: impl Into<Key<'k>>,
        touch: Touch,
    ) -> Result<Option<&Stream>, WrongType> {
        let found = self.read(key, touch);
        found.map(|value| value.stream()).transpose()
    }

    /// The stream at a key, to be changed or created.
    ///
    /// # Errors
    /// [`WrongType`] when the key holds something else.
    #[inline]
    pub fn stream_mut<'a>(
        &'a mut self,
        key: impl Into<Key<'a>>,
    ) -> Result<StreamMut<'a>, WrongType> {
        let held = self.held(key, Kind::Stream)?;
        Ok(StreamMut { held })
    }
}

/// A key that holds a stream, or is to hold one.
#[derive(Debug)]
pub struct StreamMut<'a> {
    held: Held<'a>,
}

impl StreamMut<'_> {
    /// The stream, if the key exists.
    #[inline]
    pub fn get(&self) -> Option<&Stream> {
        self.held.form().map(stream_of)
    }

    /// Counts the look-up as a hit or a miss, as that of a read.
    pub fn count_as_read(&mut self) {
        self.held.count_as_read();
    }

    /// The thresholds of blocks.
    pub fn packing(&self) -> Packing {
        self.held.packing()
    }

    /// Changes the stream, which is created if the key does not exist.
    #[inline]
    pub fn edit<T>(&mut self, change: impl FnOnce(&mut Stream) -> T) -> T {
        self.create();
        self.held.change(|collection| change(stream_in(collection)))
    }

    /// Changes what nobody waits for: when consumers were seen and what they have. Nobody who
    /// observes the key hears of it.
    pub fn edit_quietly<T>(&mut self, change: impl FnOnce(&mut Stream) -> T) -> T {
        self.create();
        self.held
            .change_quietly(|collection| change(stream_in(collection)))
    }

    /// Changes the stream; `change` also says whether it changed anything, and observers of the key
    /// do not hear of it otherwise. The stream is created if the key does not exist.
    pub fn edit_if<T>(&mut self, change: impl FnOnce(&mut Stream) -> (T, bool)) -> T {
        let (answer, has_changed) = self.edit_quietly(change);
        if has_changed {
            self.held.note();
        }
        answer
    }

    /// Replaces the stream, or creates it.
    pub fn put(&mut self, stream: Stream) {
        let stream = Collection::Stream(Box::new(stream));
        self.held.put_paged(Encoding::Stream, stream);
    }

    fn create(&mut self) {
        if self.held.form().is_none() {
            self.put(Stream::new());
        }
    }
}

fn stream_of(form: Form<'_>) -> &Stream {
    match form {
        Form::Paged(Collection::Stream(stream)) => stream,
        _ => unreachable!("streams are never packed"),
    }
}

fn stream_in(collection: &mut Collection) -> &mut Stream {
    match collection {
        Collection::Stream(stream) => stream,
        _ => unreachable!("the kind was looked at"),
    }
}
