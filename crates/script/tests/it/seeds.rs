//! The seeds of the fuzz targets, without a fuzzer.

use std::path::Path;

use russet_script::fuzz;

#[expect(
    clippy::disallowed_methods,
    reason = "seeds are files of the repository"
)]
fn replay(target: &str, body: fn(&[u8])) {
    let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    for seed in std::fs::read_dir(seeds.join(target)).expect("the target has seeds") {
        let path = seed.expect("the seed has a name").path();
        body(&std::fs::read(path).expect("the seed can be read"));
    }
}

#[test]
fn seeds_of_targets_pass() {
    replay("script_json", fuzz::json);
    replay("script_pack", fuzz::pack);
    replay("script_source", fuzz::source);
    replay("script_text", fuzz::text);
}
