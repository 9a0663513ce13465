//! The bodies of the fuzz targets on random damage to valid files.
//!
//! Always true: what fails here fails as a fuzz target too.

use proptest::prelude::*;
use russet_aof::fuzz;

use crate::files::{checked, plain};

const MANIFEST: &[u8] = b"# a comment\n\
    file \"a b.2.base.rdb\" seq 2 type b\n\
    file a.1.incr.aof seq 1 type h\n\
    file a.3.incr.aof seq 3 type i startoffset 7 endoffset 9\n\
    file a.4.incr.aof seq 4 type i key value\n";

/// A change to a file: bytes replaced by others, anywhere.
fn edits() -> impl Strategy<Value = Vec<(usize, usize, Vec<u8>)>> {
    let byte = prop_oneof![
        any::<u8>(),
        prop::sample::select(&b"*$#0123456789\r\n \"ish"[..])
    ];
    let bytes = prop::collection::vec(byte, 0..6);
    prop::collection::vec((0_usize..2000, 0_usize..6, bytes), 0..4)
}

fn edited(file: &[u8], edits: Vec<(usize, usize, Vec<u8>)>) -> Vec<u8> {
    let mut file = file.to_vec();
    for (at, removed, added) in edits {
        let at = at % (file.len() + 1);
        let end = (at + removed).min(file.len());
        file.splice(at..end, added);
    }
    file
}

proptest! {
    #[test]
    fn damaged_files_are_read_as_the_target_demands(pick: [u8; 2], edits in edits()) {
        for file in [checked(700), plain(700)] {
            fuzz::stream(&[&pick[..], &edited(&file, edits.clone())].concat());
        }
    }

    #[test]
    fn damaged_manifests_are_read_as_the_target_demands(edits in edits()) {
        fuzz::manifest(&edited(MANIFEST, edits));
    }

    #[test]
    fn any_bytes_are_read_as_the_targets_demand(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
    ) {
        fuzz::stream(&bytes);
        fuzz::manifest(&bytes);
    }
}
