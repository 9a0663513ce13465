//! Replies in both protocols, and the calls that a host sees.

use russet_resp::Protocol;
use russet_script::LogLevel;

use crate::{Host, engine, eval_as};

fn both(text: &str) -> (String, String) {
    let reply = |protocol| {
        let bytes = eval_as(
            &mut engine(),
            &mut Host::default(),
            text.as_bytes(),
            protocol,
        );
        String::from_utf8_lossy(&bytes).into_owned()
    };
    (reply(Protocol::Resp2), reply(Protocol::Resp3))
}

#[test]
fn values_become_replies_of_the_clients_protocol() {
    for (text, two, three) in [
        ("return {double=1.5}", "$3\r\n1.5\r\n", ",1.5\r\n"),
        (
            "return {map={a=1}}",
            "*2\r\n$1\r\na\r\n:1\r\n",
            "%1\r\n$1\r\na\r\n:1\r\n",
        ),
        (
            "return {set={a=true}}",
            "*1\r\n$1\r\na\r\n",
            "~1\r\n$1\r\na\r\n",
        ),
        ("return {big_number='123'}", "$3\r\n123\r\n", "(123\r\n"),
        ("return true", ":1\r\n", ":1\r\n"),
        ("return false", "$-1\r\n", "_\r\n"),
        ("redis.setresp(3) return true", ":1\r\n", "#t\r\n"),
        (
            "redis.setresp(3) return {false}",
            "*1\r\n:0\r\n",
            "*1\r\n#f\r\n",
        ),
        (
            "return {verbatim_string={format='txt',string='x'}}",
            "$1\r\nx\r\n",
            "=5\r\ntxt:x\r\n",
        ),
    ] {
        assert_eq!(both(text), (two.to_owned(), three.to_owned()), "{text}");
    }
}

#[test]
fn replies_of_commands_come_back_as_they_went() {
    for wire in [
        "$3\r\nabc\r\n",
        "$-1\r\n",
        ":5\r\n",
        "+OK\r\n",
        "*2\r\n:1\r\n*1\r\n$1\r\nx\r\n",
        "%1\r\n$1\r\nk\r\n:1\r\n",
        "~1\r\n$1\r\nk\r\n",
        ",1.5\r\n",
        "#t\r\n",
        "#f\r\n",
        "(12345678901234567890\r\n",
        "=5\r\ntxt:x\r\n",
        "*0\r\n",
    ] {
        let text = format!("redis.setresp(3) return redis.call('raw', [==[\n{wire}]==])");
        let text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        // A long text has line feeds only, so the wire is written with escapes.
        let quoted = wire.replace("\r\n", "\\r\\n");
        let text_escaped = format!("redis.setresp(3) return redis.call('raw', '{quoted}')");
        assert!(!text.is_empty());
        let (_, three) = both(&text_escaped);
        let expected = if wire == "$-1\r\n" { "#f\r\n" } else { wire };
        assert_eq!(three, expected, "{wire}");
    }
}

#[test]
fn a_host_hears_protocol_propagation_and_log() {
    let mut host = Host::default();
    let text = "redis.call('incr', 'x') redis.setresp(3) redis.set_repl(redis.REPL_AOF) \
                redis.pcall('incr', 'x') redis.log(redis.LOG_WARNING, 'a', 1) return 1";
    let reply = eval_as(&mut engine(), &mut host, text.as_bytes(), Protocol::Resp2);
    assert_eq!(reply, b":1\r\n");
    let [first, second] = host.contexts[..] else {
        panic!("two calls");
    };
    assert!(first.to_aof && first.to_replicas && !first.is_protected);
    assert_eq!(first.protocol, Protocol::Resp2);
    assert!(second.to_aof && !second.to_replicas && second.is_protected);
    assert_eq!(second.protocol, Protocol::Resp3);
    assert_eq!(host.logged, [(LogLevel::Warning, b"a 1".to_vec())]);
    assert_eq!(host.calls, 2);
}

#[test]
fn replies_cut_anywhere_do_no_harm() {
    let wire = "*2\\r\\n%1\\r\\n$1\\r\\nk\\r\\n=5\\r\\ntxt:x\\r\\n*1\\r\\n,1.5\\r\\n";
    for end in 0..wire.len() {
        let cut = wire[..end].trim_end_matches('\\');
        let text = format!("redis.pcall('raw', '{cut}') return 1");
        let (two, _) = both(&text);
        assert_eq!(two, ":1\r\n", "{cut}");
    }
}
