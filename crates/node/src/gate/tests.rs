use std::sync::Arc;

use russet_base::time::Now;
use russet_io::{Address, ConnId, Origin};
use russet_resp::ArgBuf;

use super::*;
use crate::node::Node;
use crate::open_unit::OpenUnit;
use crate::pause::Pause;
use crate::session::For;
use crate::{Config, Environment};

const CONN: ConnId = ConnId {
    index: 0,
    generation: 1,
};

const SOURCES: [Source; 4] = [
    Source::Client,
    Source::Queued,
    Source::Woken,
    Source::Replayed,
];

struct World {
    node: Node,
    session: Session,
}

/// A node with all that a hurdle needs, and a session before it.
fn world(hurdle: &str) -> World {
    let now = Now::from_ms(1_000);
    let mut node = Node::new(Config::default(), Environment::default(), now);
    let address = Address::Unix {
        path: String::new(),
    };
    let mut session = Session::new(CONN, 1, Origin::client(address), now);
    session.log_in(Arc::clone(node.core.acl.users.default_user()));
    match hurdle {
        "authentication" => {
            let closed = node.core.acl.users.default_user().with_password(b"x");
            session.log_out(Arc::new(closed));
        }
        "permission" => {
            let rules = [&b"+@all"[..], b"-set"];
            let changed = {
                let mut users = node.core.acl.users.clone();
                let changed = users.set(b"alice", rules, &node.core.rulebook());
                changed.expect("the rules are right")
            };
            session.log_in(changed.new);
        }
        "outside_multi" | "queued" => session.begin_multi(),
        "held" => node
            .core
            .set_open(Some(OpenUnit::new(CONN, For::Peer, None))),
        "memory" => {
            node.core.config = limited();
            node.core.derive_settings();
            node.core.limit.target = 0;
            (node.core.limit.is_full, node.core.limit.has_tried) = (true, true);
        }
        "exiting" => node.core.hurdles.set(Hurdles::EXITING, true),
        "disk" => node.core.hurdles.set(Hurdles::DISK, true),
        "subscribed" => session.set_subscribed(true),
        "monitor" => session.set_monitor(true),
        "loading" => {
            node.core.hurdles.set(Hurdles::LOADING, true);
            node.core.keyspace.db(0).set(b"loaded", b"so far", None);
        }
        "paused" => node.core.set_pause(Pause::default().begin(u64::MAX, false)),
        _ => {}
    }
    World { node, session }
}

fn limited() -> Config {
    let text = crate::config::Text {
        name: "test".to_owned(),
        text: b"maxmemory 1000\nmaxmemory-policy noeviction\n".to_vec(),
    };
    Config::load(&[text], &mut |_| Err(String::new())).expect("the text is right")
}

/// The verdict on a request, in a word.
fn ask(world: &World, request: &str, source: Source) -> String {
    let request: ArgBuf = request.split(' ').collect();
    let args = request.args();
    let core = &world.node.core;
    let id = resolve(core, args).expect("the command exists");
    match admit(core, &world.session, id, &args, source) {
        Verdict::Runs(permit) => {
            let waits = matches!(source, Source::Client | Source::Woken);
            assert_eq!(permit.may_block(), waits);
            "runs".to_owned()
        }
        Verdict::Queues => "queues".to_owned(),
        Verdict::Postpones => "postpones".to_owned(),
        Verdict::NeedsRoom => "needs room".to_owned(),
        Verdict::Denied(denial) => format!("denies {:?}", denial.reason),
        Verdict::Refused(error) => {
            let text = error.to_string();
            text.split(' ').take(2).collect::<Vec<_>>().join(" ")
        }
    }
}

#[test]
fn while_data_is_loaded_a_transaction_runs_that_needs_none_of_it() {
    for (queued, how) in [
        (&[][..], "runs"),
        (&["PING", "INFO"], "LOADING Redis"),
        (&["INFO"], "runs"),
    ] {
        let mut world = world("loading");
        world.session.begin_multi();
        for request in queued {
            let request: ArgBuf = request.split(' ').collect();
            let id = resolve(&world.node.core, request.args()).expect("the command exists");
            let flags = world.node.core.commands.get(id).spec.flags;
            let multi = world.session.multi_mut().expect("it has begun");
            multi.push(id, flags, request.args());
        }
        assert_eq!(ask(&world, "EXEC", Source::Client), how, "{queued:?}");
        // What is about to be queued answers for itself alone.
        assert_eq!(ask(&world, "GET k", Source::Client), "LOADING Redis");
    }
}

#[test]
fn each_check_stops_what_it_is_for_and_asks_only_the_sources_it_is_made_for() {
    // The hurdle, a request that is stopped, how; one that passes.
    let cases = [
        ("none", "SET k v", "runs", "GET k"),
        ("arity", "GET", "ERR wrong", "GET k"),
        ("authentication", "GET k", "NOAUTH Authentication", "AUTH x"),
        ("outside_multi", "SHUTDOWN", "ERR Command", "EXEC"),
        ("permission", "SET k v", "denies Command", "PING"),
        ("held", "GET k", "postpones", "AUTH x"),
        ("exiting", "GET k", "postpones", "AUTH x"),
        ("memory", "SET k v", "OOM command", "GET k"),
        ("disk", "SET k v", "MISCONF Redis", "GET k"),
        ("disk", "PING", "MISCONF Redis", "GET k"),
        ("subscribed", "GET k", "ERR Can't", "SUBSCRIBE c"),
        ("loading", "GET k", "LOADING Redis", "INFO"),
        ("monitor", "SET k v", "ERR Replica", "AUTH x"),
        ("monitor", "GET k", "ERR Replica", "PING"),
        ("monitor", "PUBLISH c m", "ERR Replica", "INFO"),
        ("paused", "SET k v", "postpones", "GET k"),
        ("queued", "GET k", "queues", "DISCARD"),
    ];
    for (hurdle, stopped, how, passes) in cases {
        for source in SOURCES {
            let expected = match source {
                Source::Queued | Source::Woken if hurdle == "permission" => how,
                Source::Client => how,
                _ => "runs",
            };
            let world = world(hurdle);
            assert_eq!(
                ask(&world, stopped, source),
                expected,
                "{hurdle} {source:?}"
            );
            assert_eq!(ask(&world, passes, source), "runs", "{hurdle} {source:?}");
        }
    }
    let mut named: Vec<&str> = cases[2..].iter().map(|case| case.0).collect();
    named.dedup();
    let checks: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(named, checks, "every check has its case, in order");
}

#[test]
fn a_container_without_subcommand_never_runs() {
    for source in SOURCES {
        assert_eq!(ask(&world("none"), "CONFIG", source), "ERR wrong");
    }
}

#[test]
fn exec_needs_what_its_commands_need() {
    for (hurdle, how) in [("memory", "OOM command"), ("paused", "postpones")] {
        let mut world = world(hurdle);
        world.session.begin_multi();
        assert_eq!(ask(&world, "EXEC", Source::Client), "runs");
        let request: ArgBuf = ["SET", "k", "v"].iter().collect();
        let id = resolve(&world.node.core, request.args()).unwrap();
        let flags = world.node.core.commands.get(id).spec.flags;
        let multi = world.session.multi_mut().unwrap();
        multi.push(id, flags, request.args());
        assert_eq!(ask(&world, "EXEC", Source::Client), how);
    }
}

#[test]
fn the_first_check_in_order_answers() {
    let mut world = world("paused");
    let open = Arc::clone(world.node.core.acl.users.default_user());
    world.session.log_out(Arc::new(open.with_password(b"x")));
    world.session.begin_multi();
    assert_eq!(
        ask(&world, "SET k v", Source::Client),
        "NOAUTH Authentication"
    );
    assert_eq!(ask(&world, "SET k", Source::Client), "ERR wrong");
    world.session.log_in(open);
    assert_eq!(ask(&world, "SET k v", Source::Client), "postpones");
    assert_eq!(ask(&world, "GET k", Source::Client), "queues");
}

#[test]
fn arguments_of_an_unknown_command_are_quoted_up_to_their_limit_in_all() {
    let world = world("none");
    let [x, y] = ["x", "y"].map(|text| text.repeat(100));
    let request = ArgBuf::from_iter(["NONSENSE", &x, &y, "z"]);
    let error = resolve(&world.node.core, request.args()).expect_err("there is no such command");
    // The first takes 103 of the 128 bytes, with its quotes and the blank.
    let expected = format!(
        "ERR unknown command 'NONSENSE', with args beginning with: '{x}' '{}' ",
        &y[..25]
    );
    assert_eq!(error.to_string(), expected);
}
