//! Streams into items.
//!
//! Always true: blocks are written as they are kept, without the entries that were deleted.
//! Not here: other values — `save.rs`

use russet_engine::{
    Consumer, Producers, Stream, StreamBlock, StreamEntry, StreamGroup, StreamId, StreamText,
};
use russet_rdb::{
    BlockWriter, Entry, Group, Item, ObjectType, Pending, ProducerFacts, Sink, StreamFacts, Writer,
};

use super::id_in_rdb;
use super::save::{count, owned};

/// Writes a type code and a stream.
pub(super) fn save<S: Sink>(
    stream: &Stream,
    writer: &mut Writer<S>,
) -> Result<ObjectType, S::Error> {
    let object = object(stream);
    writer.begin(object, stream.blocks().len())?;
    for block in stream.blocks() {
        if let Ok(block) = translated(&block) {
            writer.item(&Item::Block(block))?;
        }
    }
    writer.item(&Item::Stream(StreamFacts {
        len: stream.len(),
        last_id: id_in_rdb(stream.last_id()),
        first_id: id_in_rdb(stream.first_id()),
        max_deleted_id: id_in_rdb(stream.max_deleted_id()),
        entries_added: Some(stream.entries_added()),
        groups: count(stream.groups().len()),
    }))?;
    for group in stream.groups() {
        save_group(group, object, writer)?;
    }
    if object.0 >= ObjectType::STREAM_4.0 {
        save_producers(stream.producers(), writer)?;
    }
    Ok(object)
}

/// The oldest type code that carries all of a stream.
fn object(stream: &Stream) -> ObjectType {
    let mut consumers = stream.groups().flat_map(StreamGroup::consumers);
    let has_given_back = |group: &StreamGroup| given_back(group).next().is_some();
    if stream.groups().any(has_given_back) {
        ObjectType::STREAM_5
    } else if stream.producers().is_some() {
        ObjectType::STREAM_4
    } else if consumers.any(|consumer| consumer.active_at != Some(consumer.seen_at)) {
        ObjectType::STREAM_3
    } else {
        ObjectType::STREAM_2
    }
}

/// The pending entries that nobody has.
fn given_back(group: &StreamGroup) -> impl Iterator<Item = StreamId> + '_ {
    let all = group.pending_from(StreamId::MIN);
    all.filter(|pending| pending.consumer.is_none())
        .map(|pending| pending.id)
}

fn translated(
    block: &StreamBlock<'_>,
) -> Result<russet_rdb::StreamBlock<'static>, russet_rdb::Error> {
    let first = id_in_rdb(block.first_id());
    let names: Vec<&[u8]> = block.names().collect();
    let mut writer = BlockWriter::new(first, block.len(), names.into_iter());
    for entry in block.entries() {
        save_entry(&entry, &mut writer);
    }
    writer.finish()
}

fn save_entry(found: &StreamEntry<'_>, writer: &mut BlockWriter) {
    let id = id_in_rdb(found.id());
    let fields = found.fields().map(|(name, value)| (name, value_of(value)));
    match found.has_block_names() {
        true => writer.with_block_names(id, fields.map(|(_, value)| value)),
        false => writer.with_own_names(id, fields),
    }
}

fn value_of(value: StreamText<'_>) -> Entry<'_> {
    match value {
        StreamText::Int(n) => Entry::Int(n),
        StreamText::Bytes(bytes) => Entry::of(bytes),
    }
}

fn save_group<S: Sink>(
    group: &StreamGroup,
    object: ObjectType,
    writer: &mut Writer<S>,
) -> Result<(), S::Error> {
    writer.item(&Item::Group(Group {
        name: owned(group.name()),
        last_id: id_in_rdb(group.last_id),
        entries_read: group.entries_read,
        pending: count(group.pending_len()),
    }))?;
    for pending in group.pending_from(StreamId::MIN) {
        writer.item(&Item::Pending(Pending {
            id: id_in_rdb(pending.id),
            delivered_at: pending.delivered_at,
            deliveries: pending.deliveries,
        }))?;
    }
    writer.item(&Item::Consumers(count(group.consumers().len())))?;
    for consumer in group.consumers() {
        save_consumer(consumer, writer)?;
    }
    if object.0 >= ObjectType::STREAM_5.0 {
        writer.item(&Item::GivenBackCount(count(given_back(group).count())))?;
        for id in given_back(group) {
            writer.item(&Item::GivenBack(id_in_rdb(id)))?;
        }
    }
    Ok(())
}

fn save_consumer<S: Sink>(consumer: &Consumer, writer: &mut Writer<S>) -> Result<(), S::Error> {
    writer.item(&Item::Consumer(russet_rdb::Consumer {
        name: owned(consumer.name()),
        seen_at: consumer.seen_at,
        active_at: consumer.active_at,
        pending: count(consumer.pending_len()),
    }))?;
    for id in consumer.pending_from(StreamId::MIN) {
        writer.item(&Item::Owned(id_in_rdb(id)))?;
    }
    Ok(())
}

fn save_producers<S: Sink>(
    producers: Option<&Producers>,
    writer: &mut Writer<S>,
) -> Result<(), S::Error> {
    let none = Producers::default();
    let producers = producers.unwrap_or(&none);
    writer.item(&Item::Producers(ProducerFacts {
        duration_s: producers.duration_s,
        len_max: producers.len_max,
        producers: count(producers.len()),
    }))?;
    let known: Vec<_> = producers.iter().collect();
    for of_one in known.chunk_by(|a, b| a.producer == b.producer) {
        let name = owned(of_one[0].producer);
        writer.item(&Item::Producer {
            name,
            entries: count(of_one.len()),
        })?;
        for entry in of_one {
            writer.item(&Item::Remembered {
                number: owned(entry.number),
                id: id_in_rdb(entry.id),
            })?;
        }
    }
    writer.item(&Item::ProducersEnd {
        added: producers.added,
        duplicates: producers.duplicates,
    })
}
