//! Connections that this server made to others: those in use, and those kept for the next time.
//!
//! ```text
//!          dial          opened            keep        idle for too long, hung up, surplus
//!  ──────────────► dialing ────► in use ────────► kept ─────────────────────────────────► closed
//!                                  ▲               │ find
//!                                  └───────────────┘
//! ```
//! | state | opened | use | keep | received | hung up | idle |
//! |---|---|---|---|---|---|---|
//! | dialing | → in use | – | – | – | – | – |
//! | in use | – | stays | → kept | for its owner | → closed, its owner is notified | stays |
//! | kept | – | → in use | stays | → closed: nobody asked | → closed | → closed |
//!
//! Always true: one connection at most is kept for a server; a closed one is never given out.
//! Not here: what is said on them — `migrate.rs`.

use std::collections::BTreeMap;

use russet_io::ConnId;

/// The most connections that are kept.
const LINK_COUNT_MAX: usize = 64;

/// The time after which a kept connection that nobody uses is closed, in microseconds.
const IDLE_US_MAX: u64 = 10_000_000;

/// A server: its host and its port.
pub(crate) type Target = (String, u16);

/// A connection that is open.
#[derive(Debug)]
struct Link {
    target: Target,
    /// The database that is selected there, if we know.
    db: Option<i64>,
    /// When it was used last, in monotonic microseconds.
    used_us: u64,
    is_in_use: bool,
    /// Room for what arrives.
    buffer: Vec<u8>,
}

/// All connections to other servers.
#[derive(Debug, Default)]
pub(crate) struct Links {
    links: BTreeMap<ConnId, Link>,
    /// Bytes that arrived, to be looked at in the turn.
    arrived: Vec<(ConnId, Vec<u8>)>,
    /// Connections that ended while they were in use, and whether all had left that was to be sent.
    lost: Vec<(ConnId, bool)>,
}

/// The size of the room for what arrives on a connection.
const ROOM_SIZE: usize = 16 << 10;

impl Links {
    /// A connection was made, and is in use.
    pub(crate) fn opened(&mut self, conn: ConnId, target: Target, now_us: u64) {
        let link = Link {
            target,
            db: None,
            used_us: now_us,
            is_in_use: true,
            buffer: Vec::new(),
        };
        self.links.insert(conn, link);
    }

    /// Takes the connection into use that is kept for a server, with the database selected there.
    pub(crate) fn reuse(&mut self, target: &Target) -> Option<(ConnId, Option<i64>)> {
        let mut kept = self.links.iter_mut();
        let (conn, link) = kept.find(|(_, link)| !link.is_in_use && link.target == *target)?;
        link.is_in_use = true;
        Some((*conn, link.db))
    }

    /// Keeps a connection for the next time; gives back those that must make room for it.
    #[must_use]
    pub(crate) fn keep(&mut self, conn: ConnId, db: Option<i64>, now_us: u64) -> Option<ConnId> {
        let link = self.links.get_mut(&conn)?;
        (link.db, link.used_us, link.is_in_use) = (db, now_us, false);
        link.buffer = Vec::new();
        let target = link.target.clone();
        let kept = || self.links.iter().filter(|(_, link)| !link.is_in_use);
        let twin = kept().find(|(other, link)| **other != conn && link.target == target);
        let oldest = || kept().filter(|(other, _)| **other != conn);
        let gone = match twin {
            Some((twin, _)) => Some(*twin),
            None if kept().count() > LINK_COUNT_MAX => oldest()
                .min_by_key(|(_, link)| link.used_us)
                .map(|(id, _)| *id),
            None => None,
        };
        if let Some(gone) = gone {
            self.links.remove(&gone);
        }
        gone
    }

    /// Forgets a connection.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        self.links.remove(&conn);
    }

    /// Forgets the kept connections that were not used for long, and gives them back.
    pub(crate) fn take_idle(&mut self, now_us: u64) -> Vec<ConnId> {
        let is_idle =
            |link: &Link| !link.is_in_use && now_us.saturating_sub(link.used_us) > IDLE_US_MAX;
        let idle = self.links.iter().filter(|(_, link)| is_idle(link));
        let idle: Vec<ConnId> = idle.map(|(conn, _)| *conn).collect();
        for conn in &idle {
            self.links.remove(conn);
        }
        idle
    }

    /// Room for what arrives.
    pub(crate) fn space(&mut self, conn: ConnId) -> &mut [u8] {
        let Some(link) = self.links.get_mut(&conn) else {
            return &mut [];
        };
        link.buffer.resize(ROOM_SIZE, 0);
        &mut link.buffer
    }

    /// Bytes arrived. On a kept connection nobody asked for them: it must be closed if this is
    /// true.
    #[must_use]
    pub(crate) fn received(&mut self, conn: ConnId, count: usize) -> bool {
        let Some(link) = self.links.get(&conn) else {
            return false;
        };
        if !link.is_in_use {
            self.links.remove(&conn);
            return true;
        }
        self.arrived.push((conn, link.buffer[..count].to_vec()));
        false
    }

    /// A connection ended; all that was to be sent had left, or not.
    pub(crate) fn hung_up(&mut self, conn: ConnId, is_sent: bool) {
        if self.links.remove(&conn).is_some_and(|link| link.is_in_use) {
            self.lost.push((conn, is_sent));
        }
    }

    /// Whether anything arrived, or was lost, since the last call.
    #[inline]
    pub(crate) fn has_news(&self) -> bool {
        !self.arrived.is_empty() || !self.lost.is_empty()
    }

    /// Takes the bytes that arrived since the last call.
    pub(crate) fn take_arrived(&mut self) -> Vec<(ConnId, Vec<u8>)> {
        std::mem::take(&mut self.arrived)
    }

    /// Takes the connections that ended in use since the last call.
    pub(crate) fn take_lost(&mut self) -> Vec<(ConnId, bool)> {
        std::mem::take(&mut self.lost)
    }

    /// The number of connections that are kept.
    pub(crate) fn len(&self) -> usize {
        self.links.values().filter(|link| !link.is_in_use).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conn(index: u32) -> ConnId {
        ConnId {
            index,
            generation: 1,
        }
    }

    fn target(port: u16) -> Target {
        ("h".to_owned(), port)
    }

    fn keep(links: &mut Links, port: u16, used_us: u64) -> Option<ConnId> {
        let conn = conn(u32::from(port));
        links.opened(conn, target(port), used_us);
        links.keep(conn, Some(3), used_us)
    }

    #[test]
    fn the_one_that_rested_longest_makes_room_and_others_go_when_they_rest_too_long() {
        let mut links = Links::default();
        for port in 0..64 {
            assert_eq!(keep(&mut links, port, 1_000 - u64::from(port)), None);
        }
        assert_eq!(keep(&mut links, 64, 2_000), Some(conn(63)));
        assert_eq!(links.len(), 64);
        let idle: Vec<u32> = links
            .take_idle(10_000_990)
            .iter()
            .map(|c| c.index)
            .collect();
        assert_eq!(idle, (11..63).collect::<Vec<_>>());
        assert_eq!(links.reuse(&target(64)), Some((conn(64), Some(3))));
        assert_eq!(links.reuse(&target(64)), None, "it is in use");
        assert!(links.take_idle(u64::MAX).len() == 11 && links.links.contains_key(&conn(64)));
    }

    #[test]
    fn a_second_connection_to_one_server_takes_the_place_of_the_first() {
        let mut links = Links::default();
        assert_eq!(keep(&mut links, 1, 0), None);
        links.opened(conn(9), target(1), 5);
        assert_eq!(links.keep(conn(9), None, 5), Some(conn(1)));
        assert_eq!(links.reuse(&target(1)), Some((conn(9), None)));
    }

    #[test]
    fn only_what_is_in_use_has_an_owner_who_is_told() {
        let mut links = Links::default();
        links.opened(conn(1), target(1), 0);
        links.space(conn(1))[..2].copy_from_slice(b"ab");
        assert!(!links.received(conn(1), 2));
        assert_eq!(links.take_arrived(), [(conn(1), b"ab".to_vec())]);
        assert_eq!(links.keep(conn(1), None, 0), None);
        links.space(conn(1))[0] = b'c';
        assert!(links.received(conn(1), 1), "nobody asked");
        assert!(!links.links.contains_key(&conn(1)));
        assert_eq!(keep(&mut links, 2, 0), None);
        links.hung_up(conn(2), true);
        assert!(links.take_lost().is_empty());
        links.opened(conn(3), target(3), 0);
        links.hung_up(conn(3), true);
        assert_eq!(links.take_lost(), [(conn(3), true)]);
        assert_eq!(links.space(conn(3)).len(), 0);
    }
}
