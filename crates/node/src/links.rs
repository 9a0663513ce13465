//! Connections to other servers that exchanges left open, as far as the node knows of them.
//!
//! Always true: a connection is listed only while the loop keeps it, once, under the server that it
//! leads to; numbers are never used twice.
//! Not here: the sockets — crate `russet-reactor`; what is said — `control/migrate.rs`.

use std::collections::BTreeMap;

use russet_io::LinkId;

/// How many connections are kept at most.
const LINK_COUNT_MAX: usize = 64;

/// How long a connection is kept that nobody uses.
const IDLE_MS_MAX: u64 = 10_000;

/// A server: its host and its port.
pub(crate) type Target = (String, u16);

/// A connection that is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    /// The connection.
    pub link: LinkId,
    /// The database that is selected there, if we know.
    pub db: Option<i64>,
    /// When it was used last, in monotonic milliseconds.
    pub used_ms: u64,
}

/// The connections that are open.
#[derive(Debug, Default)]
pub(crate) struct Links {
    kept: BTreeMap<Target, Kept>,
    named: u64,
}

impl Links {
    /// A number for a new connection.
    pub(crate) fn name(&mut self) -> LinkId {
        self.named += 1;
        LinkId(self.named)
    }

    /// Remembers a connection; gives back the one that must make room for it.
    #[must_use]
    pub(crate) fn keep(&mut self, target: Target, kept: Kept) -> Option<LinkId> {
        let is_new = self.kept.insert(target, kept).is_none();
        if !is_new || self.kept.len() <= LINK_COUNT_MAX {
            return None;
        }
        let others = self.kept.iter().filter(|(_, one)| one.link != kept.link);
        let (target, _) = others.min_by_key(|(_, one)| one.used_ms)?;
        let target = target.clone();
        self.kept.remove(&target).map(|one| one.link)
    }

    /// Forgets the connection to a server.
    pub(crate) fn forget(&mut self, target: &Target) {
        self.kept.remove(target);
    }

    /// Forgets the connections that were not used for long, and gives them back.
    pub(crate) fn take_idle(&mut self, now_ms: u64) -> Vec<LinkId> {
        let mut idle = Vec::new();
        self.kept.retain(|_, kept| {
            let is_idle = now_ms.saturating_sub(kept.used_ms) > IDLE_MS_MAX;
            if is_idle {
                idle.push(kept.link);
            }
            !is_idle
        });
        idle
    }

    /// The connection to a server.
    pub(crate) fn find(&self, target: &Target) -> Option<Kept> {
        self.kept.get(target).copied()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.kept.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keep(links: &mut Links, port: u16, used_ms: u64) -> Option<LinkId> {
        let kept = Kept {
            link: links.name(),
            db: None,
            used_ms,
        };
        links.keep(("h".to_owned(), port), kept)
    }

    #[test]
    fn the_one_that_rested_longest_makes_room_and_others_go_when_they_rest_too_long() {
        let mut links = Links::default();
        for port in 0..64 {
            assert_eq!(keep(&mut links, port, 1_000 - u64::from(port)), None);
        }
        assert_eq!(keep(&mut links, 64, 0), Some(LinkId(64)));
        assert_eq!(keep(&mut links, 64, 2_000), None, "in place of itself");
        assert_eq!(links.len(), 64);
        assert_eq!(
            links.take_idle(11_000),
            (2..64).map(LinkId).collect::<Vec<_>>()
        );
        assert_eq!(links.len(), 2);
        links.forget(&("h".to_owned(), 0));
        assert_eq!(
            links.find(&("h".to_owned(), 64)).map(|kept| kept.link),
            Some(LinkId(66))
        );
    }
}
