//! All connections that speak HTTP, and the lists of what the loop must do with them.
//!
//! They stand apart from the sessions of clients: no limit, list or counter of clients knows them.
//!
//! Always true: there are at most [`COUNT_MAX`]; they hold at most [`BODIES_MAX`] bytes of bodies
//! besides the newest body; who takes too long is closed.
//! Not here: one of them — `session.rs`.

use bytes::Bytes;
use russet_io::{Admission, ConnId, Piece, Ready};

use super::head::Request;
use super::response::Response;
use super::session::Session;

/// The most connections at a time.
pub(crate) const COUNT_MAX: usize = 64;

/// The most bytes of bodies that slow peers may keep from being dropped, besides the newest body.
const BODIES_MAX: usize = 384 << 10;

/// The answer to a connection that is one too many.
pub(crate) const BUSY: &str = "HTTP/1.1 503 Service Unavailable\r\n\
    Content-Type: text/plain; charset=utf-8\r\nContent-Length: 21\r\nConnection: close\r\n\r\n\
    too many connections\n";

/// All connections that speak HTTP.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    list: Vec<(ConnId, Session)>,
    /// Connections that may have a request.
    due: Vec<ConnId>,
    flush: Vec<ConnId>,
    resume: Vec<ConnId>,
    close: Vec<ConnId>,
    kill: Vec<ConnId>,
    /// Whether more requests may be answered as soon as responses have left.
    has_more: bool,
}

impl Connections {
    /// A connection came. When there is no place for it, the one that was idle longest makes room;
    /// if none is idle, the one whose request has been on its way longest: most arrive at once, so
    /// that peers who send theirs slowly keep nobody out.
    pub(crate) fn open(&mut self, conn: ConnId, now_us: u64) -> Admission {
        if self.list.len() >= COUNT_MAX && !self.make_room() {
            return Admission::Refuse(BUSY);
        }
        self.list.push((conn, Session::new(now_us)));
        Admission::Accept
    }

    fn make_room(&mut self) -> bool {
        let lacking = self.list.iter().filter_map(|(conn, session)| {
            let lack = session.lacks_request()?;
            Some((lack, *conn))
        });
        let Some((_, conn)) = lacking.min() else {
            return false;
        };
        self.drop_session(conn);
        true
    }

    /// Whether there are none.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether there is nothing for the loop to do.
    #[inline]
    pub(crate) fn is_quiet(&self) -> bool {
        let lists = [&self.flush, &self.resume, &self.close, &self.kill];
        !self.has_more && lists.iter().all(|list| list.is_empty())
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    /// Where to read bytes of a connection into; `None` if it is not of these.
    pub(crate) fn space(&mut self, conn: ConnId) -> Option<&mut [u8]> {
        self.find(conn).map(Session::space)
    }

    /// Bytes of a connection were read; false if it is not of these.
    pub(crate) fn received(&mut self, conn: ConnId, count: usize, now_us: u64) -> bool {
        let Some(session) = self.find(conn) else {
            return false;
        };
        session.received(count, now_us);
        self.due.push(conn);
        true
    }

    /// A connection has gone, and no list names it any more; false if it is not of these.
    pub(crate) fn hung_up(&mut self, conn: ConnId) -> bool {
        let lists = [&mut self.due, &mut self.flush, &mut self.resume];
        let lists = lists.into_iter().chain([&mut self.close, &mut self.kill]);
        for list in lists {
            list.retain(|one| *one != conn);
        }
        let Some(at) = self.list.iter().position(|(one, _)| *one == conn) else {
            return false;
        };
        self.list.swap_remove(at);
        true
    }

    /// A request that has come whole. Malformed ones are answered on the way.
    pub(crate) fn next_request(&mut self, now_us: u64) -> Option<(ConnId, Request)> {
        while let Some(conn) = self.due.pop() {
            let Some(session) = self.find(conn) else {
                continue;
            };
            match session.next_request() {
                Ok(Some(request)) => return Some((conn, request)),
                Ok(None) => {}
                Err(refusal) => {
                    session.refuse(refusal, now_us);
                    self.flush.push(conn);
                    self.close.push(conn);
                }
            }
        }
        None
    }

    /// Answers a request.
    pub(crate) fn answer(
        &mut self,
        (conn, request): (ConnId, &Request),
        response: Response,
        now_us: u64,
    ) {
        let Some(session) = self.find(conn) else {
            return;
        };
        let newest = response.body.clone();
        let is_last = session.answer(request, response, now_us);
        let has_more = session.has_more();
        self.flush.push(conn);
        if is_last {
            self.close.push(conn);
        }
        self.has_more |= has_more && !is_last;
        self.bound_bodies(&newest);
    }

    /// Closes the slowest peers while they keep too many bytes of old bodies.
    fn bound_bodies(&mut self, newest: &Bytes) {
        loop {
            let mut held: Vec<(u64, ConnId, *const u8, usize)> = self
                .list
                .iter()
                .filter_map(|(conn, session)| {
                    let (body, since_us) = session.body()?;
                    Some((since_us, *conn, body.as_ptr(), body.len()))
                })
                .filter(|(_, _, body, _)| *body != newest.as_ptr())
                .collect();
            held.sort_unstable();
            let slowest = held.first().map(|(_, conn, ..)| *conn);
            held.sort_unstable_by_key(|(_, _, body, _)| *body);
            held.dedup_by_key(|(_, _, body, _)| *body);
            let size: usize = held.iter().map(|(.., size)| size).sum();
            match slowest {
                Some(conn) if size > BODIES_MAX => self.drop_session(conn),
                _ => return,
            }
        }
    }

    /// Fills `pieces` with output of a connection, and says how many it filled.
    pub(crate) fn pieces<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        let mut sessions = self.list.iter();
        let session = sessions.find(|(one, _)| *one == conn);
        session.map_or(0, |(_, session)| session.pieces(pieces))
    }

    /// Output of a connection was taken; false if it is not of these.
    pub(crate) fn taken(&mut self, conn: ConnId, count: usize, now_us: u64) -> bool {
        let Some(session) = self.find(conn) else {
            return false;
        };
        let is_due = session.taken(count, now_us);
        let resumes = session.resumes();
        if is_due {
            self.due.push(conn);
        }
        if resumes {
            self.resume.push(conn);
        }
        true
    }

    /// Closes who has taken too long.
    pub(crate) fn close_slow(&mut self, now_us: u64) {
        let slow = self.list.iter();
        let slow = slow.filter(|(_, session)| session.ends_at_us() <= now_us);
        let slow: Vec<ConnId> = slow.map(|(conn, _)| *conn).collect();
        slow.into_iter().for_each(|conn| self.drop_session(conn));
    }

    /// Forgets a connection, and has it closed at once.
    fn drop_session(&mut self, conn: ConnId) {
        self.hung_up(conn);
        self.kill.push(conn);
    }

    /// Moves the lists of this turn to the loop's, and says whether it is to turn again at once.
    pub(crate) fn ready(&mut self, ready: &mut Ready) {
        ready.flush.append(&mut self.flush);
        ready.resume.append(&mut self.resume);
        ready.close.append(&mut self.close);
        ready.kill.append(&mut self.kill);
        ready.again |= std::mem::take(&mut self.has_more);
    }

    fn find(&mut self, conn: ConnId) -> Option<&mut Session> {
        let mut sessions = self.list.iter_mut();
        let found = sessions.find(|(one, _)| *one == conn);
        found.map(|(_, session)| session)
    }

    /// The memory of all buffers, in bytes.
    #[cfg(test)]
    pub(super) fn memory(&self) -> usize {
        let mut bodies: Vec<(*const u8, usize)> = self
            .list
            .iter()
            .filter_map(|(_, session)| session.body())
            .map(|(body, _)| (body.as_ptr(), body.len()))
            .collect();
        bodies.sort_unstable();
        bodies.dedup();
        let bodies: usize = bodies.iter().map(|(_, size)| size).sum();
        let sessions = self.list.iter().map(|(_, session)| session.memory());
        sessions.sum::<usize>() + bodies
    }
}
