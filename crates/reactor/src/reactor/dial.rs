//! Dialing: connections to others, which become like those that were accepted.
//!
//! Always true: a dial that succeeds is answered by `opened`, one that fails by `completed`.
//! Not here: the states of a dial — `dial.rs`.

use std::mem;

use russet_io::{Dial, JobId, Outcome, Service};

use super::Reactor;
use crate::dial::DialEnd;
use crate::pool::{Ticket, Work};
use crate::socket::Kind;

impl<S: Service> Reactor<S> {
    /// Begins a dial.
    pub(super) fn dial(&mut self, job: JobId, dial: Dial) {
        let (host, port) = (dial.host.clone(), dial.port);
        let begun = self
            .dials
            .begin(job, dial, self.now.mono_us, self.poll.registry());
        match begun {
            Ok(false) => {}
            Ok(true) => self
                .pool
                .start(Ticket::Dial(job), Work::Resolve { host, port }),
            Err(end) => self.end_dial(end),
        }
    }

    /// The resolver answered a dial.
    pub(super) fn resolved(&mut self, job: JobId, outcome: Outcome) {
        let found = match outcome {
            Outcome::Resolved(addresses) => Ok(addresses),
            Outcome::Failed(failure) => Err(failure),
            _ => Ok(Vec::new()),
        };
        if let Some(end) = self.dials.resolved(job, found, self.poll.registry()) {
            self.end_dial(end);
        }
    }

    /// Goes on with the dials that events are about, and ends those whose time is over.
    pub(super) fn dial_all(&mut self) {
        let mut numbers = mem::take(&mut self.dialed);
        for number in numbers.drain(..) {
            if let Some(end) = self.dials.ready(number, self.poll.registry()) {
                self.end_dial(end);
            }
        }
        self.dialed = numbers;
        while let Some(end) = self.dials.overdue(self.now.mono_us) {
            self.end_dial(end);
        }
    }

    fn end_dial(&mut self, end: DialEnd) {
        match end {
            DialEnd::Connected(socket, origin) => self.greet(socket, Kind::Tcp, origin),
            DialEnd::Failed(job, failure) => self.complete(job, Outcome::Failed(failure)),
        }
    }
}
