//! The making of a machine: its libraries, as tables that scripts cannot write.
//!
//! Always true: every table that a script finds is read-only, with its metatable.
//! Not here: what is in the libraries — `library.rs`, `api.rs`

use crate::api;
use crate::compile::{self, Drafts, Purpose, Unit};
use crate::config::Config;
use crate::engine::Errors;
use crate::heap::{Closure, Heap, NoRoom};
use crate::host::NoHost;
use crate::library::{self, Entry};
use crate::register;
use crate::settings::Settings;
use crate::thread::Thread;
use crate::value::{NativeId, TableRef, Value};
use crate::vm::{Names, Native, Slice, Vm};

impl Vm {
    /// A machine with all libraries.
    pub(crate) fn new(config: &Config) -> Result<Self, NoRoom> {
        let mut heap = Heap::new(config.seed, config.memory_max);
        let globals = heap.table(0, 64)?;
        let loading_globals = heap.table(0, 4)?;
        let names = Names::new(&mut heap)?;
        let list_names = (heap.string(b"KEYS")?, heap.string(b"ARGV")?);
        let mut vm = Self {
            heap,
            thread: Thread::default(),
            resumers: Vec::new(),
            current: None,
            out: Vec::new(),
            at: 0,
            multi_top: 0,
            budget: 0,
            globals,
            natives: Vec::new(),
            names,
            protos: Vec::new(),
            drafts: Drafts::default(),
            settings: Settings::default(),
            error_site: None,
            scratch: Vec::new(),
            command: russet_resp::ArgBuf::new(),
            prelude: Vec::new(),
            next: Value::Nil,
            ipairs_next: Value::Nil,
            list_names,
            callbacks: Vec::new(),
            registered: Vec::new(),
            loading_globals,
            parked: None,
            watch: None,
            errors: Errors::default(),
        };
        vm.add_libraries(config)?;
        vm.add_prelude()?;
        vm.seal()?;
        Ok(vm)
    }

    fn add_libraries(&mut self, config: &Config) -> Result<(), NoRoom> {
        let globals = self.globals;
        self.add_functions(globals, library::base::ENTRIES)?;
        let libraries: [(&str, &[Entry]); 9] = [
            ("bit", library::bit::ENTRIES),
            ("cjson", library::json::ENTRIES),
            ("cmsgpack", library::msgpack::ENTRIES),
            ("coroutine", library::coroutine::ENTRIES),
            ("math", library::math::ENTRIES),
            ("os", library::math::OS),
            ("string", library::text::ENTRIES),
            ("struct", library::structure::ENTRIES),
            ("table", library::table::ENTRIES),
        ];
        for (name, entries) in libraries {
            let table = self.heap.table(0, entries.len())?;
            self.add_functions(table, entries)?;
            self.heap.set_named(globals, name, Value::Table(table))?;
        }
        self.add_constants()?;
        self.add_api(config)?;
        self.heap.set_named(globals, "_G", Value::Table(globals))?;
        let version = self.string(b"Lua 5.1")?;
        self.heap.set_named(globals, "_VERSION", version)?;
        self.next = self.field(globals, "next");
        Ok(())
    }

    fn add_constants(&mut self) -> Result<(), NoRoom> {
        let globals = self.globals;
        if let Value::Table(math) = self.field(globals, "math") {
            let pi = Value::Num(std::f64::consts::PI);
            self.heap.set_named(math, "pi", pi)?;
            self.heap
                .set_named(math, "huge", Value::Num(f64::INFINITY))?;
        }
        for (library, texts) in [
            ("cjson", library::json::TEXTS),
            ("cmsgpack", library::msgpack::TEXTS),
        ] {
            if let Value::Table(table) = self.field(globals, library) {
                for (name, text) in texts {
                    let text = self.string(text.as_bytes())?;
                    self.heap.set_named(table, name, text)?;
                }
            }
        }
        if let Value::Table(json) = self.field(globals, "cjson") {
            self.heap.set_named(json, "null", Value::Null)?;
        }
        Ok(())
    }

    fn add_api(&mut self, config: &Config) -> Result<(), NoRoom> {
        let redis = self.heap.table(0, 32)?;
        self.add_functions(redis, api::ENTRIES)?;
        self.add_numbers(redis, api::LOG_LEVELS)?;
        self.add_numbers(redis, api::REPL_MODES)?;
        self.add_version(redis, config)?;
        let globals = self.globals;
        self.heap.set_named(globals, "redis", Value::Table(redis))?;
        self.heap
            .set_named(globals, "server", Value::Table(redis))?;
        let loading = self.heap.table(0, 16)?;
        let is_log = |(name, _): &&Entry| *name == "log";
        for entry in api::ENTRIES.iter().filter(is_log).chain(register::ENTRIES) {
            self.add_functions(loading, std::slice::from_ref(entry))?;
        }
        self.add_numbers(loading, api::LOG_LEVELS)?;
        self.add_version(loading, config)?;
        let globals = self.loading_globals;
        self.heap
            .set_named(globals, "redis", Value::Table(loading))?;
        self.heap
            .set_named(globals, "server", Value::Table(loading))
    }

    fn add_numbers(&mut self, table: TableRef, numbers: &[(&str, f64)]) -> Result<(), NoRoom> {
        for (name, number) in numbers {
            self.heap.set_named(table, name, Value::Num(*number))?;
        }
        Ok(())
    }

    fn add_version(&mut self, table: TableRef, config: &Config) -> Result<(), NoRoom> {
        let [major, minor, patch] = config.version.map(u32::from);
        let version = self.string(format!("{major}.{minor}.{patch}").as_bytes())?;
        self.heap.set_named(table, "REDIS_VERSION", version)?;
        let number = f64::from(major << 16 | minor << 8 | patch);
        self.heap
            .set_named(table, "REDIS_VERSION_NUM", Value::Num(number))
    }

    fn add_functions(&mut self, table: TableRef, entries: &[Entry]) -> Result<(), NoRoom> {
        for entry in entries {
            let function = self.native(entry);
            self.heap.set_named(table, entry.0, function)?;
        }
        Ok(())
    }

    fn native(&mut self, &(name, run): &Entry) -> Value {
        self.natives.push(Native { name, run });
        Value::Native(NativeId(self.natives.len() as u16 - 1))
    }

    /// Compiles and runs the functions that are written in Lua.
    fn add_prelude(&mut self) -> Result<(), NoRoom> {
        for entries in [
            library::base::HIDDEN,
            library::coroutine::HIDDEN,
            library::table::HIDDEN,
            library::text::HIDDEN,
        ] {
            for entry in entries {
                self.native(entry);
            }
        }
        self.ipairs_next = self.hidden("ipairs_next");
        let given = [
            "match_step",
            "check_value",
            "put_back",
            "sub",
            "concat",
            "next",
            "loadstring",
            "create",
            "resume_wrapped",
            "invalid_order",
            "piece",
        ]
        .map(|name| self.hidden(name));
        let unit = Unit {
            source: include_bytes!("prelude.lua"),
            chunk: b"=[library]",
            purpose: Purpose::Library,
        };
        let proto = compile::compile(&unit, &mut self.heap, &mut self.drafts)
            .expect("the prelude compiles");
        let func = self.heap.closure(Closure {
            proto,
            ..Closure::default()
        })?;
        self.ensure_stack(given.len() + 1).expect("a small stack");
        self.thread.stack[0] = Value::Func(func);
        self.thread.stack[1..=given.len()].copy_from_slice(&given);
        self.enter(func, 0, given.len()).expect("a small stack");
        let ended = self.run(&mut NoHost, u64::MAX);
        assert!(matches!(ended, Slice::Finished), "the prelude runs");
        self.prelude = std::mem::take(&mut self.out);
        Ok(())
    }

    /// Gives the tables of scripts their metatables, and makes all of them read-only.
    fn seal(&mut self) -> Result<(), NoRoom> {
        let missing = self.native(&api::MISSING_GLOBAL);
        let meta = self.heap.table(0, 1)?;
        self.heap.set_named(meta, "__index", missing)?;
        let string_meta = self.heap.table(0, 1)?;
        let globals = self.globals;
        let string = self.field(globals, "string");
        self.heap.set_named(string_meta, "__index", string)?;
        self.names.string_meta = Some(string_meta);
        let loading = self.field(self.loading_globals, "redis");
        let mut tables = vec![
            Value::Table(globals),
            Value::Table(self.loading_globals),
            Value::Table(meta),
            Value::Table(string_meta),
            loading,
        ];
        let mut at = 0;
        while let Some((next, _, value)) = self.heap.get(globals).entry_from(at) {
            tables.push(value);
            at = next;
        }
        for value in &tables {
            if let Value::Table(table) = value {
                self.heap.get_mut(*table).is_readonly = true;
            }
        }
        let loading = loading.as_table();
        for table in [globals, self.loading_globals].into_iter().chain(loading) {
            self.heap.get_mut(table).meta = Some(meta);
        }
        Ok(())
    }
}

impl Value {
    const fn as_table(self) -> Option<TableRef> {
        match self {
            Self::Table(table) => Some(table),
            _ => None,
        }
    }
}

impl Names {
    fn new(heap: &mut Heap) -> Result<Self, NoRoom> {
        let mut name = |text: &str| heap.string(text.as_bytes());
        Ok(Self {
            index: name("__index")?,
            newindex: name("__newindex")?,
            call: name("__call")?,
            eq: name("__eq")?,
            lt: name("__lt")?,
            le: name("__le")?,
            concat: name("__concat")?,
            unm: name("__unm")?,
            arith: [
                name("__add")?,
                name("__sub")?,
                name("__mul")?,
                name("__div")?,
                name("__mod")?,
                name("__pow")?,
            ],
            tostring: name("__tostring")?,
            metatable: name("__metatable")?,
            n: name("n")?,
            err: name("err")?,
            ok: name("ok")?,
            no_memory: name("not enough memory")?,
            string_meta: None,
        })
    }
}
