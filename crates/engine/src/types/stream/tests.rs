//! Streams against a plain list of entries.

use proptest::prelude::*;

use super::*;

/// A stream as a list.
#[derive(Debug, Default)]
struct Model {
    entries: Vec<(StreamId, Vec<Vec<u8>>)>,
}

#[derive(Debug, Clone)]
enum Op {
    Append {
        ms: u64,
        seq: u64,
        items: Vec<Vec<u8>>,
    },
    Delete(usize),
    TrimLen {
        kept: u64,
        refs: bool,
    },
    TrimApproximately(u64),
    TrimId(usize),
    Snapshot,
}

fn packing() -> Packing {
    Packing {
        stream_bytes_max: 300,
        stream_entries_max: 7,
        ..Packing::default()
    }
}

fn item() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => any::<i16>().prop_map(|n| n.to_string().into_bytes()),
        1 => any::<i64>().prop_map(|n| n.to_string().into_bytes()),
        2 => "[a-c]{0,3}".prop_map(String::into_bytes),
        1 => prop::collection::vec(any::<u8>(), 0..200),
    ]
}

fn items() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let pair = ("[fg]", item()).prop_map(|(name, value)| vec![name.into_bytes(), value]);
    prop::collection::vec(pair, 1..4).prop_map(|pairs| pairs.concat())
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        12 => (0..3u64, prop_oneof![3 => 0..4u64, 1 => any::<u64>()], items())
            .prop_map(|(ms, seq, items)| Op::Append { ms, seq, items }),
        6 => any::<usize>().prop_map(Op::Delete),
        1 => (0..60u64, any::<bool>()).prop_map(|(kept, refs)| Op::TrimLen { kept, refs }),
        1 => (0..60u64).prop_map(Op::TrimApproximately),
        1 => any::<usize>().prop_map(Op::TrimId),
        1 => Just(Op::Snapshot),
    ]
}

fn shown(entry: StreamEntry<'_>) -> (StreamId, Vec<Vec<u8>>) {
    let mut digits = russet_base::num::I64Buf::new();
    let mut items = Vec::new();
    for (name, value) in entry.fields() {
        items.push(name.to_vec());
        items.push(value.bytes(&mut digits).to_vec());
    }
    (entry.id(), items)
}

fn check(stream: &Stream, model: &Model) {
    assert_eq!(
        stream.entries().map(shown).collect::<Vec<_>>(),
        model.entries
    );
    let back = stream.range_back(StreamId::MIN, StreamId::MAX).map(shown);
    assert!(back.eq(model.entries.iter().rev().cloned()));
    let blocks = stream
        .blocks()
        .flat_map(|block| block.entries().map(shown).collect::<Vec<_>>());
    assert!(blocks.eq(model.entries.iter().cloned()));
    assert_eq!(stream.len(), model.entries.len() as u64);
    let first = model.entries.first().map_or(StreamId::MIN, |(id, _)| *id);
    assert_eq!(stream.first_id(), first);
    let weight: u64 = stream.slots.iter().map(|slot| slot.block.weight()).sum();
    assert_eq!(stream.weight, weight);
    for (index, (id, items)) in model.entries.iter().enumerate().step_by(5) {
        assert_eq!(stream.entry(*id).map(shown), Some((*id, items.clone())));
        let rest = stream.range(*id, StreamId::MAX).map(|entry| entry.id());
        assert!(rest.eq(model.entries[index..].iter().map(|(id, _)| *id)));
        let before = stream
            .range_back(StreamId::MIN, *id)
            .map(|entry| entry.id());
        assert!(before.eq(model.entries[..=index].iter().rev().map(|(id, _)| *id)));
    }
}

fn run(ops: Vec<Op>) {
    let mut stream = Stream::new();
    let mut model = Model::default();
    let mut frozen = None;
    let mut last = StreamId::MIN;
    for op in ops {
        match op {
            Op::Append { ms, seq, items } => {
                let Some(next) = last.next() else { continue };
                let ms = next.ms + ms;
                let seq = if ms == next.ms {
                    next.seq.saturating_add(seq)
                } else {
                    seq
                };
                last = StreamId::new(ms, seq);
                stream.append(last, items.iter().map(Vec::as_slice), &packing());
                model.entries.push((last, items));
            }
            Op::Delete(at) if !model.entries.is_empty() => {
                let (id, _) = model.entries.remove(at % model.entries.len());
                assert!(stream.delete(id));
                assert!(!stream.delete(id));
                assert!(stream.max_deleted_id() >= id);
            }
            Op::TrimLen { kept, refs } => {
                let trim = Trim {
                    to: TrimTo::Len(kept),
                    is_approximate: false,
                    limit: 0,
                };
                let refs = if refs { Refs::Delete } else { Refs::Keep };
                let gone = model.entries.len().saturating_sub(kept as usize);
                assert_eq!(stream.trim(&trim, refs), gone as u64);
                model.entries.drain(..gone);
            }
            Op::TrimApproximately(kept) => {
                let trim = Trim {
                    to: TrimTo::Len(kept),
                    is_approximate: true,
                    limit: 0,
                };
                let gone = stream.trim(&trim, Refs::Keep) as usize;
                model.entries.drain(..gone);
                assert!(model.entries.len() as u64 >= kept.min(stream.len()));
            }
            Op::TrimId(at) if !model.entries.is_empty() => {
                let at = at % model.entries.len();
                let id = model.entries[at].0;
                let trim = Trim {
                    to: TrimTo::Id(id),
                    is_approximate: false,
                    limit: 0,
                };
                assert_eq!(stream.trim(&trim, Refs::Keep), at as u64);
                model.entries.drain(..at);
            }
            Op::Snapshot => {
                let copy = Model {
                    entries: model.entries.clone(),
                };
                frozen = Some((stream.clone(), copy));
            }
            Op::Delete(_) | Op::TrimId(_) => {}
        }
        check(&stream, &model);
    }
    if let Some((stream, model)) = frozen {
        check(&stream, &model);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 4 } else { 200 }))]

    #[test]
    fn a_stream_is_a_list_of_entries(ops in prop::collection::vec(op(), 0..120)) {
        run(ops);
    }

    #[test]
    fn a_group_gives_each_pending_entry_to_one_consumer(
        steps in prop::collection::vec((0..4u8, 0..300u64, 0..3usize), 0..600)
    ) {
        let names = [&b"a"[..], b"b", b"c"];
        let mut group = StreamGroup::new(b"g", StreamId::MIN, None);
        let mut model = std::collections::BTreeMap::new();
        for (step, (kind, ms, who)) in steps.into_iter().enumerate() {
            let id = StreamId::new(ms, 0);
            match kind {
                0 => {
                    group.acknowledge(id);
                    model.remove(&id);
                }
                _ => {
                    let (consumer, _) = group.create_consumer(names[who], 0);
                    group.deliver(Pending {
                        id,
                        delivered_at: step as i64,
                        deliveries: 1,
                        consumer: Some(consumer),
                    });
                    model.insert(id, who);
                }
            }
        }
        assert_eq!(group.pending_len(), model.len());
        assert!(group.pending_from(StreamId::MIN).map(|p| p.id).eq(model.keys().copied()));
        for (who, name) in names.iter().enumerate() {
            let Some(consumer) = group.consumer_id(name) else { continue };
            let own = model.iter().filter(|(_, owner)| **owner == who).map(|(id, _)| *id);
            assert!(group.consumer(consumer).pending_from(StreamId::MIN).eq(own));
        }
        if let Some(lost) = group.remove_consumer(b"b") {
            assert_eq!(group.pending_len(), model.len() - lost);
            assert!(group.pending_from(StreamId::MIN).all(|p| model[&p.id] != 1));
        }
    }
}

#[test]
fn blocks_are_cut_by_entries_and_by_the_size_of_listpacks() {
    let fill = |count: u64, len: usize| {
        let mut stream = Stream::new();
        let value = vec![b'x'; len];
        for ms in 1..=count {
            let items = [&b"f"[..], &value];
            stream.append(StreamId::new(ms, 0), items.into_iter(), &Packing::default());
        }
        stream.blocks().map(|block| block.len()).collect::<Vec<_>>()
    };
    assert_eq!(fill(250, 3), [100, 100, 50]);
    // 4096 bytes: 16 at the front, 9 to 10 and the value with its two heads for each.
    assert_eq!(fill(50, 200), [19, 19, 12]);
    assert_eq!(fill(3, 5000), [1, 1, 1]);
}

#[test]
fn deleting_gives_memory_back() {
    let mut stream = Stream::new();
    for ms in 1..=100 {
        let items = [&b"f"[..], &[b'x'; 20]];
        stream.append(StreamId::new(ms, 0), items.into_iter(), &Packing::default());
    }
    let full = stream.weight();
    for ms in 11..=90 {
        assert!(stream.delete(StreamId::new(ms, 0)));
    }
    assert!(stream.weight() * 2 < full, "{} of {full}", stream.weight());
}
