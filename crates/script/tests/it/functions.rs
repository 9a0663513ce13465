//! Libraries of functions: registration, calls, and unloading.

use russet_resp::{ArgBuf, Args, Protocol};
use russet_script::{Engine, Library, Progress};

use crate::{Host, engine, finish};

const LIBRARY: &str = "#!lua name=lib\n\
    local count = 0\n\
    redis.register_function('next', function(keys, args) count = count + 1 return count end)\n\
    redis.register_function{function_name='echo', description='d', flags={'no-writes'},\n\
      callback=function(keys, args) return {keys[1], args[1], KEYS == nil} end}\n\
    redis.register_function('fails', function() error('boo') end)\n\
    redis.register_function('late', function() redis.register_function('x', function() end) end)\n";

fn call(engine: &mut Engine, library: &Library, name: &str) -> String {
    let function = library
        .functions
        .iter()
        .find(|f| f.name == name.as_bytes())
        .unwrap();
    let keys = ArgBuf::from_slices(&[b"k"]);
    let args = ArgBuf::from_slices(&[b"a"]);
    engine
        .start_function(function, keys.args(), args.args())
        .unwrap();
    while engine.step(&mut Host::default(), 100) == Progress::Paused {}
    String::from_utf8_lossy(&finish(engine, Protocol::Resp2)).into_owned()
}

#[test]
fn functions_keep_the_variables_of_their_library() {
    let mut engine = engine();
    let library = engine.load_library(LIBRARY.as_bytes()).unwrap();
    assert_eq!(library.name, b"lib");
    assert_eq!(library.functions[1].description.as_deref(), Some(&b"d"[..]));
    assert!(library.functions[1].flags.no_writes());
    assert_eq!(call(&mut engine, &library, "next"), ":1\r\n");
    assert_eq!(call(&mut engine, &library, "next"), ":2\r\n");
    assert_eq!(
        call(&mut engine, &library, "fails"),
        "-ERR user_function:6: boo script: fails, on @user_function:6.\r\n"
    );
    assert!(call(&mut engine, &library, "late").contains("field 'register_function'"));
    assert!(call(&mut engine, &library, "echo").contains("global variable 'KEYS'"));
}

#[test]
fn a_library_that_is_unloaded_while_its_function_runs_goes_on() {
    let mut engine = engine();
    let text = "#!lua name=lib\nlocal t = {5}\n\
                redis.register_function('f', function() local s = 0 for i = 1, 100000 do \
                s = s + #{i, tostring(i)} end return s + t[1] end)";
    let library = engine.load_library(text.as_bytes()).unwrap();
    engine
        .start_function(&library.functions[0], Args::EMPTY, Args::EMPTY)
        .unwrap();
    let mut host = Host::default();
    assert_eq!(engine.step(&mut host, 1000), Progress::Paused);
    engine.unload_library(library);
    while engine.step(&mut host, 1000) == Progress::Paused {}
    assert_eq!(finish(&mut engine, Protocol::Resp2), b":200005\r\n");
}

#[test]
fn libraries_are_refused_with_the_texts_of_redis() {
    let mut engine = engine();
    let registering = "Error registering functions: ERR ";
    for (text, expected) in [
        ("x=1", "Missing library metadata".to_owned()),
        ("#!lua\nx=1", "Library name was not given".into()),
        (
            "#!lua name=a-b\nx=1",
            "Library names can only contain letters, numbers, or underscores(_) \
          and must be at least one character long"
                .into(),
        ),
        (
            "#!lua name=a foo=1\nx=1",
            "Invalid metadata value given: foo=1".into(),
        ),
        ("#!lua name=a\nreturn 1", "No functions registered".into()),
        (
            "#!lua name=a\nx(",
            "Error compiling function: user_function:2: unexpected symbol near \
          '<eof>'"
                .into(),
        ),
        (
            "#!lua name=a\nx=1",
            format!(
                "{registering}user_function:2: Attempt to modify a readonly \
          table"
            ),
        ),
        (
            "#!lua name=a\nmath.random()",
            format!(
                "{registering}user_function:2: Script attempted to \
          access nonexistent global variable 'math'"
            ),
        ),
        (
            "#!lua name=a\nlocal c = redis.call",
            format!(
                "{registering}user_function:2: Script \
          attempted to access nonexistent global variable 'call'"
            ),
        ),
        (
            "#!lua name=a\nredis.register_function('f', 1)",
            format!(
                "{registering}second argument to \
          redis.register_function must be a function"
            ),
        ),
        (
            "#!lua name=a\nredis.register_function{function_name='f', callback=function() end, \
          flags={'zz'}}",
            format!("{registering}unknown flag given"),
        ),
        (
            "#!lua name=a\nwhile true do end",
            format!("{registering}FUNCTION LOAD timeout"),
        ),
    ] {
        let error = engine.load_library(text.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}
