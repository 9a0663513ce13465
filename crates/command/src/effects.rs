//! The effects of a command besides its reply: changes counted, events, records for the journal.
//!
//! Always true: nothing is recorded that nobody wants: events only of wanted classes, requests only
//! while `recording`.

use russet_resp::encode_request;

/// The classes of keyspace events, as the letters of `notify-keyspace-events`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct NotifyClass(pub u32);

impl NotifyClass {
    /// `g`: commands that know no type (DEL, EXPIRE, RENAME …).
    pub const GENERIC: Self = Self(1 << 2);
    /// `$`: strings.
    pub const STRING: Self = Self(1 << 3);
    /// `l`: lists.
    pub const LIST: Self = Self(1 << 4);
    /// `s`: sets.
    pub const SET: Self = Self(1 << 5);
    /// `h`: hashes.
    pub const HASH: Self = Self(1 << 6);
    /// `z`: sorted sets.
    pub const ZSET: Self = Self(1 << 7);
    /// `x`: keys whose deadline passed.
    pub const EXPIRED: Self = Self(1 << 8);
    /// `e`: keys evicted.
    pub const EVICTED: Self = Self(1 << 9);
    /// `t`: streams.
    pub const STREAM: Self = Self(1 << 10);
    /// `m`: reads of keys that do not exist.
    pub const KEY_MISS: Self = Self(1 << 11);
    /// `n`: keys created.
    pub const NEW: Self = Self(1 << 14);
}

/// A keyspace event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notification {
    /// Its class.
    pub class: NotifyClass,
    /// Its name, as subscribers see it.
    pub event: &'static str,
    /// The database.
    pub db: usize,
    /// The key.
    pub key: Box<[u8]>,
}

/// The form in which the journal holds a command that changed data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Propagate {
    /// The request as it was received.
    #[default]
    Verbatim,
    /// This number of requests in [`Effects::rewritten`] instead, which may be none.
    Rewritten(u32),
    /// Nothing, although data changed.
    Nothing,
}

/// The command that removes a key in the journal: UNLINK where its value is to be freed lazily.
pub const fn removal(is_lazy: bool) -> &'static [u8] {
    match is_lazy {
        true => b"UNLINK",
        false => b"DEL",
    }
}

/// The effects of one unit of execution.
#[derive(Debug, Default)]
pub struct Effects {
    /// How many changes were made to the data.
    pub dirty: u64,
    /// Whether it is recorded even without changes (FLUSHALL of empty databases).
    pub is_forced: bool,
    /// The form in which it is recorded.
    pub propagate: Propagate,
    /// Whether the journal has readers: `propagate` is left alone otherwise.
    pub recording: bool,
    /// Whether clients may hold what commands read.
    pub is_tracked: bool,
    /// The requests that are recorded instead of the one received, encoded one after the other.
    pub rewritten: Vec<u8>,
    /// The classes of events that somebody wants (bits of [`NotifyClass`]).
    pub wanted: u32,
    /// Events so far, in order.
    pub notifications: Vec<Notification>,
}

impl Effects {
    /// Forgets the effects of the last unit, keeping what is wanted.
    #[inline]
    pub fn reset(&mut self) {
        self.dirty = 0;
        self.is_forced = false;
        if self.propagate != Propagate::Verbatim {
            self.propagate = Propagate::Verbatim;
            self.rewritten.clear();
            self.rewritten.shrink_to(REWRITTEN_KEPT_MAX);
        }
        self.notifications.clear();
    }

    /// Whether nobody listens and nothing special was asked for, so that `dirty` is all there is.
    #[inline]
    pub fn is_counted_only(&self) -> bool {
        let is_special = !matches!(self.propagate, Propagate::Verbatim);
        // PERF: asked after every command, so without a branch for each.
        let is_heard = self.recording | self.is_tracked;
        (self.wanted | u32::from(is_heard | self.is_forced | is_special)) == 0
    }

    /// Whether somebody besides the journal may have to hear of them.
    #[inline]
    pub fn are_heard(&self) -> bool {
        (self.wanted | u32::from(self.is_tracked | self.is_forced)) != 0
    }

    /// Records an event if its class is wanted.
    #[inline]
    pub fn notify(&mut self, class: NotifyClass, event: &'static str, db: usize, key: &[u8]) {
        if self.wanted & class.0 != 0 {
            self.notifications.push(Notification {
                class,
                event,
                db,
                key: key.into(),
            });
        }
    }

    /// Records that a read did not find its key.
    #[inline]
    pub fn miss(&mut self, db: usize, key: &[u8]) {
        self.notify(NotifyClass::KEY_MISS, "keymiss", db, key);
    }

    /// Records this request instead of the one received; a second call adds a request.
    pub fn propagate_as<I>(&mut self, request: I)
    where
        I: IntoIterator<IntoIter: ExactSizeIterator, Item: AsRef<[u8]>>,
    {
        if !self.recording {
            return;
        }
        encode_request(request, &mut self.rewritten);
        self.propagate = match self.propagate {
            Propagate::Rewritten(count) => Propagate::Rewritten(count + 1),
            Propagate::Verbatim | Propagate::Nothing => Propagate::Rewritten(1),
        };
    }

    /// Records the request although nothing changed.
    pub fn record_anyway(&mut self) {
        self.is_forced = true;
    }

    /// Whether the journal hears of this command.
    #[inline]
    pub fn is_recorded(&self) -> bool {
        (self.dirty > 0 || self.is_forced) && self.propagate != Propagate::Nothing
    }

    /// Records nothing, although data changed.
    pub fn propagate_nothing(&mut self) {
        self.propagate = Propagate::Nothing;
    }
}

/// The most bytes of room that are kept for rewritten requests from one command to the next.
const REWRITTEN_KEPT_MAX: usize = 64 << 10;
