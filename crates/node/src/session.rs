//! A client's session, and the table of all sessions.
//!
//! Always true: an idle session owns no buffer: input buffers come from the spare ones when bytes
//! arrive and go back when they are used up.
//! Not here: what is done with the bytes — `run.rs`; its output — `outgoing.rs`.

use std::collections::VecDeque;
use std::sync::Arc;

use russet_base::time::Now;
use russet_command::registry::CommandId;
use russet_io::{ConnId, JobId, Origin};
use russet_resp::{ArgBuf, Protocol, RequestDecoder};

use crate::acl::User;
use crate::fieldsets::Fieldsets;
use crate::hurdles::Hurdles;
use crate::multi::Multi;

/// Whether replies reach the client (`CLIENT REPLY`).
///
/// ```text
///          OFF                 SKIP              the command ends        the command ends
///  On ◄──────────► Off   On ─────────► SkipNext ─────────────────► Skip ─────────────────► On
///          ON
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Replies {
    /// They do.
    On,
    /// They do not.
    Off,
    /// The reply of the next command will not.
    SkipNext,
    /// The reply of this command does not.
    Skip,
}

impl Replies {
    /// Whether a reply that is written now is dropped.
    #[inline]
    pub(crate) fn are_dropped(self) -> bool {
        matches!(self, Self::Off | Self::Skip)
    }

    /// The mode of the next command, when one has ended.
    #[inline]
    #[must_use]
    pub(crate) fn next(self) -> Self {
        match self {
            Self::SkipNext => Self::Skip,
            Self::Skip => Self::On,
            other => other,
        }
    }
}

/// Whether requests of a session run.
///
/// ```text
///           blocks, starts a job, is postponed
///   Open ──────────────────────────────────────► Waits(for)
///    │  ◄──────────────────────────────────────    │
///    │      served, completed, released            │
///    └────────────► Closing ◄──────────────────────┘   QUIT, killed, not the protocol
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Commands run as they come.
    Open,
    /// Nothing runs until something has happened.
    Waits(For),
    /// Nothing runs any more; the connection closes once its output was written.
    Closing,
}

/// A condition that a session waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    /// A change of one of the keys that the waiters know, or its deadline.
    Keys,
    /// The completion of a job.
    Job(JobId),
    /// The answer of another server.
    Peer,
    /// Files that are written and read again, while nothing else changes data.
    Files,
    /// Copies of its writes.
    Acks,
    /// The files of a backup.
    Backup,
    /// The gate: its next request was postponed.
    Gate,
    /// The end of a script, which goes on in each turn.
    Script,
}

/// Things a client asked for that others only read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wishes {
    /// `CLIENT NO-EVICT on`.
    pub no_evict: bool,
    /// `CLIENT NO-TOUCH on`.
    pub no_touch: bool,
    /// `CLIENT CAPA redirect`.
    pub redirect: bool,
    /// `CLIENT IMPORT-SOURCE on`.
    pub import_source: bool,
}

/// The names that a client gave itself; boxed, since most have none.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names {
    /// `CLIENT SETNAME`.
    pub name: Vec<u8>,
    /// `CLIENT SETINFO LIB-NAME`.
    pub lib_name: Vec<u8>,
    /// `CLIENT SETINFO LIB-VER`.
    pub lib_version: Vec<u8>,
}

/// One client.
pub(crate) struct Session {
    /// Its connection.
    pub conn: ConnId,
    /// Its number, never reused.
    pub id: u64,
    /// Where it came from.
    pub origin: Origin,
    /// The protocol of its replies.
    pub protocol: Protocol,
    /// The selected database.
    pub db: usize,
    /// Its user: the default one until it has authenticated, `None` for what the server does
    /// itself.
    user: Option<Arc<User>>,
    /// Whether it has authenticated, or need not when it came.
    is_authenticated: bool,
    /// Reasons for which its requests might not run now.
    hurdles: Hurdles,
    /// Whether its requests run.
    pub state: State,
    /// Whether replies reach it.
    pub replies: Replies,
    /// Modes it asked for.
    pub wishes: Wishes,
    /// Its names, if any.
    pub names: Option<Box<Names>>,
    /// The last command, for CLIENT LIST.
    pub last_command: Option<CommandId>,
    /// When it connected, in wall milliseconds.
    pub created_ms: i64,
    /// When it last sent something or ended a wait, in monotonic milliseconds.
    pub active_ms: u64,
    /// Bytes received so far.
    pub bytes_in: u64,
    /// Commands executed.
    pub commands: u64,
    /// Bytes received: `input[..filled]`, executed or in the batch up to `decoded`.
    pub input: Vec<u8>,
    /// How much of `input` holds bytes.
    pub filled: usize,
    /// How much of `input` was decoded into whole requests.
    pub decoded: usize,
    /// The decoder, in the middle of a request or at its start.
    pub decoder: RequestDecoder,
    /// Requests decoded but put off, since the session had to wait.
    pub deferred: VecDeque<ArgBuf>,
    /// Its transaction, from MULTI on.
    multi: Option<Box<Multi>>,
    /// Fieldsets that HIMPORT PREPARE declared, if any.
    pub fieldsets: Option<Box<Fieldsets>>,
    /// Whether it stands in the turn's list of sessions with input.
    pub queued: bool,
    /// Whether its reading was refused and is to be resumed.
    pub paused: bool,
    /// Whether its next script is debugged.
    pub debugs_scripts: bool,
}

impl Session {
    /// A session that has just connected.
    pub(crate) fn new(conn: ConnId, id: u64, origin: Origin, now: Now) -> Self {
        Self {
            conn,
            id,
            origin,
            protocol: Protocol::Resp2,
            db: 0,
            user: None,
            is_authenticated: false,
            hurdles: Hurdles::STRANGER,
            state: State::Open,
            replies: Replies::On,
            wishes: Wishes::default(),
            names: None,
            last_command: None,
            created_ms: now.wall_ms(),
            active_ms: now.mono_ms(),
            bytes_in: 0,
            commands: 0,
            input: Vec::new(),
            filled: 0,
            decoded: 0,
            decoder: RequestDecoder::default(),
            deferred: VecDeque::new(),
            multi: None,
            fieldsets: None,
            queued: false,
            paused: false,
            debugs_scripts: false,
        }
    }

    /// The name, which may be empty.
    pub(crate) fn name(&self) -> &[u8] {
        self.names.as_deref().map_or(&[], |n| &n.name)
    }

    /// The names, made when there were none.
    pub(crate) fn names_mut(&mut self) -> &mut Names {
        self.names.get_or_insert_default()
    }

    /// Reasons for which its requests might not run now.
    #[inline]
    pub(crate) fn hurdles(&self) -> Hurdles {
        self.hurdles
    }

    /// Its user, if it has one.
    #[inline]
    pub(crate) fn user(&self) -> Option<&Arc<User>> {
        self.user.as_ref()
    }

    /// Whether it has authenticated, or need not when it came.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.is_authenticated
    }

    /// Whether it must authenticate before it may run anything else.
    #[inline]
    pub(crate) fn is_stranger(&self) -> bool {
        self.hurdles.has(Hurdles::STRANGER)
    }

    /// Its user, if there is something that it may not do.
    pub(crate) fn restricted_user(&self) -> Option<Arc<User>> {
        self.user.clone().filter(|user| user.is_restricted())
    }

    /// Lets it be this user, who has authenticated.
    pub(crate) fn log_in(&mut self, user: Arc<User>) {
        self.is_authenticated = true;
        self.take_rights(user, true);
    }

    /// Lets it be the default user, as if it had just connected.
    pub(crate) fn log_out(&mut self, default: Arc<User>) {
        let is_open = default.is_open();
        self.is_authenticated = is_open;
        self.take_rights(default, is_open);
    }

    /// Lets it have the rights of its user as that is now. Who has not authenticated is a stranger
    /// unless everybody is let in.
    pub(crate) fn take_rights(&mut self, user: Arc<User>, is_open: bool) {
        let is_stranger = !self.is_authenticated && !is_open;
        self.hurdles.set(Hurdles::STRANGER, is_stranger);
        let is_restricted = user.is_restricted();
        self.hurdles.set(Hurdles::RESTRICTED, is_restricted);
        self.user = Some(user);
    }

    /// Lets it do everything: it repeats what was allowed once.
    pub(crate) fn trust(&mut self) {
        let checked = Hurdles::STRANGER | Hurdles::RESTRICTED;
        self.hurdles.set(checked, false);
        self.user = None;
    }

    /// Sets whether it speaks RESP2 and has subscriptions.
    pub(crate) fn set_subscribed(&mut self, is_subscribed: bool) {
        self.hurdles.set(Hurdles::SUBSCRIBED, is_subscribed);
    }

    /// Sets whether it monitors.
    pub(crate) fn set_monitor(&mut self, is_monitor: bool) {
        self.hurdles.set(Hurdles::MONITORS, is_monitor);
    }

    /// Whether it monitors.
    pub(crate) fn is_monitor(&self) -> bool {
        self.hurdles.has(Hurdles::MONITORS)
    }

    /// Its transaction.
    #[inline]
    pub(crate) fn multi(&self) -> Option<&Multi> {
        self.multi.as_deref()
    }

    /// Its transaction.
    pub(crate) fn multi_mut(&mut self) -> Option<&mut Multi> {
        self.multi.as_deref_mut()
    }

    /// Opens a transaction.
    pub(crate) fn begin_multi(&mut self) {
        self.multi = Some(Box::default());
        self.hurdles.set(Hurdles::IN_MULTI, true);
    }

    /// Ends the transaction, and gives it back.
    pub(crate) fn end_multi(&mut self) -> Option<Box<Multi>> {
        self.hurdles.set(Hurdles::IN_MULTI, false);
        self.multi.take()
    }

    /// Whether requests may run now.
    #[inline]
    pub(crate) fn runs(&self) -> bool {
        matches!(self.state, State::Open)
    }

    /// The bytes of input that were not decoded.
    #[inline]
    pub(crate) fn undecoded(&self) -> usize {
        self.filled - self.decoded
    }

    /// Moves what was not decoded to the beginning of the buffer, so that there is room behind it.
    // PERF: called before a read, so that a long pipeline is moved once and not batch by batch.
    #[inline]
    pub(crate) fn compact_input(&mut self) {
        if self.decoded > 0 {
            self.input.copy_within(self.decoded..self.filled, 0);
            self.filled -= self.decoded;
            self.decoded = 0;
        }
    }

    /// Whether requests wait to run, whole ones or not.
    pub(crate) fn has_requests(&self) -> bool {
        !self.deferred.is_empty() || self.filled > self.decoded
    }

    /// Whether it is not on its way out.
    pub(crate) fn runs_or_waits(&self) -> bool {
        self.state != State::Closing
    }

    /// Ends a wait: the session takes its next request, and counts as active.
    pub(crate) fn end_wait(&mut self, now: Now) {
        if self.runs_or_waits() {
            self.state = State::Open;
        }
        self.active_ms = now.mono_ms();
    }

    /// Lets the rest of its output go and then closes; runs nothing more.
    pub(crate) fn close(&mut self) {
        self.state = State::Closing;
        self.deferred.clear();
    }
}

/// All sessions by connection, but for the one that is running.
#[derive(Default)]
pub(crate) struct Sessions {
    slots: Vec<Option<Box<Session>>>,
    len: usize,
}

impl Sessions {
    /// How many there are, the running one among them.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Adds a session.
    pub(crate) fn insert(&mut self, session: Box<Session>) {
        let index = session.conn.index as usize;
        if self.slots.len() <= index {
            self.slots.resize_with(index + 1, || None);
        }
        self.slots[index] = Some(session);
        self.len += 1;
    }

    /// Removes the session of a connection.
    pub(crate) fn remove(&mut self, conn: ConnId) -> Option<Box<Session>> {
        let session = self.take(conn)?;
        self.len -= 1;
        Some(session)
    }

    /// Takes a session out to run it; [`Self::put`] brings it back.
    #[inline]
    pub(crate) fn take(&mut self, conn: ConnId) -> Option<Box<Session>> {
        let slot = self.slots.get_mut(conn.index as usize)?;
        if slot
            .as_ref()
            .is_some_and(|s| s.conn.generation == conn.generation)
        {
            return slot.take();
        }
        None
    }

    /// Puts a session back that was taken.
    #[inline]
    pub(crate) fn put(&mut self, session: Box<Session>) {
        let slot = &mut self.slots[session.conn.index as usize];
        debug_assert!(
            slot.is_none(),
            "a session that was taken left its place empty"
        );
        // PERF: what is known to be empty need not be dropped.
        if slot.is_none() {
            *slot = Some(session);
        }
    }

    /// The session of a connection.
    #[inline]
    pub(crate) fn get_mut(&mut self, conn: ConnId) -> Option<&mut Session> {
        let session = self.slots.get_mut(conn.index as usize)?.as_deref_mut()?;
        (session.conn.generation == conn.generation).then_some(session)
    }

    /// Every session that is in the table.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Session> {
        self.slots.iter().filter_map(Option::as_deref)
    }

    /// Every session that is in the table.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Session> {
        self.slots.iter_mut().filter_map(Option::as_deref_mut)
    }
}
