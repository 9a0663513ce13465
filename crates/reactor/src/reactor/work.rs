//! Appends, syncs and jobs: started in the order of the list, completed before the next run.
//!
//! ```text
//!  append ─► file is free: write here ──────────────► failed: append_failed, at once
//!     │      else: behind what is under way, and output waits meanwhile
//!  sync ──► behind what is under way ─► pool ─┐
//!  jobs ──► pool, dials, or here ─────────────┴─► reports ─► completed, append_failed
//! ```
//! Always true: while an append waits or is under way, no output is taken from the service.
//! Always true: no file is synced on this thread.
//! Not here: threads — `pool.rs`; which work on a file waits for which — `order.rs`.

use std::mem;

use russet_io::{
    Append, Failure, FileId, FileOp, Job, JobId, LogLevel, OomScore, Outcome, Service,
};

use super::Reactor;
use crate::log::{failure, os_text};
use crate::open_files;
use crate::order::{Errand, Side, file_of};
use crate::pool::{Affinity, Ticket, Work};

impl<S: Service> Reactor<S> {
    /// Writes what is to be appended, or has it written.
    pub(super) fn append_all(&mut self) {
        let mut appends = mem::take(&mut self.ready.append);
        for append in appends.drain(..) {
            let file = append.file;
            if !self.order.is_free(file) {
                self.enter(file, Errand::Append(append));
                continue;
            }
            // Behind a failure nothing is written: the file would get a hole.
            let failed = match self.failed.iter().find(|(failed, _)| *failed == file) {
                Some((_, failure)) => Some(failure.clone()),
                None => {
                    let files = self.pool.files();
                    let written = files.write(file, append.offset, &append.bytes);
                    let failed = written.err();
                    self.failed.extend(failed.iter().map(|f| (file, f.clone())));
                    failed
                }
            };
            if let Some(failure) = failed {
                self.fail_append(append, failure);
            }
        }
        self.ready.append = appends;
    }

    /// Has files synced. A file that an append of this turn failed on is not.
    pub(super) fn sync_all(&mut self) {
        let mut syncs = mem::take(&mut self.ready.sync);
        for (job, file) in syncs.drain(..) {
            match self.failed.iter().find(|(failed, _)| *failed == file) {
                Some((_, failure)) => {
                    let outcome = Outcome::Failed(failure.clone());
                    self.complete(job, outcome);
                }
                None => self.enter(file, Errand::Sync(job)),
            }
        }
        self.ready.sync = syncs;
    }

    /// Has threads of the pool that start from now on keep to CPUs.
    pub fn keep_to(&mut self, affinity: &Affinity) {
        self.pool.keep_to(affinity);
    }

    /// Sets the score by which the out-of-memory killer chooses the process.
    ///
    /// # Errors
    /// The line of the log, which was written.
    pub fn set_oom_score(&mut self, score: OomScore) -> Result<(), String> {
        let set = self.oom_score.set(score);
        if let Err(text) = &set {
            self.log.line(LogLevel::Warning, text);
        }
        set
    }

    /// Starts the jobs.
    pub(super) fn start_jobs(&mut self) {
        let mut jobs = mem::take(&mut self.ready.jobs);
        for (id, job) in jobs.drain(..) {
            self.start_job(id, job);
        }
        self.ready.jobs = jobs;
    }

    fn start_job(&mut self, id: JobId, job: Job) {
        match job {
            Job::File(op) => self.start_op(id, op),
            Job::Task(task) => self.pool.start_task(id, task),
            Job::Cancel(task) => {
                if let Some(unstarted) = self.pool.cancel(task) {
                    self.discards.discard(Box::new(unstarted));
                    self.complete(task, Outcome::Canceled);
                }
            }
            Job::Dial(dial) => self.dial(id, dial),
            Job::Resolve { host, port } => self
                .pool
                .start(Ticket::Job(id), Work::Resolve { host, port }),
            Job::Script(script) => self.pool.start(Ticket::Job(id), Work::Script(script)),
            Job::Listen(plan) => {
                let outcome = match self.listen(&plan) {
                    Ok(()) => Outcome::Done,
                    Err(error) => Outcome::Failed(Failure {
                        kind: error.kind(),
                        text: error.to_string(),
                    }),
                };
                self.complete(id, outcome);
            }
            Job::OpenFiles(clients) => {
                let granted = open_files::raise(clients);
                for (level, text) in &granted.lines {
                    self.log.line(*level, text);
                }
                self.complete(id, Outcome::Granted(granted.max_clients));
            }
            Job::OomScore(score) => {
                let outcome = match self.set_oom_score(score) {
                    Ok(()) => Outcome::Done,
                    Err(text) => Outcome::Failed(Failure::new(std::io::ErrorKind::Other, text)),
                };
                self.complete(id, outcome);
            }
            Job::Tls(settings) => self.start_loading_tls(id, settings),
            Job::Keepalive(seconds) => self.listeners.set_keepalive(seconds),
            Job::Log { file, level } => self.redirect_log(&file, level),
            Job::Discard(load) => self.discards.discard(load),
            _ => {
                let error = std::io::Error::from(std::io::ErrorKind::Unsupported);
                self.complete(id, Outcome::Failed(failure(&error)));
            }
        }
    }

    fn start_op(&mut self, id: JobId, op: FileOp) {
        match file_of(&op) {
            Some(file) if matches!(op, FileOp::Sync(_)) => self.enter(file, Errand::Sync(id)),
            Some(file) if !self.order.is_free(file) => self.enter(file, Errand::Op(id, op)),
            _ => self.pool.start(Ticket::Job(id), Work::File(op)),
        }
    }

    fn redirect_log(&mut self, file: &str, level: Option<LogLevel>) {
        if let Err(error) = self.log.redirect(file, level) {
            let text = format!("Can't open the log file: {}", os_text(&error));
            self.log.line(LogLevel::Warning, &text);
        }
    }

    fn enter(&mut self, file: FileId, errand: Errand) {
        self.order.enter(file, errand);
        self.start_errands(file);
    }

    fn start_errands(&mut self, file: FileId) {
        while let Some((side, errand)) = self.order.start(file) {
            let op = match errand {
                Errand::Append(append) => FileOp::Write {
                    file,
                    offset: append.offset,
                    bytes: append.bytes,
                },
                Errand::Sync(_) => FileOp::Sync(file),
                Errand::Op(_, op) => op,
            };
            self.pool.start(Ticket::File(file, side), Work::File(op));
        }
    }

    /// Hears what the pool has done.
    pub(super) fn hear_reports(&mut self) {
        while let Some(report) = self.pool.report() {
            match report.ticket {
                Ticket::Job(job) | Ticket::Task(job) => self.complete(job, report.outcome),
                Ticket::Dial(job) => self.resolved(job, report.outcome),
                Ticket::Tls(job) => self.end_loading_tls(job, report.outcome),
                Ticket::File(file, side) => self.end_errand(file, side, report.outcome),
            }
        }
    }

    fn end_errand(&mut self, file: FileId, side: Side, outcome: Outcome) {
        match (self.order.end(file, side), outcome) {
            (Some(Errand::Append(append)), Outcome::Failed(failure)) => {
                let behind = self.order.fail(file);
                self.fail_append(append, failure.clone());
                for errand in behind {
                    match errand {
                        Errand::Append(append) => self.fail_append(append, failure.clone()),
                        Errand::Sync(job) | Errand::Op(job, _) => {
                            self.complete(job, Outcome::Failed(failure.clone()));
                        }
                    }
                }
            }
            (Some(Errand::Sync(job) | Errand::Op(job, _)), outcome) => self.complete(job, outcome),
            (Some(Errand::Append(_)) | None, _) => {}
        }
        self.start_errands(file);
    }

    /// Reports a failed append at once: the service may hold back whatever depends on it.
    #[cold]
    fn fail_append(&mut self, append: Append, failure: Failure) {
        self.service.append_failed(append, failure);
        self.again = true;
    }

    /// A job has ended; the service hears of it before its next run, which comes at once.
    pub(super) fn complete(&mut self, job: JobId, outcome: Outcome) {
        self.ended.push((job, outcome));
        self.again = true;
    }

    /// Tells the service which jobs have ended.
    pub(super) fn deliver(&mut self) {
        for (job, outcome) in self.ended.drain(..) {
            self.service.completed(job, outcome);
        }
    }
}
