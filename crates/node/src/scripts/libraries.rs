//! The libraries of FUNCTION LOAD: their texts, and their functions by name.
//!
//! Always true: a name of a function belongs to one library, whatever the case of its letters; a
//! change that fails changes nothing.
//! Not here: the commands — `control/function.rs`; running a function — `run.rs`

use std::collections::BTreeMap;

use bytes::Bytes;
use russet_command::CommandError;
use russet_script::{Engine, Library, LibraryFunction};

/// A library as it was loaded.
#[derive(Debug)]
pub(crate) struct Loaded {
    /// Its text.
    pub text: Bytes,
    /// Its functions.
    pub library: Library,
}

/// All libraries.
#[derive(Debug, Default)]
pub(crate) struct Libraries {
    /// By name.
    loaded: BTreeMap<Vec<u8>, Loaded>,
    /// The library of a function, and its place in it, by the name in small letters.
    functions: BTreeMap<Vec<u8>, (Vec<u8>, usize)>,
}

/// Whether a library replaces one of the same name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Collision {
    /// It does.
    Replaces,
    /// It is refused.
    Fails,
}

impl Libraries {
    /// The number of libraries.
    pub(crate) fn len(&self) -> usize {
        self.loaded.len()
    }

    /// The number of functions.
    pub(crate) fn function_count(&self) -> usize {
        self.functions.len()
    }

    /// The libraries, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&[u8], &Loaded)> {
        let loaded = self.loaded.iter();
        loaded.map(|(name, loaded)| (&name[..], loaded))
    }

    /// The texts of all libraries.
    pub(crate) fn texts(&self) -> Vec<Bytes> {
        let loaded = self.loaded.values();
        loaded.map(|loaded| loaded.text.clone()).collect()
    }

    /// The bytes of all texts and names.
    pub(crate) fn memory(&self) -> usize {
        let of_function =
            |function: &LibraryFunction| 2 * function.name.len() + size_of::<LibraryFunction>();
        let of_library = |loaded: &Loaded| {
            let functions = loaded.library.functions.iter().map(of_function);
            loaded.text.len() + size_of::<Loaded>() + functions.sum::<usize>()
        };
        self.loaded.values().map(of_library).sum()
    }

    /// Finds a function.
    pub(crate) fn find(&self, name: &[u8]) -> Option<&LibraryFunction> {
        let (library, at) = self.functions.get(&name.to_ascii_lowercase())?;
        self.loaded.get(library)?.library.functions.get(*at)
    }

    /// Loads a library; gives its name.
    ///
    /// # Errors
    /// When the text is invalid, or a name is taken.
    pub(crate) fn load(
        &mut self,
        engine: &mut Engine,
        text: Bytes,
        collision: Collision,
    ) -> Result<&[u8], CommandError> {
        let name = Engine::library_name(&text).map_err(refused)?;
        if collision == Collision::Fails && self.loaded.contains_key(&name) {
            return Err(CommandError::quoting(&[
                b"ERR Library '",
                &name,
                b"' already exists",
            ]));
        }
        let library = engine.load_library(&text).map_err(refused)?;
        if let Some(taken) = self.taken_by_others(&library) {
            let error = CommandError::quoting(&[b"ERR Function ", taken, b" already exists"]);
            engine.unload_library(library);
            return Err(error);
        }
        self.remove(engine, &name);
        Ok(self.insert(Loaded { text, library }))
    }

    /// Takes over other libraries, all or none.
    ///
    /// # Errors
    /// When a name is taken.
    pub(crate) fn take_over(
        &mut self,
        engine: &mut Engine,
        others: Self,
        collision: Collision,
    ) -> Result<(), CommandError> {
        if let Some(error) = self.collides_with(&others, collision) {
            others.unload(engine);
            return Err(error);
        }
        for (name, loaded) in others.loaded {
            self.remove(engine, &name);
            self.insert(loaded);
        }
        Ok(())
    }

    /// Removes all libraries.
    pub(crate) fn unload(self, engine: &mut Engine) {
        let loaded = self.loaded.into_values();
        loaded.for_each(|loaded| engine.unload_library(loaded.library));
    }

    fn collides_with(&self, others: &Self, collision: Collision) -> Option<CommandError> {
        let taken = |what: &[u8], name: &[u8]| {
            CommandError::quoting(&[b"ERR ", what, b" ", name, b" already exists"])
        };
        let mut names = others.loaded.keys();
        if let Some(name) = names.find(|name| self.loaded.contains_key(*name))
            && collision == Collision::Fails
        {
            return Some(taken(b"Library", name));
        }
        let mut functions = others.functions.keys();
        let function = functions.find(|name| {
            let owner = self.functions.get(*name);
            owner.is_some_and(|(owner, _)| !others.loaded.contains_key(owner))
        });
        function.map(|name| taken(b"Function", name))
    }

    fn insert(&mut self, loaded: Loaded) -> &[u8] {
        let name = loaded.library.name.clone();
        for (at, function) in loaded.library.functions.iter().enumerate() {
            let place = (name.clone(), at);
            let key = function.name.to_ascii_lowercase();
            self.functions.insert(key, place);
        }
        let entry = self.loaded.entry(name).insert_entry(loaded);
        &entry.into_mut().library.name
    }

    /// Removes a library; false if it is not there.
    pub(crate) fn remove(&mut self, engine: &mut Engine, name: &[u8]) -> bool {
        let Some(loaded) = self.loaded.remove(name) else {
            return false;
        };
        for function in &loaded.library.functions {
            self.functions.remove(&function.name.to_ascii_lowercase());
        }
        engine.unload_library(loaded.library);
        true
    }

    /// A function of this library whose name belongs to another one.
    fn taken_by_others<'l>(&self, library: &'l Library) -> Option<&'l [u8]> {
        let names = library.functions.iter().map(|function| &function.name);
        let mut names = names.filter(|name| {
            let owner = self.functions.get(&name.to_ascii_lowercase());
            owner.is_some_and(|(owner, _)| *owner != library.name)
        });
        names.next().map(|name| &name[..])
    }
}

/// The reply to a text that is no library.
fn refused(error: russet_script::ScriptError) -> CommandError {
    CommandError::Text(format!("ERR {error}").into())
}
