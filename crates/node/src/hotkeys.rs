//! Hot keys: which keys take most processor time and most bytes, while somebody asks for it.
//!
//! ```text
//!  absent ── start ──► active ── stop, or its time is over ──► stopped ── reset ──► absent
//!                        ▲                                        │
//!                        └──────────────── start ─────────────────┘
//! ```
//! The heaviest keys are found by a space-saving sketch: a key that is new takes the place of the
//! lightest one, and its weight. So no key that is heavy is missed, and light ones seem heavier.
//!
//! Always true: no more keys are kept than eight times those that are asked for, and none of them
//! is long.
//! Not here: who measures — `notice.rs`; the command — `control/hotkeys.rs`.

use std::collections::BTreeMap;

use russet_base::time::Now;

/// How many keys a sketch keeps for each that is shown.
const KEPT_PER_SHOWN: usize = 8;

/// How much of a key is kept.
const KEY_LEN_MAX: usize = 4 << 10;

/// The heaviest keys, approximately.
#[derive(Debug, Default)]
struct Sketch {
    weights: BTreeMap<Box<[u8]>, u64>,
}

impl Sketch {
    fn add(&mut self, key: &[u8], weight: u64, len_max: usize) {
        let key = &key[..key.len().min(KEY_LEN_MAX)];
        if let Some(known) = self.weights.get_mut(key) {
            *known = known.saturating_add(weight);
            return;
        }
        let mut inherited = 0;
        if self.weights.len() >= len_max {
            let lightest = self.weights.iter().min_by_key(|(_, weight)| **weight);
            if let Some((lightest, weight)) = lightest.map(|(key, weight)| (key.clone(), *weight)) {
                self.weights.remove(&lightest);
                inherited = weight;
            }
        }
        let weight = weight.saturating_add(inherited);
        self.weights.insert(key.into(), weight);
    }

    /// The heaviest keys, the heaviest first.
    fn top(&self, count: usize) -> Vec<(&[u8], u64)> {
        let weights = self.weights.iter();
        let mut all: Vec<(&[u8], u64)> = weights.map(|(key, weight)| (&**key, *weight)).collect();
        all.sort_by_key(|(_, weight)| std::cmp::Reverse(*weight));
        all.truncate(count);
        all
    }
}

/// The wishes of whoever starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Whether keys are ranked by processor time.
    pub by_cpu: bool,
    /// Whether keys are ranked by bytes.
    pub by_net: bool,
    /// How many keys are shown.
    pub count: usize,
    /// One command out of this number is looked at.
    pub ratio: u64,
    /// For how long, in milliseconds; `None`: until it is stopped.
    pub duration_ms: Option<u64>,
}

/// The cost of a command.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    /// Nanoseconds.
    pub took_ns: u64,
    /// Bytes of request and reply.
    pub bytes: u64,
}

/// A search for hot keys, with its findings.
#[derive(Debug)]
pub(crate) struct Tracking {
    /// The wishes.
    pub plan: Plan,
    /// When it began.
    pub began: Now,
    /// How long it took, in milliseconds, once it is over.
    ended_after_ms: Option<u64>,
    /// Processor time of the process when it began: in the program and in the kernel, in
    /// microseconds.
    pub cpu_us_before: (u64, u64),
    by_cpu: Sketch,
    by_net: Sketch,
    /// Nanoseconds of all commands.
    pub took_ns: u64,
    /// Bytes of all commands.
    pub bytes: u64,
}

impl Tracking {
    /// Begins now.
    pub(crate) fn start(plan: Plan, began: Now, cpu_us_before: (u64, u64)) -> Self {
        Self {
            plan,
            began,
            ended_after_ms: None,
            cpu_us_before,
            by_cpu: Sketch::default(),
            by_net: Sketch::default(),
            took_ns: 0,
            bytes: 0,
        }
    }

    /// Whether commands are looked at.
    pub(crate) fn is_active(&self, now: Now) -> bool {
        let limit_ms = self.plan.duration_ms.unwrap_or(u64::MAX);
        self.ended_after_ms.is_none() && self.age_ms(now) < limit_ms
    }

    /// How long commands were looked at, in milliseconds.
    pub(crate) fn took_ms(&self, now: Now) -> u64 {
        let limit_ms = self.plan.duration_ms.unwrap_or(u64::MAX);
        self.ended_after_ms
            .unwrap_or(self.age_ms(now))
            .min(limit_ms)
    }

    fn age_ms(&self, now: Now) -> u64 {
        now.mono_ms().saturating_sub(self.began.mono_ms())
    }

    /// Ends.
    pub(crate) fn stop(&mut self, now: Now) {
        self.ended_after_ms = Some(self.took_ms(now));
    }

    /// A command has run that cost this.
    pub(crate) fn count(&mut self, cost: Cost) {
        self.took_ns = self.took_ns.saturating_add(cost.took_ns);
        self.bytes = self.bytes.saturating_add(cost.bytes);
    }

    /// A command has used a key, and this is its share of the cost.
    pub(crate) fn use_key(&mut self, key: &[u8], share: Cost) {
        let len_max = self.plan.count * KEPT_PER_SHOWN;
        if self.plan.by_cpu {
            self.by_cpu.add(key, share.took_ns, len_max);
        }
        if self.plan.by_net {
            self.by_net.add(key, share.bytes, len_max);
        }
    }

    /// The keys that took most time, with microseconds.
    pub(crate) fn by_cpu(&self) -> Vec<(&[u8], u64)> {
        let mut top = self.by_cpu.top(self.plan.count);
        top.iter_mut().for_each(|(_, weight)| *weight /= 1000);
        top.retain(|(_, weight)| *weight > 0);
        top
    }

    /// The keys that took most bytes, with their number.
    pub(crate) fn by_net(&self) -> Vec<(&[u8], u64)> {
        self.by_net.top(self.plan.count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heavy_keys_are_found_among_many_light_ones_in_bounded_memory() {
        let plan = Plan {
            by_cpu: true,
            by_net: true,
            count: 2,
            ratio: 1,
            duration_ms: Some(10),
        };
        let began = Now::from_ms(1000);
        let mut tracking = Tracking::start(plan, began, (0, 0));
        for n in 0..10_000_u64 {
            let light = Cost {
                took_ns: 1,
                bytes: 1,
            };
            tracking.use_key(format!("light-{n}").as_bytes(), light);
            let heavy = Cost {
                took_ns: 1000,
                bytes: 10,
            };
            tracking.use_key(if n % 3 == 0 { b"a" } else { b"b" }, heavy);
        }
        tracking.use_key(
            &[b'x'; 10_000],
            Cost {
                took_ns: 0,
                bytes: 0,
            },
        );
        assert_eq!(tracking.by_cpu.weights.len(), 16);
        assert!(
            tracking
                .by_cpu
                .weights
                .keys()
                .all(|key| key.len() <= KEY_LEN_MAX)
        );
        for top in [tracking.by_cpu(), tracking.by_net()] {
            let keys: Vec<&[u8]> = top.iter().map(|(key, _)| *key).collect();
            assert_eq!(keys, [b"b", b"a"]);
        }
        assert!(tracking.is_active(Now::from_ms(1009)));
        assert!(!tracking.is_active(Now::from_ms(1010)));
        assert_eq!(tracking.took_ms(Now::from_ms(5000)), 10);
    }
}
