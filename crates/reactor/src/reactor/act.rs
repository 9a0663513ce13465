//! Acting on the list of a turn, field by field, and the barrier at the end.
//!
//! ```text
//!  log ─► append ─► sync ─► jobs ─► flush ─► resume ─► close ─► kill ─► stall ─► exit
//!                                     │
//!                        waits while appends are under way (`work.rs`)
//! ```
//! Always true: each connection is written to at most once in a flush, whatever it has. Those that
//! time was too short for come first in the next turn.
//! Always true: a killed connection has hung up before the next run.
//! Always true: at an exit, appends are written and output that was flushed leaves first, the
//! latter for as long as the exit says; then every peer that has all its output is told the end.
//! Not here: how a write ends — `socket.rs`.

use std::io;
use std::mem;
use std::time::Duration;

use russet_io::{ConnId, Exit, HangUp, Service};

use super::{Reactor, put_first};
use crate::clock::{self, Portion};
use crate::flow::{InputEvent, Output, OutputEvent};
use crate::socket::WriteEnd;
use crate::token;

impl<S: Service> Reactor<S> {
    /// Does what the service listed. Returns the exit code if it asks for the end.
    pub(super) fn act(&mut self) -> io::Result<Option<i32>> {
        if !self.ready.log.is_empty() {
            self.write_log();
        }
        self.again = self.ready.again;
        self.is_behind = self.ready.is_behind;
        self.wake_at_us = self.ready.wake_at_us;
        if !self.ready.append.is_empty() {
            self.append_all();
        }
        if !self.ready.sync.is_empty() {
            self.sync_all();
        }
        if !self.failed.is_empty() {
            self.failed.clear();
        }
        if !self.ready.jobs.is_empty() {
            self.start_jobs();
        }
        self.flush();
        if !self.ready.resume.is_empty() {
            self.resume();
        }
        if !self.ready.close.is_empty() {
            self.close_all();
        }
        if !self.ready.kill.is_empty() {
            self.kill_all();
        }
        if self.ready.stall_us > 0 {
            clock::sleep_us(self.ready.stall_us);
            // What is due by now is not to wait for the time that the turn began with.
            self.now = self.clock.now();
        }
        match self.ready.exit {
            Some(exit) => self.leave(exit).map(Some),
            None => Ok(None),
        }
    }

    fn write_log(&mut self) {
        for line in self.ready.log.drain(..) {
            self.log.line(line.level, &line.text);
        }
    }

    /// Whether output may be taken from the service.
    pub(super) fn may_output(&self) -> bool {
        !self.order.has_appends()
    }

    /// Writes once to each connection that the service names, that has room again, or that had
    /// more to write than one call takes.
    fn flush(&mut self) {
        for conn in self.ready.flush.drain(..) {
            // One that waits for room is written to when the room is there.
            if let Some(connection) = self.table.get_mut(conn)
                && connection.step_output(OutputEvent::Flush)
            {
                self.writes.push(conn);
            }
        }
        self.write_all();
    }

    fn write_all(&mut self) {
        if !self.may_output() {
            return;
        }
        let writes = mem::replace(&mut self.writes, mem::take(&mut self.spare));
        let (mut portion, mut done) = (Portion::default(), 0);
        while let Some(&conn) = writes.get(done) {
            self.write(conn);
            done += 1;
            if portion.is_over() {
                break;
            }
        }
        self.is_behind |= done < writes.len();
        self.spare = put_first(&mut self.writes, writes, done);
    }

    /// Writes once to a connection that is queued and stands in no list.
    fn write(&mut self, conn: ConnId) {
        let Some(connection) = self.table.get_mut(conn) else {
            return;
        };
        let end = connection.write(conn, &mut self.service);
        connection.replied_us = self.now.mono_us;
        let armed = connection.await_room(self.poll.registry(), token::of_connection(conn));
        if end == WriteEnd::Failed || armed.is_err() {
            return self.hang_up(conn, HangUp::Failed);
        }
        match connection.output {
            Output::Queued => self.writes.push(conn),
            Output::Idle if connection.is_closing() => {
                connection.drain();
                self.hang_up(conn, HangUp::Closed);
            }
            Output::Idle | Output::Blocked => {}
        }
    }

    fn resume(&mut self) {
        for conn in self.ready.resume.drain(..) {
            if let Some(connection) = self.table.get_mut(conn)
                && connection.step_input(InputEvent::Resumed)
            {
                self.reads.push(conn);
            }
        }
    }

    /// Closes the connections that the service is done with, as soon as their output has left.
    fn close_all(&mut self) {
        let mut closing = mem::take(&mut self.ready.close);
        for conn in closing.drain(..) {
            let Some(connection) = self.table.get_mut(conn) else {
                continue;
            };
            connection.step_input(InputEvent::Closing);
            // One whose output waits closes when the last of it left.
            if !connection.step_output(OutputEvent::Flush) {
                continue;
            }
            if self.may_output() {
                self.write(conn);
            } else {
                self.writes.push(conn);
            }
        }
        self.ready.close = closing;
    }

    /// Closes connections whatever output they have.
    fn kill_all(&mut self) {
        let mut killed = mem::take(&mut self.ready.kill);
        for conn in killed.drain(..) {
            if self.table.get_mut(conn).is_some() {
                self.hang_up(conn, HangUp::Closed);
            }
        }
        self.ready.kill = killed;
    }

    /// Has late appends written, however long that takes; then writes output that waits until
    /// there is none, or the time is over.
    fn leave(&mut self, exit: Exit) -> io::Result<i32> {
        while !self.may_output() {
            self.leave_by(None)?;
        }
        let until_us = self.now.mono_us.saturating_add(exit.flush_within_us);
        while self.is_output_waiting() && self.now.mono_us < until_us {
            let wait_us = match self.writes.is_empty() {
                true => until_us.saturating_sub(self.now.mono_us),
                false => 0,
            };
            self.leave_by(Some(Duration::from_micros(wait_us)))?;
        }
        for connection in self.table.iter_mut() {
            // An end in the middle of a reply is told to nobody as an orderly one.
            if connection.output == Output::Idle {
                connection.close();
            }
        }
        Ok(exit.code)
    }

    /// One turn of an end: nothing is read, run or accepted any more.
    fn leave_by(&mut self, timeout: Option<Duration>) -> io::Result<()> {
        self.look(timeout)?;
        self.now = self.clock.now();
        self.note_events();
        if mem::take(&mut self.is_remote_calling) {
            self.hear_remote();
        }
        self.write_all();
        Ok(())
    }

    fn is_output_waiting(&self) -> bool {
        let waits = |output| output != Output::Idle;
        self.table.iter().any(|connection| waits(connection.output))
    }
}
