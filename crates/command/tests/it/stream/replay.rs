//! Whoever replays the journal has the same streams, groups and pending entries, however different
//! the blocks and the clock are.

use proptest::prelude::*;
use russet_command::Propagate;
use russet_engine::Packing;
use russet_resp::{ArgBuf, Protocol};

use crate::recorded::rewritten;
use crate::world::{BEGINNING, World};

fn id() -> impl Strategy<Value = String> {
    (1..30u64, 0..2u64).prop_map(|(ms, seq)| format!("{ms}-{seq}"))
}

fn consumer() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["ann", "bob", "eve"])
}

fn option(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(words)
}

fn request() -> impl Strategy<Value = String> {
    let trims = &[
        "",
        "",
        "",
        "MAXLEN 12",
        "MAXLEN ~ 9",
        "MAXLEN ~ 5 LIMIT 8",
        "MINID ~ 1700000000005",
        "MAXLEN ~ 6 DELREF",
        "MAXLEN ~ 6 ACKED",
        "MINID ~ 1700000000020 ACKED",
        "IDMPAUTO me",
    ];
    let counts = &[
        "",
        "COUNT 1",
        "COUNT 3",
        "NOACK",
        "CLAIM 0 COUNT 4",
        "CLAIM 20",
    ];
    prop_oneof![
        8 => (option(trims), 0..30u32).prop_map(|(trim, n)| format!("XADD s {trim} * f {n}")),
        1 => option(&["XTRIM s MAXLEN ~ 5", "XTRIM s MINID ~ 1700000000020", "XTRIM s MAXLEN 8"])
            .prop_map(str::to_owned),
        1 => Just("XDEL s $first".to_owned()),
        5 => (consumer(), option(counts)).prop_map(|(who, options)| {
            format!("XREADGROUP GROUP g {who} {options} STREAMS s >")
        }),
        3 => option(&["XACK s g $pending", "XACKDEL s g DELREF IDS 1 $pending"])
            .prop_map(str::to_owned),
        2 => (consumer(), option(&["", "JUSTID", "FORCE", "IDLE 7 RETRYCOUNT 9"]))
            .prop_map(|(who, options)| format!("XCLAIM s g {who} 0 $pending $first {options}")),
        2 => (consumer(), option(&["", "COUNT 2", "JUSTID"]))
            .prop_map(|(who, options)| format!("XAUTOCLAIM s g {who} 0 - {options}")),
        1 => option(&["XNACK s g FAIL IDS 1 $pending", "XNACK s g FATAL IDS 1 $pending"])
            .prop_map(str::to_owned),
        1 => id().prop_map(|id| format!("XADD s {id} f v")),
        1 => Just("XGROUP DELCONSUMER s g bob".to_owned()),
    ]
}

/// The first identifier in what a request answers, or one that nothing has.
fn first_id(world: &mut World, line: &str) -> String {
    let reply = world.run(line);
    let words = reply.split(' ');
    let mut ids = words.filter(|word| word.contains('-') && !word.starts_with(['$', '-']));
    ids.next().unwrap_or("999-999").to_owned()
}

/// The state of the streams of a world, without the moments at which consumers were seen.
fn state(world: &mut World) -> Vec<String> {
    let lines = ["XRANGE s - +", "XPENDING s g", "XINFO GROUPS s"];
    let mut told: Vec<String> = lines.iter().map(|line| world.run(line)).collect();
    // Consumers that were given nothing are not recorded.
    let groups = told.pop().unwrap_or_default();
    told.push(
        groups
            .split_once("pending")
            .map(|(_, rest)| rest.to_owned())
            .unwrap_or_default(),
    );
    let now = world.keyspace.now();
    world.keyspace.freeze(BEGINNING + 1_000_000);
    told.push(world.run("XPENDING s g - + 1000"));
    world.keyspace.freeze(now);
    told
}

fn replay(world: &World, replica: &mut World, request: &ArgBuf) {
    let effects = &world.effects;
    if !effects.is_recorded() {
        return;
    }
    match &effects.propagate {
        Propagate::Verbatim => drop(replica.run_args(request.args())),
        Propagate::Rewritten(_) => {
            rewritten(effects)
                .iter()
                .for_each(|request| drop(replica.run_args(request.args())));
        }
        Propagate::Nothing => {}
    }
}

fn packing(stream_entries_max: usize) -> Packing {
    Packing {
        stream_entries_max,
        ..Packing::default()
    }
}

proptest! {
    #[test]
    fn replaying_the_journal_gives_the_same(requests in prop::collection::vec(request(), 0..80)) {
        let (mut world, mut replica) = (World::new(Protocol::Resp2), World::new(Protocol::Resp2));
        world.keyspace.set_packing(packing(5));
        replica.keyspace.set_packing(packing(3));
        replica.keyspace.freeze(BEGINNING + 500_000);
        for world in [&mut world, &mut replica] {
            world.run("XGROUP CREATE s g 0 MKSTREAM");
        }
        for (step, line) in requests.iter().enumerate() {
            world.keyspace.freeze(BEGINNING + step as i64);
            let line = line.replace("$first", &first_id(&mut world, "XRANGE s - + COUNT 1"));
            let pending = first_id(&mut world, "XPENDING s g - + 1");
            let line = line.replace("$pending", &pending);
            let request: ArgBuf = line.split_whitespace().collect();
            world.run_args(request.args());
            replay(&world, &mut replica, &request);
            prop_assert_eq!(state(&mut world), state(&mut replica), "after {}", line);
        }
    }
}
