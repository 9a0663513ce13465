//! Tests of eviction: each order beside an exact model of itself.

use std::collections::{BTreeSet, HashMap};

use super::*;
use crate::{Options, Touch};

const NOW: Millis = 1_700_000_000_000;

fn how(order: EvictionOrder, is_volatile: bool) -> Eviction {
    Eviction {
        order,
        is_volatile,
        samples: 5,
    }
}

fn key(n: usize) -> Vec<u8> {
    format!("key:{n:08}").into_bytes()
}

/// Numbers from 0 on, the lower the more often: a Zipf distribution with an exponent near 1.
struct Zipf(Vec<f64>);

impl Zipf {
    fn new(count: usize) -> Self {
        let mut sum = 0.0;
        let sums = (1..=count).map(|n| {
            sum += (n as f64).powf(-0.99);
            sum
        });
        Self(sums.collect())
    }

    fn draw(&self, rng: &mut Rng) -> usize {
        let unit = rng.u64() as f64 / u64::MAX as f64;
        let at = unit * self.0[self.0.len() - 1];
        self.0.partition_point(|&sum| sum < at)
    }
}

/// The share of reads that find their key in a cache of `room` keys, and in an exact LRU of as
/// many.
fn hit_ratios(trace: &mut dyn FnMut(usize) -> usize, room: usize, reads: usize) -> (f64, f64) {
    let mut keyspace = Keyspace::new(Options::default());
    let (mut hits, mut exact_hits) = (0, 0);
    let (mut order, mut used, mut bytes_of_room) = (BTreeSet::new(), HashMap::new(), None);
    for n in 0..reads {
        keyspace.freeze(NOW + n as Millis / 20);
        let wanted = trace(n);
        let name = key(wanted);
        match keyspace.db(0).read(&name, Touch::Yes) {
            Some(_) => hits += 1,
            None => {
                keyspace.db(0).set(&name, b"0123456789", None);
                if keyspace.db(0).len() >= room {
                    let target = *bytes_of_room.get_or_insert_with(|| keyspace.weight());
                    keyspace.evict(how(EvictionOrder::Access, false), target, 1000);
                }
            }
        }
        match used.insert(wanted, n) {
            Some(before) => {
                exact_hits += 1;
                order.remove(&(before, wanted));
            }
            None if order.len() >= room => {
                let (_, oldest) = order.pop_first().expect("it is full");
                used.remove(&oldest);
            }
            None => {}
        }
        order.insert((n, wanted));
    }
    (hits as f64 / reads as f64, exact_hits as f64 / reads as f64)
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn recency_is_within_two_points_of_an_exact_model() {
    let zipf = Zipf::new(40_000);
    let mut rng = Rng::new(5);
    let mut plain = |_| zipf.draw(&mut rng);
    let mut other = Rng::new(6);
    // Every eighth read scans keys that are never read again.
    let mut scanned = |n: usize| match n % 8 {
        0 => 1_000_000 + n,
        _ => zipf.draw(&mut other),
    };
    let mut third = Rng::new(7);
    let mut shifting = |n: usize| zipf.draw(&mut third) + n / 40_000 * 20_000;
    let traces: [&mut dyn FnMut(usize) -> usize; 3] = [&mut plain, &mut scanned, &mut shifting];
    for trace in traces {
        let (ratio, exact) = hit_ratios(trace, 4000, 200_000);
        assert!((ratio - exact).abs() < 0.02, "{ratio} {exact}");
    }
}

#[test]
fn the_stalest_of_a_few_keys_goes_first() {
    let mut keyspace = Keyspace::new(Options::default());
    for n in 0..40 {
        keyspace.freeze(NOW + n as Millis * 20);
        keyspace.db(n % 3).set(&key(n), b"v", None);
    }
    keyspace.freeze(NOW + 1000);
    keyspace.db(0).read(&key(0), Touch::Yes);
    for gone in 1..10 {
        let target = keyspace.live_weight() - 1;
        assert_eq!(
            keyspace
                .evict(how(EvictionOrder::Access, false), target, 100)
                .0,
            1
        );
        assert!(!keyspace.db(gone % 3).contains(&key(gone)));
    }
    assert!(keyspace.db(0).contains(&key(0)));
}

#[test]
fn deadlines_go_in_order_over_all_databases_and_other_keys_stay() {
    let count = if cfg!(miri) { 60 } else { 2000 };
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.freeze(NOW);
    let mut rng = Rng::new(8);
    let mut due = Vec::new();
    for n in 0..count {
        let at = NOW + 1000 + rng.below(1 << 36) as Millis;
        keyspace.db(n % 2).set(&key(n), b"v", Some(at));
        keyspace.db(2).set(&key(n), b"v", None);
        due.push((at, n));
    }
    due.sort_unstable();
    keyspace.record_events(true);
    let mut gone = 0;
    while keyspace.has_victims(true) {
        let target = keyspace.weight().saturating_sub(1);
        gone += keyspace
            .evict(how(EvictionOrder::Deadline, true), target, 50)
            .0;
    }
    let events = keyspace.take_events();
    let names: Vec<_> = events.iter().map(|event| event.key.to_vec()).collect();
    let expected: Vec<_> = due.iter().map(|&(_, n)| key(n)).collect();
    assert_eq!((gone, names), (count, expected));
    assert_eq!(keyspace.db(2).len(), count);
    assert_eq!(keyspace.stats().evicted, count as u64);
}

#[test]
fn only_keys_with_a_deadline_go_when_asked_so() {
    let count = if cfg!(miri) { 100 } else { 3000 };
    for order in [EvictionOrder::Access, EvictionOrder::Random] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.freeze(NOW);
        for n in 0..count {
            let deadline = (n % 20 == 0).then_some(NOW + 1_000_000 + n as Millis);
            keyspace.db(0).set(&key(n), b"value", deadline);
        }
        while keyspace.has_victims(true) {
            keyspace.evict(how(order, true), 0, 100);
        }
        assert_eq!(keyspace.db(0).len(), count - count / 20);
        assert_eq!(keyspace.evict(how(order, true), 0, 100).0, 0);
    }
}

#[test]
fn keys_go_while_a_snapshot_keeps_them() {
    for order in [EvictionOrder::Access, EvictionOrder::Deadline] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.freeze(NOW);
        for n in 0..300 {
            let deadline = Some(NOW + 1_000_000 + n as Millis);
            keyspace.db(0).set(&key(n), b"value", deadline);
        }
        let snapshot = keyspace.snapshot();
        for n in 0..300 {
            let deadline = Some(NOW + 2_000_000 - n as Millis);
            keyspace.db(0).set(&key(n), b"other", deadline);
        }
        let mut rounds = 0;
        while keyspace.has_victims(true) {
            keyspace.evict(how(order, true), 0, 1000);
            rounds += 1;
            assert!(rounds < 1000);
        }
        let mut walk = snapshot.into_walk();
        let mut kept = 0;
        while walk.next().is_some() {
            kept += 1;
        }
        assert_eq!(kept, 300);
    }
}

#[test]
fn writes_alone_keep_keys_from_eviction_under_lrm() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_access_policy(AccessPolicy::Lrm);
    keyspace.freeze(NOW);
    for name in [&b"read"[..], b"written", b"list"] {
        keyspace.db(0).set(name, b"1", None);
    }
    keyspace.freeze(NOW + 5000);
    keyspace.db(0).read(b"read", Touch::Yes);
    keyspace.db(0).set(b"written", b"2", None);
    keyspace.freeze(NOW + 6000);
    keyspace.db(0).set(b"list", b"3", None);
    let target = keyspace.live_weight() - 1;
    keyspace.evict(how(EvictionOrder::Access, false), target, 10);
    assert!(!keyspace.db(0).contains(b"read"));
    let target = keyspace.live_weight() - 1;
    keyspace.evict(how(EvictionOrder::Access, false), target, 10);
    assert!(!keyspace.db(0).contains(b"written"));
}

#[test]
fn what_only_a_snapshot_sees_does_not_count() {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.freeze(NOW);
    for n in 0..2000 {
        keyspace.db(0).set(&key(n), &[b'x'; 100], None);
    }
    let before = keyspace.live_weight();
    let snapshot = keyspace.snapshot();
    let (gone, _) = keyspace.evict(how(EvictionOrder::Access, false), before - 20_000, 10_000);
    // Without the snapshot as many keys would do: 20 kB of some 130 B each.
    assert!((100..250).contains(&gone), "{gone}");
    assert!(keyspace.live_weight() <= before - 20_000);
    assert!(keyspace.weight() > before - 20_000);
    drop(snapshot);
    while keyspace.housekeep(1000) {}
    assert_eq!(keyspace.limbo_weight(), 0);
    assert_eq!(keyspace.weight(), keyspace.live_weight());
    let value = vec![b'y'; 100_000];
    keyspace.db(0).set(b"large", &value, None);
    keyspace.db(0).remove(b"large");
    let leaving = keyspace.leaving_weight();
    assert!(leaving >= 100_000, "{leaving}");
    let garbage = keyspace.take_garbage().expect("a large value");
    assert_eq!(keyspace.leaving_weight(), leaving);
    drop(garbage);
    assert_eq!(keyspace.leaving_weight(), 0);
    keyspace.flush_all();
    assert!(keyspace.leaving_weight() > 100_000);
    drop(keyspace.take_garbage());
    assert_eq!(keyspace.leaving_weight(), 0);
}
