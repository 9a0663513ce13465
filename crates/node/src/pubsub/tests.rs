use std::collections::BTreeSet;

use proptest::prelude::*;

use super::{Rng as Chance, *};

fn conn(index: u32) -> ConnId {
    ConnId {
        index,
        generation: 1,
    }
}

fn kind(index: u8) -> Kind {
    Kind::ALL[usize::from(index % 3)]
}

#[derive(Debug, Clone)]
enum Step {
    Subscribe(u8, u32, u8),
    Unsubscribe(u8, u32, u8),
    Forget(u32),
    Speak(u32, bool),
}

fn step() -> impl Strategy<Value = Step> {
    let (kinds, conns, names) = (0..3_u8, 0..5_u32, 0..6_u8);
    prop_oneof![
        4 => (kinds.clone(), conns.clone(), names.clone())
            .prop_map(|(kind, conn, name)| Step::Subscribe(kind, conn, name)),
        3 => (kinds, conns.clone(), names)
            .prop_map(|(kind, conn, name)| Step::Unsubscribe(kind, conn, name)),
        1 => conns.clone().prop_map(Step::Forget),
        1 => (conns, any::<bool>()).prop_map(|(conn, is_new)| Step::Speak(conn, is_new)),
    ]
}

proptest! {
    #[test]
    fn subscriptions_are_those_of_a_plain_set(steps in prop::collection::vec(step(), 0..80)) {
        let mut pubsub = Pubsub::new(&mut Chance::new(1));
        let mut model: BTreeSet<(u8, u32, u8)> = BTreeSet::new();
        let mut speaks = [Protocol::Resp2; 5];
        for step in steps {
            match step {
                Step::Subscribe(of, index, name) => {
                    let receiver = Receiver { conn: conn(index), protocol: speaks[index as usize] };
                    let is_new = pubsub.subscribe(kind(of), receiver, &[b'a', name]);
                    prop_assert_eq!(is_new, model.insert((of, index, name)));
                }
                Step::Unsubscribe(of, index, name) => {
                    let was_there = pubsub.unsubscribe(kind(of), conn(index), &[b'a', name]);
                    prop_assert_eq!(was_there, model.remove(&(of, index, name)));
                }
                Step::Forget(index) => {
                    pubsub.forget(conn(index));
                    model.retain(|(_, other, _)| *other != index);
                }
                Step::Speak(index, is_new) => {
                    let protocol = if is_new { Protocol::Resp3 } else { Protocol::Resp2 };
                    speaks[index as usize] = protocol;
                    pubsub.set_protocol(conn(index), protocol);
                }
            }
            for of in 0..3 {
                for name in 0..6 {
                    let receivers = pubsub.receivers(kind(of), &[b'a', name]);
                    let mut found: Vec<u32> =
                        receivers.iter().map(|receiver| receiver.conn.index).collect();
                    found.sort_unstable();
                    let of_topic = model.range((of, 0, 0)..(of + 1, 0, 0));
                    let expected: Vec<u32> = of_topic
                        .filter(|(_, _, other)| *other == name)
                        .map(|(_, index, _)| *index)
                        .collect();
                    prop_assert_eq!(found, expected);
                    let is_right = |receiver: &Receiver| {
                        receiver.protocol == speaks[receiver.conn.index as usize]
                    };
                    prop_assert!(receivers.iter().all(is_right));
                }
                let topics: BTreeSet<u8> =
                    model.range((of, 0, 0)..(of + 1, 0, 0)).map(|(_, _, name)| *name).collect();
                prop_assert_eq!(pubsub.count(kind(of)), topics.len());
            }
            let subscribers: BTreeSet<u32> = model.iter().map(|(_, index, _)| *index).collect();
            prop_assert_eq!(pubsub.subscribers(), subscribers.len());
        }
    }
}

#[test]
fn a_subscriber_costs_less_than_a_kibibyte() {
    let mut pubsub = Pubsub::new(&mut Chance::new(1));
    let receiver = Receiver {
        conn: conn(1),
        protocol: Protocol::Resp2,
    };
    pubsub.subscribe(Kind::Channel, receiver, b"news");
    assert!((1..1024).contains(&pubsub.memory_of(conn(1))));
    assert_eq!(pubsub.memory_of(conn(2)), 0);
    pubsub.forget(conn(1));
    assert!(pubsub.is_empty());
}
