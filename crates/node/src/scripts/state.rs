//! Everything that is kept about scripts.
//!
//! Always true: what is loaded at once is there as a whole, or not at all.
//! Not here: running — `step.rs`; commands — `control/eval.rs`, `control/function.rs`

use std::borrow::Cow;

use ahash::RandomState;
use bytes::Bytes;
use russet_base::rng::Rng;
use russet_command::CommandError;
use russet_resp::Args;
use russet_script::{Flags, Script, ScriptError};

use super::cache::{Cache, Stay};
use super::engines::Engines;
use super::libraries::{Collision, Libraries};
use super::pace::Paces;
use super::run::{Run, What};

/// Everything about scripts.
pub(crate) struct Scripts {
    /// The scripts that clients sent.
    pub cache: Cache,
    /// The libraries of functions.
    pub libraries: Libraries,
    /// The interpreters.
    pub engines: Engines,
    /// The run that goes on in the next turn.
    pub run: Option<Box<Run>>,
    /// Whether the commands of the script that runs are not recorded (`redis.set_repl`).
    pub is_silent: bool,
    /// Whether the command that runs is one of a script.
    pub is_within: bool,
    /// Times of brief commands.
    pub paces: Paces,
    /// `DEBUG SET-DISABLE-DENY-SCRIPTS`: whether scripts may run what is not for them.
    pub allows_all: bool,
}

/// The figures of INFO about scripts: numbers, and memory in bytes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct ScriptFigures {
    /// Scripts that are kept.
    pub cached: u64,
    /// Scripts that had to go for others.
    pub evicted: u64,
    /// Libraries.
    pub libraries: u64,
    /// Functions of all libraries.
    pub functions: u64,
    /// The memory of the interpreter of scripts.
    pub eval_engine: u64,
    /// The memory of texts and compiled scripts.
    pub eval_memory: u64,
    /// The memory of the interpreter of functions.
    pub function_engine: u64,
    /// The memory of the texts of libraries.
    pub function_memory: u64,
}

impl ScriptFigures {
    /// The memory of both interpreters.
    pub(crate) fn engines(&self) -> u64 {
        self.eval_engine + self.function_engine
    }

    /// The memory of texts.
    pub(crate) fn texts(&self) -> u64 {
        self.eval_memory + self.function_memory
    }
}

impl Scripts {
    /// The figures as they are now. O(N) for N functions.
    pub(crate) fn figures(&self) -> ScriptFigures {
        ScriptFigures {
            cached: self.cache.len() as u64,
            evicted: self.cache.evicted,
            libraries: self.libraries.len() as u64,
            functions: self.libraries.function_count() as u64,
            eval_engine: self.engines.memory(What::Script),
            eval_memory: self.cache.memory() as u64,
            function_engine: self.engines.memory(What::Function),
            function_memory: self.libraries.memory() as u64,
        }
    }

    /// Nothing yet.
    pub(crate) fn new(rng: &mut Rng) -> Self {
        let hasher = RandomState::with_seeds(rng.u64(), rng.u64(), rng.u64(), rng.u64());
        Self {
            cache: Cache::new(hasher),
            libraries: Libraries::default(),
            engines: Engines::new(rng.u64()),
            run: None,
            is_silent: false,
            is_within: false,
            paces: Paces::default(),
            allows_all: false,
        }
    }

    /// Compiles a script, and keeps it.
    ///
    /// # Errors
    /// When it is invalid.
    pub(crate) fn load(&mut self, text: &[u8], stay: Stay) -> Result<&Script, ScriptError> {
        let script = self.engines.get(What::Script).load(text)?;
        Ok(self.cache.insert(script, text, stay))
    }

    /// Forgets all scripts, with the interpreter that they ran in. O(N) for N scripts.
    pub(crate) fn flush(&mut self) {
        self.cache.flush();
        self.engines.drop(What::Script);
    }

    /// Forgets all libraries, with their interpreter. O(N) for N functions.
    pub(crate) fn flush_libraries(&mut self) {
        self.libraries = Libraries::default();
        self.engines.drop(What::Function);
    }

    /// Adds a library; gives its name.
    ///
    /// # Errors
    /// When it is invalid, or a name is taken.
    pub(crate) fn load_library(
        &mut self,
        text: Bytes,
        collision: Collision,
    ) -> Result<&[u8], CommandError> {
        let engine = self.engines.get(What::Function);
        self.libraries.load(engine, text, collision)
    }

    /// Removes a library; false if it is not there.
    pub(crate) fn unload_library(&mut self, name: &[u8]) -> bool {
        let engine = self.engines.get(What::Function);
        self.libraries.remove(engine, name)
    }

    /// Adds the libraries of these texts, or puts them in place of all that there are; all or none.
    ///
    /// # Errors
    /// When one is invalid, or a name is taken.
    pub(crate) fn restore(
        &mut self,
        texts: &[Cow<'_, [u8]>],
        replaces_all: bool,
        collision: Collision,
    ) -> Result<(), CommandError> {
        let engine = self.engines.get(What::Function);
        let mut others = Libraries::default();
        for text in texts {
            let text = Bytes::copy_from_slice(text);
            if let Err(error) = others.load(engine, text, Collision::Fails) {
                others.unload(engine);
                return Err(error);
            }
        }
        if replaces_all {
            std::mem::take(&mut self.libraries).unload(engine);
        }
        self.libraries.take_over(engine, others, collision)
    }

    /// The flags that the script of a request declares; `None` if it declares none, or is invalid
    /// or unknown.
    pub(crate) fn declared(&self, command: &str, args: &Args<'_>) -> Option<Flags> {
        match command {
            "EVAL" | "EVAL_RO" => Flags::of_script(&args[1]).ok().flatten(),
            "EVALSHA" | "EVALSHA_RO" => self.cache.peek(&args[1])?.flags(),
            _ => Some(self.libraries.find(&args[1])?.flags),
        }
    }
}
