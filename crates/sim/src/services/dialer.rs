//! A service that passes lines on: `HOST PORT TEXT` is sent to an echo there, and what comes back
//! is the answer.
//!
//! Always true: each line gets one answer: what came back, or `failed` and a reason.

use std::collections::BTreeMap;

use russet_io::{
    Admission, ConnId, Dial, HangUp, Job, JobId, Now, Origin, Outcome, Piece, Ready, Role, Service,
    Transport,
};

use super::desk::Desk;

/// A line on its way.
#[derive(Debug)]
struct Errand {
    client: ConnId,
    text: Vec<u8>,
}

/// Passes lines on to others.
#[derive(Default)]
pub struct Dialer {
    desk: Desk,
    jobs: u64,
    dialing: BTreeMap<JobId, Errand>,
    connected: BTreeMap<ConnId, Errand>,
    wants: Vec<(JobId, Job)>,
}

impl Dialer {
    fn dial(&mut self, client: ConnId, line: &str) -> Option<()> {
        let mut words = line.splitn(3, ' ');
        let dial = Dial {
            host: words.next()?.to_owned(),
            port: words.next()?.parse().ok()?,
            role: Role::Bus,
            transport: Transport::Plain,
            source: String::new(),
            timeout_ms: 250,
        };
        let text = words.next()?.as_bytes().to_vec();
        self.jobs += 1;
        let id = JobId(self.jobs);
        self.dialing.insert(id, Errand { client, text });
        self.wants.push((id, Job::Dial(dial)));
        Some(())
    }
}

impl Service for Dialer {
    fn opened(&mut self, conn: ConnId, origin: &Origin, _: Now) -> Admission {
        self.desk.opened(conn);
        if let Some(id) = origin.dialed {
            assert_eq!(origin.role, Role::Bus);
            let errand = self.dialing.remove(&id);
            let errand = errand.expect("each dial is answered once");
            self.desk.say(conn, &errand.text);
            self.connected.insert(conn, errand);
        }
        Admission::Accept
    }

    fn space(&mut self, conn: ConnId) -> &mut [u8] {
        self.desk.space(conn)
    }

    fn received(&mut self, conn: ConnId, count: usize) {
        self.desk.received(conn, count);
    }

    fn hung_up(&mut self, conn: ConnId, why: HangUp) {
        self.desk.hung_up(conn);
        if let Some(errand) = self.connected.remove(&conn) {
            let text = format!("failed {why:?}");
            self.desk.say(errand.client, text.as_bytes());
        }
    }

    fn run(&mut self, _: Now) {
        for (conn, line) in self.desk.lines() {
            if let Some(errand) = self.connected.remove(&conn) {
                self.desk.say(errand.client, &line);
                self.desk.kill(conn);
                continue;
            }
            let text = String::from_utf8_lossy(&line).into_owned();
            if self.dial(conn, &text).is_none() {
                self.desk.say(conn, &line);
            }
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
        let errand = self.dialing.remove(&job);
        let errand = errand.expect("each dial is answered once");
        let failure = outcome.failure().map(|failure| failure.text.clone());
        let text = format!("failed {}", failure.unwrap_or_default());
        self.desk.say(errand.client, text.as_bytes());
    }
}
