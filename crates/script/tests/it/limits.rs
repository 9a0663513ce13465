//! Memory, depth, time: bounded, and nothing in a script can change that.

use russet_resp::{Args, Protocol};
use russet_script::{Config, Engine, Progress};

use crate::{Host, engine, eval, finish};

/// Runs a script that never ends by itself for some steps, and aborts it.
fn is_paused_forever(text: &str) {
    let mut engine = engine();
    let script = engine.load(text.as_bytes()).unwrap();
    engine.start(&script, Args::EMPTY, Args::EMPTY).unwrap();
    let mut host = Host::default();
    for _ in 0..20 {
        assert_eq!(engine.step(&mut host, 5_000), Progress::Paused, "{text}");
    }
    engine.abort();
    assert!(!engine.is_running());
    assert_eq!(eval(&mut engine, "return 'alive'"), "$5\r\nalive\r\n");
}

#[test]
fn endless_scripts_pause_and_are_aborted_whatever_they_catch() {
    for text in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "local co = coroutine.wrap(function() while true do end end) co()",
        "local t = setmetatable({}, {__index = function() while true do end end}) return t.x",
        "table.sort({3,2,1}, function() while true do end end)",
        "string.gsub('x', 'x', function() while true do end end)",
        "xpcall(function() error('x') end, function() while true do end end)",
        "repeat until pcall(error, 'x') == 5",
        "local function f() return f() end return f()",
        "while true do redis.pcall('incr', 'x') end",
        "load(function() while true do end end)",
        "while true do string.rep('x', 10000):find('y') end",
    ] {
        is_paused_forever(text);
    }
}

#[test]
fn a_run_that_pauses_after_every_instruction_has_the_same_reply() {
    let text = "local t = {} for i = 1, 20 do t[i] = tostring(i) .. 'x' end \
                table.sort(t, function(a, b) return a > b end) \
                local co = coroutine.wrap(function(...) local n = select('#', ...) \
                for i = 1, n do coroutine.yield(i) end end) \
                local ok, e = pcall(function() error({err = 'E x'}) end) \
                return {table.concat(t, ','), co(1, 2, 3), e, (string.gsub('abc', '%w', \
                function(c) return c .. c end)), redis.call('incr', 'k')}";
    let mut slow = engine();
    let script = slow.load(text.as_bytes()).unwrap();
    slow.start(&script, Args::EMPTY, Args::EMPTY).unwrap();
    let mut pauses = 0;
    while slow.step(&mut Host::default(), 1) == Progress::Paused {
        pauses += 1;
    }
    assert!(pauses > 1000, "{pauses}");
    let reply = finish(&mut slow, Protocol::Resp2);
    assert_eq!(String::from_utf8_lossy(&reply), eval(&mut engine(), text));
}

#[test]
fn memory_is_bounded_and_the_machine_goes_on() {
    let mut engine = Engine::new(&Config {
        memory_max: 4 << 20,
        ..Config::default()
    });
    for text in [
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "return string.rep('x', 1e9)",
        "return string.rep('x', 2147483647)",
        "local t = {} for i = 1, 1e9 do t[i] = i end",
        "local t = {} while true do t[#t + 1] = function() return t end end",
        "local t = {} while true do t[#t + 1] = coroutine.create(function() end) end",
        "local t = {} while true do t[#t + 1] = 'x' .. #t end",
        "local t = {} while true do t[#t + 1] = loadstring('return ' .. #t) end",
        "local s = string.rep('x', 100000) local t = {} for i = 1, 1000 do t[i] = s end \
         return table.concat(t)",
        "return cjson.encode(string.rep('\\0', 1000000))",
        "local s = string.rep('x', 1000000) return s:gsub('x', 'yyyyyyyyyy')",
        "return string.format(string.rep('%99d', 100), unpack({}, 1, 100))",
        "local function f() local co = coroutine.wrap(f) co() end f()",
    ] {
        let reply = eval(&mut engine, text);
        assert!(reply.starts_with('-'), "{text}: {reply}");
        assert!(engine.memory() < 6 << 20, "{text}: {}", engine.memory());
    }
    assert_eq!(eval(&mut engine, "return 'alive'"), "$5\r\nalive\r\n");
}

#[test]
fn garbage_is_collected_while_a_script_runs() {
    let mut engine = Engine::new(&Config {
        memory_max: 4 << 20,
        ..Config::default()
    });
    let text = "local s = 0 for i = 1, 200000 do local t = {i, tostring(i)} t.t = t \
                s = s + #t end return s";
    assert_eq!(eval(&mut engine, text), ":400000\r\n");
}

#[test]
fn a_run_leaves_nothing_behind() {
    let mut engine = engine();
    eval(&mut engine, "return 1");
    for text in [
        "cjson.encode_number_precision(3) cjson.decode_max_depth(1) cjson.encode_sparse_array(true)",
        "redis.setresp(3) redis.set_repl(0)",
        "KEYS[1] = 'x' ARGV.y = 'z' getmetatable(KEYS)",
        "math.randomseed(5)",
    ] {
        eval(&mut engine, text);
    }
    let text = "return {cjson.encode(1/3), #KEYS, tostring(ARGV.y), cjson.decode_max_depth(), \
                (pcall(cjson.encode, {[1]=1,[100]=2}) and 'sparse')}";
    let expected = "*5\r\n$16\r\n0.33333333333333\r\n:0\r\n$3\r\nnil\r\n:1000\r\n$-1\r\n";
    assert_eq!(eval(&mut engine, text), expected);
}

#[test]
fn deep_nesting_is_refused_in_every_form() {
    let mut engine = engine();
    for (open, close) in [
        ("(", ")"),
        ("{", "}"),
        ("function() return ", " end"),
        ("- ", ""),
        ("not ", ""),
        ("1 ..", "1"),
        ("a[", "]"),
        ("f(", ")"),
        ("2^", ""),
    ] {
        let text = format!("return {}1{}", open.repeat(50_000), close.repeat(50_000));
        assert!(engine.load(text.as_bytes()).is_err(), "{open}");
    }
    for chain in ["+1", ".x", "[1]", "()", " or 1", " and 1", ":x()"] {
        let text = format!("return x{}", chain.repeat(50_000));
        assert!(engine.load(text.as_bytes()).is_err(), "{chain}");
    }
    for (open, close) in [
        ("do ", "end "),
        ("if x then ", "end "),
        ("while x do ", "end "),
    ] {
        let text = format!("{}{}", open.repeat(50_000), close.repeat(50_000));
        assert!(engine.load(text.as_bytes()).is_err(), "{open}");
    }
}

#[test]
fn a_reply_has_bounded_size_and_depth() {
    let mut engine = engine();
    let text = "local t = {1} for i = 1, 40 do t = {t, t} end return t";
    assert!(eval(&mut engine, text).starts_with("-ERR"));
    let text = "local t = {} for i = 1, 5000 do t = {t} end return t";
    assert!(eval(&mut engine, text).contains("reached lua stack limit"));
}

#[test]
fn patterns_cannot_take_for_ever() {
    let mut engine = engine();
    let text = "return {pcall(string.find, string.rep('a', 30000), '.-.-.-.-.-b')}";
    assert!(eval(&mut engine, text).contains("too complex"));
}

#[test]
fn what_a_library_builds_is_not_collected_while_it_is_built() {
    let text = "
        local map, array = {}, {}
        for i = 1, 3000 do map[tostring(i)] = {i, {i}} array[i] = {tostring(i)} end
        local packed = cmsgpack.pack({map = map, array = array})
        local json = cjson.encode({map = map, array = array})
        for round = 1, 10 do
            for _, made in ipairs({cmsgpack.unpack(packed), cjson.decode(json)}) do
                for i = 1, 3000 do
                    assert(made.map[tostring(i)][1] == i and made.map[tostring(i)][2][1] == i)
                    assert(made.array[i][1] == tostring(i))
                end
            end
        end
        return 'whole'";
    assert_eq!(eval(&mut engine(), text), "$5\r\nwhole\r\n");
}

#[test]
fn constants_live_as_long_as_their_script_or_a_function_of_it() {
    let mut engine = engine();
    let garbage = "for i = 1, 3000 do local s = string.rep('x', 5000) .. i end return 1";
    let library = "#!lua name=lib\nredis.register_function('f', function() \
                   local t = {text = 'of the library'} return t.text end)";
    let library = engine.load_library(library.as_bytes()).unwrap();
    let kept = engine
        .load(b"local function f() return 'of the script' end return f()")
        .unwrap();
    let before = engine.memory();
    for n in 0..500 {
        let text = format!("return 'constant {n}' .. '{}'", "y".repeat(20_000));
        engine.load(text.as_bytes()).unwrap();
    }
    for _ in 0..3 {
        assert_eq!(eval(&mut engine, garbage), ":1\r\n");
        engine.start(&kept, Args::EMPTY, Args::EMPTY).unwrap();
        while engine.step(&mut Host::default(), 1000) == Progress::Paused {}
        let reply = finish(&mut engine, Protocol::Resp2);
        assert_eq!(reply, b"$13\r\nof the script\r\n");
        engine
            .start_function(&library.functions[0], Args::EMPTY, Args::EMPTY)
            .unwrap();
        while engine.step(&mut Host::default(), 1000) == Progress::Paused {}
        let reply = finish(&mut engine, Protocol::Resp2);
        assert_eq!(reply, b"$14\r\nof the library\r\n");
    }
    drop(kept);
    assert_eq!(eval(&mut engine, garbage), ":1\r\n");
    let added = engine.memory().saturating_sub(before);
    assert!(added < 6 << 20, "{added}");
}
