//! Publishing: a message is encoded once and shared by all who receive it.
//!
//! ```text
//!  PUBLISH c m ─────────┐
//!  event of a key ──────┴─► channel c ──► receivers, in the form of RESP2 or RESP3
//!     __keyspace@0__:key     patterns ──► likewise, with the pattern
//!     __keyevent@0__:set
//! ```
//! Messages that one session publishes to one channel in a row are gathered and delivered together
//! when its requests have run: each receiver is looked up once, however many there are.
//!
//! Always true: a message for the session that runs stands behind its reply.
//! Always true: each receiver gets messages in the order they were published in.
//! Always true: a message leaves no earlier than replies that depend on the same changes.
//! Not here: who has subscribed — `pubsub.rs`; which events there are — `settle.rs`.

use bytes::Bytes;
use russet_command::effects::Notification;
use russet_resp::{Protocol, encode_request, wire};

use crate::config::{EVENTS_KEYEVENT, EVENTS_KEYSPACE};
use crate::core::Core;
use crate::outgoing::{Class, Forms, Outgoing};
use crate::pubsub::{Gathered, Kind, Receiver};
use crate::session::Session;

/// A message, and its forms.
struct Message<'m> {
    words: &'m [&'m [u8]],
    forms: Forms,
}

impl<'m> Message<'m> {
    fn new(words: &'m [&'m [u8]]) -> Self {
        let forms = Forms::default();
        Self { words, forms }
    }

    /// The message as the receiver's protocol has it.
    fn bytes(&mut self, protocol: Protocol) -> &Bytes {
        let words = self.words;
        self.forms.of(protocol, || {
            let mut bytes = Vec::new();
            encode_request(words, &mut bytes);
            if protocol == Protocol::Resp3
                && let Some(kind) = bytes.first_mut()
            {
                *kind = wire::PUSH;
            }
            Bytes::from(bytes)
        })
    }

    fn send(&mut self, receivers: &[Receiver], outgoing: &mut Outgoing) -> usize {
        for receiver in receivers {
            outgoing.deliver(receiver.conn, self.bytes(receiver.protocol));
        }
        receivers.len()
    }
}

impl Core {
    /// Adds a message to those that are gathered; false if it has to be sent at once. Patterns
    /// would have to be asked for each, and a client that hears itself does so behind each reply.
    fn gather(&mut self, channel: &[u8], payload: &[u8]) -> bool {
        let publisher = self.outgoing.running();
        if self.pubsub.count(Kind::Pattern) > 0
            || publisher.is_none_or(|publisher| self.pubsub.has(publisher))
        {
            return false;
        }
        let words: [&[u8]; 3] = [b"message", channel, payload];
        match &mut self.gathered {
            Some(gathered) if gathered.is_for(channel) && gathered.has_room(payload.len()) => {
                gathered.add(&words);
            }
            _ => {
                self.deliver_gathered();
                let mut gathered = Gathered::new(channel);
                gathered.add(&words);
                self.gathered = Some(gathered);
            }
        }
        true
    }

    /// Delivers what was gathered: the requests of a session have run, or subscriptions change.
    #[inline]
    pub(crate) fn deliver_gathered(&mut self) {
        if let Some(gathered) = self.gathered.take() {
            self.send_gathered(gathered);
        }
    }

    #[inline(never)]
    fn send_gathered(&mut self, gathered: Gathered) {
        let receivers = self.pubsub.receivers(Kind::Channel, gathered.channel());
        let mut pushes = None;
        let is_resp3 = |receiver: &&Receiver| receiver.protocol == Protocol::Resp3;
        for receiver in receivers.iter().filter(is_resp3) {
            let pushes = pushes.get_or_insert_with(|| gathered.as_pushes());
            self.outgoing.deliver(receiver.conn, pushes);
        }
        let bytes = gathered.into_bytes();
        for receiver in receivers.iter().filter(|receiver| !is_resp3(receiver)) {
            self.outgoing.deliver(receiver.conn, &bytes);
        }
    }

    /// Publishes a message to a channel; the number of receivers, a client once for its channel and
    /// once for each pattern.
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        if self.pubsub.is_empty() {
            return 0;
        }
        let count = self.pubsub.receivers(Kind::Channel, channel).len();
        if count > 0 && self.gather(channel, payload) {
            return count;
        }
        self.deliver_gathered();
        let Self {
            pubsub, outgoing, ..
        } = self;
        let receivers = pubsub.receivers(Kind::Channel, channel);
        let mut count = Message::new(&[b"message", channel, payload]).send(receivers, outgoing);
        pubsub.matching(channel, |pattern, receivers| {
            let words: [&[u8]; 4] = [b"pmessage", pattern, channel, payload];
            count += Message::new(&words).send(receivers, outgoing);
        });
        count
    }

    /// Publishes a message to a shard channel; the number of receivers.
    pub(crate) fn publish_to_shard(&mut self, channel: &[u8], payload: &[u8]) -> usize {
        self.deliver_gathered();
        let receivers = self.pubsub.receivers(Kind::Shard, channel);
        Message::new(&[b"smessage", channel, payload]).send(receivers, &mut self.outgoing)
    }

    /// Takes over which subscriptions a session has: its limits, and what it may ask for.
    pub(crate) fn follow_subscriptions(&mut self, session: &mut Session) {
        let has_any = self.pubsub.has(session.conn);
        session.set_subscribed(has_any && session.protocol == Protocol::Resp2);
        self.outgoing.set_class(
            session.conn,
            match has_any {
                _ if session.is_stranger() => Class::Stranger,
                true => Class::Subscriber,
                false => Class::Normal,
            },
        );
        self.derive_events();
    }

    /// Ends all subscriptions of a session without a word.
    pub(crate) fn end_subscriptions(&mut self, session: &mut Session) {
        if self.pubsub.has(session.conn) {
            self.deliver_gathered();
            self.pubsub.forget(session.conn);
            self.follow_subscriptions(session);
        }
    }

    /// Publishes an event of a key on the channels that `notify-keyspace-events` names.
    pub(crate) fn publish_event(&mut self, event: &Notification) {
        let classes = self.config.notify_keyspace_events;
        let name = event.event.as_bytes();
        let channel_of = |kind: &str, rest: &[u8]| {
            let start = format!("__{kind}@{}__:", event.db);
            [start.as_bytes(), rest].concat()
        };
        if classes & EVENTS_KEYSPACE != 0 {
            self.publish(&channel_of("keyspace", &event.key), name);
        }
        if classes & EVENTS_KEYEVENT != 0 {
            self.publish(&channel_of("keyevent", name), &event.key);
        }
    }
}
