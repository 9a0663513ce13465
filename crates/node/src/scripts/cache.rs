//! The scripts that EVAL and SCRIPT LOAD have compiled, by the SHA-1 of their texts.
//!
//! ```text
//!  EVAL text ──► hash of the text ──► slot ──► script        no SHA-1 for a text that is known
//!  EVALSHA ────► SHA-1 ─────────────► slot
//!  uses        (tick, slot) (tick, slot) …        the oldest use that is still the last one goes
//! ```
//! Always true: of scripts that only EVAL brought no more than [`EVAL_MAX`] are kept, and the one
//! that was used longest ago goes first; scripts of SCRIPT LOAD stay until SCRIPT FLUSH.
//! Not here: running them — `run.rs`

use std::collections::VecDeque;

use ahash::RandomState;
use hashbrown::HashMap;
use russet_script::Script;

/// The most scripts that are kept only because EVAL ran them, as in Redis 7.4.
const EVAL_MAX: usize = 500;

/// The SHA-1 of a text, in hexadecimal digits.
pub(crate) type Sha = [u8; 40];

/// The scripts.
#[derive(Debug)]
pub(crate) struct Cache {
    slots: Vec<Option<Cached>>,
    free: Vec<usize>,
    by_sha: HashMap<Sha, usize, RandomState>,
    /// By the hash of the text.
    by_text: HashMap<u64, usize, RandomState>,
    hasher: RandomState,
    /// The uses of scripts that may go, oldest first. Only the last use of a script counts.
    uses: VecDeque<(u64, usize)>,
    tick: u64,
    /// How many scripts may go.
    passing: usize,
    /// The bytes of all texts and compiled scripts.
    memory: usize,
    /// How many scripts had to go.
    pub evicted: u64,
}

#[derive(Debug)]
struct Cached {
    script: Script,
    text: Box<[u8]>,
    hash: u64,
    /// The tick of its last use; `None` for one that stays.
    used: Option<u64>,
}

impl Cached {
    fn memory(&self) -> usize {
        self.text.len() + self.script.size() + size_of::<Self>()
    }
}

/// Whether a script may go when others come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stay {
    /// It may: EVAL brought it.
    Passing,
    /// It may not: SCRIPT LOAD brought it.
    Kept,
}

impl Cache {
    /// No scripts.
    pub(super) fn new(hasher: RandomState) -> Self {
        Self {
            slots: Vec::new(),
            free: Vec::new(),
            by_sha: HashMap::with_hasher(hasher.clone()),
            by_text: HashMap::with_hasher(hasher.clone()),
            hasher,
            uses: VecDeque::new(),
            tick: 0,
            passing: 0,
            memory: 0,
            evicted: 0,
        }
    }

    /// The number of scripts.
    pub(crate) fn len(&self) -> usize {
        self.by_sha.len()
    }

    /// The bytes of their texts and of what they were compiled to.
    pub(crate) fn memory(&self) -> usize {
        self.memory
    }

    /// Finds a script by its text, and notes its use.
    pub(crate) fn use_text(&mut self, text: &[u8]) -> Option<&Script> {
        let hash = self.hasher.hash_one(text);
        let slot = *self.by_text.get(&hash)?;
        if *self.slots[slot].as_ref()?.text != *text {
            return None;
        }
        self.touch(slot)
    }

    /// Finds a script by its SHA-1, in digits of either case, and notes its use.
    pub(crate) fn use_sha(&mut self, sha: &[u8]) -> Option<&Script> {
        let slot = self.slot_of(sha)?;
        self.touch(slot)
    }

    /// Finds a script by its SHA-1.
    pub(crate) fn peek(&self, sha: &[u8]) -> Option<&Script> {
        let cached = self.slots[self.slot_of(sha)?].as_ref()?;
        Some(&cached.script)
    }

    /// The text of a script.
    pub(crate) fn text_of(&self, sha: &[u8]) -> Option<&[u8]> {
        let cached = self.slots[self.slot_of(sha)?].as_ref()?;
        Some(&cached.text)
    }

    /// Lets a script stay that may have been going to go; false if it is not there.
    pub(crate) fn keep(&mut self, sha: &Sha) -> bool {
        let Some(cached) = self.slot_of(sha).and_then(|slot| self.slots[slot].as_mut()) else {
            return false;
        };
        if cached.used.take().is_some() {
            self.passing -= 1;
        }
        true
    }

    /// Adds a script; one that has to go for it goes.
    pub(crate) fn insert(&mut self, script: Script, text: &[u8], stay: Stay) -> &Script {
        if stay == Stay::Passing && self.passing >= EVAL_MAX {
            self.evict();
        }
        let sha = *script.sha();
        let hash = self.hasher.hash_one(text);
        let cached = Cached {
            script,
            text: text.into(),
            hash,
            used: None,
        };
        self.memory += cached.memory();
        let slot = self.free.pop().unwrap_or(self.slots.len());
        if slot == self.slots.len() {
            self.slots.push(None);
        }
        let cached = self.slots[slot].insert(cached);
        if stay == Stay::Passing {
            self.tick += 1;
            cached.used = Some(self.tick);
            self.uses.push_back((self.tick, slot));
            self.passing += 1;
        }
        self.by_sha.insert(sha, slot);
        self.by_text.insert(hash, slot);
        &cached.script
    }

    /// Removes all.
    pub(crate) fn flush(&mut self) {
        *self = Self {
            evicted: self.evicted,
            ..Self::new(self.hasher.clone())
        };
    }

    fn slot_of(&self, sha: &[u8]) -> Option<usize> {
        let mut digits: Sha = sha.try_into().ok()?;
        digits.make_ascii_lowercase();
        self.by_sha.get(&digits).copied()
    }

    fn touch(&mut self, slot: usize) -> Option<&Script> {
        let cached = self.slots[slot].as_mut()?;
        if let Some(used) = &mut cached.used
            && *used != self.tick
        {
            self.tick += 1;
            *used = self.tick;
            self.uses.push_back((self.tick, slot));
            if self.uses.len() > USES_MAX {
                self.forget_old_uses();
            }
        }
        self.slots[slot].as_ref().map(|cached| &cached.script)
    }

    /// Whether a use is the last one of its script.
    fn is_last(slots: &[Option<Cached>], (tick, slot): (u64, usize)) -> bool {
        let cached = slots[slot].as_ref();
        cached.is_some_and(|cached| cached.used == Some(tick))
    }

    fn forget_old_uses(&mut self) {
        let slots = &self.slots;
        self.uses.retain(|of| Self::is_last(slots, *of));
    }

    /// Removes the script that was used longest ago, of those that may go.
    fn evict(&mut self) {
        while let Some(of) = self.uses.pop_front() {
            if !Self::is_last(&self.slots, of) {
                continue;
            }
            let Some(cached) = self.slots[of.1].take() else {
                continue;
            };
            self.memory -= cached.memory();
            self.by_sha.remove(cached.script.sha());
            if self.by_text.get(&cached.hash) == Some(&of.1) {
                self.by_text.remove(&cached.hash);
            }
            self.free.push(of.1);
            self.passing -= 1;
            self.evicted += 1;
            return;
        }
    }
}

/// How many uses are noted before those that count no more are forgotten.
const USES_MAX: usize = 8 * EVAL_MAX;

#[cfg(test)]
mod tests {
    use russet_script::{Config, Engine, script_sha};

    use super::*;

    fn fill(cache: &mut Cache, engine: &mut Engine, range: std::ops::Range<usize>, stay: Stay) {
        for number in range {
            let text = format!("return {number}");
            let script = engine.load(text.as_bytes()).expect("it is valid");
            cache.insert(script, text.as_bytes(), stay);
        }
    }

    fn has(cache: &Cache, number: usize) -> bool {
        let text = format!("return {number}");
        cache.peek(&script_sha(text.as_bytes())).is_some()
    }

    #[test]
    fn the_script_of_eval_that_was_used_longest_ago_goes_first() {
        let mut engine = Engine::new(&Config::default());
        let mut cache = Cache::new(RandomState::with_seeds(1, 2, 3, 4));
        fill(&mut cache, &mut engine, 0..EVAL_MAX, Stay::Passing);
        assert_eq!((cache.len(), cache.evicted), (EVAL_MAX, 0));
        assert!(cache.use_text(b"return 0").is_some());
        fill(&mut cache, &mut engine, 1000..1001, Stay::Passing);
        assert!(has(&cache, 0) && !has(&cache, 1) && has(&cache, 2));
        assert_eq!((cache.len(), cache.evicted), (EVAL_MAX, 1));
    }

    #[test]
    fn scripts_that_were_loaded_stay() {
        let mut engine = Engine::new(&Config::default());
        let mut cache = Cache::new(RandomState::with_seeds(1, 2, 3, 4));
        fill(&mut cache, &mut engine, 0..3, Stay::Kept);
        fill(&mut cache, &mut engine, 3..5, Stay::Passing);
        assert!(cache.keep(&script_sha(b"return 3")));
        fill(&mut cache, &mut engine, 10..10 + EVAL_MAX, Stay::Passing);
        assert!((0..4).all(|number| has(&cache, number)) && !has(&cache, 4));
        assert_eq!(cache.len(), EVAL_MAX + 4);
        cache.flush();
        assert_eq!((cache.len(), cache.memory(), cache.evicted), (0, 0, 1));
    }

    #[test]
    fn uses_are_noted_in_bounded_memory() {
        let mut engine = Engine::new(&Config::default());
        let mut cache = Cache::new(RandomState::with_seeds(1, 2, 3, 4));
        fill(&mut cache, &mut engine, 0..2, Stay::Passing);
        for _ in 0..USES_MAX {
            assert!(cache.use_text(b"return 0").is_some());
            let sha = script_sha(b"return 1");
            assert!(cache.use_sha(&sha.to_ascii_uppercase()).is_some());
        }
        assert!(cache.uses.len() <= USES_MAX);
    }
}
