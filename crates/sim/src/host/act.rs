//! Acts on a list of actions, field by field.
//!
//! Always true: a connection, a file or a job that does not exist, or a number used twice, ends the
//! run with a complaint.
//! Not here: what jobs do when they are due — `complete.rs`.

use russet_io::{
    Append, ConnId, Dial, Disk, Exit, Failure, FileId, FileOp, FileReply, Job, JobId, Ready,
    Service,
};

use super::{Host, Stage};
use crate::air::{Air, complain};
use crate::faulty::Faulty;
use crate::jobs::Work;

impl<S: Service> Host<S> {
    pub(super) fn act(&mut self, ready: &mut Ready, air: &mut Air) -> Option<Exit> {
        let lists = [ready.resume.len(), ready.close.len(), ready.kill.len()];
        let work = [ready.append.len(), ready.sync.len(), ready.jobs.len()];
        air.has_moved |= lists.into_iter().chain(work).any(|len| len > 0);
        self.act_outside(ready, air);
        self.act_on_connections(ready, air);
        air.pass(ready.stall_us);
        self.again = ready.again;
        self.is_behind = ready.is_behind;
        self.wake_at_us = ready
            .wake_at_us
            .map(|at_us| match air.options.late_wake_us {
                0 => at_us,
                most => at_us.saturating_add(air.rng.below(most + 1)),
            });
        ready.exit
    }

    /// The log, files and jobs.
    fn act_outside(&mut self, ready: &mut Ready, air: &mut Air) {
        for line in ready.log.drain(..) {
            air.record.note(format_args!(
                "{} log {:?} {}",
                self.name, line.level, line.text
            ));
        }
        for append in ready.append.drain(..) {
            self.append(append, air);
        }
        for (id, file) in ready.sync.drain(..) {
            self.sync(id, file, air);
        }
        for (id, job) in ready.jobs.drain(..) {
            air.record
                .note(format_args!("{} job {id:?} {job:?}", self.name));
            self.start(id, job, air);
        }
    }

    fn act_on_connections(&mut self, ready: &mut Ready, air: &mut Air) {
        for conn in &ready.kill {
            // The rest of its output need not be given again.
            let at = self.named(*conn, "kill");
            self.conn_mut(at)
                .into_iter()
                .for_each(|conn| conn.given.clear());
        }
        for conn in ready.flush.drain(..) {
            let at = self.note_named(conn, "flush", air);
            self.write(at, air);
        }
        for conn in ready.resume.drain(..) {
            let at = self.note_named(conn, "resume", air);
            self.conn_mut(at)
                .into_iter()
                .for_each(|conn| conn.is_paused = false);
        }
        for conn in ready.close.drain(..) {
            let at = self.note_named(conn, "close", air);
            self.close(at, air);
        }
        for conn in ready.kill.drain(..) {
            let at = self.note_named(conn, "kill", air);
            self.kill(at, air);
        }
    }

    fn note_named(&self, conn: ConnId, list: &str, air: &Air) -> usize {
        air.record
            .note(format_args!("{} {list} {conn:?}", self.name));
        self.named(conn, list)
    }

    /// The place of a connection that a list names.
    fn named(&self, conn: ConnId, list: &str) -> usize {
        match self.find(conn) {
            Some(at) => at,
            None => complain(format_args!("{list} names {conn:?}, which is not there")),
        }
    }

    fn append(&mut self, append: Append, air: &mut Air) {
        let Append {
            file,
            offset,
            bytes,
        } = &append;
        air.record.bytes(
            format_args!("{} append {file:?} at {offset}", self.name),
            bytes,
        );
        self.check_open(*file, "append");
        if self.jobs.holds_file(*file) && (self.jobs.has_appends() || air.rng.below(2) == 0) {
            let due_turn = air.due_turn();
            self.jobs.start(JobId(0), Work::Append(append)).due_turn = due_turn;
            return;
        }
        self.append_now(append, air);
    }

    pub(super) fn append_now(&mut self, append: Append, air: &mut Air) {
        let (file, offset) = (append.file, append.offset);
        let op = FileOp::Write {
            file,
            offset,
            bytes: append.bytes.clone(),
        };
        if let Err(failure) = self.perform(op, air) {
            air.record.note(format_args!(
                "{} append failed {file:?} {failure}",
                self.name
            ));
            self.service.append_failed(append, failure);
        }
    }

    fn sync(&mut self, id: JobId, file: FileId, air: &mut Air) {
        air.record
            .note(format_args!("{} sync {id:?} {file:?}", self.name));
        self.check_open(file, "sync");
        self.claim(id);
        let due_turn = air.due_turn();
        self.jobs.start(id, Work::SyncWaits(file)).due_turn = due_turn;
    }

    fn check_open(&self, file: FileId, list: &str) {
        if !self.disk.is_open(file) {
            complain(format_args!("{list} names {file:?}, which is not open"));
        }
    }

    fn claim(&mut self, id: JobId) {
        if !self.jobs.claim(id) {
            complain(format_args!("{id:?} is used twice"));
        }
    }

    fn start(&mut self, id: JobId, job: Job, air: &mut Air) {
        let due_turn = air.due_turn();
        let work = match job {
            Job::Cancel(job) => {
                if !self.jobs.has_used(job) {
                    complain(format_args!("{job:?} is canceled and was never asked for"));
                }
                return self.jobs.cancel(job);
            }
            Job::Keepalive(_) | Job::Log { .. } => return,
            Job::Discard(value) => {
                self.jobs.start(id, Work::Discard(value)).due_turn = due_turn;
                return;
            }
            Job::File(op) => {
                self.check_files(&op);
                Work::File(op)
            }
            Job::Task(task) => Work::Task {
                task,
                is_canceled: false,
            },
            Job::Dial(dial) => return self.dial(id, dial, due_turn, air),
            Job::Resolve { host, port } => Work::Resolve { host, port },
            Job::Script(_) => Work::Script,
            Job::Listen(plan) => Work::Listen(plan),
            Job::OomScore(_) => Work::OomScore,
            Job::Tls(_) => Work::Certificates,
            Job::OpenFiles(clients) => Work::OpenFiles(clients),
            other => complain(format_args!("{other:?} is not known here")),
        };
        self.claim(id);
        self.jobs.start(id, work).due_turn = due_turn;
    }

    /// Files are opened under new numbers, and used while they are open.
    fn check_files(&mut self, op: &FileOp) {
        match op {
            FileOp::Open { file, .. } if !self.jobs.name(*file) => {
                complain(format_args!("{file:?} is opened twice"));
            }
            FileOp::Write { file, .. }
            | FileOp::Read { file, .. }
            | FileOp::SetLen { file, .. }
            | FileOp::Sync(file)
            | FileOp::Lock(file)
            | FileOp::Close(file) => self.check_open(*file, "jobs"),
            _ => {}
        }
    }

    fn dial(&mut self, id: JobId, dial: Dial, due_turn: u64, air: &mut Air) {
        self.claim(id);
        // Some hosts do not answer: what they would say comes too late.
        let is_silent = air.chance(air.options.fail_one_in);
        let timeout_us = dial.timeout_ms.saturating_mul(1_000);
        let due_us = air.now.mono_us.saturating_add(timeout_us);
        let pending = self.jobs.start(id, Work::Dial(dial));
        pending.due_turn = due_turn;
        pending.due_us = if is_silent { due_us } else { 0 };
    }

    fn close(&mut self, at: usize, air: &mut Air) {
        let Some(conn) = self.conn_mut(at).filter(|conn| conn.stage == Stage::Open) else {
            return;
        };
        conn.stage = Stage::Closing;
        conn.ahead.clear();
        if !conn.is_unsent {
            self.finish(at, air);
        }
    }

    fn kill(&mut self, at: usize, air: &mut Air) {
        if let Some(conn) = self.conn_mut(at) {
            conn.cut(air);
            conn.stage = Stage::Killed;
        }
        // The service hears of it now, or at the beginning of the next turn.
        if air.rng.below(2) == 0 {
            self.say_end(at, air);
        }
    }

    pub(super) fn perform(&mut self, op: FileOp, air: &mut Air) -> Result<FileReply, Failure> {
        let mut disk = Faulty {
            disk: &mut self.disk,
            fail_one_in: air.options.fail_one_in,
            rng: &mut air.rng,
        };
        disk.perform(op)
    }
}
