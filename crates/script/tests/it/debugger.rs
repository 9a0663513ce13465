//! Watched runs: lines, variables, calls and chunks, as the debugger of Redis 8.0.6 shows them.

use russet_resp::{ArgBuf, Args, Protocol};
use russet_script::{Engine, Halt, Level};

use crate::corpus::CORPORA;
use crate::{Host, engine, eval_as, finish};

/// A watched run, which waits at a line.
struct Watched {
    engine: Engine,
    host: Host,
    line: u32,
}

impl Watched {
    fn start(text: &str) -> Self {
        let mut engine = engine();
        let script = engine.load_debug(text.as_bytes()).unwrap();
        let keys = ArgBuf::from_slices(&[b"key"]);
        engine.start(&script, keys.args(), Args::EMPTY).unwrap();
        let mut watched = Self {
            engine,
            host: Host::default(),
            line: 0,
        };
        watched.step();
        watched
    }

    /// Goes to the next line, whose number is 0 where there is none.
    fn step(&mut self) -> u32 {
        self.line = match self.engine.step_line(&mut self.host, 10_000) {
            Halt::Line(line) => line,
            Halt::Paused => panic!("no line ends"),
            Halt::Done => 0,
        };
        self.line
    }

    fn step_to(&mut self, line: u32) {
        while self.line != line {
            assert_ne!(self.step(), 0, "line {line}");
        }
    }

    fn locals(&self) -> Vec<String> {
        let locals = self.engine.locals().into_iter();
        let shown = locals.map(|(name, value)| [name, value].join(&b'='));
        shown.map(|text| String::from_utf8(text).unwrap()).collect()
    }

    fn evaluate(&mut self, code: &str) -> Result<String, String> {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let shown = self
            .engine
            .evaluate(code.as_bytes(), &mut self.host, 1_000_000);
        shown.map(text).map_err(text)
    }
}

const SCRIPT: &str = "local a = 5
local t = {1, 2, {x = 'y\"\\n', [2.5] = true}}
local a = 'second'
local function add(p, q)
  local sum = p + q
  redis.debug('in add', sum, {1, 2}, nil, false, {})
  return sum
end
local u = add(1, 2)

for i = 1, 2 do
  local v = i * 2
end
for k, w in pairs({10}) do
  u = 0.1
end
while u < 1 do u = u + 1 end
redis.breakpoint()
if u > 5 then
  u = 1
elseif u > 1 then
  u = 3
else u = 4 end
local n = 1
local s = redis.call('SET', 'x', 'y')
do local inner = 1 end
return {u, n}";

#[test]
fn a_run_halts_before_each_line() {
    let mut watched = Watched::start(&SCRIPT.replace("redis.call('SET'", "redis.call('ECHO'"));
    let mut lines = vec![watched.line];
    while watched.step() != 0 {
        lines.push(watched.line);
    }
    let expected = [
        1, 2, 3, 8, 9, 5, 6, 7, 11, 12, 11, 12, 11, 14, 15, 14, 17, 17, 18, 19, 21, 22, 24, 25, 26,
        27,
    ];
    assert_eq!(lines, expected);
    let reply = finish(&mut watched.engine, Protocol::Resp2);
    assert_eq!(reply, b"*2\r\n:3\r\n:1\r\n");
}

#[test]
fn locals_are_those_in_sight() {
    let mut watched = Watched::start(SCRIPT);
    assert_eq!(watched.locals(), [""; 0]);
    watched.step_to(6);
    assert_eq!(watched.locals(), ["p=1", "q=2", "sum=3"]);
    watched.step_to(11);
    watched.step_to(12);
    let locals = watched.locals();
    let expected = [
        "a=5",
        "t={1; 2; {[2.5]=true; [\"x\"]=\"y\\\"\\n\"}}",
        "a=\"second\"",
    ];
    assert_eq!(locals[..3], expected);
    assert!(locals[3].starts_with("add=\"function@0x"), "{locals:?}");
    let expected = [
        "u=3",
        "(for index)=1",
        "(for limit)=2",
        "(for step)=1",
        "i=1",
    ];
    assert_eq!(locals[4..], expected);
    watched.step_to(14);
    watched.step_to(15);
    let locals = watched.locals();
    assert_eq!(
        locals[6..],
        ["(for state)={10}", "(for control)=1", "k=1", "w=10"]
    );
    watched.step_to(17);
    assert_eq!(watched.locals().len(), 5);
}

#[test]
fn a_variable_is_the_first_of_its_name_from_the_innermost_function_on() {
    let mut watched = Watched::start(SCRIPT);
    watched.step_to(6);
    let engine = &watched.engine;
    assert_eq!(engine.variable(b"sum").unwrap(), b"3");
    assert_eq!(engine.variable(b"a").unwrap(), b"5");
    assert_eq!(engine.variable(b"KEYS").unwrap(), b"{\"key\"}");
    assert_eq!(engine.variable(b"redis"), None);
    assert_eq!(engine.variable(b"nothing"), None);
}

#[test]
fn a_variable_that_functions_share_has_its_value() {
    let text = "local n = 1\nlocal function f() n = n + 1 end\nf()\nreturn n";
    let mut watched = Watched::start(text);
    watched.step_to(4);
    assert_eq!(watched.engine.variable(b"n").unwrap(), b"2");
}

#[test]
fn a_trace_names_functions_and_their_lines() {
    let level = |name: Option<&str>, line| Level {
        name: name.map(|name| name.as_bytes().to_vec()),
        line,
    };
    let mut watched = Watched::start(SCRIPT);
    assert_eq!(watched.engine.trace(), [level(None, 1)]);
    watched.step_to(7);
    assert_eq!(
        watched.engine.trace(),
        [level(Some("add"), 7), level(None, 9)]
    );
}

#[test]
fn debug_and_breakpoint_reach_who_watches() {
    let mut watched = Watched::start(SCRIPT);
    watched.step_to(7);
    let messages = watched.engine.take_messages();
    assert_eq!(messages.len(), 1);
    assert_eq!(messages[0].line, 6);
    assert_eq!(messages[0].text, b"\"in add\", 3, {1; 2}, nil, false, {}");
    watched.step_to(18);
    assert!(!watched.engine.take_breakpoint());
    watched.step_to(19);
    assert!(watched.engine.take_breakpoint());
    assert!(!watched.engine.take_breakpoint());
    let text = b"redis.debug('x') return redis.breakpoint()";
    let mut engine = engine();
    assert_eq!(
        eval_as(&mut engine, &mut Host::default(), text, Protocol::Resp2),
        b"$-1\r\n"
    );
    assert_eq!(engine.take_messages(), []);
}

#[test]
fn a_chunk_runs_beside_the_run() {
    let mut watched = Watched::start(SCRIPT);
    watched.step_to(6);
    for (code, shown) in [
        ("1 + 1", Ok("2")),
        ("1, 2", Ok("1")),
        ("nil", Ok("nil")),
        ("KEYS[1]", Ok("\"key\"")),
        ("return 7", Ok("7")),
        ("local q = 3 return q", Ok("3")),
        ("redis.call('INCR', 'x')", Ok("1")),
        ("{a=1}", Ok("{[\"a\"]=1}")),
        ("{1, 2, nil, 4}", Ok("{[1]=1; [2]=2; [4]=4}")),
        ("{nil}", Ok("{}")),
        (
            "{{{{{{{{{{{{{1}}}}}}}}}}}}}",
            Ok("{{{{{{{{{{<max recursion level reached! Nested table?>}}}}}}}}}}"),
        ),
        ("'a\\0\\1b'", Ok("\"a\\x00\\x01b\"")),
        ("1/3", Ok("0.333333")),
        ("123456.789", Ok("123457")),
        ("-0", Ok("-0")),
        ("1e15", Ok("1e+15")),
        ("-1/0", Ok("-inf")),
        ("cjson.null", Ok("\"light-userdata@(nil)\"")),
        ("error('x')", Err("ldb_eval:1: x")),
        ("error({err='ERR y'})", Err("ERR y")),
        ("x(", Err("ldb_eval:1: unexpected symbol near '<eof>'")),
        ("for", Err("ldb_eval:1: '<name>' expected near '<eof>'")),
        (
            "sum",
            Err("ldb_eval:1: Script attempted to access nonexistent global variable 'sum'"),
        ),
        (
            "foo = 1",
            Err("ldb_eval:1: Attempt to modify a readonly table"),
        ),
        (
            "coroutine.wrap(function() while true do end end)()",
            Err("the chunk takes too long"),
        ),
        ("while true do end", Err("the chunk takes too long")),
    ] {
        let shown = shown.map(str::to_owned).map_err(str::to_owned);
        assert_eq!(watched.evaluate(code), shown, "{code}");
    }
    assert_eq!(watched.engine.variable(b"sum").unwrap(), b"3");
    assert_eq!(watched.step(), 7);
    while watched.step() != 0 {}
}

#[test]
fn a_chunk_may_collect_while_the_run_waits() {
    let mut watched = Watched::start(
        "local t = {'kept'}\nlocal c = coroutine.wrap(function()\n\
        local u = {'also'}\ncoroutine.yield(u[1])\nreturn u[1] end)\nc()\nreturn {t[1], c()}",
    );
    watched.step_to(4);
    let garbage = "(function() for i = 1, 1000 do local t = {('x'):rep(5000) .. i} end end)()";
    for _ in 0..10 {
        assert_eq!(watched.evaluate(garbage).unwrap(), "nil");
    }
    while watched.step() != 0 {}
    let reply = finish(&mut watched.engine, Protocol::Resp2);
    assert_eq!(reply, b"*2\r\n$4\r\nkept\r\n$4\r\nalso\r\n");
}

#[test]
fn an_endless_line_uses_up_its_budget() {
    let mut watched =
        Watched::start("string.rep('x', 10):gsub('x', function() while true do end end)");
    let halt = watched.engine.step_line(&mut watched.host, 1000);
    assert_eq!(halt, Halt::Line(1));
    let mut watched =
        Watched::start("local t = {3, 2, 1} table.sort(t, function() return true end)\nreturn 1");
    while watched.step() != 0 {}
    watched.engine.abort();
    assert_eq!(watched.engine.step_line(&mut watched.host, 10), Halt::Done);
}

#[test]
fn a_watched_run_has_the_same_reply() {
    let mut plain = engine();
    let mut watched = engine();
    let (scripts, _) = CORPORA[0];
    let scripts = scripts.split("\n----\n");
    for text in scripts.filter(|text| !text.contains("redis.breakpoint")) {
        let Ok(script) = watched.load_debug(text.as_bytes()) else {
            continue;
        };
        let mut host = Host::default();
        watched.start(&script, Args::EMPTY, Args::EMPTY).unwrap();
        let mut halts = 0;
        while watched.step_line(&mut host, 1_000_000) != Halt::Done {
            halts += 1;
            if halts < 100 {
                assert!(!watched.trace().is_empty() && watched.locals().len() < 200);
            }
        }
        let reply = finish(&mut watched, Protocol::Resp2);
        let mut host = Host::default();
        let expected = eval_as(&mut plain, &mut host, text.as_bytes(), Protocol::Resp2);
        let shown = |reply: &[u8]| String::from_utf8_lossy(reply).into_owned();
        assert_eq!(shown(&reply), shown(&expected), "{text}");
    }
}
