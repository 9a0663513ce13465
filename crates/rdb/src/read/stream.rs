//! Reading a stream: entries, then groups with their consumers, then producers.
//!
//! ```text
//!  Blocks ─► Facts ─► Groups ─► Pending ─► Consumers ─► Owned ─┐
//!                       ▲                      ▲───────────────┤
//!                       │                                      ▼
//!                       └──────────────────────────── GivenBack ─► Producers ─► Remembered ─► End
//! ```
//!
//! Always true: every part is read once, whatever counts are declared; a step that stops for more
//! bytes has changed nothing.
//! Not here: whether pending entries have a consumer — the caller that stores them knows

use crate::input::Stop;
use crate::item::{Consumer, Group, Item, Pending, ProducerFacts, StreamFacts};
use crate::limits::Limits;
use crate::shape::StreamId;
use crate::wire::{ObjectType, READ_UNKNOWN};
use crate::{Error, Input, StreamBlock};

/// The place of the reader in a stream, and the number of parts that are left of it.
#[derive(Clone, Debug)]
pub(super) struct StreamReader {
    object: ObjectType,
    place: Place,
    groups: u64,
    consumers: u64,
    producers: u64,
    /// The identifier of the last block: they rise.
    last_block: Option<StreamId>,
    /// Entries in the blocks so far.
    len: u64,
}

#[derive(Clone, Copy, Debug)]
enum Place {
    Blocks(u64),
    Facts,
    Groups,
    Pending(u64),
    ConsumerCount,
    Consumers,
    Owned(u64),
    GivenBackCount,
    GivenBack(u64),
    ProducerFacts,
    Producers,
    Remembered(u64),
    ProducersEnd,
    Done,
}

impl StreamReader {
    pub(super) fn new(object: ObjectType, input: &mut Input<'_>) -> Result<Self, Stop> {
        Ok(Self {
            object,
            place: Place::Blocks(input.length()?),
            groups: 0,
            consumers: 0,
            producers: 0,
            last_block: None,
            len: 0,
        })
    }

    /// Whether the stream has the parts that this type introduced.
    fn is_from(&self, object: ObjectType) -> bool {
        self.object.0 >= object.0
    }

    pub(super) fn next<'a>(
        &mut self,
        input: &mut Input<'a>,
        limits: Limits,
    ) -> Result<Option<Item<'a>>, Stop> {
        loop {
            let (item, place) = self.step(input, limits.item_max)?;
            self.place = place;
            match item {
                None if matches!(place, Place::Done) => return Ok(None),
                None => {}
                item => return Ok(item),
            }
        }
    }

    fn step<'a>(
        &mut self,
        input: &mut Input<'a>,
        len_max: u64,
    ) -> Result<(Option<Item<'a>>, Place), Stop> {
        Ok(match self.place {
            Place::Done => (None, Place::Done),
            Place::Blocks(0) => (None, Place::Facts),
            Place::Blocks(left) => (Some(self.block(input, len_max)?), Place::Blocks(left - 1)),
            Place::Facts => (Some(self.facts(input)?), Place::Groups),
            Place::Groups if self.groups == 0 => match self.is_from(ObjectType::STREAM_4) {
                true => (None, Place::ProducerFacts),
                false => (None, Place::Done),
            },
            Place::Groups => {
                let group = self.group(input, len_max)?;
                self.groups -= 1;
                let pending = group.pending;
                (Some(Item::Group(group)), Place::Pending(pending))
            }
            Place::Pending(0) => (None, Place::ConsumerCount),
            Place::Pending(left) => (Some(pending(input)?), Place::Pending(left - 1)),
            Place::ConsumerCount => {
                self.consumers = input.length()?;
                (Some(Item::Consumers(self.consumers)), Place::Consumers)
            }
            Place::Consumers if self.consumers == 0 => match self.is_from(ObjectType::STREAM_5) {
                true => (None, Place::GivenBackCount),
                false => (None, Place::Groups),
            },
            Place::Consumers => {
                let consumer = self.consumer(input, len_max)?;
                self.consumers -= 1;
                let owned = consumer.pending;
                (Some(Item::Consumer(consumer)), Place::Owned(owned))
            }
            Place::Owned(0) => (None, Place::Consumers),
            Place::Owned(left) => (Some(Item::Owned(input.raw_id()?)), Place::Owned(left - 1)),
            place => self.step_late(place, input, len_max)?,
        })
    }

    /// The parts that only newer types have.
    fn step_late<'a>(
        &mut self,
        place: Place,
        input: &mut Input<'a>,
        len_max: u64,
    ) -> Result<(Option<Item<'a>>, Place), Stop> {
        Ok(match place {
            Place::GivenBackCount => {
                let count = input.length()?;
                (Some(Item::GivenBackCount(count)), Place::GivenBack(count))
            }
            Place::GivenBack(0) => (None, Place::Groups),
            Place::GivenBack(left) => (
                Some(Item::GivenBack(input.raw_id()?)),
                Place::GivenBack(left - 1),
            ),
            Place::ProducerFacts => {
                let (duration_s, len_max) = (input.length()?, input.length()?);
                self.producers = input.length()?;
                let producers = self.producers;
                let facts = ProducerFacts {
                    duration_s,
                    len_max,
                    producers,
                };
                (Some(Item::Producers(facts)), Place::Producers)
            }
            Place::Producers if self.producers == 0 => (None, Place::ProducersEnd),
            Place::Producers => {
                let (name, entries) = (input.string(len_max)?, input.length()?);
                let name = name.bytes()?;
                self.producers -= 1;
                (
                    Some(Item::Producer { name, entries }),
                    Place::Remembered(entries),
                )
            }
            Place::Remembered(0) => (None, Place::Producers),
            Place::Remembered(left) => {
                let (number, id) = (input.string(len_max)?, input.id()?);
                let number = number.bytes()?;
                (
                    Some(Item::Remembered { number, id }),
                    Place::Remembered(left - 1),
                )
            }
            Place::ProducersEnd => {
                let (added, duplicates) = (input.length()?, input.length()?);
                (Some(Item::ProducersEnd { added, duplicates }), Place::Done)
            }
            _ => (None, Place::Done),
        })
    }

    fn block<'a>(&mut self, input: &mut Input<'a>, len_max: u64) -> Result<Item<'a>, Stop> {
        let (name, entries) = (input.string(len_max)?, input.string(len_max)?);
        let name: [u8; 16] = (*name.bytes()?).try_into().map_err(|_| Error::Stream)?;
        let first = Input::whole(&name).raw_id()?;
        if self.last_block.is_some_and(|last| last >= first) {
            return Err(Error::Stream.into());
        }
        let block = StreamBlock::validate(first, entries.bytes()?)?;
        self.last_block = Some(first);
        self.len = self.len.saturating_add(block.len());
        Ok(Item::Block(block))
    }

    fn facts<'a>(&mut self, input: &mut Input<'a>) -> Result<Item<'a>, Stop> {
        let len = input.length()?;
        let mut facts = StreamFacts {
            len,
            last_id: input.id()?,
            ..StreamFacts::default()
        };
        if len != self.len {
            return Err(Error::Stream.into());
        }
        if self.is_from(ObjectType::STREAM_2) {
            facts.first_id = input.id()?;
            facts.max_deleted_id = input.id()?;
            facts.entries_added = Some(input.length()?);
        }
        facts.groups = input.length()?;
        self.groups = facts.groups;
        Ok(Item::Stream(facts))
    }

    fn group<'a>(&self, input: &mut Input<'a>, len_max: u64) -> Result<Group<'a>, Stop> {
        let (name, last_id) = (input.string(len_max)?, input.id()?);
        let entries_read = match self.is_from(ObjectType::STREAM_2) {
            true => Some(input.length()?).filter(|&read| read != READ_UNKNOWN),
            false => None,
        };
        let pending = input.length()?;
        Ok(Group {
            name: name.bytes()?,
            last_id,
            entries_read,
            pending,
        })
    }

    fn consumer<'a>(&self, input: &mut Input<'a>, len_max: u64) -> Result<Consumer<'a>, Stop> {
        let (name, seen_at) = (input.string(len_max)?, input.millis()?);
        let active_at = match self.is_from(ObjectType::STREAM_3) {
            true => Some(input.millis()?).filter(|&at| at != -1),
            // Older ones did not know; being seen was all there was.
            false => Some(seen_at),
        };
        let pending = input.length()?;
        Ok(Consumer {
            name: name.bytes()?,
            seen_at,
            active_at,
            pending,
        })
    }
}

fn pending<'a>(input: &mut Input<'a>) -> Result<Item<'a>, Stop> {
    let (id, delivered_at) = (input.raw_id()?, input.millis()?);
    Ok(Item::Pending(Pending {
        id,
        delivered_at,
        deliveries: input.length()?,
    }))
}
