//! Threads for work that would hold up the loop, and the reports that come back.
//!
//! ```text
//!  loop ─ start(ticket, work) ─► crew's queue ─► thread ─► report ─► queue ─► loop
//!                                                             └─ wakes it
//!  crew      threads  work
//!  files        2     operations on files that do not wait for the disk; late appends
//!  syncs        2     sync of a file or a directory, replacing a file
//!  tasks        4     tasks, step by step
//!  names        2     resolving of hosts
//!  scripts     16     programs; a thread waits for each
//! ```
//! A crew starts a thread when all that it has are busy, up to its number: a process that forks at
//! its start has no thread yet.
//!
//! Always true: every work that is started ends in exactly one report, also when it panics and when
//! no thread can be had.
//! Always true: `fsync` is called by the crews `syncs` and `tasks` and by nobody else.
//! Not here: what a report means — `reactor/work.rs`; order on one file — `order.rs`; values to
//! drop — `pool/discard.rs`.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crossbeam_channel::{Receiver, Sender, unbounded};
use russet_io::{FileId, FileOp, JobId, Outcome, Script, Task};
use rustix::thread::CpuSet;

use crate::order::Side;
use crate::pool::crew::{Assignment, Crew};
use crate::pool::disk::Files;
use crate::remote::Remote;

mod crew;
pub(crate) mod discard;
pub(crate) mod disk;
mod replace;
mod script;
pub(crate) mod sync;

/// The part of the loop that a report is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ticket {
    /// The service, by this job.
    Job(JobId),
    /// The service, by this task.
    Task(JobId),
    /// The order of a file, whose front on this side it was.
    File(FileId, Side),
    /// The dial that this job asks for.
    Dial(JobId),
    /// The certificates and keys that this job asks for.
    Tls(JobId),
}

/// The numbers of the CPUs that threads of the pool keep to; none: the CPUs of the loop.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Affinity {
    /// The CPUs of threads that save, rewrite and load.
    pub tasks: Vec<usize>,
    /// The CPUs of all other threads.
    pub others: Vec<usize>,
}

/// The set of some CPUs; none if no CPU is in it.
fn cpu_set(cpus: &[usize]) -> Option<CpuSet> {
    let mut set = CpuSet::new();
    let known = cpus.iter().filter(|cpu| **cpu < CpuSet::MAX_CPU);
    known.for_each(|cpu| set.set(*cpu));
    (set.count() > 0).then_some(set)
}

/// Work for a thread.
pub(crate) enum Work {
    File(FileOp),
    Task(Box<dyn Task>, Arc<AtomicBool>),
    Resolve { host: String, port: u16 },
    Script(Script),
}

/// The end of a work.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) ticket: Ticket,
    pub(crate) outcome: Outcome,
    crew: usize,
}

/// The far end of the way back.
#[derive(Debug, Clone)]
pub(crate) struct Reporter {
    sender: Sender<Report>,
    remote: Remote,
}

/// The name of a crew, the most threads it has, and their stack.
struct Post {
    name: &'static str,
    threads_max: usize,
    stack_size: usize,
}

const FILES: usize = 0;
const SYNCS: usize = 1;
const TASKS: usize = 2;
const NAMES: usize = 3;
const SCRIPTS: usize = 4;

#[rustfmt::skip]
const POSTS: [Post; 5] = [
    Post { name: "russet-file",   threads_max: 2,  stack_size: 256 << 10 },
    Post { name: "russet-sync",   threads_max: 2,  stack_size: 256 << 10 },
    Post { name: "russet-task",   threads_max: 4,  stack_size: 2 << 20 },
    Post { name: "russet-name",   threads_max: 2,  stack_size: 256 << 10 },
    Post { name: "russet-script", threads_max: 16, stack_size: 256 << 10 },
];

/// All crews.
pub(crate) struct Pool {
    crews: [Crew; POSTS.len()],
    files: Arc<Files>,
    reporter: Reporter,
    reports: Receiver<Report>,
    /// The switches that cancel tasks under way.
    switches: BTreeMap<JobId, Arc<AtomicBool>>,
    /// Tasks that no thread is free for.
    waiting: VecDeque<(JobId, Box<dyn Task>)>,
}

impl Pool {
    /// A pool without threads, which wakes the loop of a remote.
    pub(crate) fn new(remote: Remote) -> Self {
        let (sender, reports) = unbounded();
        Self {
            crews: std::array::from_fn(|number| Crew::new(number, &POSTS[number])),
            files: Arc::default(),
            reporter: Reporter { sender, remote },
            reports,
            switches: BTreeMap::new(),
            waiting: VecDeque::new(),
        }
    }

    /// Has threads that start from now on keep to CPUs.
    pub(crate) fn keep_to(&mut self, affinity: &Affinity) {
        for (number, crew) in self.crews.iter_mut().enumerate() {
            crew.cpus = cpu_set(match number {
                TASKS => &affinity.tasks,
                _ => &affinity.others,
            });
        }
    }

    /// The files that are open.
    pub(crate) fn files(&self) -> &Files {
        &self.files
    }

    /// Hands work to a thread.
    pub(crate) fn start(&mut self, ticket: Ticket, work: Work) {
        let crew = match &work {
            Work::File(FileOp::Sync(_) | FileOp::SyncDir(_) | FileOp::Replace { .. }) => SYNCS,
            Work::File(_) => FILES,
            Work::Task(..) => TASKS,
            Work::Resolve { .. } => NAMES,
            Work::Script(_) => SCRIPTS,
        };
        let assignment = Assignment { ticket, work };
        self.crews[crew].take(assignment, &self.files, &self.reporter);
    }

    /// Starts a task as soon as a thread is free.
    pub(crate) fn start_task(&mut self, job: JobId, task: Box<dyn Task>) {
        if self.crews[TASKS].is_full() {
            self.waiting.push_back((job, task));
            return;
        }
        let switch = Arc::<AtomicBool>::default();
        self.switches.insert(job, Arc::clone(&switch));
        self.start(Ticket::Task(job), Work::Task(task, switch));
    }

    /// Stops a task before its next step. Gives back one that made no step yet: no report of it
    /// follows.
    pub(crate) fn cancel(&mut self, job: JobId) -> Option<Box<dyn Task>> {
        if let Some(switch) = self.switches.get(&job) {
            switch.store(true, Ordering::Release);
            return None;
        }
        let place = self.waiting.iter().position(|(id, _)| *id == job)?;
        self.waiting.remove(place).map(|(_, task)| task)
    }

    /// The next report, if there is one.
    pub(crate) fn report(&mut self) -> Option<Report> {
        let report = self.reports.try_recv().ok()?;
        self.crews[report.crew].note_report();
        if let Ticket::Task(job) = report.ticket {
            self.switches.remove(&job);
            if let Some((job, task)) = self.waiting.pop_front() {
                self.start_task(job, task);
            }
        }
        Some(report)
    }
}

/// Tasks do not outlive the loop by more than a step.
impl Drop for Pool {
    fn drop(&mut self) {
        for switch in self.switches.values() {
            switch.store(true, Ordering::Release);
        }
    }
}

impl Reporter {
    fn report(&self, report: Report) {
        // Both fail only when the loop is gone.
        if self.sender.send(report).is_ok() {
            let _ = self.remote.call();
        }
    }
}

impl std::fmt::Debug for Pool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pool")
            .field("crews", &self.crews)
            .field("files", &self.files)
            .finish_non_exhaustive()
    }
}
