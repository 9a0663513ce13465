//! The interpreters: one of scripts, one of functions, made when the first comes.
//!
//! Always true: an interpreter that is taken out is put back when its run is over.
//! Not here: what they run — `cache.rs`, `libraries.rs`

use russet_script::{Config, Engine, ScriptError};

use super::run::What;
use crate::environment::VERSION_NUMBERS;

/// The most memory of scripts, and of functions, in bytes, whatever the limit of the server.
const MEMORY_MAX: usize = 1 << 30;

/// The memory that they may have, however low the limit of the server.
const MEMORY_MIN: usize = 64 << 20;

/// The interpreters.
pub(crate) struct Engines {
    of_scripts: Option<Box<Engine>>,
    of_functions: Option<Box<Engine>>,
    /// The memory of the one that runs, when it began.
    running: Option<(What, usize)>,
    seed: u64,
    memory_max: usize,
}

impl Engines {
    /// None yet.
    pub(super) fn new(seed: u64) -> Self {
        Self {
            of_scripts: None,
            of_functions: None,
            running: None,
            seed,
            memory_max: MEMORY_MAX,
        }
    }

    /// Takes over the limit of the server, in bytes; 0 is none. Scripts may have as much, within
    /// limits of their own.
    pub(crate) fn set_limit(&mut self, limit: u64) {
        self.memory_max = match usize::try_from(limit) {
            Ok(0) | Err(_) => MEMORY_MAX,
            Ok(limit) => limit.clamp(MEMORY_MIN, MEMORY_MAX),
        };
        let engines = [&mut self.of_scripts, &mut self.of_functions];
        for engine in engines.into_iter().flatten() {
            engine.set_memory_max(self.memory_max);
        }
    }

    /// An interpreter, made when there is none.
    pub(crate) fn get(&mut self, what: What) -> &mut Engine {
        let config = self.config();
        self.place(what).get_or_insert_with(|| make(&config))
    }

    /// Takes an interpreter out, in which a run was begun.
    ///
    /// # Errors
    /// When the run cannot begin.
    pub(crate) fn begin(
        &mut self,
        what: What,
        begin: impl FnOnce(&mut Engine) -> Result<(), ScriptError>,
    ) -> Result<Box<Engine>, ScriptError> {
        let config = self.config();
        let place = self.place(what);
        begin(place.get_or_insert_with(|| make(&config)))?;
        let engine = place.take().unwrap_or_else(|| make(&config));
        self.running = Some((what, engine.memory()));
        Ok(engine)
    }

    /// Puts an interpreter back that was taken.
    pub(crate) fn put(&mut self, what: What, engine: Box<Engine>) {
        self.running = None;
        *self.place(what) = Some(engine);
    }

    /// Drops an interpreter, with all that was compiled for it.
    pub(super) fn drop(&mut self, what: What) {
        *self.place(what) = None;
    }

    /// The memory of an interpreter, in bytes.
    pub(crate) fn memory(&self, what: What) -> u64 {
        let engine = match what {
            What::Script => &self.of_scripts,
            What::Function => &self.of_functions,
        };
        let memory = match (engine, self.running) {
            (Some(engine), _) => engine.memory(),
            (None, Some((running, memory))) if running == what => memory,
            (None, _) => 0,
        };
        memory as u64
    }

    fn config(&self) -> Config {
        Config {
            seed: self.seed,
            memory_max: self.memory_max,
            version: VERSION_NUMBERS,
        }
    }

    fn place(&mut self, what: What) -> &mut Option<Box<Engine>> {
        match what {
            What::Script => &mut self.of_scripts,
            What::Function => &mut self.of_functions,
        }
    }
}

fn make(config: &Config) -> Box<Engine> {
    Box::new(Engine::new(config))
}
