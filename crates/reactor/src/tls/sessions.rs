//! Sessions that a peer may resume: tickets, which the peer keeps, and a store for peers of TLS 1.2
//! that know no tickets.
//!
//! Always true: neither outlives the time that is set, nor the context that it was made with.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use rustls::crypto::ring::Ticketer;
use rustls::server::{ProducesTickets, StoresServerSessions};

/// Tickets that end after a time.
#[derive(Debug)]
pub(super) struct Tickets {
    sealer: Arc<dyn ProducesTickets>,
    start: Instant,
    lifetime_s: u32,
}

impl Tickets {
    pub(super) fn new(lifetime_s: u32) -> Result<Self, rustls::Error> {
        Ok(Self {
            sealer: Ticketer::new()?,
            start: Instant::now(),
            lifetime_s,
        })
    }
}

/// A ticket says, sealed, when it was made.
impl ProducesTickets for Tickets {
    fn enabled(&self) -> bool {
        true
    }

    fn lifetime(&self) -> u32 {
        self.lifetime_s
    }

    fn encrypt(&self, plain: &[u8]) -> Option<Vec<u8>> {
        let made = self.start.elapsed().as_secs().to_le_bytes();
        self.sealer.encrypt(&[&made, plain].concat())
    }

    fn decrypt(&self, cipher: &[u8]) -> Option<Vec<u8>> {
        let mut plain = self.sealer.decrypt(cipher)?;
        let made = u64::from_le_bytes(*plain.first_chunk()?);
        let age = self.start.elapsed().as_secs().saturating_sub(made);
        plain.drain(..size_of::<u64>());
        (age < self.lifetime_s.into()).then_some(plain)
    }
}

/// Sessions that we keep, a bounded number of them.
#[derive(Debug)]
pub(super) struct Sessions {
    max: usize,
    lifetime_s: u32,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    values: HashMap<Vec<u8>, (Instant, Vec<u8>)>,
    /// In the order in which they came; some are taken already.
    order: VecDeque<(Instant, Vec<u8>)>,
}

impl Sessions {
    /// A store for this many sessions; 0: no limit.
    pub(super) fn new(max: u32, lifetime_s: u32) -> Self {
        Self {
            max: if max == 0 { usize::MAX } else { max as usize },
            lifetime_s,
            kept: Mutex::default(),
        }
    }

    fn with<T>(&self, act: impl FnOnce(&mut Kept) -> T) -> T {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |since: Instant| since.elapsed().as_secs() >= self.lifetime_s.into();
        while kept.order.front().is_some_and(|(since, _)| is_over(*since)) {
            kept.forget_oldest();
        }
        act(&mut kept)
    }
}

impl Kept {
    fn forget_oldest(&mut self) {
        let Some((since, key)) = self.order.pop_front() else {
            return;
        };
        if self.values.get(&key).is_some_and(|(at, _)| *at == since) {
            self.values.remove(&key);
        }
    }
}

impl StoresServerSessions for Sessions {
    fn put(&self, key: Vec<u8>, value: Vec<u8>) -> bool {
        self.with(|kept| {
            while kept.order.len() >= self.max {
                kept.forget_oldest();
            }
            let now = Instant::now();
            kept.order.push_back((now, key.clone()));
            kept.values.insert(key, (now, value));
            true
        })
    }

    fn get(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.with(|kept| kept.values.get(key).map(|(_, value)| value.clone()))
    }

    fn take(&self, key: &[u8]) -> Option<Vec<u8>> {
        self.with(|kept| kept.values.remove(key).map(|(_, value)| value))
    }

    fn can_cache(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_session_makes_room_and_time_ends_all() {
        let sessions = Sessions::new(2, 100);
        for key in [b"a", b"b", b"c"] {
            assert!(sessions.put(key.to_vec(), key.to_vec()));
        }
        assert_eq!(sessions.get(b"a"), None);
        assert_eq!(sessions.take(b"b"), Some(b"b".to_vec()));
        assert_eq!(sessions.get(b"b"), None);
        assert_eq!(sessions.get(b"c"), Some(b"c".to_vec()));
        let brief = Sessions::new(0, 0);
        assert!(brief.put(b"a".to_vec(), b"a".to_vec()));
        assert_eq!(brief.get(b"a"), None);
    }

    #[test]
    fn a_ticket_opens_while_it_lasts_and_only_where_it_was_made() {
        let tickets = Tickets::new(100).unwrap();
        let ticket = tickets.encrypt(b"session").unwrap();
        assert_eq!(tickets.decrypt(&ticket).as_deref(), Some(&b"session"[..]));
        assert_eq!(Tickets::new(100).unwrap().decrypt(&ticket), None);
        let brief = Tickets::new(0).unwrap();
        assert_eq!(brief.decrypt(&brief.encrypt(b"session").unwrap()), None);
    }
}
