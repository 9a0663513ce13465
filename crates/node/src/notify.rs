//! Keyspace events: what happened to keys, in order, for those who subscribed.
//!
//! ```text
//!  handler: cx.notify(…) ──────┐
//!                              ├─► of a command, in order ─► of the unit ─► taken at its end
//!  engine: a deadline passed ──┤   (the engine's first: it made room for what the handler did)
//!                              └─► the log                              (record.rs)
//! ```
//! Always true: events are kept only of the classes that `notify-keyspace-events` names, with `K`
//! or `E` among them, and only while somebody takes them.
//! Not here: which events a command brings about — its handler.

use russet_command::NotifyClass;
use russet_command::effects::Notification;
use russet_engine::{Event, EventKind};

use crate::config::{EVENTS_KEYEVENT, EVENTS_KEYSPACE};
use crate::core::Core;
use crate::node::Node;

impl Core {
    /// Takes over which events are wanted.
    pub(crate) fn derive_events(&mut self) {
        let classes = self.config.notify_keyspace_events;
        let is_published = classes & (EVENTS_KEYSPACE | EVENTS_KEYEVENT) != 0;
        self.effects.wanted = match is_published && self.keeps_events {
            true => classes,
            false => 0,
        };
        self.keyspace.record_events(self.hears_events());
    }

    /// Whether anybody wants to know what expires.
    pub(crate) fn hears_events(&self) -> bool {
        self.effects.wanted != 0 || self.effects.recording
    }

    /// Takes over the events of a command, or of time passing.
    #[cold]
    pub(crate) fn hear_events(&mut self) {
        let wanted = self.effects.wanted;
        let mut events = self.keyspace.take_events();
        if self.effects.recording {
            let is_lazy = self.settings.lazy_expire;
            for event in &events {
                self.records.note_event(event, is_lazy);
            }
        }
        // However many fields of a hash go together, subscribers hear of it once.
        events.dedup_by(|event, last| {
            let is_field = |event: &Event| matches!(event.kind, EventKind::FieldExpired(_));
            let is_same = (event.db, &event.key) == (last.db, &last.key);
            is_same && is_field(event) && is_field(last)
        });
        let events = events.into_iter().map(notification);
        self.events
            .extend(events.filter(|event| wanted & event.class.0 != 0));
        self.events.append(&mut self.effects.notifications);
    }
}

/// An event of the engine as subscribers see it.
fn notification(event: Event) -> Notification {
    let (class, name) = match event.kind {
        EventKind::Expired => (NotifyClass::EXPIRED, "expired"),
        EventKind::Evicted => (NotifyClass::EVICTED, "evicted"),
        EventKind::FieldExpired(_) => (NotifyClass::HASH, "hexpired"),
        EventKind::Emptied => (NotifyClass::GENERIC, "del"),
    };
    Notification {
        class,
        event: name,
        db: event.db,
        key: event.key,
    }
}

impl Node {
    /// Sets whether [`Self::take_events`] will have something to give; at first it will not.
    ///
    /// # Examples
    /// ```
    /// use russet_node::loopback::Loopback;
    ///
    /// let mut server = Loopback::new(Default::default());
    /// let client = server.connect();
    /// server.node().keep_events(true);
    /// server.call(client, b"CONFIG SET notify-keyspace-events KA\r\nSET k v PX 10\r\n");
    /// server.advance(20);
    /// let events = server.node().take_events();
    /// let names: Vec<&str> = events.iter().map(|event| event.event).collect();
    /// assert_eq!(names, ["set", "expire", "expired"]);
    /// ```
    pub fn keep_events(&mut self, kept: bool) {
        self.core.keeps_events = kept;
        self.core.derive_events();
        if !kept {
            self.core.events.clear();
        }
    }

    /// The keyspace events since the last call, in order, of the classes that the configuration
    /// names.
    pub fn take_events(&mut self) -> Vec<Notification> {
        std::mem::take(&mut self.core.events)
    }
}
