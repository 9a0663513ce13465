//! Scripts to measure, and a machine that runs them without a server.
//!
//! Always true: the host answers every command at once, so figures are those of the machine alone.
//! Not here: the runs — `benches/script.rs`, `examples/hot.rs`

use russet_resp::{ArgBuf, Args, Output, Protocol, Reply};
use russet_script::{CallContext, Config, Engine, LogLevel, Script, ScriptHost};

/// The name of a script, its text, and how many operations a run of it is.
pub type Work = (&'static str, &'static str, usize);

/// The scripts to measure.
pub const WORKS: &[Work] = &[
    (
        "short",
        "local value = redis.call('GET', KEYS[1]) if value == ARGV[1] then \
         redis.call('SET', KEYS[1], ARGV[2]) return redis.call('INCR', 'count') else return 0 end",
        1,
    ),
    ("call", "for i = 1, 100 do redis.call('INCR', 'x') end", 100),
    (
        "loop",
        "local s = 0 for i = 1, 100 do s = s + i % 7 if s > 100 then s = s - 100 end end return s",
        100,
    ),
    (
        "function",
        "local function f(n) return n + 1 end for i = 1, 100 do f(i) end",
        100,
    ),
    (
        "pairs",
        "local t = {a=1, b=2, c=3, d=4} local s = 0 \
         for i = 1, 25 do for k, v in pairs(t) do s = s + v end end return s",
        100,
    ),
    (
        "insert",
        "local t = {} for i = 1, 50 do t[#t + 1] = i table.insert(t, i) end",
        100,
    ),
    (
        "concat",
        "for i = 1, 100 do local s = 'key:' .. i .. ':suffix' end",
        100,
    ),
    (
        "text",
        "for i = 1, 10 do local s = string.format('%s:%d', 'user', i) \
         local a, b = string.match(s, '(%a+):(%d+)') s = string.gsub(s, 'u', 'v') end",
        10,
    ),
    (
        "json-decode",
        "for i = 1, 10 do cjson.decode('{\"id\":12345,\"name\":\"Some Body\",\"tags\":[\"a\",\"b\"],\
         \"score\":12.75,\"address\":{\"street\":\"Main Street 1\",\"zip\":\"12345\"},\
         \"list\":[1,2,3,4,5,6,7,8]}') end",
        10,
    ),
    (
        "json-encode",
        "local t = {id=12345, name='Some Body', tags={'a', 'b'}, score=12.75, \
         address={street='Main Street 1', zip='12345'}, list={1, 2, 3, 4, 5, 6, 7, 8}} \
         for i = 1, 10 do cjson.encode(t) end",
        10,
    ),
    (
        "pack",
        "local t = {id=12345, name='Some Body', tags={'a', 'b'}, score=12.75, \
         list={1, 2, 3, 4, 5, 6, 7, 8}} for i = 1, 10 do cmsgpack.unpack(cmsgpack.pack(t)) end",
        10,
    ),
];

/// A machine with a host that answers at once.
pub struct Machine {
    engine: Engine,
    keys: ArgBuf,
    args: ArgBuf,
    output: Output,
}

impl Default for Machine {
    fn default() -> Self {
        Self {
            engine: Engine::new(&Config::default()),
            keys: ArgBuf::from_slices(&[b"key:000000000001"]),
            args: ArgBuf::from_slices(&[b"hello", b"3"]),
            output: Output::new(),
        }
    }
}

impl Machine {
    /// Compiles a script.
    ///
    /// # Panics
    ///
    /// When the script is invalid.
    pub fn load(&mut self, text: &[u8]) -> Script {
        self.engine.load(text).expect("the script is valid")
    }

    /// Runs a script; the length of its reply.
    ///
    /// # Panics
    ///
    /// When memory is short.
    pub fn run(&mut self, script: &Script) -> usize {
        let begun = self
            .engine
            .start(script, self.keys.args(), self.args.args());
        begun.expect("memory is not short");
        let mut reply = Reply::new(&mut self.output, Protocol::Resp2);
        self.engine.run(&mut Answers, &mut reply);
        let len = self.output.len();
        self.output.advance(len);
        len
    }
}

struct Answers;

impl ScriptHost for Answers {
    fn call(&mut self, args: Args<'_>, _: CallContext, reply: &mut Vec<u8>) -> u64 {
        reply.extend_from_slice(match &args[0] {
            b"GET" => b"$5\r\nhello\r\n",
            b"SET" => b"+OK\r\n",
            _ => b":12345\r\n",
        });
        0
    }

    fn may_run(&mut self, _: Args<'_>) -> Option<bool> {
        Some(true)
    }

    fn log(&mut self, _: LogLevel, _: &[u8]) {}

    fn clock(&mut self) -> f64 {
        0.0
    }
}
