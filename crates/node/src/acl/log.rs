//! The log of refusals, as ACL LOG shows it: the last ones first, those that are alike as one.
//!
//! Always true: no more entries than the setting `acllog-max-len` says, and none of them long,
//! whatever clients name their keys.
//! Not here: who is refused — `permission.rs`; the counters of INFO — `stats.rs`.

use std::collections::VecDeque;

use super::permission::Reason;

/// Within this time of each other, refusals that are alike share an entry.
const ALIKE_MS: u64 = 60_000;

/// How many entries are compared with a new one.
const COMPARED: usize = 10;

/// How much of a key, a channel or a name an entry keeps.
const TEXT_LEN_MAX: usize = 4 << 10;

/// Where a request came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Context {
    /// A client's request.
    TopLevel,
    /// Between MULTI and EXEC, or run by EXEC.
    Multi,
    /// A script.
    Script,
}

/// A refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// Why.
    pub reason: Reason,
    /// Where the request came from.
    pub context: Context,
    /// The command, key, channel or database.
    pub object: Box<[u8]>,
    /// The user, or who said to be it.
    pub user: Box<[u8]>,
}

/// An entry.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    /// Its number, never used twice.
    pub id: u64,
    /// How often it happened.
    pub count: u64,
    /// The refusal.
    pub refusal: Refusal,
    /// The client to which it happened last.
    pub client: String,
    /// When it happened first, in milliseconds.
    pub created_ms: i64,
    /// When it happened last, in milliseconds.
    pub updated_ms: i64,
}

/// The log.
#[derive(Debug, Default)]
pub(crate) struct AclLog {
    entries: VecDeque<Entry>,
    created: u64,
}

impl AclLog {
    /// Adds a refusal; of entries beyond `len_max` the oldest go.
    pub(crate) fn push(
        &mut self,
        mut refusal: Refusal,
        client: impl FnOnce() -> String,
        now_ms: i64,
        len_max: usize,
    ) {
        if len_max == 0 {
            return self.entries.clear();
        }
        for text in [&mut refusal.object, &mut refusal.user] {
            if text.len() > TEXT_LEN_MAX {
                *text = text[..TEXT_LEN_MAX].into();
            }
        }
        let is_alike = |entry: &Entry| {
            entry.refusal == refusal && entry.updated_ms.abs_diff(now_ms) <= ALIKE_MS
        };
        let at = self.entries.iter().take(COMPARED).position(is_alike);
        let entry = match at.and_then(|at| self.entries.remove(at)) {
            Some(entry) => Entry {
                count: entry.count + 1,
                client: client(),
                updated_ms: now_ms,
                ..entry
            },
            None => {
                self.created += 1;
                Entry {
                    id: self.created - 1,
                    count: 1,
                    refusal,
                    client: client(),
                    created_ms: now_ms,
                    updated_ms: now_ms,
                }
            }
        };
        self.entries.push_front(entry);
        self.entries.truncate(len_max);
    }

    /// The entries, the latest first.
    pub(crate) fn entries(&self) -> impl ExactSizeIterator<Item = &Entry> {
        self.entries.iter()
    }

    /// Forgets all entries.
    pub(crate) fn clear(&mut self) {
        self.entries.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(object: &str) -> Refusal {
        Refusal {
            reason: Reason::Key,
            context: Context::TopLevel,
            object: object.as_bytes().into(),
            user: b"alice".as_slice().into(),
        }
    }

    fn shown(log: &AclLog) -> Vec<(u64, String, u64)> {
        let shown = |entry: &Entry| {
            let object = String::from_utf8_lossy(&entry.refusal.object).into_owned();
            (entry.id, object, entry.count)
        };
        log.entries().map(shown).collect()
    }

    #[test]
    fn refusals_within_a_minute_share_an_entry_that_comes_first() {
        let mut log = AclLog::default();
        for (object, at_ms) in [("a", 0), ("b", 1), ("a", 60_000), ("b", 60_002)] {
            log.push(refusal(object), String::new, at_ms, 128);
        }
        let expected = [
            (2, "b".to_owned(), 1),
            (0, "a".to_owned(), 2),
            (1, "b".to_owned(), 1),
        ];
        assert_eq!(shown(&log), expected);
    }

    #[test]
    fn only_the_first_ten_entries_are_compared_and_the_oldest_go() {
        let mut log = AclLog::default();
        for number in 0..11 {
            log.push(refusal(&number.to_string()), String::new, 0, 12);
        }
        log.push(refusal("0"), String::new, 0, 12);
        log.push(refusal("0"), String::new, 0, 12);
        assert_eq!(log.entries().len(), 12);
        assert_eq!(shown(&log)[0], (11, "0".to_owned(), 2));
        log.push(refusal("x"), String::new, 0, 5);
        assert_eq!(log.entries().len(), 5);
        log.push(refusal("x"), String::new, 0, 0);
        assert_eq!(log.entries().len(), 0);
    }

    #[test]
    fn an_entry_keeps_the_beginning_of_a_long_key() {
        let mut log = AclLog::default();
        log.push(refusal(&"k".repeat(1 << 20)), String::new, 0, 128);
        log.push(refusal(&"k".repeat(1 << 20)), String::new, 0, 128);
        let entry = log.entries().next().expect("there is one");
        assert_eq!((entry.refusal.object.len(), entry.count), (TEXT_LEN_MAX, 2));
    }
}
