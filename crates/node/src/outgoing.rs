//! Outgoing: everything that is on its way to connections, and the lists of what to do with them.
//!
//! ```text
//!  reply of the running session ──► queue ──┐ fence         settle: flush list, limits
//!  deliver(conn, message) ────────► queue ──┼───────► pieces ─► taken ─► held ─► gone
//!     to the running session: behind its reply   allow(offset) opens
//!
//!            bytes added            taken whole                close        all taken
//!   idle ──────────────► flushing ─────────────► idle    any ─────► closing ─────────► closed
//!                            │ beyond a limit, now or for too long
//!                            └─────────────────────────► killed
//! ```
//! | state | bytes added | taken | time | close | kill |
//! |---|---|---|---|---|---|
//! | idle | → flushing, listed | – | – | → closing, listed | → killed, listed |
//! | flushing | stays, or (1) | → idle when empty | stays, or (2) | → closing | → killed |
//! | closing | stays | the loop closes | as above | stays | → killed |
//! | killed | dropped | dropped | – | – | – |
//!
//! (1) beyond the hard limit → killed. (2) beyond the soft limit for too long → killed.
//!
//! Limits are checked where bytes are added, and by a clock of their own while the peer reads
//! nothing. Every queue belongs to a class, which has a hard limit, a soft one and its seconds.
//!
//! Always true: bytes behind a fence are in no piece; what was taken is gone from here.
//! Always true: a message for the session that runs stands behind the reply of its command.
//! Not here: what the bytes mean — handlers; who is beyond a limit — `outgoing/limits.rs`; closing
//! for that — `cron.rs`.

mod capture;
mod class;
mod deliver;
mod fence;
mod limits;
mod queue;

use std::collections::BTreeSet;

use russet_io::{ConnId, Piece};
use russet_resp::{Mark, Output, Protocol, Reply};

use crate::buffers::{BUFFER_SIZE, Spares};
use crate::config::OutputLimit;
use crate::journal::Offset;
pub(crate) use class::{Class, Waiting};
pub(crate) use deliver::Forms;
use queue::{CAPTURED, NOWHERE, Queue, RESERVED, place};

/// Everything that is on its way out.
#[derive(Debug)]
pub(crate) struct Outgoing {
    /// By the place of the connection, behind those that belong to none.
    queues: Vec<Queue>,
    /// The place where the session that runs is answered.
    current: usize,
    spares: Spares,
    limits: [OutputLimit; 4],
    /// The session that runs, and the messages for it that wait behind its reply.
    running: Option<ConnId>,
    aside: Option<Box<Output>>,
    /// Replies that depend on what is behind this offset may not leave; `None`: all may.
    allowed: Option<Offset>,
    /// The offset that replies depend on which are written now.
    depends_on: Offset,
    /// Whether replies that are written now leave whatever they depend on.
    is_lenient: bool,
    /// The connection whose unit is open: what its replies depend on is not known yet.
    open: Option<ConnId>,
    /// Connections with messages whose fence is not known before the turn ends.
    delivered: Vec<ConnId>,
    /// Connections that messages were delivered to, while somebody weighs them.
    pub receivers: Option<Vec<ConnId>>,
    /// Connections with a closed fence.
    fenced: Vec<ConnId>,
    /// Connections above their soft limit, by the time at which they are closed.
    patience: BTreeSet<(u64, ConnId)>,
    /// Connections that went beyond a limit, for the node to drop.
    over: Vec<ConnId>,
    /// The monotonic time of the turn, in microseconds.
    now_us: u64,
    /// Connections with output that may leave.
    pub flush: Vec<ConnId>,
    /// Connections whose reading goes on.
    pub resume: Vec<ConnId>,
    /// Connections to close once their output has left.
    pub close: Vec<ConnId>,
    /// Connections to close at once.
    pub kill: Vec<ConnId>,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            queues: vec![Queue::default(), Queue::default()],
            current: 0,
            spares: Spares::default(),
            limits: [OutputLimit::default(); 4],
            running: None,
            aside: None,
            allowed: None,
            depends_on: Offset::default(),
            is_lenient: false,
            open: None,
            delivered: Vec::new(),
            receivers: None,
            fenced: Vec::new(),
            patience: BTreeSet::new(),
            over: Vec::new(),
            now_us: 0,
            flush: Vec::new(),
            resume: Vec::new(),
            close: Vec::new(),
            kill: Vec::new(),
        }
    }
}

/// The session that ran before another one did, to be gone back to.
#[derive(Debug, Clone, Copy)]
#[must_use = "the session that ran before runs on"]
pub(crate) struct Before(Option<ConnId>, usize, Mark);

impl Before {
    /// The place behind the last reply to the session that runs now.
    #[inline(always)]
    pub(crate) fn mark(self) -> Mark {
        self.2
    }
}

impl Outgoing {
    /// A turn begins at this monotonic time, in microseconds.
    pub(crate) fn begin_turn(&mut self, now_us: u64) {
        self.now_us = now_us;
    }

    /// Sets the limits of normal clients and of subscribers. Connections above a hard limit are
    /// closed; above a soft one their time begins.
    pub(crate) fn set_limits(&mut self, normal: OutputLimit, subscriber: OutputLimit) {
        self.limits[Class::Subscriber as usize] = subscriber;
        self.limits[Class::Normal as usize] = normal;
        self.limits[Class::Stranger as usize] = OutputLimit {
            // COMPAT: whoever has not authenticated gets a first buffer, as in Redis.
            hard: BUFFER_SIZE as u64 + STRANGER_BEYOND,
            ..normal
        };
        let limits = self.limits;
        let mut large = Vec::new();
        for (place, queue) in self.queues.iter_mut().enumerate().skip(RESERVED) {
            queue.bound(limits[queue.class as usize].hard);
            if queue.is_large() {
                large.push(ConnId {
                    index: (place - RESERVED) as u32,
                    generation: queue.generation,
                });
            }
        }
        for conn in large {
            self.check(conn);
        }
    }

    /// A connection came.
    pub(crate) fn open(&mut self, conn: ConnId, class: Class) {
        let place = place(conn);
        if self.queues.len() <= place {
            self.queues.resize_with(place + 1, Queue::default);
        }
        self.queues[place] = Queue::new(conn.generation, class);
        self.queues[place].bound(self.limits[class as usize].hard);
        if self.allowed.is_some() {
            self.queues[place].fence_all();
        }
    }

    /// From now on replies wait for the journal: those that are written behind an offset leave once
    /// [`Self::allow`] has reached it.
    pub(crate) fn fence(&mut self, allowed: Offset) {
        self.allowed = Some(allowed);
        self.queues.iter_mut().for_each(Queue::fence_all);
    }

    /// Replies wait for nothing any more.
    pub(crate) fn unfence(&mut self) {
        self.allow(Offset(u64::MAX));
        self.allowed = None;
        self.queues.iter_mut().for_each(|queue| queue.fences = None);
    }

    /// The journal has reached this offset: replies written from now on depend on it.
    #[inline]
    pub(crate) fn depend_on(&mut self, offset: Offset) {
        if self.depends_on != offset {
            self.depends_on = offset;
            self.queues[self.current].written = offset;
        }
    }

    /// A unit of this connection has ended behind its run.
    pub(crate) fn note_written(&mut self, conn: ConnId) {
        let offset = self.depends_on;
        if let Some(queue) = self.find_mut(conn) {
            queue.written = offset;
        }
    }

    /// The offset behind the last change of this connection.
    pub(crate) fn written(&self, conn: ConnId) -> Offset {
        self.find(conn)
            .map_or(self.depends_on, |queue| queue.written)
    }

    /// Sets whether replies that are written from now on wait for nothing, though those that wait
    /// go on to do so: nothing that they would wait for can come before the disk is well again.
    pub(crate) fn set_lenient(&mut self, is_lenient: bool) {
        self.is_lenient = is_lenient;
    }

    /// The number of connections with replies that wait.
    pub(crate) fn fenced_count(&self) -> usize {
        self.fenced.len()
    }

    /// The unit of this connection is open: its replies wait for the end of it.
    pub(crate) fn set_open(&mut self, conn: Option<ConnId>) {
        self.open = conn;
    }

    /// Lets the replies leave that depend on this offset or an earlier one.
    pub(crate) fn allow(&mut self, offset: Offset) {
        if self.allowed.is_none_or(|allowed| allowed >= offset) {
            return;
        }
        self.allowed = Some(offset);
        let fenced = std::mem::take(&mut self.fenced);
        for conn in fenced {
            let Some(queue) = self.find_mut(conn) else {
                continue;
            };
            let is_open = queue.open(offset);
            if is_open && queue.is_closing {
                self.close.push(conn);
                continue;
            }
            if queue.may_leave(Some(offset)) && !queue.is_listed {
                queue.is_listed = true;
                self.flush.push(conn);
            }
            if !is_open {
                self.fenced.push(conn);
            }
        }
    }

    /// A connection has gone, with all that waited for it; no list names it any more.
    pub(crate) fn forget(&mut self, conn: ConnId) {
        let Some(queue) = self.find_mut(conn) else {
            return;
        };
        let mut queue = std::mem::take(queue);
        self.stop_patience(conn, &mut queue);
        let Self {
            flush,
            resume,
            close,
            kill,
            ..
        } = self;
        for list in [flush, resume, close, kill] {
            list.retain(|other| *other != conn);
        }
        if queue.output.is_empty()
            && let Some(buffer) = queue.output.detach()
        {
            self.spares.give_output(buffer);
        }
        // The place of the session that runs stays, whatever is written there.
        let kept = RESERVED.max(self.current + 1);
        while self.queues.len() > kept && self.queues.last().is_some_and(Queue::is_free) {
            self.queues.pop();
        }
    }

    /// Puts a connection into another class.
    pub(crate) fn set_class(&mut self, conn: ConnId, class: Class) {
        let hard = self.limits[class as usize].hard;
        if let Some(queue) = self.find_mut(conn) {
            queue.class = class;
            queue.bound(hard);
        }
    }

    /// The queue of a connection; one that drops everything when it has gone.
    #[inline]
    pub(crate) fn output(&mut self, conn: ConnId) -> &mut Output {
        let place = match self.find(conn) {
            _ if self.current == CAPTURED && self.running == Some(conn) => CAPTURED,
            Some(_) => place(conn),
            None => self.void(),
        };
        &mut self.queues[place].output
    }

    /// Notes the protocol of a connection.
    pub(crate) fn set_protocol(&mut self, conn: ConnId, protocol: Protocol) {
        if let Some(queue) = self.find_mut(conn) {
            queue.protocol = protocol;
        }
    }

    /// The protocol of a connection that is there.
    pub(crate) fn protocol_of(&self, conn: ConnId) -> Option<Protocol> {
        let queue = self.find(conn).filter(|queue| !queue.is_killed)?;
        Some(queue.protocol)
    }

    /// The session that runs.
    pub(crate) fn running(&self) -> Option<ConnId> {
        self.running
    }

    /// The queue of the session that runs.
    // PERF: asked several times a command, so its place is looked up once.
    #[inline]
    pub(crate) fn own(&mut self) -> &mut Output {
        &mut self.queues[self.current].output
    }

    /// Where a reply to a connection is written.
    #[inline]
    pub(crate) fn reply(&mut self, conn: ConnId, protocol: Protocol) -> Reply<'_> {
        Reply::new(self.output(conn), protocol)
    }

    #[cold]
    fn void(&mut self) -> usize {
        self.queues[NOWHERE].output.clear();
        NOWHERE
    }

    /// Lends a connection a buffer for what is about to be written.
    #[inline]
    pub(crate) fn equip(&mut self, conn: ConnId) {
        if let Some(queue) = self.queues.get_mut(place(conn)) {
            queue.equip(&mut self.spares);
        }
    }

    /// A session runs from now on: messages for it wait behind its reply. The one that ran until
    /// now has its reply, and gets its messages.
    // PERF: a call of its own is a third of its cost.
    #[inline(always)]
    pub(crate) fn begin(&mut self, conn: ConnId) -> Before {
        self.end_reply();
        let mut before = Before(self.running, self.current, Mark::default());
        let place = place(conn);
        self.current = match self.queues.get_mut(place) {
            Some(queue) if queue.generation == conn.generation => {
                queue.equip(&mut self.spares);
                before.2 = queue.output.mark();
                place
            }
            _ => self.void(),
        };
        self.running = Some(conn);
        before
    }

    /// The reply of a command of the running session is written: what was put aside follows it.
    #[inline]
    pub(crate) fn end_reply(&mut self) {
        if self.aside.is_some() {
            self.append_aside();
        }
    }

    /// The session runs no more; the one before it does, if there was one. What it was answered is
    /// settled once its unit has ended.
    #[inline]
    pub(crate) fn end(&mut self, before: Before) {
        self.end_reply();
        (self.running, self.current) = (before.0, before.1);
    }

    #[cold]
    fn append_aside(&mut self) {
        let Some(aside) = self.aside.take() else {
            return;
        };
        let output = self.own();
        for chunk in aside.chunks() {
            match chunk {
                russet_resp::Chunk::Bytes(bytes) => output.extend(bytes),
                russet_resp::Chunk::Shared(bytes) => output.extend_shared(bytes.clone()),
            }
        }
    }

    /// Notes that bytes were added to a connection's queue: lists it, and checks its limits.
    // PERF: a call of its own is a third of its cost.
    #[inline(always)]
    pub(crate) fn settle(&mut self, conn: ConnId) {
        let Some(queue) = self.queues.get_mut(place(conn)) else {
            return;
        };
        if queue.generation != conn.generation {
            return;
        }
        if queue.output.is_empty() {
            let is_over = queue.output.is_over();
            if let Some(buffer) = queue.output.detach() {
                self.spares.give_output(buffer);
            }
            // A single message may be more than the limit allows.
            if is_over {
                self.check(conn);
            }
            return;
        }
        if self.allowed.is_some() {
            return self.settle_fenced(conn);
        }
        if !queue.is_listed {
            queue.is_listed = true;
            self.flush.push(conn);
        }
        if queue.is_large() {
            self.check(conn);
        }
    }

    /// The same while replies wait for the journal.
    #[cold]
    fn settle_fenced(&mut self, conn: ConnId) {
        if self.open == Some(conn) {
            return;
        }
        let (allowed, depends_on) = (self.allowed, self.depends_on);
        let is_closed = !self.is_lenient && allowed.is_some_and(|allowed| depends_on > allowed);
        let Some(queue) = self.find_mut(conn) else {
            return;
        };
        let is_new = queue.note(is_closed.then_some(depends_on));
        let is_due = queue.may_leave(allowed) && !queue.is_listed;
        queue.is_listed |= is_due;
        let is_large = queue.is_large();
        if is_new {
            self.fenced.push(conn);
        }
        if is_due {
            self.flush.push(conn);
        }
        if is_large {
            self.check(conn);
        }
    }

    /// Whether the session that runs has a hard limit.
    #[inline]
    pub(crate) fn is_bounded(&self) -> bool {
        let class = self.queues[self.current].class;
        self.limits[class as usize].hard > 0
    }

    /// Whether more waits for a connection than its hard limit allows.
    #[inline]
    pub(crate) fn is_over(&self, conn: ConnId) -> bool {
        let Some(queue) = self.queues.get(place(conn)) else {
            return false;
        };
        let hard = self.limits[queue.class as usize].hard;
        let is_above = hard > 0 && queue.waiting() as u64 > hard && queue.waiting() > BUFFER_SIZE;
        is_above || queue.output.is_over()
    }

    /// Has a connection closed once its output has left, that behind fences included.
    pub(crate) fn close_after(&mut self, conn: ConnId) {
        let allowed = self.allowed;
        let Some(queue) = self.find_mut(conn) else {
            return;
        };
        queue.is_closing = true;
        if queue.is_open(allowed) {
            self.close.push(conn);
        }
    }

    /// Has a connection closed at once; what waits for it is dropped.
    pub(crate) fn kill(&mut self, conn: ConnId) {
        let Some(queue) = self.find_mut(conn) else {
            return;
        };
        if !std::mem::replace(&mut queue.is_killed, true) {
            queue.output.clear();
            self.kill.push(conn);
        }
    }

    /// Fills `pieces` with output that may leave, and says how many it filled.
    #[inline]
    pub(crate) fn pieces<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        match self.find(conn) {
            Some(queue) => queue.pieces(self.allowed, pieces),
            None => 0,
        }
    }

    /// The loop took this many bytes.
    #[inline]
    pub(crate) fn taken(&mut self, conn: ConnId, count: usize) {
        let Some(queue) = self.queues.get_mut(place(conn)) else {
            return;
        };
        if queue.generation != conn.generation {
            return;
        }
        queue.take(count);
        if queue.held == 0 {
            queue.left_at_us = self.now_us;
        }
        if queue.output.is_empty()
            && let Some(buffer) = queue.output.detach()
        {
            self.spares.give_output(buffer);
        }
        if queue.closes_at_us.is_some() {
            self.check(conn);
        }
    }

    /// This many bytes that were taken have not left yet.
    pub(crate) fn held(&mut self, conn: ConnId, count: usize) {
        let now_us = self.now_us;
        let Some(queue) = self.find_mut(conn) else {
            return;
        };
        if count < queue.held {
            queue.left_at_us = now_us;
        }
        queue.held = count;
        if queue.is_large() || queue.closes_at_us.is_some() {
            self.check(conn);
        }
    }

    /// Output that waits for a connection.
    pub(crate) fn waiting(&self, conn: ConnId) -> Waiting {
        self.find(conn).map(Queue::show).unwrap_or_default()
    }

    /// When bytes left for a connection last, in monotonic microseconds.
    pub(crate) fn left_at_us(&self, conn: ConnId) -> u64 {
        self.find(conn).map_or(0, |queue| queue.left_at_us)
    }

    /// The bytes that left for a connection so far.
    pub(crate) fn sent(&self, conn: ConnId) -> u64 {
        self.find(conn).map_or(0, Queue::sent)
    }

    /// The memory that a connection's queue holds, in bytes.
    pub(crate) fn memory_of(&self, conn: ConnId) -> usize {
        self.find(conn).map_or(0, |queue| queue.output.memory())
    }

    /// Whether all that was written for a connection was taken.
    pub(crate) fn is_empty(&self, conn: ConnId) -> bool {
        self.find(conn).is_none_or(|queue| queue.output.is_empty())
    }

    /// Gives spare buffers to the allocator that nobody needed of late.
    pub(crate) fn trim(&mut self) {
        self.spares.trim();
    }

    #[inline]
    fn find(&self, conn: ConnId) -> Option<&Queue> {
        let queue = self.queues.get(place(conn))?;
        (queue.generation == conn.generation).then_some(queue)
    }

    #[inline]
    fn find_mut(&mut self, conn: ConnId) -> Option<&mut Queue> {
        let queue = self.queues.get_mut(place(conn))?;
        (queue.generation == conn.generation).then_some(queue)
    }
}

/// The bytes beyond a first buffer that may wait for a client that has not authenticated.
const STRANGER_BEYOND: u64 = 1 << 10;

#[cfg(test)]
mod tests;
