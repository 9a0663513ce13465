//! A service for which every line is a job: `write N`, `task N`, `cancel`, `list`, `script PATH`,
//! `resolve NAME`.
//!
//! Always true: lines of a connection are answered in their order, each once its job has ended.

use std::collections::{BTreeMap, VecDeque};

use bytes::Bytes;
use russet_io::{
    Admission, ConnId, Disk, FileId, FileOp, HangUp, Job, JobId, Now, OpenHow, Origin, Outcome,
    Piece, Ready, Script, Service, Step, Task,
};

use super::desk::Desk;

/// Runs a job for every line.
#[derive(Default)]
pub struct Errands {
    desk: Desk,
    jobs: u64,
    /// Jobs under way and what has been answered, in the order of lines.
    waiting: BTreeMap<ConnId, VecDeque<(JobId, Option<String>)>>,
    owners: BTreeMap<JobId, ConnId>,
    wants: Vec<(JobId, Job)>,
}

/// Writes a file, a byte a step.
struct Writer {
    file: FileId,
    at: u64,
    len: u64,
}

impl Task for Writer {
    fn step(&mut self, disk: &mut dyn Disk) -> Step {
        let file = self.file;
        let path = format!("task-{}", file.0);
        let op = match self.at {
            0 => FileOp::Open {
                file,
                path,
                how: OpenHow::CreateNew,
            },
            at if at > self.len => {
                let _ = disk.perform(FileOp::Close(file));
                return Step::Finished(Box::new(self.len));
            }
            at => FileOp::Write {
                file,
                offset: at - 1,
                bytes: Bytes::from_static(b"x"),
            },
        };
        self.at += 1;
        match disk.perform(op) {
            Ok(_) => Step::More,
            Err(failure) => Step::Failed(failure),
        }
    }
}

impl Errands {
    fn job(&mut self, id: JobId, line: &str) -> Option<Job> {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let number: u64 = rest.parse().unwrap_or(0);
        Some(match word {
            "write" => Job::File(FileOp::Replace {
                path: "errand".to_owned(),
                contents: number.to_string().into_bytes(),
            }),
            "list" => Job::File(FileOp::List(".".to_owned())),
            "task" => Job::Task(Box::new(Writer {
                file: FileId(id.0),
                at: 0,
                len: number,
            })),
            "resolve" => Job::Resolve {
                host: rest.to_owned(),
                port: 7,
            },
            "script" => Job::Script(Script {
                path: rest.to_owned(),
                arguments: Vec::new(),
                timeout_ms: 10,
            }),
            _ => return None,
        })
    }

    /// The last job of this connection that is under way.
    fn last_of(&self, conn: ConnId) -> Option<JobId> {
        let mut jobs = self.waiting.get(&conn)?.iter().rev();
        jobs.find(|(_, answer)| answer.is_none()).map(|(id, _)| *id)
    }

    fn answer(&mut self, conn: ConnId) {
        let Some(waiting) = self.waiting.get_mut(&conn) else {
            return;
        };
        while let Some((_, Some(answer))) = waiting.front() {
            self.desk.say(conn, answer.as_bytes());
            waiting.pop_front();
        }
    }
}

impl Service for Errands {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
        self.desk.opened(conn);
        self.waiting.insert(conn, VecDeque::new());
        Admission::Accept
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        self.desk.space(conn)
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        self.desk.received(conn, count);
    }

    fn hung_up(&mut self, conn: ConnId, _: HangUp) {
        self.desk.hung_up(conn);
        self.waiting.remove(&conn);
    }

    fn run(&mut self, _: Now) {
        for (conn, line) in self.desk.lines() {
            self.jobs += 1;
            let id = JobId(self.jobs);
            let text = String::from_utf8_lossy(&line).into_owned();
            let last = self.last_of(conn).filter(|_| text == "cancel");
            let answer = match (self.job(id, &text), last) {
                (Some(job), _) => {
                    self.owners.insert(id, conn);
                    self.wants.push((id, job));
                    None
                }
                (None, Some(last)) => {
                    self.wants.push((id, Job::Cancel(last)));
                    Some(text)
                }
                (None, None) => Some(text),
            };
            if let Some(waiting) = self.waiting.get_mut(&conn) {
                waiting.push_back((id, answer));
            }
            self.answer(conn);
        }
    }

    fn ready(&mut self, ready: &mut Ready) {
        ready.jobs.append(&mut self.wants);
        self.desk.ready(ready);
    }

    fn output<'s>(&'s self, conn: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        self.desk.output(conn, pieces)
    }

    fn taken(&mut self, conn: ConnId, count: usize) {
        self.desk.taken(conn, count);
    }

    fn held(&mut self, conn: ConnId, count: usize) {
        self.desk.held(conn, count);
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        let conn = self.owners.remove(&job);
        let conn = conn.expect("each job ends once, and only what was asked for");
        let waiting = self.waiting.get_mut(&conn).into_iter().flatten();
        for (id, answer) in waiting {
            if *id == job {
                *answer = Some(match &outcome {
                    Outcome::Failed(failure) => format!("failed {failure}"),
                    Outcome::Canceled => "canceled".to_owned(),
                    Outcome::Finished(value) => {
                        let len = value.downcast_ref::<u64>();
                        format!("finished {}", len.expect("a writer's value"))
                    }
                    _ => "done".to_owned(),
                });
            }
        }
        self.answer(conn);
    }
}
