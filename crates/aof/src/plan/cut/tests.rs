use super::*;
use crate::writer::GroupWriter;

const GROUP: &[u8] = b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n";

/// Groups with check lines, the file synced behind each group but the last `unsynced`; and where
/// they end.
fn file(count: usize, unsynced: usize) -> (Vec<u8>, Vec<usize>) {
    let mut writer = GroupWriter::new(1, 0);
    let (mut file, mut ends) = (Vec::new(), Vec::new());
    for idx in 0..count {
        writer.cover(GROUP);
        file.extend_from_slice(writer.line().as_bytes());
        file.extend_from_slice(GROUP);
        if idx + unsynced < count {
            writer.set_synced(file.len() as u64);
        }
        ends.push(file.len());
    }
    (file, ends)
}

fn decayed(file: &[u8], whole: usize, piece: usize) -> bool {
    let mut scan = TailScan::new(1, whole as u64);
    file[whole..]
        .chunks(piece)
        .for_each(|bytes| scan.feed(bytes));
    scan.has_decayed()
}

#[test]
fn damage_before_a_sync_is_decay_however_the_tail_arrives() {
    let (whole_file, ends) = file(6, 0);
    for (damaged, piece) in (0..3).zip([1, 7, 1000]) {
        let whole = if damaged == 0 { 0 } else { ends[damaged - 1] };
        for at in whole..ends[damaged] {
            let mut file = whole_file.clone();
            file[at] = 0;
            assert!(decayed(&file, whole, piece), "{at}");
        }
    }
}

#[test]
fn damage_behind_the_last_sync_is_a_torn_tail() {
    let (whole_file, ends) = file(8, 5);
    // Of the groups that were not synced, any may be missing while later ones are there.
    for damaged in 3..8 {
        let mut file = whole_file.clone();
        file[ends[damaged - 1]..ends[damaged]].fill(0);
        assert!(!decayed(&file, ends[damaged - 1], 64), "{damaged}");
    }
    for len in ends[2]..whole_file.len() {
        assert!(!decayed(&whole_file[..len], ends[2], 64), "{len}");
    }
}

#[test]
fn check_lines_of_others_prove_nothing() {
    let (whole_file, ends) = file(4, 0);
    let mut other = TailScan::new(2, ends[0] as u64);
    other.feed(&whole_file[ends[0]..]);
    assert!(!other.has_decayed());
    // The same lines at another place.
    let mut moved = TailScan::new(1, 0);
    moved.feed(&whole_file[ends[0]..]);
    assert!(!moved.has_decayed());
}

#[test]
fn long_lines_take_no_memory() {
    let mut scan = TailScan::new(1, 0);
    for _ in 0..1000 {
        scan.feed(&[b'#'; 1000]);
        scan.feed(b"#U:");
    }
    assert!(scan.line.capacity() < 1024);
}

#[test]
fn a_cut_keeps_the_tail_first() {
    let name = FileName::new("a.1.incr.aof").unwrap();
    let cut = cut(&name, 77, 1_700_000_000);
    assert_eq!(cut.aside.as_str(), "a.1.incr.aof.cut-1700000000");
    let copied = cut
        .steps
        .iter()
        .position(|step| matches!(step, Step::CopyTail { at: 77, .. }));
    let shorter = cut
        .steps
        .iter()
        .position(|step| matches!(step, Step::Cut { size: 77, .. }));
    assert_eq!((copied, shorter), (Some(0), Some(3)));
}

#[test]
fn decay_of_the_end_of_a_line_is_told_by_the_group_behind_it() {
    let unit = b"*2\r\n$4\r\nINCR\r\n$1\r\na\r\n";
    let mut writer = GroupWriter::new(1, 0);
    let (mut file, mut ends) = (Vec::new(), Vec::new());
    for _ in 0..4 {
        writer.cover(unit);
        file.extend_from_slice(writer.line().as_bytes());
        file.extend_from_slice(unit);
        writer.set_synced(writer.offset());
        ends.push(file.len());
    }
    let whole = ends[1];
    for place in 8 * whole..8 * ends[2] {
        let mut damaged = file.clone();
        damaged[place / 8] ^= 1 << (place % 8);
        for size in [1, 7, damaged.len()] {
            let mut scan = TailScan::new(1, whole as u64);
            damaged[whole..]
                .chunks(size)
                .for_each(|piece| scan.feed(piece));
            assert!(
                scan.has_decayed(),
                "bit {} of byte {}",
                place % 8,
                place / 8
            );
        }
    }
}

#[test]
fn a_group_that_is_damaged_itself_proves_nothing() {
    // Only the last group says that those before it were on the disk.
    let (mut file, ends) = file(4, 1);
    file[ends[0]..ends[1]].fill(0);
    let mut scan = TailScan::new(1, ends[0] as u64);
    scan.feed(&file[ends[0]..]);
    assert!(scan.has_decayed());
    assert_eq!(scan.synced(), ends[2] as u64);
    for at in ends[2]..ends[3] {
        let mut file = file.clone();
        file[at] ^= 1;
        if at >= ends[2] + 3 {
            file[ends[1]..ends[2]].fill(0);
            assert!(!decayed(&file, ends[0], 7), "{at}");
        }
    }
    // Nor does one of which only the beginning is there.
    file[ends[1]..ends[2]].fill(0);
    assert!(!decayed(&file[..file.len() - 1], ends[0], 7));
}

#[test]
fn the_last_of_many_groups_may_be_the_one_that_tells() {
    let mut writer = GroupWriter::new(1, 0);
    let mut file = Vec::new();
    for idx in 0..12 {
        writer.cover(GROUP);
        file.extend_from_slice(writer.line().as_bytes());
        file.extend_from_slice(GROUP);
        if idx == 10 {
            writer.set_synced(file.len() as u64);
        }
    }
    file[3] = 0;
    assert!(decayed(&file, 0, 1000));
}
