//! The walls around scripts: what they reach, and that none changes it for the next one.

use russet_resp::{Args, Protocol};
use russet_script::Progress;

use crate::attacks::ATTACKS;
use crate::{Host, engine, eval, finish};

/// A script that lists all it reaches; the list is that of Redis 8.0.6 but for `server`, which
/// Valkey has, and a handler of errors, which both let scripts see.
const REACHABLE: &str = include_str!("../corpus/reachable.lua");
const ALLOWED: &str = include_str!("../corpus/reachable.txt");

#[test]
fn a_script_reaches_exactly_what_is_allowed() {
    let reply = eval(&mut engine(), REACHABLE);
    let (_, reached) = reply.split_once("\r\n").unwrap();
    assert_eq!(reached.trim_end(), ALLOWED.trim_end());
}

#[test]
fn nothing_that_reaches_the_process_has_a_name() {
    for name in [
        "io",
        "os.execute",
        "os.getenv",
        "os.exit",
        "os.remove",
        "package",
        "require",
        "module",
        "debug",
        "dofile",
        "loadfile",
        "getfenv",
        "setfenv",
        "newproxy",
        "print",
        "string.dump(print)",
    ] {
        let reply = eval(&mut engine(), &format!("return {name}"));
        assert!(
            reply.starts_with('-') || reply == "$-1\r\n",
            "{name}: {reply}"
        );
        let text = format!("local f = loadstring('return {name}') return pcall(f) and f()");
        let reply = eval(&mut engine(), &text);
        assert!(reply == "$-1\r\n", "{name}: {reply}");
    }
}

#[test]
fn no_attack_changes_what_the_next_script_reaches() {
    let mut engine = engine();
    let before = eval(&mut engine, REACHABLE);
    for (name, text) in ATTACKS {
        eval(&mut engine, text);
        assert_eq!(eval(&mut engine, REACHABLE), before, "{name}");
    }
}

#[test]
fn an_attack_is_as_harmless_in_a_function() {
    let mut engine = engine();
    let before = eval(&mut engine, REACHABLE);
    for (name, text) in ATTACKS {
        let library =
            format!("#!lua name=lib\nredis.register_function('f', function() {text} end)");
        let library = engine.load_library(library.as_bytes()).unwrap();
        engine
            .start_function(&library.functions[0], Args::EMPTY, Args::EMPTY)
            .unwrap();
        let mut host = Host::default();
        while engine.step(&mut host, 10_000) == Progress::Paused {}
        let reply = finish(&mut engine, Protocol::Resp3);
        assert!(reply.ends_with(b"\r\n"), "{name}");
        engine.unload_library(library);
        assert_eq!(eval(&mut engine, REACHABLE), before, "{name}");
    }
}

#[test]
fn an_attack_that_is_aborted_anywhere_leaves_nothing() {
    let mut engine = engine();
    let before = eval(&mut engine, REACHABLE);
    for (name, text) in ATTACKS {
        let script = engine.load(text.as_bytes()).unwrap();
        for steps in 1..20 {
            engine.start(&script, Args::EMPTY, Args::EMPTY).unwrap();
            let mut host = Host::default();
            let ended = (0..steps).all(|_| engine.step(&mut host, 1) == Progress::Paused);
            engine.abort();
            assert!(!engine.is_running(), "{name}: {ended}");
        }
        assert_eq!(eval(&mut engine, REACHABLE), before, "{name}");
    }
}

#[test]
fn settings_and_numbers_of_one_script_are_not_those_of_the_next() {
    let mut engine = engine();
    let text = "local ok = {pcall(rawset, _G, 'x', 1), pcall(rawset, redis, 'call', 1)} \
                KEYS.secret = 'secret' ARGV.secret = 'secret' \
                coroutine.wrap(function() KEYS.more = 1 end)() return #ok";
    assert_eq!(eval(&mut engine, text), ":3\r\n");
    let text = "return {tostring(KEYS.secret), tostring(ARGV.secret), tostring(rawget(_G, 'x'))}";
    assert_eq!(
        eval(&mut engine, text),
        "*3\r\n$3\r\nnil\r\n$3\r\nnil\r\n$3\r\nnil\r\n"
    );
}
