//! A service that does as its test says.

use std::collections::VecDeque;

use russet_io::{Admission, ConnId, HangUp, JobId, Now, Origin, Outcome, Piece, Ready, Service};

/// Output and actions are the test's; everything that the loop says is kept.
#[derive(Default)]
pub(crate) struct Wild {
    pub(crate) said: Vec<String>,
    pub(crate) output: Vec<u8>,
    pub(crate) runs: Vec<u64>,
    /// The actions of the next turns.
    pub(crate) actions: VecDeque<Ready>,
    pub(crate) conns: Vec<ConnId>,
    pub(crate) space: Vec<u8>,
}

impl Wild {
    pub(crate) fn act(&mut self, change: impl FnOnce(&mut Ready)) {
        let mut ready = Ready::default();
        change(&mut ready);
        self.actions.push_back(ready);
    }
}

impl Service for Wild {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
        self.conns.push(conn);
        self.said.push("opened".to_owned());
        Admission::Accept
    }

    fn space(&mut self, _: ConnId) -> &mut [u8] {
        &mut self.space
    }

    fn received(&mut self, _: ConnId, count: usize) {
        let text = self.space[..count].escape_ascii().to_string();
        self.said.push(format!("received {text}"));
    }

    fn hung_up(&mut self, _: ConnId, why: HangUp) {
        self.said.push(format!("hung up {why:?}"));
    }

    fn run(&mut self, now: Now) {
        self.runs.push(now.mono_us);
    }

    fn ready(&mut self, ready: &mut Ready) {
        if let Some(actions) = self.actions.pop_front() {
            *ready = actions;
        }
        ready.again |= !self.actions.is_empty();
    }

    fn output<'s>(&'s self, _: ConnId, pieces: &mut [Piece<'s>]) -> usize {
        pieces[0] = Piece::Bytes(&self.output);
        usize::from(!self.output.is_empty())
    }

    fn taken(&mut self, _: ConnId, count: usize) {
        self.output.drain(..count);
        self.said.push(format!("taken {count}"));
    }

    fn held(&mut self, _: ConnId, count: usize) {
        self.said.push(format!("held {count}"));
    }

    fn completed(&mut self, job: JobId, outcome: Outcome) {
        self.said.push(format!("completed {} {outcome:?}", job.0));
    }
}
