//! A service that writes every line to a file, and answers it when it is on the disk.
//!
//! ```text
//!  line ─► append ─► sync ─► completed: `output` gives the answers up to there
//! ```
//! Always true: an answered line is in the durable image of the file.

use bytes::Bytes;
use russet_io::{
    Admission, Append, ConnId, Failure, FileId, FileOp, FileReply, HangUp, Job, JobId, Now,
    OpenHow, Origin, Outcome, Piece, Ready, Service,
};

use super::desk::Desk;

/// The file.
pub(crate) const PATH: &str = "ledger";

/// A line that is written and not answered.
#[derive(Debug)]
struct Entry {
    conn: ConnId,
    line: Vec<u8>,
    /// The size of the file with it.
    end: u64,
}

#[derive(Debug, PartialEq, Eq)]
enum File {
    Closed,
    /// Being opened, or its name being synced.
    Opening,
    Open,
    /// A write or a sync failed.
    Lost,
}

/// Writes every line to a file before it answers.
#[derive(Debug)]
pub struct Ledger {
    desk: Desk,
    file: File,
    number: u64,
    jobs: u64,
    size: u64,
    appends: Vec<Append>,
    entries: Vec<Entry>,
    /// The sync under way, and what it covers.
    sync: Option<(JobId, u64)>,
    wants: Vec<(JobId, Job)>,
    wants_sync: bool,
}

impl Default for Ledger {
    fn default() -> Self {
        Self {
            desk: Desk::default(),
            file: File::Closed,
            number: 0,
            jobs: 0,
            size: 0,
            appends: Vec::new(),
            entries: Vec::new(),
            sync: None,
            wants: Vec::new(),
            wants_sync: false,
        }
    }
}

impl Ledger {
    fn ask(&mut self, op: FileOp) {
        self.jobs += 1;
        self.wants.push((JobId(self.jobs), Job::File(op)));
    }

    fn open(&mut self) {
        self.number += 1;
        self.file = File::Opening;
        self.ask(FileOp::Open {
            file: FileId(self.number),
            path: PATH.to_owned(),
            how: OpenHow::Append,
        });
    }

    /// The file is not trusted any more: nobody gets an answer to what was written to it.
    fn lose(&mut self) {
        self.file = File::Lost;
        self.sync = None;
        self.appends.clear();
        for entry in std::mem::take(&mut self.entries) {
            self.desk.kill(entry.conn);
        }
    }
}

impl Service for Ledger {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
        if self.file == File::Lost {
            return Admission::Refuse("the ledger is lost\n");
        }
        self.desk.opened(conn);
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
    }

    fn run(&mut self, _: Now) {
        match self.file {
            File::Closed => return self.open(),
            File::Opening => return,
            File::Lost => {
                let lines = self.desk.lines();
                return lines.iter().for_each(|(conn, _)| self.desk.kill(*conn));
            }
            File::Open => {}
        }
        for (conn, line) in self.desk.lines() {
            let bytes = Bytes::from([&*line, b"\n"].concat());
            let offset = self.size;
            self.size += bytes.len() as u64;
            self.appends.push(Append {
                file: FileId(self.number),
                offset,
                bytes,
            });
            let end = self.size;
            self.entries.push(Entry { conn, line, end });
        }
        self.wants_sync = self.sync.is_none() && !self.entries.is_empty();
    }

    fn ready(&mut self, ready: &mut Ready) {
        ready.append.append(&mut self.appends);
        if std::mem::take(&mut self.wants_sync) {
            self.jobs += 1;
            let id = JobId(self.jobs);
            self.sync = Some((id, self.size));
            ready.sync.push((id, FileId(self.number)));
        }
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
        let synced = self.sync.filter(|(id, _)| *id == job);
        match (outcome, synced) {
            (Outcome::Done, Some((_, size))) => {
                self.sync = None;
                for entry in self.entries.extract_if(.., |entry| entry.end <= size) {
                    self.desk.say(entry.conn, &entry.line);
                }
            }
            (Outcome::File(FileReply::Opened { size }), _) => {
                self.size = size;
                self.ask(FileOp::SyncDir(".".to_owned()));
            }
            (Outcome::File(_), _) => self.file = File::Open,
            // Syncs of a file that was given up already.
            (Outcome::Done, None) => assert_eq!(self.file, File::Lost),
            (_, _) => self.lose(),
        }
    }

    fn append_failed(&mut self, _: Append, _: Failure) {
        self.lose();
    }
}
