//! Settlement: what a command did reaches counters, journal, subscribers, watchers and waiters.
//!
//! ```text
//!  handler: effects ──┬─ dirty ─────────► counted
//!                     ├─ request ───────► the journal's open unit: verbatim, rewritten or nothing
//!                     └─ notifications ─┐
//!  engine: deadline passed, evicted ────┼─► events, in order; DEL, UNLINK or HDEL in the journal
//!  engine: key changed ─────────────────┼─► watchers are dirty · keys of waiters are ready
//!                                       └─ (the engine's come first: they made room)
//! ```
//! Always true: what changed nothing is not recorded; nothing is recorded while nobody reads.
//! Always true: events are kept only of the classes that `notify-keyspace-events` names, with `K`
//! or `E` among them, and only while somebody takes them.
//! Not here: which effects a command has — its handler; serving those who wait — `block.rs`.

use russet_command::args::is_word;
use russet_command::effects::{Notification, removal};
use russet_command::{NotifyClass, Propagate};
use russet_engine::{Event, EventKind};
use russet_io::ConnId;
use russet_resp::Args;

use crate::config::{EVENTS_KEYEVENT, EVENTS_KEYSPACE};
use crate::core::Core;
use crate::journal::{Lost, ReaderId};
use crate::tracking::TRACKERS;
use crate::waiters::WAITERS;
use crate::watchers::WATCHERS;

impl Core {
    /// Takes in what a command did to the data.
    #[inline]
    pub(crate) fn take_effects(&mut self, db: usize, request: &Args<'_>) {
        self.dirty += self.effects.dirty;
        if self.effects.is_counted_only() {
            self.effects.dirty = 0;
        } else {
            self.take_rare_effects(db, request);
        }
    }

    /// Takes in what somebody listens for.
    #[inline(never)]
    fn take_rare_effects(&mut self, db: usize, request: &Args<'_>) {
        if self.effects.are_heard() || self.keyspace.has_events() {
            self.spread_effects(db, request);
        }
        let is_recorded = self.effects.recording && self.effects.is_recorded();
        if is_recorded && !self.scripts.is_silent {
            match self.effects.propagate {
                Propagate::Verbatim if self.commands.has_renames() => {
                    self.record_by_own_name(db, request);
                }
                Propagate::Verbatim => self.journal.record(db, *request),
                Propagate::Rewritten(count) => {
                    self.journal
                        .record_bytes(db, &self.effects.rewritten, count);
                }
                Propagate::Nothing => {}
            }
        }
        self.effects.reset();
    }

    /// The name that the command of a request has of its own, whatever clients call it.
    fn own_name(&self, request: &Args<'_>) -> Option<&'static str> {
        let id = self.commands.find(&request[0])?;
        Some(self.commands.get(id).spec.name)
    }

    /// Records a request under the name that its command has of its own: files are read by servers
    /// that call it otherwise.
    #[cold]
    fn record_by_own_name(&mut self, db: usize, request: &Args<'_>) {
        match self.own_name(request) {
            Some(name) if !is_word(&request[0], name) => {
                let name = std::iter::once(name.as_bytes());
                let words: Vec<&[u8]> = name.chain(request.skip(1)).collect();
                self.journal.record_words(db, &words);
            }
            _ => self.journal.record(db, *request),
        }
    }

    /// Lets those hear who listen to events, hold what was read, or ask for a dump.
    #[cold]
    fn spread_effects(&mut self, db: usize, request: &Args<'_>) {
        if self.effects.wanted != 0 || self.keyspace.has_events() {
            self.hear_events();
        }
        if self.effects.is_tracked {
            self.remember(db, request);
        }
        if self.effects.is_forced && self.own_name(request) == Some("FLUSHALL") {
            self.saves.is_flushed = self.is_persistent && self.loading.is_none();
        }
    }

    /// Whether anybody wants to know what expires or is evicted.
    fn hears_events(&self) -> bool {
        self.effects.wanted != 0 || self.effects.recording || self.effects.is_tracked
    }

    /// Takes over which events are wanted.
    pub(crate) fn derive_events(&mut self) {
        let classes = self.config.notify_keyspace_events;
        let is_published = classes & (EVENTS_KEYSPACE | EVENTS_KEYEVENT) != 0;
        let is_heard = self.keeps_events || !self.pubsub.is_empty();
        self.effects.wanted = match is_published && is_heard {
            true => classes,
            false => 0,
        };
        self.keyspace.record_events(self.hears_events());
    }

    /// Takes over the events of a command.
    #[cold]
    fn hear_events(&mut self) {
        let events = self.keyspace.take_events();
        if self.effects.recording {
            for event in &events {
                self.record_event(event);
            }
        }
        self.invalidate_gone(&events);
        self.spread(events);
    }

    /// Hands events to subscribers: those of the engine, then those of the handler.
    fn spread(&mut self, mut events: Vec<Event>) {
        let wanted = self.effects.wanted;
        // However many fields of a hash go together, subscribers hear of it once.
        events.dedup_by(|event, last| {
            let is_field = |event: &Event| matches!(event.kind, EventKind::FieldExpired(_));
            let is_same = (event.db, &event.key) == (last.db, &last.key);
            is_same && is_field(event) && is_field(last)
        });
        let events = events.into_iter().map(notification);
        let mut events: Vec<Notification> =
            events.filter(|event| wanted & event.class.0 != 0).collect();
        events.append(&mut self.effects.notifications);
        if !self.pubsub.is_empty() {
            events.iter().for_each(|event| self.publish_event(event));
        }
        if self.keeps_events {
            self.events.append(&mut events);
        }
    }

    /// Records what went without a command: whoever replays the journal needs no clock.
    fn record_event(&mut self, event: &Event) {
        let is_lazy = match &event.kind {
            EventKind::Expired => self.settings.lazy_expire,
            EventKind::Evicted => self.config.lazyfree_lazy_eviction,
            EventKind::FieldExpired(field) => {
                let words: [&[u8]; 3] = [b"HDEL", &event.key, field];
                return self.journal.record_words(event.db, &words);
            }
            EventKind::Emptied => return,
        };
        let words: [&[u8]; 2] = [removal(is_lazy), &event.key];
        self.journal.record_words(event.db, &words);
    }

    /// A unit has ended, with what expired in it.
    #[inline]
    pub(crate) fn end_unit(&mut self) {
        if self.effects.recording {
            if self.keyspace.has_events() {
                self.hear_events();
            }
            self.journal.end_unit();
            self.outgoing.depend_on(self.journal.end());
        }
    }

    /// Takes over what time did to the data; in the journal each event is a unit of its own.
    pub(crate) fn hear_time(&mut self) {
        if !self.keyspace.has_events() {
            return;
        }
        let events = self.keyspace.take_events();
        if self.effects.recording {
            for event in &events {
                self.record_event(event);
                self.journal.end_unit();
            }
            self.outgoing.depend_on(self.journal.end());
        }
        self.invalidate_gone(&events);
        self.spread(events);
    }

    /// Tells clients that may hold keys that went by themselves, whoever came across them.
    fn invalidate_gone(&mut self, events: &[Event]) {
        if !self.effects.is_tracked {
            return;
        }
        for event in events {
            if matches!(event.kind, EventKind::Expired | EventKind::Evicted) {
                let key = (event.db, event.key.clone());
                self.tracking.prefixes.change(&key, None);
                self.invalidate(&key, None);
            }
        }
    }

    /// Tells those who watch, wait or may hold them of the keys that the running session changed.
    pub(crate) fn hear_changes(&mut self) {
        let stalled = self.stalled_by.take();
        self.hear_changes_by(self.outgoing.running().or(stalled));
    }

    /// The same of keys that another session changed, or time.
    pub(crate) fn hear_changes_by(&mut self, by: Option<ConnId>) {
        for change in self.keyspace.take_changes() {
            let has = |observer| change.observers().contains(&observer);
            let (is_watched, is_awaited) = (has(WATCHERS), has(WAITERS));
            let is_held = has(TRACKERS);
            let key = (change.db, change.key);
            self.tracking.prefixes.change(&key, by);
            if is_held {
                self.invalidate(&key, by);
            }
            if is_watched {
                self.watchers.touch(&mut self.keyspace, &key);
            }
            if is_awaited {
                self.waiters.changed(key);
            }
        }
    }

    /// Lets a client watch keys of a database.
    ///
    /// A key whose deadline has passed counts as absent, whether it was removed yet or not.
    pub(crate) fn watch(&mut self, client: u64, db: usize, keys: Args<'_>) {
        if self.watchers.is_dirty(client) {
            return;
        }
        for key in keys.iter() {
            self.keyspace.db(db).contains(key);
        }
        self.hear_changes();
        self.watchers.watch(&mut self.keyspace, client, (db, keys));
    }

    /// Forgets what a client watches, and that it is dirty.
    pub(crate) fn unwatch(&mut self, client: u64) {
        self.watchers.unwatch(&mut self.keyspace, client);
    }

    /// Whether nothing has changed that a client watches; keys whose deadline has passed since
    /// have.
    pub(crate) fn is_as_watched(&mut self, client: u64) -> bool {
        if self.watchers.has_expired(&mut self.keyspace, client) {
            return false;
        }
        if self.keyspace.has_changes() {
            self.hear_changes();
        }
        !self.watchers.is_dirty(client)
    }

    /// Sets whether keyspace events are kept for somebody to take.
    pub(crate) fn keep_events(&mut self, kept: bool) {
        self.keeps_events = kept;
        self.derive_events();
        if !kept {
            self.events.clear();
        }
    }

    /// Adds a reader of the journal; the first one turns recording on.
    pub(crate) fn attach_reader(&mut self, limit: u64) -> ReaderId {
        let reader = self.journal.attach(limit);
        self.derive_recording();
        reader
    }

    /// Removes a reader of the journal; the last one turns recording off.
    pub(crate) fn detach_reader(&mut self, reader: ReaderId) {
        self.journal.detach(reader);
        self.derive_recording();
    }

    /// The next bytes of the journal for a reader.
    ///
    /// # Errors
    /// The reader was too far behind.
    pub(crate) fn read_journal(&mut self, reader: ReaderId) -> Result<Option<bytes::Bytes>, Lost> {
        if !self.journal.is_in_unit() {
            self.journal.seal();
        }
        self.journal.read(reader)
    }

    pub(crate) fn derive_recording(&mut self) {
        self.effects.recording = self.journal.has_readers();
        self.derive_events();
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
