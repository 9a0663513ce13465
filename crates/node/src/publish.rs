//! Publishing: a message is encoded once and shared by all who receive it.
//!
//! ```text
//!  PUBLISH c m ─────────┐
//!  event of a key ──────┴─► channel c ──► receivers, in the form of RESP2 or RESP3
//!     __keyspace@0__:key     patterns ──► likewise, with the pattern
//!     __keyevent@0__:set
//! ```
//! Always true: a message for the session that runs stands behind its reply.
//! Always true: a message leaves no earlier than replies that depend on the same changes.
//! Not here: who has subscribed — `pubsub.rs`; which events there are — `settle.rs`.

use bytes::Bytes;
use russet_command::effects::Notification;
use russet_resp::{Protocol, encode_request, wire};

use crate::config::{EVENTS_KEYEVENT, EVENTS_KEYSPACE};
use crate::core::Core;
use crate::outgoing::{Class, Outgoing};
use crate::pubsub::{Kind, Receiver};
use crate::session::Session;

/// A message in each form that somebody needed so far.
struct Message<'m> {
    words: &'m [&'m [u8]],
    resp2: Option<Bytes>,
    resp3: Option<Bytes>,
}

impl<'m> Message<'m> {
    fn new(words: &'m [&'m [u8]]) -> Self {
        Self {
            words,
            resp2: None,
            resp3: None,
        }
    }

    /// The message as the receiver's protocol has it.
    fn bytes(&mut self, protocol: Protocol) -> &Bytes {
        let slot = match protocol {
            Protocol::Resp2 => &mut self.resp2,
            Protocol::Resp3 => &mut self.resp3,
        };
        slot.get_or_insert_with(|| {
            let mut bytes = Vec::new();
            encode_request(self.words, &mut bytes);
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
    /// Publishes a message to a channel; the number of receivers, a client once for its channel and
    /// once for each pattern.
    pub(crate) fn publish(&mut self, channel: &[u8], payload: &[u8]) -> usize {
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
        let receivers = self.pubsub.receivers(Kind::Shard, channel);
        Message::new(&[b"smessage", channel, payload]).send(receivers, &mut self.outgoing)
    }

    /// Takes over which subscriptions a session has: its limits, and what it may ask for.
    pub(crate) fn follow_subscriptions(&mut self, session: &mut Session) {
        let has_any = self.pubsub.has(session.conn);
        session.set_subscribed(has_any && session.protocol == Protocol::Resp2);
        if session.user().is_some() {
            self.outgoing.set_class(
                session.conn,
                match has_any {
                    true => Class::Subscriber,
                    false => Class::Normal,
                },
            );
        }
        self.derive_events();
    }

    /// Ends all subscriptions of a session without a word.
    pub(crate) fn end_subscriptions(&mut self, session: &mut Session) {
        if self.pubsub.has(session.conn) {
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
