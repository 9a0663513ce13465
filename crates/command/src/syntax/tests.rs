//! The notation, read both ways.

use super::{Argument, Extent, SyntaxError, parse};

/// A tree in one line: `name:type`, marks `?` optional `*` multiple `+` with its token, details.
fn show(arguments: &[Argument<'_>]) -> String {
    let one = |a: &Argument<'_>| {
        let mut text = format!("{}:{}", a.name, a.kind.name());
        for (set, mark) in [
            (a.optional, "?"),
            (a.multiple, "*"),
            (a.multiple_token, "+"),
        ] {
            text += if set { mark } else { "" };
        }
        if a.display != a.name {
            text += &format!(" display={}", a.display);
        }
        if let Some(token) = &a.token {
            text += &format!(" token={token}");
        }
        if let Some(spec) = a.key_spec {
            text += &format!(" spec={spec}");
        }
        if let Some(since) = a.since {
            text += &format!(" since={since}");
        }
        if let Some(since) = a.deprecated_since {
            text += &format!(" until={since}");
        }
        if !a.arguments.is_empty() {
            text += &format!(" ({})", show(&a.arguments));
        }
        text
    };
    arguments.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// Notation, key specs, tree, least number of arguments, whether more are possible.
const CASES: &[(&str, usize, &str, usize, bool)] = &[
    ("", 0, "", 0, false),
    ("key", 1, "key:key spec=0", 1, false),
    ("key value", 1, "key:key spec=0, value:string", 2, false),
    ("key [key ...]", 1, "key:key* spec=0", 1, true),
    ("key1 key2", 1, "key1:key spec=0, key2:key spec=0", 2, false),
    (
        "source destination",
        2,
        "source:key spec=0, destination:key spec=1",
        2,
        false,
    ),
    (
        "key value [key value ...]:data",
        1,
        "data:block* (key:key spec=0, value:string)",
        2,
        true,
    ),
    ("[arg [arg ...]]", 0, "arg:string?*", 0, true),
    (
        "[ID client-id [client-id ...]]",
        0,
        "client-id:integer?* token=ID",
        0,
        true,
    ),
    (
        "[GET pattern=get-pattern@1 [GET pattern=get-pattern ...]]",
        2,
        "get-pattern:pattern?*+ display=pattern token=GET spec=1",
        0,
        true,
    ),
    (
        "key [NX | XX]:condition{2.6.12} [GET]{6.2.0} [EX seconds | KEEPTTL{6.0.0}]:expiration",
        1,
        "key:key spec=0, condition:oneof? since=2.6.12 (nx:pure-token token=NX, xx:pure-token \
         token=XX), get:pure-token? token=GET since=6.2.0, expiration:oneof? (seconds:integer \
         token=EX, keepttl:pure-token token=KEEPTTL since=6.0.0)",
        1,
        true,
    ),
    (
        "<LEFT | RIGHT>:where count",
        0,
        "where:oneof (left:pure-token token=LEFT, right:pure-token token=RIGHT), count:integer",
        2,
        false,
    ),
    (
        "[LIMIT (offset count)]",
        0,
        "limit:block? token=LIMIT (offset:integer, count:integer)",
        0,
        true,
    ),
    (
        "[COUNT count [ANY]]:count-block",
        0,
        "count-block:block? (count:integer token=COUNT, any:pure-token? token=ANY)",
        0,
        true,
    ),
    (
        "[GET a | SET b ...]:operation",
        0,
        "operation:oneof?* (a:string token=GET, b:string token=SET)",
        0,
        true,
    ),
    (
        "<a | b ...>:any",
        0,
        "any:oneof* (a:string, b:string)",
        1,
        true,
    ),
    (
        "[CH:change]{6.2.0}",
        0,
        "change:pure-token? token=CH since=6.2.0",
        0,
        true,
    ),
    (
        "<m | (width height):box>:by",
        0,
        "by:oneof (m:string, box:block (width:double, height:double))",
        1,
        true,
    ),
    (
        "[AGGREGATE <SUM | MIN>]",
        0,
        "aggregate:oneof? token=AGGREGATE (sum:pure-token token=SUM, min:pure-token token=MIN)",
        0,
        true,
    ),
    (
        "<\"=\":equal | \"\":empty-string | \"normal\">:any",
        0,
        "any:oneof (equal:pure-token token==, empty-string:pure-token token=, \
         normal:pure-token token=normal)",
        1,
        false,
    ),
    (
        "NX:nx value",
        0,
        "nx:pure-token token=NX, value:string",
        2,
        false,
    ),
    ("min:double ID:string", 0, "min:double, ID:string", 2, false),
    (
        "ip:port=addr{-2.8.12}",
        0,
        "addr:string display=ip:port until=2.8.12",
        1,
        false,
    ),
    (
        "STREAMS (key [key ...] id [id ...])",
        1,
        "streams:block token=STREAMS (key:key* spec=0, id:string*)",
        3,
        true,
    ),
];

#[test]
fn the_notation_is_read_as_a_tree_and_counted() {
    for (text, specs, tree, min, open) in CASES {
        let parsed = parse(text, *specs).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert_eq!(show(&parsed), *tree, "{text:?}");
        assert_eq!(
            Extent::of(text),
            Extent {
                min: *min,
                open: *open
            },
            "{text:?}"
        );
    }
}

#[test]
fn what_is_malformed_is_refused() {
    let cases: &[(&str, SyntaxError)] = &[
        ("key]", SyntaxError::Unmatched(3)),
        ("[key", SyntaxError::Unmatched(4)),
        ("<NX | XX", SyntaxError::Unmatched(8)),
        ("\"open", SyntaxError::Unmatched(0)),
        ("[NX | XX]", SyntaxError::Nameless(0)),
        ("[offset count]", SyntaxError::Nameless(0)),
        ("[]", SyntaxError::Nameless(0)),
        ("<a b | c>:x", SyntaxError::Nameless(0)),
        ("key [value ...]", SyntaxError::Repetition(4)),
        ("[key ...]", SyntaxError::Repetition(0)),
        ("value [key value ...]:data", SyntaxError::Repetition(6)),
        ("key:wrong", SyntaxError::Suffix(0)),
        ("key@x", SyntaxError::Suffix(3)),
        ("key{1.0", SyntaxError::Unmatched(7)),
    ];
    for (text, error) in cases {
        assert_eq!(parse(text, 1), Err(*error), "{text:?}");
    }
}
