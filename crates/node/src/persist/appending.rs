//! Appending: the journal goes into the increment at the end of a turn, and is synced.
//!
//! ```text
//!  end of a turn ─► check line, units ─► Ready::append ─┬─ always: Ready::sync, replies are fenced
//!                                                       ├─ everysec: sync within a second
//!                                                       └─ no: the system decides
//! ```
//! Always true: a reply leaves after the write of what it depends on; under `always`, after its
//! sync as well.
//! Always true: at most one sync of the increment is under way; what is written meanwhile is
//! covered by the next. Under `always` that one waits for the clients that the last one served,
//! since most of them send at once and would miss it; but no longer than a sync takes.
//! Always true: a file that failed is not written again: a fresh base and increment replace it.
//! Not here: which file — `rewriting.rs`

use bytes::Bytes;
use russet_io::{Append, FileId, FileOp, Job, LogLevel};

use super::aof::{AofJob, RETRY_US, Stage, Syncing, Writer};
use super::backup::Phase;
use crate::config::AppendSync;
use crate::core::Core;
use crate::journal::Offset;
use crate::latency::Event;
use crate::machines::Machine;

/// The age of the oldest change at which a sync begins under `everysec`, in microseconds: below a
/// second, since the sync takes its time.
const SYNC_AFTER_US: u64 = 900_000;

/// The age of a sync under `everysec` from which on replies wait for it, in microseconds.
const STALLED_US: u64 = 1_000_000;

/// How long a sync under `always` waits for clients that it could serve, in microseconds.
const GATHERING_US_MAX: u64 = 1_000;

/// Under `always` more than this is not kept in memory until the next sync, in bytes.
const WAITING_SIZE_MAX: u64 = 1 << 20;

/// Groups up to this size are copied behind their check line; larger ones are written apart.
const COPIED_SIZE_MAX: usize = 64 << 10;

impl Core {
    /// Ends a turn: hands what the journal has to the loop, and has it synced, each if it is due.
    #[inline]
    pub(crate) fn append_journal(&mut self) {
        if self.saves.is_flushed && self.open.is_none() {
            self.follow_flush();
        }
        if self.aof.writer.is_none() && self.aof.rewrite.is_none() {
            return;
        }
        let rewrite = self.aof.rewrite.as_ref();
        let switches = rewrite.is_some_and(|rewrite| rewrite.stage == Stage::Switching)
            && !self.journal.is_in_unit();
        if switches || !self.appends_later() {
            self.append_all();
        }
        if switches {
            self.switch_increment();
        }
    }

    /// Hands all that the journal has to the loop, and has it synced if that is due.
    pub(crate) fn append_all(&mut self) {
        if let Some(mut writer) = self.aof.writer.take() {
            if writer.appended != self.journal.end() {
                self.append_group(&mut writer);
            }
            self.aof.writer = Some(writer);
            self.sync_if_due();
        }
    }

    /// Whether it is enough to append when the next sync begins, since replies wait for that.
    ///
    /// PERF: a file that is being synced is written by another thread, which takes longer than the
    /// rest of a turn. One write for each sync took a third of the CPU of `always`.
    fn appends_later(&self) -> bool {
        let Some(writer) = &self.aof.writer else {
            return false;
        };
        let is_small = self.journal.end().0 - writer.appended.0 < WAITING_SIZE_MAX;
        self.config.appendfsync == AppendSync::Always
            && is_small
            && (writer.sync.is_some()
                || writer.gathers(self.outgoing.fenced_count(), self.now.mono_us))
    }

    fn append_group(&mut self, writer: &mut Writer) {
        let mut pieces: Vec<Bytes> = Vec::new();
        let stamp = match self.config.aof_timestamp_enabled {
            true => writer.times.next(self.now.wall_s()),
            false => None,
        };
        while let Ok(Some(bytes)) = self.read_journal(writer.reader) {
            pieces.push(bytes);
        }
        if pieces.is_empty() {
            return;
        }
        let stamp = stamp.as_ref().map_or(&[][..], |stamp| stamp.as_bytes());
        let line = writer.checks.as_mut().map(|group| {
            group.cover(stamp);
            pieces.iter().for_each(|piece| group.cover(piece));
            group.line()
        });
        let line = line.as_ref().map_or(&[][..], |line| line.as_bytes());
        let size: usize = pieces.iter().map(Bytes::len).sum();
        // While a unit is open, units before it may wait for its end.
        writer.appended = Offset(writer.appended.0 + size as u64);
        let copied = if size <= COPIED_SIZE_MAX { size } else { 0 };
        let mut group = Vec::with_capacity(line.len() + stamp.len() + copied);
        group.extend_from_slice(line);
        group.extend_from_slice(stamp);
        if copied > 0 {
            for piece in pieces.drain(..) {
                group.extend_from_slice(&piece);
            }
        }
        let file = writer.file;
        for bytes in std::iter::once(Bytes::from(group)).chain(pieces) {
            let offset = writer.size;
            writer.size += bytes.len() as u64;
            self.outbox.append.push(Append {
                file,
                offset,
                bytes,
            });
        }
        writer.oldest_us.get_or_insert(self.now.mono_us);
    }

    fn sync_if_due(&mut self) {
        let policy = self.config.appendfsync;
        let is_held_back = self.is_sync_held_back();
        let now_us = self.now.mono_us;
        let Some(writer) = &mut self.aof.writer else {
            return;
        };
        if let Some(sync) = &mut writer.sync {
            let is_late = now_us.saturating_sub(sync.since_us) >= STALLED_US;
            if is_late && policy == AppendSync::EverySecond && sync.stalled.is_none() {
                sync.stalled = Some(writer.appended);
                self.aof.delayed += 1;
                let line = "Asynchronous AOF fsync is taking too long (disk is busy?). Writing \
                            the AOF buffer without waiting for fsync to complete, this may slow \
                            down Redis.";
                self.outbox.log(LogLevel::Notice, line);
                self.derive_fence();
            }
            return;
        }
        let Some(oldest_us) = writer.oldest_us else {
            return;
        };
        let is_due = match policy {
            AppendSync::Always => true,
            AppendSync::EverySecond => now_us.saturating_sub(oldest_us) >= SYNC_AFTER_US,
            AppendSync::Never => false,
        };
        let is_due = is_due || self.aof.stops_at.is_some();
        if !is_due || is_held_back {
            return;
        }
        let machine = Machine::Aof(AofJob::Sync(writer.file));
        self.outbox.sync(writer.file, machine);
        writer.sync = Some(Syncing {
            upto: writer.appended,
            size: writer.size,
            since_us: now_us,
            stalled: None,
        });
        writer.oldest_us = None;
    }

    /// Whether syncs wait for the end of a save, as `no-appendfsync-on-rewrite` has it.
    fn is_sync_held_back(&self) -> bool {
        self.config.no_appendfsync_on_rewrite
            && self.config.appendfsync != AppendSync::Always
            && self.aof.stops_at.is_none()
            && (self.aof.rewrite.is_some() || self.saves.is_running())
    }

    /// When the next sync is due, or the one under way counts as stalled, in monotonic
    /// microseconds.
    pub(crate) fn next_sync_us(&self) -> Option<u64> {
        let writer = self.aof.writer.as_ref()?;
        match self.config.appendfsync {
            AppendSync::EverySecond => {}
            AppendSync::Always => {
                let is_waiting = writer.sync.is_none() && writer.appended != self.journal.end();
                let until_us = writer.gathers_until_us;
                return Some(until_us).filter(|&us| is_waiting && us > self.now.mono_us);
            }
            AppendSync::Never => return None,
        }
        match &writer.sync {
            Some(sync) if sync.stalled.is_some() => None,
            Some(sync) => Some(sync.since_us + STALLED_US),
            None if self.is_sync_held_back() => None,
            None => writer.oldest_us.map(|at_us| at_us + SYNC_AFTER_US),
        }
    }

    /// A sync of the increment has ended.
    pub(crate) fn end_sync(&mut self, file: FileId, failure: Option<&str>) {
        let Some(writer) = self
            .aof
            .writer
            .as_mut()
            .filter(|writer| writer.file == file)
        else {
            return self.end_sync_of_old(file, failure);
        };
        let Some(sync) = writer.sync.take() else {
            return;
        };
        let now_us = self.now.mono_us;
        writer.expected = self.outgoing.fenced_count();
        writer.gathers_until_us = now_us + GATHERING_US_MAX.min(now_us - sync.since_us);
        if let Some(failure) = failure {
            let line = format!("Fail to fsync the AOF file: {failure}");
            return self.fail_aof(&line);
        }
        writer.synced = writer.synced.max(sync.upto);
        if let Some(group) = &mut writer.checks {
            group.set_synced(sync.size);
        }
        self.note_sync(&sync);
        self.derive_fence();
        self.open_fence();
        self.stop_if_durable();
    }

    /// Tells of a sync that has ended, if somebody waited long for it.
    fn note_sync(&mut self, sync: &Syncing) {
        let took_us = self.now.mono_us - sync.since_us;
        let (event, waited_us) = match self.config.appendfsync {
            AppendSync::Always => (Event::AofFsyncAlways, took_us),
            _ if sync.stalled.is_some() => {
                let waited_us = took_us.saturating_sub(STALLED_US);
                (Event::AofWritePendingFsync, waited_us)
            }
            _ => return,
        };
        self.note_latency(event, waited_us.saturating_mul(1000));
    }

    /// Lets the replies leave whose changes are durable.
    pub(crate) fn open_fence(&mut self) {
        if self.aof.is_fenced
            && let Some(durable) = self.aof.durable()
        {
            self.outgoing.allow(durable);
        }
    }

    /// Fences replies where they must wait, and opens the fence otherwise: under `always` for the
    /// sync, under `everysec` for a sync that is stalled, and under every policy until a manifest
    /// lists the increment that takes changes.
    pub(crate) fn derive_fence(&mut self) {
        let policy = self.config.appendfsync;
        let is_always = policy == AppendSync::Always;
        let is_on = self.config.appendonly || self.aof.stops_at.is_some();
        let writer = self.aof.writer.as_ref().filter(|_| is_on);
        let upto = writer.and_then(|writer| match (writer.is_listed, is_always) {
            (true, true) => writer.durable(),
            (true, false) => {
                let sync = writer.sync.as_ref();
                let stalled = sync.and_then(|sync| sync.stalled);
                stalled.filter(|_| policy == AppendSync::EverySecond)
            }
            // A first increment promises nothing before its base is there.
            (false, _) if !self.aof.goes_over() => None,
            (false, true) => Some(writer.durable_before.unwrap_or_default()),
            (false, false) => Some(writer.begins),
        });
        match (upto, self.aof.is_fenced) {
            (Some(upto), false) => {
                self.outgoing.fence(upto);
                self.aof.is_fenced = true;
            }
            // After a failure replies wait until a fresh base holds what they depend on.
            (None, true) if self.aof.fault.is_none() => {
                self.outgoing.unfence();
                self.aof.is_fenced = false;
            }
            _ => {}
        }
    }

    /// Bytes could not be written.
    pub(crate) fn append_failed(&mut self, append: &Append, failure: &str) {
        let writer = self.aof.writer.as_ref().map(|writer| writer.file);
        let rewrite = self.aof.rewrite.as_ref();
        let old = rewrite.and_then(|rewrite| rewrite.old);
        if [writer, old].contains(&Some(append.file)) {
            let line = format!("Error writing to the AOF file: {failure}");
            self.fail_aof(&line);
        }
    }

    /// Gives the increment up: a fresh base and increment are tried from now on.
    pub(crate) fn fail_aof(&mut self, line: &str) {
        self.outbox.log(LogLevel::Warning, line);
        self.cancel_rewrite();
        self.close_writer();
        match self.aof.stops_at {
            Some(_) => self.end_appending(),
            None => {
                // What is appended for a backup alone may be lost: the backup is, and nothing else.
                self.aof.fault = self.config.appendonly.then(|| line.to_owned());
                self.aof.retry_us = self.now.mono_us + RETRY_US;
                self.derive_disk_health();
            }
        }
        if !matches!(self.backup.phase, Phase::Pending { .. }) {
            self.fail_backup(line);
        }
    }

    /// Turns appending off, once all that was changed so far is durable. Appending goes on until
    /// then.
    pub(crate) fn stop_aof(&mut self) {
        self.append_all();
        if self.aof.is_rewriting() {
            let id = self.environment.process_id;
            let line = format!("Killing running AOF rewrite child: {id}");
            self.outbox.log(LogLevel::Notice, line);
        }
        self.aof.is_scheduled = false;
        let writer = self.aof.writer.as_ref();
        self.aof.stops_at = Some(writer.map_or(self.journal.end(), |writer| writer.appended));
        // An increment that replaces a listed one is listed first: it holds changes that were
        // acknowledged.
        let is_unlisted = self
            .aof
            .writer
            .as_ref()
            .is_some_and(|writer| !writer.is_listed);
        if !(is_unlisted && self.aof.goes_over()) {
            self.cancel_rewrite();
        }
        self.stop_if_durable();
    }

    /// Ends appending if that was asked for and all changes before are durable.
    pub(crate) fn stop_if_durable(&mut self) {
        let Some(stops_at) = self.aof.stops_at else {
            return;
        };
        let writer = self.aof.writer.as_ref();
        if writer.is_some_and(|writer| !writer.is_listed || writer.durable() < Some(stops_at)) {
            return self.sync_if_due();
        }
        self.cancel_rewrite();
        self.close_writer();
        self.end_appending();
    }

    /// Closes the increment that takes changes, if there is one.
    pub(crate) fn close_writer(&mut self) {
        if let Some(writer) = self.aof.writer.take() {
            self.detach_reader(writer.reader);
            self.outbox.start(Job::File(FileOp::Close(writer.file)));
        }
    }

    fn end_appending(&mut self) {
        self.aof.stops_at = None;
        self.aof.fault = None;
        self.derive_fence();
        self.derive_disk_health();
    }
}
