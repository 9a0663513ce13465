//! Some six hundred scripts, whose replies are those of Redis 8.0.6.
//!
//! Each `.lua` file has scripts between lines of four dashes. The `.replies` file beside it has one
//! line for each: the reply on the wire, escaped as Rust escapes bytes.

use russet_resp::Protocol;

use crate::{Host, engine, eval_as};

fn check(scripts: &str, replies: &str) {
    let mut engine = engine();
    let scripts = scripts.split("\n----\n");
    let mut wrong = Vec::new();
    for (script, expected) in scripts.zip(replies.lines()) {
        let reply = eval_as(
            &mut engine,
            &mut Host::default(),
            script.as_bytes(),
            Protocol::Resp2,
        );
        let reply = reply.escape_ascii().to_string();
        if reply != expected {
            wrong.push(format!("{script}\n  is  {reply}\n  not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

macro_rules! corpora {
    ($($test:ident $name:literal,)*) => {
        /// All scripts, and their replies.
        pub(crate) const CORPORA: &[(&str, &str)] = &[$((
            include_str!(concat!("../corpus/", $name, ".lua")),
            include_str!(concat!("../corpus/", $name, ".replies")),
        ),)*];

        $(#[test]
        fn $test() {
            check(
                include_str!(concat!("../corpus/", $name, ".lua")),
                include_str!(concat!("../corpus/", $name, ".replies")),
            );
        })*
    };
}

corpora! {
    the_language_is_lua_51 "language",
    strings_tables_and_numbers_are_those_of_lua_51 "strings",
    cjson_cmsgpack_struct_and_bit_are_those_of_redis "codecs",
    hostile_and_odd_scripts_get_the_errors_of_redis "hostile",
}
