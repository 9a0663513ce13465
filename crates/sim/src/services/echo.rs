//! A service that sends every line back; `quit` closes, `die` kills the connection.
//!
//! Always true: lines come back in order, and are complete unless their connection ended.

use russet_io::{Admission, ConnId, HangUp, JobId, Now, Origin, Outcome, Piece, Ready, Service};

use super::desk::Desk;

/// Sends every line back.
#[derive(Debug, Default)]
pub struct Echo {
    desk: Desk,
}

impl Service for Echo {
    fn opened(&mut self, conn: ConnId, _: &Origin, _: Now) -> Admission {
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
        for (conn, line) in self.desk.lines() {
            self.desk.say(conn, &line);
            match &*line {
                b"quit" => self.desk.close(conn),
                b"die" => self.desk.kill(conn),
                _ => {}
            }
        }
    }

    fn ready(&mut self, ready: &mut Ready) {
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

    fn completed(&mut self, job: JobId, _: Outcome) {
        panic!("{job:?} was never asked for");
    }
}
