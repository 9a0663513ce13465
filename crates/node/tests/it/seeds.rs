//! The seeds of the fuzz targets that feed a node, and random programs, without a fuzzer.

use std::path::Path;

use russet_base::rng::Rng;
use russet_node::fuzz;

/// Runs the body of a target on each of its seeds.
#[expect(
    clippy::disallowed_methods,
    reason = "seeds are files of the repository"
)]
fn replay(target: &str, body: fn(&[u8])) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let seeds = std::fs::read_dir(seeds.join(target)).expect("the target has seeds");
    for seed in seeds {
        let path = seed.expect("the seed has a name").path();
        body(&std::fs::read(path).expect("the seed can be read"));
    }
}

#[test]
fn seeds_of_targets_pass() {
    replay("acl_rules", fuzz::acl::rules);
    replay("acl_users", fuzz::acl::users);
    replay("node_bytes", fuzz::node_bytes);
    replay("node_sessions", fuzz::sessions::sessions);
}

#[test]
fn random_sessions_pass() {
    for seed in 0..200 {
        let mut rng = Rng::new(seed);
        let program: Vec<u8> = (0..1000).map(|_| rng.index(256) as u8).collect();
        fuzz::sessions::sessions(&program);
    }
}
