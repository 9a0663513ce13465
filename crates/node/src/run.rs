//! A turn: whatever arrived becomes requests, and requests are executed in batches.
//!
//! ```text
//!  sessions with input ─► decode ─► resolve ─► prefetch slot       up to BATCH_LEN requests of all
//!                                                                   sessions that are ready
//!                         prefetch bucket                           … of each
//!                         prefetch entry                            … of each
//!                         prefetch page and record of a member      … of sets, hashes, sorted sets
//!                         execute, session by session               … of each, in order
//! ```
//! Fetching the memory of sixteen look-ups side by side instead of one after the other is where the
//! speed of pipelines comes from; it changes nothing of what a command sees.
//!
//! Always true: requests of one session run in the order they came; a session that waits runs
//! nothing, and what was already decoded of it is put off.
//! Not here: one request — `unit.rs`; those that wait — `block.rs`.

use russet_command::registry::CommandId;
use russet_engine::{KeyHash, MemberHash};
use russet_io::ConnId;
use russet_resp::{ArgBuf, Args, Decoded, Limits, ProtocolError};

use crate::batch::{Batch, Queued};
use crate::buffers::Spares;
use crate::core::Core;
use crate::gate;
use crate::node::Node;
use crate::session::{Session, Sessions, State};
use crate::stats::Meter;
use crate::unit::run_one;

/// How many requests are decoded before the first of them runs.
// PERF: each takes up to four cache lines, and a processor fetches some two dozen at a time: of a
// million keys at random a GET takes 155 ns in batches of 8 or 16, 200 ns in batches of 32 or 64.
const BATCH_LEN: usize = 16;

/// How long commands run in a turn, in nanoseconds, before what is left waits for the next one: so
/// that a flood delays neither timers nor what other threads have to say.
const RUN_NS: u64 = 300_000;

/// Where decoding of a session stopped.
#[derive(PartialEq, Eq)]
enum Stopped {
    /// All it has was decoded.
    Exhausted,
    /// The batch must run before more of it is decoded.
    BatchFull,
}

impl Node {
    /// Executes what arrived, batch by batch, until nothing is left, the node must stall, or the
    /// turn took its time.
    pub(crate) fn run_inputs(&mut self) {
        if self.turn.inputs.is_empty() {
            return;
        }
        self.turn.batches = 0;
        self.turn.is_behind = false;
        let mut inputs = std::mem::take(&mut self.turn.inputs);
        let mut batch = self.batch.take().unwrap_or_default();
        let mut next = 0;
        while next < inputs.len() && !self.core.is_stalled() {
            next = self.fill(&inputs, next, &mut batch);
            self.execute(&mut batch);
            if self.core.is_stalled() {
                self.queue_again(&batch, &mut inputs);
            }
            batch.clear();
            if self.core.outgoing.has_over() {
                self.close_over();
            }
            if self.core.postponed.has_released() {
                self.release(&mut inputs);
            }
            // PERF: a turn of one batch needs no clock.
            self.turn.batches += 1;
            if self.turn.batches.is_multiple_of(2) && self.is_time_over() {
                self.turn.is_behind = next < inputs.len();
                break;
            }
        }
        inputs.drain(..next);
        self.batch = Some(batch);
        // A handler never adds to the list, so nothing is lost by putting ours back.
        debug_assert!(self.turn.inputs.is_empty());
        self.turn.inputs = inputs;
    }

    /// Whether a turn ran for long enough, from the first look at the clock on.
    #[inline(never)]
    fn is_time_over(&mut self) -> bool {
        let now_ns = self.core.stopwatch_ns();
        if self.turn.batches == 2 {
            self.turn.since_ns = now_ns;
        }
        now_ns.saturating_sub(self.turn.since_ns) >= RUN_NS
    }

    /// Queues the sessions whose requests were put off, because another's held up everything.
    #[cold]
    fn queue_again(&mut self, batch: &Batch, inputs: &mut Vec<ConnId>) {
        for &(conn, _) in &batch.touched {
            let Some(session) = self.sessions.get_mut(conn) else {
                continue;
            };
            if session.runs() && !session.deferred.is_empty() && !session.queued {
                session.queued = true;
                inputs.push(conn);
            }
        }
    }

    /// Decodes requests of the sessions from `next` on; returns the first that has more to decode.
    fn fill(&mut self, inputs: &[ConnId], mut next: usize, batch: &mut Batch) -> usize {
        while let Some(&conn) = inputs.get(next) {
            let Some(session) = self.sessions.get_mut(conn) else {
                next += 1;
                continue;
            };
            if !session.deferred.is_empty() && session.runs() {
                if !batch.queue.is_empty() {
                    return next;
                }
                self.run_deferred(conn);
                if self.core.is_stalled() {
                    return next;
                }
                continue;
            }
            let limits = match session.is_stranger() {
                false => self.core.limits,
                true => self.core.limits.for_stranger(),
            };
            let stopped = decode(&mut self.core, session, &limits, batch);
            batch.touched.push((conn, batch.queue.len()));
            if stopped == Stopped::BatchFull {
                return next;
            }
            session.queued = false;
            next += 1;
        }
        next
    }

    /// Lets the clients go on that waited and need not wait any more.
    pub(crate) fn release(&mut self, inputs: &mut Vec<ConnId>) {
        while let Some(conn) = self.core.postponed.next_released() {
            let Some(session) = self.sessions.get_mut(conn) else {
                continue;
            };
            if session.runs() && session.has_requests() && !session.queued {
                session.queued = true;
                inputs.push(conn);
            }
            if std::mem::take(&mut session.paused) {
                self.core.outgoing.resume.push(conn);
            }
            self.after(conn);
        }
    }

    /// Runs a batch and gives back what its sessions no longer need.
    fn execute(&mut self, batch: &mut Batch) {
        self.prefetch(batch);
        let mut meter = self.core.meter();
        let mut start = 0;
        for &(conn, end) in &batch.touched {
            let group = &batch.queue[start..end];
            start = end;
            if group.is_empty() {
                continue;
            }
            if let Some(mut session) = self.sessions.take(conn) {
                run_group(
                    &mut self.core,
                    &mut self.sessions,
                    &mut session,
                    (group, batch),
                    &mut meter,
                );
                self.sessions.put(session);
                self.after(conn);
            }
        }
        for (conn, error) in batch.broken.drain(..) {
            self.break_off(conn, &error);
        }
        for &(conn, _) in &batch.touched {
            if let Some(session) = self.sessions.get_mut(conn) {
                settle_input(session, &mut self.spares);
            }
        }
    }

    /// Fetches side by side what the requests of a batch will look for.
    #[inline]
    fn prefetch(&mut self, batch: &Batch) {
        // PERF: what a single request looks for it finds as soon as any hint would.
        if batch.queue.len() > 1 {
            let queued = batch.queue.iter();
            let hints = queued.filter_map(|queued| Some((queued.db, queued.hint?)));
            self.core.keyspace.prefetch_entries(hints);
        }
        if batch.has_members && batch.queue.len() > 1 {
            let queued = batch.queue.iter();
            let members =
                queued.filter_map(|queued| Some((queued.db, queued.hint?, queued.member?)));
            self.core.keyspace.prefetch_members(members);
        }
    }

    /// Runs what a session had put off.
    fn run_deferred(&mut self, conn: ConnId) {
        let Some(mut session) = self.sessions.take(conn) else {
            return;
        };
        let before = self.core.outgoing.begin(conn);
        let view = self.core.look_as(&session);
        let mut meter = self.core.meter();
        meter.mark = before.mark();
        while session.runs() && !self.core.is_stalled() {
            let Some(request) = session.deferred.pop_front() else {
                break;
            };
            let args = request.args();
            let command = gate::resolve(&self.core, args).ok();
            self.core.running.begin(&session);
            run_one(
                &mut self.core,
                &mut self.sessions,
                &mut session,
                (command, None, &args),
                &mut meter,
            );
            if let Some(id) = command {
                self.core.note_request(&session, id, &args);
            }
            self.core.running.end();
        }
        if self.core.end_shared(&mut meter) {
            self.core.note_shared(&meter, &session, None);
        }
        self.sessions.put(session);
        self.core.outgoing.end(before);
        self.core.look_as_before(view);
        self.after(conn);
    }

    /// Notes what a session needs after some of its requests ran.
    // PERF: a call of its own is half of its cost.
    #[inline(always)]
    pub(crate) fn after(&mut self, conn: ConnId) {
        self.core.deliver_gathered();
        let Some(session) = self.sessions.get_mut(conn) else {
            return;
        };
        let is_closing = session.state == State::Closing;
        self.core.outgoing.settle(conn);
        self.core.weights.change(conn);
        if is_closing {
            self.core.outgoing.close_after(conn);
        }
    }

    /// Answers bytes that are not the protocol, and closes.
    #[cold]
    fn break_off(&mut self, conn: ConnId, error: &ProtocolError) {
        let Some(mut session) = self.sessions.take(conn) else {
            return;
        };
        if session.runs() {
            self.core.outgoing.equip(conn);
            let text = format!("ERR {error}");
            self.core
                .outgoing
                .reply(conn, session.protocol)
                .error(&text);
            self.core.stats.error(&text);
            session.close();
        }
        self.sessions.put(session);
        self.after(conn);
    }
}

/// The hash of the key that a command will look for, whose fetching begins, and of the member or
/// field that stands behind it.
///
/// PERF: finding a member of a large set takes four cache misses in a row; side by side with those
/// of other requests they cost a third.
#[inline]
fn look_ahead(
    core: &mut Core,
    id: CommandId,
    db: usize,
    args: Args<'_>,
) -> (Option<KeyHash>, Option<MemberHash>) {
    let ahead = core.commands.ahead(id);
    let at = usize::from(ahead.key);
    if at == 0 {
        return (None, None);
    }
    let Some(key) = args.get(at) else {
        return (None, None);
    };
    let db = core.keyspace.db(db);
    let member = ahead.member(args.len()).and_then(|at| args.get(at));
    let member = member.map(|member| db.member_hash(member));
    (Some(db.prefetch(key)), member)
}

/// Decodes requests of one session into the batch.
fn decode(core: &mut Core, session: &mut Session, limits: &Limits, batch: &mut Batch) -> Stopped {
    while session.runs() {
        let input = &session.input[..session.filled];
        let Batch {
            queue,
            spans,
            bulks,
            has_members,
            recent,
            ..
        } = batch;
        match session
            .decoder
            .decode(input, session.decoded, limits, spans, bulks)
        {
            Ok(Decoded::Frame(frame)) => {
                session.decoded = frame.end();
                let args = frame.args(input, spans, bulks);
                let command = core.commands.resolve_like(args, recent);
                let db = session.db;
                let (hint, member) = match command {
                    Some(id) => look_ahead(core, id, db, args),
                    None => (None, None),
                };
                *has_members |= member.is_some();
                queue.push(Queued {
                    frame,
                    command,
                    db,
                    hint,
                    member,
                });
                // Whoever is not known yet may be known after this request, and then has other
                // limits.
                if queue.len() >= BATCH_LEN || session.is_stranger() {
                    return Stopped::BatchFull;
                }
            }
            Ok(Decoded::Incomplete { at }) => {
                session.decoded = at;
                break;
            }
            Ok(Decoded::Bulk { at, keep }) => {
                session.decoded = at;
                session.filled = keep;
                break;
            }
            Err(error) => {
                batch.broken.push((session.conn, error));
                break;
            }
        }
    }
    Stopped::Exhausted
}

/// Decodes what a session that waits has sent, and puts it off. What is not the protocol becomes a
/// request to abort.
#[cold]
pub(crate) fn decode_apart(core: &mut Core, session: &mut Session) {
    let mut batch = Batch::default();
    let limits = core.limits;
    let state = std::mem::replace(&mut session.state, State::Open);
    decode(core, session, &limits, &mut batch);
    session.state = state;
    for queued in &batch.queue {
        let args = queued
            .frame
            .args(&session.input, &batch.spans, &batch.bulks);
        session.deferred.push_back(ArgBuf::from(args));
    }
    if !batch.broken.is_empty() {
        session.deferred.push_back(ArgBuf::from_slices(&[b"abort"]));
    }
    if session.decoded >= session.filled {
        (session.filled, session.decoded) = (0, 0);
    }
}

/// Runs consecutive requests of one session.
fn run_group(
    core: &mut Core,
    sessions: &mut Sessions,
    session: &mut Session,
    (group, batch): (&[Queued], &Batch),
    meter: &mut Meter,
) {
    // The arguments borrow the input while handlers change the rest of the session.
    let input = std::mem::take(&mut session.input);
    let before = core.outgoing.begin(session.conn);
    let view = core.look_as(session);
    core.running.begin(session);
    let is_bounded = core.outgoing.is_bounded();
    meter.mark = before.mark();
    let may_be_large = !batch.bulks.is_empty() || core.costs.bars.may_be_large(session.filled);
    for queued in group {
        let args = queued.frame.args(&input, &batch.spans, &batch.bulks);
        if session.runs() && !core.is_stalled() {
            run_one(
                core,
                sessions,
                session,
                (queued.command, queued.hint, &args),
                meter,
            );
            if may_be_large && let Some(id) = queued.command {
                core.note_request(session, id, &args);
            }
            if is_bounded && core.outgoing.is_over(session.conn) {
                session.close();
            }
        } else if session.state != State::Closing {
            session.deferred.push_back(ArgBuf::from(args));
        }
    }
    if core.end_shared(meter) {
        note_group(core, session, meter, (group, batch, &input));
    }
    core.running.end();
    core.outgoing.end(before);
    core.look_as_before(view);
    session.input = input;
}

/// Tells of requests that cost much together.
#[cold]
fn note_group(
    core: &mut Core,
    session: &Session,
    meter: &Meter,
    (group, batch, input): (&[Queued], &Batch, &[u8]),
) {
    let only = match group {
        [only] => only.command.map(|id| (id, only.frame)),
        _ => None,
    };
    let only = only.map(|(id, frame)| (id, frame.args(input, &batch.spans, &batch.bulks)));
    core.note_shared(meter, session, only);
}

/// Gives back what was executed of a session's input.
fn settle_input(session: &mut Session, spares: &mut Spares) {
    if session.decoded >= session.filled || session.state == State::Closing {
        session.filled = 0;
        session.decoded = 0;
        spares.give_input(std::mem::take(&mut session.input));
    }
}
