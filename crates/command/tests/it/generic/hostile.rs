//! Requests, names and notations that nobody means well with.

use proptest::prelude::*;
use russet_command::keys::{keys, keys_checked};
use russet_command::syntax;
use russet_resp::ArgBuf;

use super::bench::Bench;

/// Words that mean something somewhere, and any bytes.
fn word() -> impl Strategy<Value = Vec<u8>> {
    const KNOWN: &[&str] = &[
        "k",
        "l",
        "0",
        "1",
        "-1",
        "15",
        "16",
        "9223372036854775807",
        "-9223372036854775808",
        "NX",
        "XX",
        "GT",
        "LT",
        "GET",
        "EX",
        "PX",
        "PXAT",
        "DB",
        "REPLACE",
        "MATCH",
        "COUNT",
        "TYPE",
        "*",
        "string",
        "SYNC",
        "ASYNC",
        "KEEPTTL",
        "FREQ",
        "ENCODING",
        "",
    ];
    prop_oneof![
        4 => proptest::sample::select(KNOWN).prop_map(|word| word.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..12),
    ]
}

proptest! {
    #[test]
    fn any_request_is_answered_exactly_once_and_its_keys_lie_within_it(
        requests in proptest::collection::vec(
            (any::<proptest::sample::Index>(), proptest::collection::vec(word(), 0..6)), 1..20,
        )
    ) {
        let mut bench = Bench::new();
        for (command, words) in requests {
            let names: Vec<_> = bench.registry.top_level().collect();
            let command = names[command.index(names.len())];
            let mut request = ArgBuf::new();
            request.push(command.spec.name.as_bytes());
            words.iter().for_each(|word| request.push(word));
            let args = request.args();
            if let Some(id) = bench.registry.resolve(args) {
                let spec = bench.registry.get(id).spec;
                for found in [keys(spec, args), keys_checked(spec, args)].into_iter().flatten() {
                    prop_assert!(found.iter().all(|key| key.position < args.len()));
                    prop_assert_eq!(found.iter().count(), found.count());
                }
            }
            let reply = bench.bytes(&request);
            prop_assert!(reply.ends_with(b"\r\n"));
            bench.now += 1;
        }
    }

    #[test]
    fn names_of_any_bytes_are_looked_up(name in proptest::collection::vec(any::<u8>(), 0..24)) {
        let bench = Bench::new();
        let found = bench.registry.find(&name).map(|id| bench.registry.get(id).spec.name);
        let expected = bench.registry.top_level().map(|command| command.spec.name);
        let mut expected = expected.filter(|known| known.as_bytes().eq_ignore_ascii_case(&name));
        prop_assert_eq!(found, expected.next());
    }

    #[test]
    fn names_that_nearly_match_are_told_apart(
        command in any::<proptest::sample::Index>(), at in any::<proptest::sample::Index>(),
        byte in any::<u8>(),
    ) {
        let bench = Bench::new();
        let names: Vec<_> = bench.registry.top_level().map(|command| command.spec.name).collect();
        let mut name = names[command.index(names.len())].as_bytes().to_vec();
        let at = at.index(name.len());
        name[at] = byte;
        let found = bench.registry.find(&name).map(|id| bench.registry.get(id).spec.name);
        let known = names.iter().find(|known| known.as_bytes().eq_ignore_ascii_case(&name));
        prop_assert_eq!(found, known.copied());
    }

    #[test]
    fn any_text_is_a_syntax_or_an_error(
        text in "[a-cA-C \\[\\]<>()|:=@{}\".]{0,24}", specs in 0usize..3,
    ) {
        // Parsing ends, and says so, whatever the text.
        let _ = syntax::parse(&text, specs);
    }
}
