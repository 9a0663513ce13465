//! Items into a stream.
//!
//! Entries are added anew, so blocks are as large as the settings say now.
//!
//! Always true: every pending entry has a consumer, or is said to have been given back.
//! Not here: other values — `load.rs`

use std::collections::BTreeSet;
use std::ops::Range;

use russet_engine::{ConsumerId, Packing, Pending, Remembered, Stream, StreamGroup, StreamId};
use russet_rdb::{BlockEntry, Consumer, Group, Item, ProducerFacts, StreamBlock, StreamFacts};

use super::{Refused, id_of};

/// A stream that is being built.
#[derive(Default)]
pub(super) struct StreamLoader {
    stream: Stream,
    /// Whether groups know how many entries they read. If not, it is estimated.
    counts_reads: bool,
    /// The name of the group that is being built.
    group: Option<Vec<u8>>,
    consumer: Option<ConsumerId>,
    /// The pending entries of the group that nobody has.
    given_back: BTreeSet<StreamId>,
    producer: Vec<u8>,
    texts: Texts,
}

/// Names and values of an entry in turn.
#[derive(Default)]
struct Texts {
    bytes: Vec<u8>,
    spans: Vec<Range<usize>>,
}

impl Texts {
    fn gather(&mut self, entry: &BlockEntry<'_>) {
        self.bytes.clear();
        self.spans.clear();
        for (name, value) in entry.fields() {
            for text in [name, value] {
                let start = self.bytes.len();
                text.push_to(&mut self.bytes);
                self.spans.push(start..self.bytes.len());
            }
        }
    }

    fn iter(&self) -> impl ExactSizeIterator<Item = &[u8]> + Clone {
        self.spans.iter().map(|span| &self.bytes[span.clone()])
    }
}

impl StreamLoader {
    /// Returns the stream.
    pub(super) fn finish(mut self) -> Result<Stream, Refused> {
        self.close_group()?;
        Ok(self.stream)
    }

    pub(super) fn item(&mut self, item: Item<'_>, packing: &Packing) -> Result<(), Refused> {
        match item {
            Item::Block(block) => self.block(&block, packing),
            Item::Stream(facts) => self.facts(&facts),
            Item::Group(group) => self.open_group(&group),
            Item::Pending(pending) => self.in_group(|group| wait(group, &pending)),
            Item::Consumers(_) | Item::GivenBackCount(_) => Ok(()),
            Item::Consumer(consumer) => self.open_consumer(&consumer),
            Item::Owned(id) => {
                let consumer = self.consumer;
                self.in_group(|group| own(group, id_of(id), consumer))
            }
            Item::GivenBack(id) => self.give_back(id_of(id)),
            Item::Producers(facts) => {
                self.close_group()?;
                self.producers(&facts);
                Ok(())
            }
            Item::Producer { name, .. } => {
                self.producer = name.into_owned();
                Ok(())
            }
            Item::Remembered { number, id } => self.remember(&number, id_of(id)),
            Item::ProducersEnd { added, duplicates } => {
                let producers = self.stream.producers_mut();
                (producers.added, producers.duplicates) = (added, duplicates);
                Ok(())
            }
            _ => Err(Refused::Parts),
        }
    }

    fn block(&mut self, block: &StreamBlock<'_>, packing: &Packing) -> Result<(), Refused> {
        for entry in block.entries().filter(|entry| !entry.is_deleted) {
            let id = id_of(entry.id);
            if id <= self.stream.last_id() {
                return Err(Refused::Parts);
            }
            self.texts.gather(&entry);
            self.stream.append(id, self.texts.iter(), packing);
        }
        Ok(())
    }

    fn facts(&mut self, facts: &StreamFacts) -> Result<(), Refused> {
        let stream = &mut self.stream;
        if id_of(facts.last_id) < stream.last_id() || facts.len != stream.len() {
            return Err(Refused::Parts);
        }
        stream.set_last_id(id_of(facts.last_id));
        stream.set_max_deleted_id(id_of(facts.max_deleted_id));
        stream.set_entries_added(facts.entries_added.unwrap_or(facts.len));
        self.counts_reads = facts.entries_added.is_some();
        Ok(())
    }

    fn open_group(&mut self, group: &Group<'_>) -> Result<(), Refused> {
        self.close_group()?;
        let last_id = id_of(group.last_id);
        let read = match self.counts_reads {
            true => group.entries_read,
            false => self.stream.entries_up_to(last_id),
        };
        if !self.stream.create_group(&group.name, last_id, read) {
            return Err(Refused::Parts);
        }
        self.group = Some(group.name.to_vec());
        Ok(())
    }

    /// Everybody has what the group waits for.
    fn close_group(&mut self) -> Result<(), Refused> {
        let Some(name) = self.group.take() else {
            return Ok(());
        };
        let group = self.stream.group(&name).ok_or(Refused::Parts)?;
        let pending = group.pending_from(StreamId::MIN);
        let unowned = pending
            .filter(|pending| pending.consumer.is_none())
            .map(|p| p.id);
        let is_right = unowned.eq(std::mem::take(&mut self.given_back));
        if is_right {
            Ok(())
        } else {
            Err(Refused::Parts)
        }
    }

    fn give_back(&mut self, id: StreamId) -> Result<(), Refused> {
        match self.given_back.insert(id) {
            true => Ok(()),
            false => Err(Refused::Parts),
        }
    }

    fn in_group(
        &mut self,
        change: impl FnOnce(&mut StreamGroup) -> Result<(), Refused>,
    ) -> Result<(), Refused> {
        let name = self.group.as_deref().ok_or(Refused::Parts)?;
        self.stream
            .change_group(name, change)
            .ok_or(Refused::Parts)?
    }

    fn open_consumer(&mut self, consumer: &Consumer<'_>) -> Result<(), Refused> {
        let mut opened = None;
        self.in_group(|group| {
            let (id, is_new) = group.create_consumer(&consumer.name, consumer.seen_at);
            group.consumer_mut(id).active_at = consumer.active_at;
            opened = Some(id);
            if is_new {
                Ok(())
            } else {
                Err(Refused::ConsumerTwice)
            }
        })?;
        self.consumer = opened;
        Ok(())
    }

    fn producers(&mut self, facts: &ProducerFacts) {
        let producers = self.stream.producers_mut();
        (producers.duration_s, producers.len_max) = (facts.duration_s, facts.len_max);
    }

    fn remember(&mut self, number: &[u8], id: StreamId) -> Result<(), Refused> {
        let producers = self.stream.producers_mut();
        let is_known = producers.find(&self.producer, number, i64::MIN).is_some();
        producers.remember(Remembered {
            producer: &self.producer,
            number,
            added_at: i64::try_from(id.ms).unwrap_or(i64::MAX),
            id,
        });
        if is_known {
            Err(Refused::Parts)
        } else {
            Ok(())
        }
    }
}

/// Adds a pending entry; its consumer follows later.
fn wait(group: &mut StreamGroup, pending: &russet_rdb::Pending) -> Result<(), Refused> {
    let id = id_of(pending.id);
    if group.pending(id).is_some() {
        return Err(Refused::Parts);
    }
    group.deliver(Pending {
        id,
        delivered_at: pending.delivered_at,
        deliveries: pending.deliveries,
        consumer: None,
    });
    Ok(())
}

/// A pending entry finds its consumer.
fn own(group: &mut StreamGroup, id: StreamId, consumer: Option<ConsumerId>) -> Result<(), Refused> {
    match group.pending(id) {
        Some(&pending) if pending.consumer.is_none() => {
            group.deliver(Pending {
                consumer,
                ..pending
            });
            Ok(())
        }
        _ => Err(Refused::Parts),
    }
}
