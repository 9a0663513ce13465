//! Tests of eviction: each order beside an exact model of itself.

use std::collections::HashMap;

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

/// A cache that holds up to `room` keys, and evicts exactly the one whose turn it is.
struct Exact {
    policy: AccessPolicy,
    order: EvictionOrder,
    room: usize,
    /// The keys, and the clock of each.
    keys: Vec<(usize, u32)>,
    places: HashMap<usize, usize>,
    rng: Rng,
}

impl Exact {
    fn new(policy: AccessPolicy, order: EvictionOrder, room: usize) -> Self {
        Self {
            policy,
            order,
            room,
            keys: Vec::new(),
            places: HashMap::new(),
            rng: Rng::new(77),
        }
    }

    /// Reads a key, or writes it when it is not there or `writes`; says whether it was there.
    fn access(&mut self, wanted: usize, writes: bool, now: Millis) -> bool {
        if let Some(&place) = self.places.get(&wanted) {
            let word = &mut self.keys[place].1;
            *word = match (self.policy, writes) {
                (AccessPolicy::Lrm, true) => self.policy.fresh(now),
                _ => self.policy.touched(*word, now, &mut self.rng),
            };
            return true;
        }
        if self.keys.len() == self.room {
            let place = match self.order {
                EvictionOrder::Random => self.rng.index(self.room),
                _ => (0..self.room)
                    .max_by_key(|&place| self.policy.staleness(self.keys[place].1, now))
                    .expect("it is full"),
            };
            let (gone, _) = self.keys.swap_remove(place);
            self.places.remove(&gone);
            if let Some(&(moved, _)) = self.keys.get(place) {
                self.places.insert(moved, place);
            }
        }
        self.places.insert(wanted, self.keys.len());
        self.keys.push((wanted, self.policy.fresh(now)));
        false
    }
}

/// The share of accesses that find their key in a key space of `room` keys, and in an exact cache
/// of as many. One in ten writes; there are a hundred a second.
fn hit_ratios(
    (policy, order): (AccessPolicy, EvictionOrder),
    trace: &mut dyn FnMut(usize) -> usize,
    room: usize,
    accesses: usize,
) -> (f64, f64) {
    let mut keyspace = Keyspace::new(Options::default());
    keyspace.set_access_policy(policy);
    let mut exact = Exact::new(policy, order, room);
    let (mut hits, mut exact_hits, mut bytes_of_room) = (0, 0, None);
    for n in 0..accesses {
        let (now, wanted, writes) = (NOW + n as Millis * 10, trace(n), n % 10 == 3);
        keyspace.freeze(now);
        let name = key(wanted);
        let is_there = match writes {
            true => keyspace.db(0).contains(&name),
            false => keyspace.db(0).read(&name, Touch::Yes).is_some(),
        };
        hits += usize::from(is_there);
        if writes || !is_there {
            keyspace.db(0).set(&name, b"0123456789", None);
        }
        if keyspace.db(0).len() > room {
            let target = *bytes_of_room.get_or_insert_with(|| keyspace.weight() - 1);
            keyspace.evict(how(order, false), target, 1000);
        }
        exact_hits += usize::from(exact.access(wanted, writes, now));
    }
    let share = |hits: usize| hits as f64 / accesses as f64;
    (share(hits), share(exact_hits))
}

#[test]
#[cfg_attr(miri, ignore = "too slow")]
fn every_policy_is_within_two_points_of_an_exact_model() {
    let lfu = AccessPolicy::Lfu {
        log_factor: 10,
        decay_minutes: 1,
    };
    let ways = [
        (AccessPolicy::Lru, EvictionOrder::Access),
        (AccessPolicy::Lrm, EvictionOrder::Access),
        (lfu, EvictionOrder::Access),
        (AccessPolicy::Lru, EvictionOrder::Random),
    ];
    let zipf = Zipf::new(10_000);
    for way in ways {
        let mut rng = Rng::new(5);
        let mut plain = |_| zipf.draw(&mut rng);
        let mut other = Rng::new(6);
        // Every eighth access is to a key that never comes again.
        let mut scanned = |n: usize| match n % 8 {
            0 => 1_000_000 + n,
            _ => zipf.draw(&mut other),
        };
        let mut third = Rng::new(7);
        let mut shifting = |n: usize| zipf.draw(&mut third) + n / 20_000 * 5_000;
        let traces: [&mut dyn FnMut(usize) -> usize; 3] = [&mut plain, &mut scanned, &mut shifting];
        for trace in traces {
            let (ratio, exact) = hit_ratios(way, trace, 1000, 60_000);
            assert!((ratio - exact).abs() < 0.02, "{way:?}: {ratio} {exact}");
        }
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

/// Looks at places until all keys with a deadline have gone.
fn looks_until_gone(keyspace: &mut Keyspace, order: EvictionOrder) -> usize {
    let mut looks = 0;
    while keyspace.has_victims(true) {
        keyspace.evict(how(order, true), 0, 1);
        looks += 1;
        assert!(looks < 1_000_000, "{order:?}");
    }
    looks
}

#[test]
fn deadlines_without_a_record_are_found_behind_records_without_a_deadline() {
    let count = if cfg!(miri) { 200 } else { 5000 };
    for order in [
        EvictionOrder::Access,
        EvictionOrder::Random,
        EvictionOrder::Deadline,
    ] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.freeze(NOW);
        for n in 0..count {
            // The records of these lead nowhere.
            keyspace.db(0).set(&key(n), b"v", Some(NOW + 1_000_000));
            keyspace.db(0).set(&key(n), b"v", None);
        }
        for n in 0..70 {
            let at = NOW + (1 << 50) + n as Millis;
            keyspace.db(0).set(&key(count + n), b"v", Some(at));
        }
        let looks = looks_until_gone(&mut keyspace, order);
        assert!(looks <= 70 * count, "{order:?}: {looks}");
        assert_eq!(keyspace.db(0).len(), count);
    }
}

#[test]
fn a_few_keys_with_a_deadline_among_many_without_are_no_work() {
    let count = if cfg!(miri) { 2000 } else { 100_000 };
    for order in [EvictionOrder::Access, EvictionOrder::Random] {
        let mut keyspace = Keyspace::new(Options::default());
        keyspace.freeze(NOW);
        for n in 0..count {
            let deadline = (n % (count / 20) == 0).then_some(NOW + 1_000_000);
            keyspace.db(0).set(&key(n), b"v", deadline);
        }
        // A look is bounded, and a few of them suffice for each.
        let looks = looks_until_gone(&mut keyspace, order);
        assert!(looks < 20 * 200, "{order:?}: {looks}");
    }
}
