//! Crashes at every operation of the disk, and what must be there after the next start.
//!
//! ```text
//!  course ─► images ─┬─ each model, and the end of the process alone
//!                    └─► start ─► state ─┬─ crash at once ─► start ─► the same state
//!                                        └─ more acts, crash ─► start ─► a state that is owed
//! ```
//! Always true: a start is never refused; its state is one after whole units, none of them missing
//! that is owed.
//! Not here: what is owed — `promise.rs`

use russet_base::Rng;
use russet_io::{CrashModel, MemoryDisk, Now};
use russet_node::Config;

use super::Tally;
use super::course::{Course, Image};
use super::promise::Policy;
use super::server::{Server, config, empty_disk};
use super::state::State;

/// The end of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Crash(CrashModel),
    /// The process ends, and the machine goes on.
    Kill,
}

impl End {
    const ALL: [Self; 5] = [
        Self::Crash(CrashModel::Strict),
        Self::Crash(CrashModel::Journalled),
        Self::Crash(CrashModel::Torn),
        Self::Crash(CrashModel::Reordered),
        Self::Kill,
    ];

    fn leaves(self, mut disk: MemoryDisk, rng: &mut Rng) -> MemoryDisk {
        match self {
            Self::Crash(model) => disk.crash_with(rng, model),
            Self::Kill => disk.kill(),
        }
        disk
    }
}

/// A workload that is crashed at each operation of its disk.
pub(crate) struct Judge<'t> {
    rng: Rng,
    policy: Policy,
    config: Config,
    tally: &'t mut Tally,
    start: Now,
    /// Whether the disk fails now and then.
    has_faults: bool,
}

/// Acts after the first restart, at most.
const LATER_ACTS: u64 = 8;

impl<'t> Judge<'t> {
    pub(crate) fn new(seed: u64, policy: Policy, tally: &'t mut Tally) -> Self {
        Self {
            rng: Rng::new(seed),
            policy,
            config: config(policy),
            tally,
            start: Now {
                wall_us: 1_704_067_200_000_000,
                mono_us: 1_000_000,
            },
            has_faults: false,
        }
    }

    /// Runs a workload on a disk that works.
    pub(crate) fn run(&mut self, acts: usize) -> Result<(), String> {
        let server = Server::start(&self.config, empty_disk(), self.start, true);
        let mut course = Course::new(server, self.policy, State::default());
        for _ in 0..acts {
            let images = course.act(&mut self.rng);
            for image in images {
                self.crash(&image, &course)?;
            }
            if self.tally.is_done() {
                return Ok(());
            }
        }
        let image = course.image();
        self.crash(&image, &course)
    }

    /// The same on a disk that fails now and then.
    pub(crate) fn run_with_faults(&mut self, acts: usize) -> Result<(), String> {
        self.has_faults = true;
        let server = Server::start(&self.config, empty_disk(), self.start, true);
        let mut course = Course::with_faults(server, self.policy);
        let mut done = 0;
        while done < acts && !self.tally.is_done() {
            let is_faulty = self.rng.below(4) == 0;
            let fail_one_in = if is_faulty { 2 + self.rng.below(8) } else { 0 };
            course.server.tape.borrow_mut().fail_one_in = fail_one_in;
            for _ in 0..1 + self.rng.below(20) {
                done += 1;
                let images = course.act(&mut self.rng);
                for image in images {
                    if self.rng.below(4) == 0 {
                        self.crash(&image, &course)?;
                    }
                }
            }
            course.server.tape.borrow_mut().fail_one_in = 0;
            if is_faulty {
                self.recover_health(&mut course)?;
            }
        }
        Ok(())
    }

    /// Writes are accepted again soon after the disk works again.
    fn recover_health(&mut self, course: &mut Course) -> Result<(), String> {
        for _ in 0..HEALTH_STEPS {
            if course.is_healthy() {
                return Ok(());
            }
            let images = course.pass(HEALTH_STEP_MS);
            for image in images {
                self.crash(&image, course)?;
            }
        }
        match course.is_healthy() {
            true => Ok(()),
            false => Err(self.complaint("no write is accepted five seconds after a fault", course)),
        }
    }

    /// Ends the process at an image, in every way.
    fn crash(&mut self, image: &Image, course: &Course) -> Result<(), String> {
        for end in End::ALL {
            let owed = match end {
                End::Kill => image.owed_if_killed,
                End::Crash(_) => image.owed,
            };
            let result = self.end(image, end, owed, course.states());
            result.map_err(|why| {
                let why = format!("{end:?} before {}: {why}", image.name);
                self.complaint(&why, course)
            })?;
        }
        Ok(())
    }

    fn end(
        &mut self,
        image: &Image,
        end: End,
        owed: usize,
        states: &[State],
    ) -> Result<(), String> {
        let disk = end.leaves(image.disk.clone(), &mut self.rng);
        let now = self.later(image.now);
        let (mut server, state) = self.restart(disk, now)?;
        self.tally.first += 1;
        check(&states[owed..], &state, now)?;
        if self.has_faults && end == End::Kill {
            // A file whose sync failed is read back from memory, and never reaches the disk.
            return Ok(());
        }
        if self.rng.below(3) == 0 {
            return self.crash_at_once(&mut server, &state, end, (owed, image.owed), states);
        }
        let mut course = Course::new(server, self.policy, state);
        course.server.tape.borrow_mut().images.clear();
        let (mut chosen, mut seen) = (None, 0);
        for _ in 0..1 + self.rng.below(LATER_ACTS) {
            for image in course.act(&mut self.rng) {
                seen += 1;
                if self.rng.below(seen) == 0 {
                    chosen = Some(image);
                }
            }
        }
        let image = match chosen {
            Some(image) if self.rng.below(8) > 0 => image,
            _ => course.image(),
        };
        let second = End::ALL[self.rng.index(End::ALL.len())];
        let owed = match second {
            End::Kill => image.owed_if_killed,
            End::Crash(_) => image.owed,
        };
        let disk = second.leaves(image.disk, &mut self.rng);
        let now = self.later(image.now);
        let again = self
            .restart(disk, now)
            .and_then(|(_, state)| check(&course.states()[owed..], &state, now));
        self.tally.second += 1;
        again.map_err(|why| {
            let acts = course.acts.join("\n    ");
            format!(
                "later {second:?} before {}: {why}\n  after\n    {acts}",
                image.name
            )
        })
    }

    /// Crashes a server that has just started, or is starting.
    fn crash_at_once(
        &mut self,
        server: &mut Server,
        state: &State,
        first: End,
        (owed, owed_after_crash): (usize, usize),
        states: &[State],
    ) -> Result<(), String> {
        let images = std::mem::take(&mut server.tape.borrow_mut().images);
        let while_starting = match images.len() {
            0 => None,
            count if self.rng.below(2) == 0 => images.into_iter().nth(self.rng.index(count)),
            _ => None,
        };
        let second = End::Crash(CrashModel::ALL[self.rng.index(CrashModel::ALL.len())]);
        let is_complete = while_starting.is_none();
        let (name, disk) = while_starting.unwrap_or_else(|| ("the end".to_owned(), server.image()));
        let disk = second.leaves(disk, &mut self.rng);
        let now = self.later(server.node.now());
        let again = self.restart(disk, now).and_then(|(_, again)| {
            let is_kept = is_complete || first != End::Kill;
            match is_kept {
                true => check(std::slice::from_ref(state), &again, now),
                false => check(&states[owed_after_crash.min(owed)..], &again, now),
            }
        });
        self.tally.second += 1;
        again.map_err(|why| format!("again {second:?} before {name}: {why}"))
    }

    /// Starts a server on what is left.
    fn restart(&mut self, disk: MemoryDisk, now: Now) -> Result<(Server, State), String> {
        let mut server = Server::start(&self.config, disk, now, true);
        if let Some(code) = server.node.exit() {
            return Err(format!("the start was refused with code {code}"));
        }
        let pong = server.ask("PING\r\n");
        if pong.first().is_none_or(|reply| reply.as_error().is_some()) {
            return Err(format!("the start did not end: {pong:?}"));
        }
        let state = server.state();
        Ok((server, state))
    }

    fn later(&mut self, now: Now) -> Now {
        let micros = self.rng.below(2_000_000);
        Now {
            wall_us: now.wall_us.saturating_add_unsigned(micros),
            mono_us: now.mono_us + micros,
        }
    }

    fn complaint(&self, why: &str, course: &Course) -> String {
        let from = course.acts.len().saturating_sub(ACTS_SHOWN);
        let acts = course.acts[from..].join("\n  ");
        format!("{why}\nunder {:?} after\n  {acts}", self.policy)
    }
}

/// Whether a state is one of those.
fn check(states: &[State], state: &State, now: Now) -> Result<(), String> {
    let now_ms = now.wall_ms();
    if states
        .iter()
        .rev()
        .any(|expected| expected.is_same(state, now_ms))
    {
        return Ok(());
    }
    let (first, last) = (&states[0], &states[states.len() - 1]);
    Err(format!(
        "the state is none of the last {}: from the first owed: {}; from the last: {}",
        states.len(),
        first.difference(state, now_ms),
        last.difference(state, now_ms)
    ))
}

/// Acts of a workload that a complaint shows.
const ACTS_SHOWN: usize = 25;

/// How long it may take until writes are accepted after a fault: steps, and their milliseconds.
const HEALTH_STEPS: usize = 50;
const HEALTH_STEP_MS: u64 = 100;
