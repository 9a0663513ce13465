//! Libraries of FUNCTION: a script that registers functions, which are called later.
//!
//! Always true: a library that fails to load leaves no function behind; a function lives until its
//! library is unloaded and no run uses it.
//! Not here: the names of all libraries, and their texts — the node

use russet_resp::Args;

use crate::compile::Purpose;
use crate::engine::{Engine, Progress};
use crate::error::ScriptError;
use crate::heap::{Closure, NoRoom};
use crate::host::NoHost;
use crate::library::{Called, Entry};
use crate::shebang::{self, Flags};
use crate::value::{TableRef, Value};
use crate::vm::{Flow, Invoke, Raise, Registered};

/// A function of a library.
#[derive(Clone, Debug)]
pub struct LibraryFunction {
    /// Its name, by which FCALL finds it.
    pub name: Vec<u8>,
    /// The words of its author about it.
    pub description: Option<Vec<u8>>,
    /// Its flags.
    pub flags: Flags,
    callback: usize,
}

/// A loaded library.
#[derive(Debug)]
pub struct Library {
    /// Its name.
    pub name: Vec<u8>,
    /// Its functions, in the order in which they were registered.
    pub functions: Vec<LibraryFunction>,
}

/// The functions that libraries call while they are loaded.
pub(crate) const ENTRIES: &[Entry] = &[("register_function", register_function)];

impl Engine {
    /// The name that a library's text gives it.
    ///
    /// # Errors
    ///
    /// When the first line is invalid.
    pub fn library_name(text: &[u8]) -> Result<Vec<u8>, ScriptError> {
        shebang::library_name(text)
    }

    /// Runs a library's text, which registers functions. O(N), and at most [`LOAD_MAX`]
    /// instructions.
    ///
    /// # Errors
    ///
    /// When the text is invalid, or registers nothing or invalid functions.
    pub fn load_library(&mut self, text: &[u8]) -> Result<Library, ScriptError> {
        let name = shebang::library_name(text)?;
        let proto = self
            .compile_chunk(text, b"@user_function", Purpose::Script)
            .map_err(|error| {
                let error = String::from_utf8_lossy(&error);
                ScriptError::Syntax(format!("Error compiling function: {error}"))
            })?;
        self.reset(&name);
        self.vm.settings.is_loading = true;
        self.vm.registered.clear();
        let globals = std::mem::replace(&mut self.vm.globals, self.vm.loading_globals);
        self.vm.loading_globals = globals;
        let error = self.run_library(proto);
        let globals = std::mem::replace(&mut self.vm.globals, self.vm.loading_globals);
        self.vm.loading_globals = globals;
        self.vm.settings.is_loading = false;
        let registered = std::mem::take(&mut self.vm.registered);
        if let Some(text) = error {
            let text = String::from_utf8_lossy(&text).into_owned();
            let text = format!("Error registering functions: {text}");
            return Err(ScriptError::Registration(text));
        }
        if registered.is_empty() {
            let text = "No functions registered";
            return Err(ScriptError::Registration(text.into()));
        }
        let functions = registered.into_iter().map(|function| self.keep(function));
        Ok(Library {
            name,
            functions: functions.collect(),
        })
    }

    /// The error that ended a library's text.
    fn run_library(&mut self, proto: std::sync::Arc<crate::code::Proto>) -> Option<Vec<u8>> {
        let memory = || Some(b"ERR not enough memory".to_vec());
        let closure = Closure {
            proto,
            ..Closure::default()
        };
        let Ok(func) = self.vm.heap.closure(closure) else {
            return memory();
        };
        if self.enter(Value::Func(func), &[]).is_err() {
            return memory();
        }
        if self.step(&mut NoHost, LOAD_MAX) == Progress::Paused {
            self.abort();
            return Some(b"ERR FUNCTION LOAD timeout".to_vec());
        }
        self.take_error()
    }

    fn keep(&mut self, function: Registered) -> LibraryFunction {
        let callbacks = &mut self.vm.callbacks;
        let free = callbacks.iter().position(|callback| callback.is_nil());
        let callback = free.unwrap_or_else(|| {
            callbacks.push(Value::Nil);
            callbacks.len() - 1
        });
        callbacks[callback] = function.callback;
        LibraryFunction {
            name: function.name,
            description: function.description,
            flags: function.flags,
            callback,
        }
    }

    /// Forgets the functions of a library. One of them that runs goes on.
    pub fn unload_library(&mut self, library: Library) {
        for function in library.functions {
            if let Some(place) = self.vm.callbacks.get_mut(function.callback) {
                *place = Value::Nil;
            }
        }
    }

    /// Begins a call of a function.
    ///
    /// # Errors
    ///
    /// When memory is short, or the function's library is gone.
    pub fn start_function(
        &mut self,
        function: &LibraryFunction,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), ScriptError> {
        self.reset(&function.name);
        let begun = self.start_callback(function.callback, keys, args);
        begun.map_err(|_| ScriptError::Memory)
    }

    fn start_callback(
        &mut self,
        callback: usize,
        keys: Args<'_>,
        args: Args<'_>,
    ) -> Result<(), NoRoom> {
        let keys = self.list(keys)?;
        let args = self.list(args)?;
        let func = self.vm.callbacks.get(callback).copied().unwrap_or_default();
        self.enter(func, &[keys, args])
    }
}

fn refused(text: &str) -> Raise {
    Raise::reply(format!("ERR {text}"))
}

fn register_function(call: &mut Invoke<'_>) -> Called {
    if !call.vm.settings.is_loading {
        return Err(refused(
            "redis.register_function can only be called on FUNCTION LOAD command",
        ));
    }
    let function = match (call.count(), call.arg(1)) {
        (1, Value::Table(named)) => from_table(call, named)?,
        (1, _) => {
            return Err(refused(
                "calling redis.register_function with a single argument is only applicable to \
                 Lua table (representing named arguments).",
            ));
        }
        (2, name) => {
            let name = call.vm.text_of(name);
            let name = name.ok_or_else(|| {
                refused("first argument to redis.register_function must be a string")
            })?;
            let name = name.into_owned();
            let callback = call.arg(2);
            if !callback.is_function() {
                return Err(refused(
                    "second argument to redis.register_function must be a function",
                ));
            }
            Registered {
                name,
                description: None,
                flags: Flags::default(),
                callback,
            }
        }
        _ => {
            return Err(refused(
                "wrong number of arguments to redis.register_function",
            ));
        }
    };
    if !shebang::is_name(&function.name) {
        return Err(refused(shebang::BAD_NAME));
    }
    let names = call.vm.registered.iter().map(|other| &other.name);
    if names.into_iter().any(|name| *name == function.name) {
        return Err(refused("Function already exists in the library"));
    }
    call.vm.registered.push(function);
    Ok(Flow::Done)
}

fn from_table(call: &mut Invoke<'_>, named: TableRef) -> Result<Registered, Raise> {
    let (mut name, mut description, mut callback) = (None, None, None);
    let mut flags = Flags::default();
    let mut at = 0;
    while let Some((next, key, value)) = call.vm.heap.get(named).entry_from(at) {
        at = next;
        let Value::Str(key) = key else {
            return Err(refused(
                "named argument key given to redis.register_function is not a string",
            ));
        };
        let text = call.vm.text_of(value).map(std::borrow::Cow::into_owned);
        match call.vm.heap.bytes(key) {
            b"function_name" => {
                let text = text.ok_or_else(|| {
                    refused(
                        "function_name argument given to redis.register_function must be a string",
                    )
                })?;
                name = Some(text);
            }
            b"description" => {
                let text = text.ok_or_else(|| {
                    refused(
                        "description argument given to redis.register_function must be a string",
                    )
                })?;
                description = Some(text);
            }
            b"callback" if value.is_function() => callback = Some(value),
            b"callback" => {
                return Err(refused(
                    "callback argument given to redis.register_function must be a function",
                ));
            }
            b"flags" => flags = flags_of(call, value)?,
            _ => {
                return Err(refused("unknown argument given to redis.register_function"));
            }
        }
    }
    let missing = "redis.register_function must get a function name argument";
    let name = name.ok_or_else(|| refused(missing))?;
    let missing = "redis.register_function must get a callback argument";
    Ok(Registered {
        name,
        description,
        flags,
        callback: callback.ok_or_else(|| refused(missing))?,
    })
}

fn flags_of(call: &Invoke<'_>, value: Value) -> Result<Flags, Raise> {
    let Value::Table(list) = value else {
        return Err(refused(
            "flags argument to redis.register_function must be a table representing function flags",
        ));
    };
    let mut flags = Flags::default();
    let list = call.vm.heap.get(list);
    for idx in 1.. {
        match list.get_idx(idx) {
            Value::Nil => break,
            Value::Str(name) if flags.add(call.vm.heap.bytes(name)) => {}
            _ => return Err(refused("unknown flag given")),
        }
    }
    Ok(flags)
}

/// The most instructions that the text of a library runs: about half a second.
pub const LOAD_MAX: u64 = 50_000_000;
