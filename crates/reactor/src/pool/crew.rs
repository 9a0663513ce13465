//! Threads that do the same kind of work, started one by one as work comes.
//!
//! ```text
//!  assignment ─► queue ─► thread: perform ─► report
//!      └─ all threads are busy: one more, up to the most
//! ```
//! Always true: a panic in a work becomes a failure of that work, where panics unwind; the thread
//! goes on.
//! Always true: threads end after the crew was dropped and the work that it took is done.
//! Not here: which work is whose — `pool.rs`.

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use russet_io::{Failure, Outcome, Step, Task};
use rustix::thread::CpuSet;

use super::disk::{Files, ThreadDisk};
use super::{Post, Report, Reporter, Ticket, Work, script};
use crate::log::failure;
use crate::names;

/// Work, and who hears of its end.
pub(super) struct Assignment {
    pub(super) ticket: Ticket,
    pub(super) work: Work,
}

/// The threads of one kind of work.
#[derive(Debug)]
pub(super) struct Crew {
    number: usize,
    post: &'static Post,
    threads: usize,
    /// Assignments without a report that the loop has read.
    open: usize,
    sender: Sender<Assignment>,
    receiver: Receiver<Assignment>,
    /// The CPUs of its threads; none: those of the loop.
    pub(super) cpus: Option<CpuSet>,
}

impl Crew {
    pub(super) fn new(number: usize, post: &'static Post) -> Self {
        let (sender, receiver) = unbounded();
        Self {
            number,
            post,
            threads: 0,
            open: 0,
            sender,
            receiver,
            cpus: None,
        }
    }

    /// Whether every thread that the crew may have is busy.
    pub(super) fn is_full(&self) -> bool {
        self.open >= self.post.threads_max
    }

    /// Takes work over.
    pub(super) fn take(&mut self, job: Assignment, files: &Arc<Files>, reporter: &Reporter) {
        self.open += 1;
        if self.open > self.threads && self.threads < self.post.threads_max {
            match self.start_thread(Arc::clone(files), reporter.clone()) {
                Ok(()) => self.threads += 1,
                // The threads that there are do it later.
                Err(_) if self.threads > 0 => {}
                Err(error) => {
                    let outcome = Outcome::Failed(failure(&error));
                    return reporter.report(self.report(job.ticket, outcome));
                }
            }
        }
        // The receiver beside it keeps the queue open.
        let _ = self.sender.send(job);
    }

    /// The loop has read a report.
    pub(super) fn note_report(&mut self) {
        self.open -= 1;
    }

    fn report(&self, ticket: Ticket, outcome: Outcome) -> Report {
        Report {
            ticket,
            outcome,
            crew: self.number,
        }
    }

    fn start_thread(&self, files: Arc<Files>, reporter: Reporter) -> std::io::Result<()> {
        let (receiver, crew) = (self.receiver.clone(), self.number);
        let cpus = self.cpus;
        let builder = thread::Builder::new()
            .name(self.post.name.to_owned())
            .stack_size(self.post.stack_size);
        builder.spawn(move || {
            if let Some(cpus) = &cpus {
                // CPUs that the machine does not have change nothing.
                let _ = rustix::thread::sched_setaffinity(None, cpus);
            }
            for Assignment { ticket, work } in receiver {
                let performed = catch_unwind(AssertUnwindSafe(|| perform(work, &files)));
                let outcome = performed.unwrap_or_else(|payload| panicked(&*payload));
                reporter.report(Report {
                    ticket,
                    outcome,
                    crew,
                });
            }
        })?;
        Ok(())
    }
}

fn perform(work: Work, files: &Arc<Files>) -> Outcome {
    let done = match work {
        Work::File(op) => files.perform(op).map(Outcome::File),
        Work::Task(task, switch) => Ok(walk(task, &switch, files)),
        Work::Resolve { host, port } => names::resolve(&host, port)
            .map(Outcome::Resolved)
            .map_err(|error| failure(&error)),
        Work::Script(script) => script::run(&script).map_err(|error| failure(&error)),
    };
    done.unwrap_or_else(Outcome::Failed)
}

/// Takes step after step.
fn walk(mut task: Box<dyn Task>, switch: &AtomicBool, files: &Arc<Files>) -> Outcome {
    let mut disk = ThreadDisk::new(Arc::clone(files));
    while !switch.load(Ordering::Acquire) {
        match task.step(&mut disk) {
            Step::More => {}
            Step::Pause(micros) => pause(micros),
            Step::Finished(value) => return Outcome::Finished(value),
            Step::Failed(failure) => return Outcome::Failed(failure),
        }
    }
    task.cancel(&mut disk);
    Outcome::Canceled
}

#[expect(
    clippy::disallowed_methods,
    reason = "a task asked for it, on a thread of its own"
)]
fn pause(micros: u64) {
    thread::sleep(Duration::from_micros(micros));
}

#[cold]
fn panicked(payload: &(dyn Any + Send)) -> Outcome {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str));
    Outcome::Failed(Failure {
        kind: std::io::ErrorKind::Other,
        text: format!("panicked: {}", text.unwrap_or("without a text")),
    })
}

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
