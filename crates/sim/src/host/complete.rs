//! Jobs that are due: files, steps of tasks, dials, listeners, programs.
//!
//! Always true: each job is answered once: a dial that succeeds by `opened`, every other one by
//! `completed`.
//! Not here: which jobs are due — `jobs.rs`.

use std::io::ErrorKind;

use core::net::SocketAddr;
use russet_io::{Dial, Failure, JobId, ListenPlan, Origin, Outcome, Service, Step, TcpBind};

use super::Host;
use crate::air::{Air, Listener, Party, address_of};
use crate::faulty::Faulty;
use crate::jobs::{Pending, Work};

impl<S: Service> Host<S> {
    /// Ends a job, or lets a task make a step.
    pub(super) fn advance_job(&mut self, key: u64, air: &mut Air) {
        let Some(Pending { id, work, .. }) = self.step_or_remove(key, air) else {
            return;
        };
        let outcome = match work {
            Work::Append(append) => return self.append_now(append, air),
            Work::Dial(dial) => match self.answer_dial(id, &dial, air) {
                None => return,
                Some(failure) => Outcome::Failed(failure),
            },
            Work::Sync { file, size } => match air.chance(air.options.fail_one_in) {
                true => {
                    self.disk.lose(file);
                    Outcome::Failed(Failure::new(ErrorKind::Other, "Input/output error"))
                }
                false => outcome_of(self.disk.sync_as_of(file, size), |()| Outcome::Done),
            },
            Work::Discard(value) => return drop(value),
            Work::File(op) => outcome_of(self.perform(op, air), Outcome::File),
            Work::Task { .. } => Outcome::Canceled,
            Work::SyncWaits(_) => return,
            Work::Ended(outcome) => outcome,
            Work::Resolve { host, port } => self.resolve(&host, port, air),
            Work::Script => Outcome::Exited {
                code: (!air.chance(air.options.fail_one_in)).then_some(0),
            },
            Work::OomScore => match air.chance(air.options.fail_one_in) {
                true => Outcome::Failed(Failure::new(ErrorKind::Other, "no right to")),
                false => Outcome::Done,
            },
            Work::Certificates => match air.chance(air.options.fail_one_in) {
                true => Outcome::Failed(Failure::new(ErrorKind::Other, "no certificate")),
                false => Outcome::Done,
            },
            // Some systems are stingy.
            Work::OpenFiles(clients) => match air.chance(air.options.fail_one_in) {
                true => Outcome::Granted(clients.div_ceil(2)),
                false => Outcome::Granted(clients),
            },
            Work::Listen(plan) => outcome_of(self.listen(plan, air), |()| Outcome::Done),
        };
        air.record
            .note(format_args!("{} completed {id:?} {outcome:?}", self.name));
        self.service.completed(id, outcome);
    }

    /// Takes work that ends; a task that is not canceled makes a step instead.
    fn step_or_remove(&mut self, key: u64, air: &mut Air) -> Option<Pending> {
        let pending = self.jobs.find(key)?;
        if let Work::SyncWaits(file) = pending.work {
            let size = self.disk.size(file);
            pending.work = Work::Sync { file, size };
            pending.due_turn = air.due_turn();
            return None;
        }
        let Work::Task { task, is_canceled } = &mut pending.work else {
            return self.jobs.remove(key);
        };
        let mut disk = Faulty {
            disk: &mut self.disk,
            fail_one_in: air.options.fail_one_in,
            rng: &mut air.rng,
        };
        if *is_canceled {
            task.cancel(&mut disk);
            return self.jobs.remove(key);
        }
        let ended = match task.step(&mut disk) {
            Step::More => {
                pending.due_turn = air.turn + 1;
                return None;
            }
            Step::Pause(micros) => {
                pending.due_us = air.now.mono_us.saturating_add(micros);
                return None;
            }
            Step::Finished(value) => Outcome::Finished(value),
            Step::Failed(failure) => Outcome::Failed(failure),
        };
        pending.work = Work::Ended(ended);
        pending.due_turn = air.due_turn();
        None
    }

    /// Connects; gives the failure, if it fails.
    fn answer_dial(&mut self, id: JobId, dial: &Dial, air: &mut Air) -> Option<Failure> {
        let is_late = dial.timeout_ms > 0 && air.chance(air.options.fail_one_in);
        if is_late {
            return Some(Failure::new(ErrorKind::TimedOut, "Connection timed out"));
        }
        let ours = address_of(Party::Host(self.number));
        let Some((link, address)) = air.connect(ours, &dial.host, dial.port) else {
            return Some(Failure::new(
                ErrorKind::ConnectionRefused,
                "Connection refused",
            ));
        };
        let origin = Origin {
            role: dial.role,
            transport: dial.transport.clone(),
            address,
            dialed: Some(id),
        };
        self.open(link, 0, &origin, air);
        None
    }

    fn resolve(&self, host: &str, port: u16, air: &mut Air) -> Outcome {
        let known = air.listeners.iter().find(|listener| listener.name == host);
        let known = known.map(|listener| address_of(listener.party));
        let literal = host.parse().ok();
        match known.or(literal) {
            Some(ip) if !air.chance(air.options.fail_one_in) => {
                Outcome::Resolved(vec![SocketAddr::new(ip, port)])
            }
            _ => Outcome::Failed(Failure::new(
                ErrorKind::NotFound,
                "Name or service not known",
            )),
        }
    }

    /// Listens on exactly these ports.
    pub(crate) fn listen(&mut self, plan: ListenPlan, air: &mut Air) -> Result<(), Failure> {
        if air.chance(air.options.fail_one_in) {
            return Err(Failure::new(ErrorKind::AddrInUse, "Address already in use"));
        }
        let party = Party::Host(self.number);
        air.listeners.retain(|listener| listener.party != party);
        let listener = |bind: &TcpBind| Listener {
            party,
            name: self.name.clone(),
            port: bind.port,
            role: bind.role,
        };
        air.listeners.extend(plan.tcp.iter().map(listener));
        self.plan = plan;
        Ok(())
    }
}

fn outcome_of<T>(result: Result<T, Failure>, done: impl FnOnce(T) -> Outcome) -> Outcome {
    match result {
        Ok(value) => done(value),
        Err(failure) => Outcome::Failed(failure),
    }
}
