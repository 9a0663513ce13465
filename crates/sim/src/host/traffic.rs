//! Bytes of connections: read into the service, taken from it.
//!
//! Always true: bytes come in and leave in order; none twice.
//! Always true: nothing is taken while bytes are held, or while an append waits.

use russet_io::{ConnId, HangUp, Piece, Service};

use super::{Conn, Event, Host, Stage};
use crate::air::{Air, complain};

/// Pieces that one gathering asks for at most.
const PIECES: usize = 16;

/// Pieces that hold everything that waits for a connection.
const MANY_PIECES: usize = 1 << 10;

/// Bytes that are taken at once at most, and read ahead at most.
const CUSTODY_SIZE_MAX: usize = 64 << 10;

/// Bytes that were given and not taken, as far as they are compared with the next gathering.
const GIVEN_SIZE_MAX: usize = 1 << 10;

impl Conn {
    pub(super) fn new(id: ConnId, link: usize, side: usize) -> Self {
        Self {
            id,
            link,
            side,
            stage: Stage::Open,
            is_paused: false,
            ahead: Default::default(),
            custody: Default::default(),
            held: 0,
            is_unsent: false,
            given: Vec::new(),
        }
    }

    /// Adds the events that are possible on this connection now.
    pub(super) fn events(&self, at: usize, may_take: bool, air: &Air, events: &mut Vec<Event>) {
        let pipes = &air.links[self.link].pipes;
        let (input, output) = (&pipes[1 - self.side], &pipes[self.side]);
        if matches!(self.stage, Stage::Ended(_) | Stage::Killed) {
            return events.push(Event::End(at));
        }
        let is_over = input.is_at_end() || input.is_reset;
        let has_bytes = input.visible() > 0 || !self.ahead.is_empty();
        match (self.stage, self.is_paused) {
            (Stage::Open, false) if has_bytes || is_over => events.push(Event::Read(at)),
            (Stage::Open, true) if input.is_reset || (is_over && !has_bytes) => {
                events.push(Event::Read(at));
            }
            (Stage::Open, true) if air.options.reads_ahead && input.visible() > 0 => {
                let has_room = self.ahead.len() < CUSTODY_SIZE_MAX;
                events.extend(has_room.then_some(Event::ReadAhead(at)));
            }
            _ => {}
        }
        let has_room = output.room(&air.options) > 0 || output.is_reset;
        if !self.custody.is_empty() {
            events.extend(has_room.then_some(Event::Leave(at)));
            let is_news =
                self.held == 0 || (air.options.spurious && self.held != self.custody.len());
            events.extend(is_news.then_some(Event::Held(at)));
            return;
        }
        if self.held > 0 {
            events.push(Event::Held(at));
        } else if self.is_unsent {
            events.extend((has_room && may_take).then_some(Event::Write(at)));
        } else if self.stage == Stage::Closing && may_take {
            events.push(Event::Finish(at));
        }
    }

    /// Ends the connection, without another byte in either direction.
    pub(super) fn cut(&mut self, air: &mut Air) {
        let pipes = &mut air.links[self.link].pipes;
        let has_unread = pipes[1 - self.side].visible() > 0 || pipes[1 - self.side].is_moving();
        pipes[self.side].is_shut = true;
        pipes[1 - self.side].abandon();
        if has_unread && air.options.reset_one_in > 0 && air.rng.below(2) == 0 {
            pipes[self.side].lose_moving();
        }
        self.custody.clear();
        self.is_unsent = false;
    }

    pub(super) fn end(&mut self, why: HangUp, air: &mut Air) {
        self.cut(air);
        self.stage = Stage::Ended(why);
    }
}

impl<S: Service> Host<S> {
    pub(super) fn read(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.as_mut()) else {
            return;
        };
        let input = &mut air.links[conn.link].pipes[1 - conn.side];
        let (is_reset, is_at_end) = (input.is_reset, input.is_at_end());
        let there = match conn.ahead.len() {
            0 => input.visible(),
            ahead => ahead,
        };
        if there == 0 || (conn.is_paused && is_reset) {
            match (is_reset, is_at_end) {
                (true, _) => conn.end(HangUp::Failed, air),
                (false, true) => conn.end(HangUp::Closed, air),
                (false, false) => {}
            }
            return;
        }
        if air.options.spurious && air.chance(10) {
            // A read that found nothing.
            let _ = self.service.space(conn.id);
        }
        let space = self.service.space(conn.id);
        if space.is_empty() {
            air.record
                .note(format_args!("{} paused {:?}", self.name, conn.id));
            conn.is_paused = true;
            return;
        }
        let count = air.part(there.min(space.len()));
        let input = &mut air.links[conn.link].pipes[1 - conn.side];
        let bytes: Vec<u8> = match conn.ahead.len() {
            0 => input.pull(count).collect(),
            _ => conn.ahead.drain(..count).collect(),
        };
        space[..count].copy_from_slice(&bytes);
        air.record
            .bytes(format_args!("{} received {:?}", self.name, conn.id), &bytes);
        self.service.received(conn.id, count);
    }

    pub(super) fn read_ahead(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.as_mut()) else {
            return;
        };
        let input = &mut air.links[conn.link].pipes[1 - conn.side];
        let room = CUSTODY_SIZE_MAX.saturating_sub(conn.ahead.len());
        let count = input.visible().min(room);
        conn.ahead.extend(input.pull(count));
    }

    /// Takes output once, as far as it goes.
    pub(super) fn write(&mut self, at: usize, air: &mut Air) {
        let may_take = !self.jobs.has_appends();
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.as_mut()) else {
            return;
        };
        if !may_take || conn.held > 0 || !conn.custody.is_empty() {
            conn.is_unsent = true;
            return;
        }
        let is_over = !matches!(conn.stage, Stage::Open | Stage::Closing);
        if air.links[conn.link].pipes[conn.side].is_reset && !is_over {
            return conn.end(HangUp::Failed, air);
        }
        if is_over && air.rng.below(2) == 0 {
            return;
        }
        let (bytes, is_all) = gather(&self.service, conn, air);
        let room = match is_over {
            true => usize::MAX,
            false => air.links[conn.link].pipes[conn.side].room(&air.options),
        };
        let is_held = air.options.holds && air.rng.below(2) == 0;
        let count = match is_held {
            true => bytes.len().min(CUSTODY_SIZE_MAX),
            false => bytes.len().min(room),
        };
        let count = if count > 0 { air.part(count) } else { 0 };
        conn.is_unsent = !is_over && (count < bytes.len() || !is_all);
        let rest = &bytes[count..];
        conn.given = rest[..rest.len().min(GIVEN_SIZE_MAX)].to_vec();
        if count == 0 {
            return;
        }
        air.record.bytes(
            format_args!("{} taken {:?}", self.name, conn.id),
            &bytes[..count],
        );
        air.has_moved = true;
        if !is_over {
            let now = count.min(room);
            air.links[conn.link].pipes[conn.side].push(bytes[..now].iter().copied());
            conn.custody.extend(&bytes[now..count]);
        }
        self.service.taken(conn.id, count);
    }

    /// Moves held bytes on.
    pub(super) fn leave(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.conn_mut(at).filter(|conn| !conn.custody.is_empty()) else {
            return;
        };
        let output = &air.links[conn.link].pipes[conn.side];
        if output.is_reset {
            return conn.end(HangUp::Failed, air);
        }
        let room = output.room(&air.options).min(conn.custody.len());
        if room > 0 {
            let count = air.part(room);
            air.links[conn.link].pipes[conn.side].push(conn.custody.drain(..count));
        }
    }

    pub(super) fn say_held(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.as_mut()) else {
            return;
        };
        let count = conn.custody.len();
        if count == conn.held {
            return;
        }
        conn.held = count;
        air.record
            .note(format_args!("{} held {:?} {count}", self.name, conn.id));
        self.service.held(conn.id, count);
    }

    /// Ends a connection that closes, if all its output has left.
    pub(super) fn finish(&mut self, at: usize, air: &mut Air) {
        let may_take = !self.jobs.has_appends();
        let Some(conn) = self.slots.get_mut(at).and_then(|slot| slot.conn.as_mut()) else {
            return;
        };
        if conn.stage != Stage::Closing || !conn.custody.is_empty() || conn.held > 0 {
            return;
        }
        if !may_take {
            conn.is_unsent = true;
            return;
        }
        let (bytes, _) = gather(&self.service, conn, air);
        match bytes.is_empty() {
            true => conn.end(HangUp::Closed, air),
            false => conn.is_unsent = true,
        }
    }

    /// The most output, in bytes, that waits for one connection: with the service, and held.
    pub(crate) fn waiting_max(&self) -> usize {
        let mut pieces = vec![Piece::Bytes(&[]); MANY_PIECES];
        let conns = self.slots.iter().flat_map(|slot| &slot.conn);
        let sizes = conns.filter(|conn| conn.stage == Stage::Open).map(|conn| {
            let filled = self.service.output(conn.id, &mut pieces);
            let sizes = pieces[..filled].iter().map(|piece| piece.bytes().len());
            sizes.sum::<usize>() + conn.custody.len()
        });
        sizes.max().unwrap_or(0)
    }

    /// Output that may leave and was never named in `flush` would wait for ever.
    pub(crate) fn check_quiet(&self, air: &mut Air) {
        if self.exit.is_some() {
            return;
        }
        for conn in self.slots.iter().flat_map(|slot| &slot.conn) {
            let is_asked = conn.stage == Stage::Open && !conn.is_unsent && conn.custody.is_empty();
            if is_asked && !gather(&self.service, conn, air).0.is_empty() {
                complain(format_args!(
                    "{}: output of {:?} was not named in `flush`",
                    self.name, conn.id
                ));
            }
        }
    }
}

/// Output of a connection as it is given now, and whether that is all of it.
fn gather<S: Service>(service: &S, conn: &Conn, air: &mut Air) -> (Vec<u8>, bool) {
    let len = match air.options.splits {
        true => 1 + air.rng.index(PIECES),
        false => PIECES,
    };
    let mut pieces = [Piece::Bytes(&[]); PIECES];
    let filled = service.output(conn.id, &mut pieces[..len]);
    if filled > len {
        complain(format_args!("{filled} pieces where {len} fit"));
    }
    let mut bytes = Vec::new();
    for piece in &pieces[..filled] {
        let room = (CUSTODY_SIZE_MAX + 1).saturating_sub(bytes.len());
        let piece = piece.bytes();
        bytes.extend_from_slice(&piece[..piece.len().min(room)]);
    }
    let is_all = filled < len && bytes.len() <= CUSTODY_SIZE_MAX;
    let common = bytes.len().min(conn.given.len());
    let is_shorter = is_all && bytes.len() < conn.given.len();
    if is_shorter || bytes[..common] != conn.given[..common] {
        complain(format_args!(
            "output of {:?} that was given and not taken has changed",
            conn.id
        ));
    }
    (bytes, is_all)
}
