use russet_resp::ArgBuf;

use super::*;

fn journal() -> (Journal, ReaderId) {
    let mut journal = Journal::default();
    let reader = journal.attach(u64::MAX);
    (journal, reader)
}

fn record(journal: &mut Journal, db: usize, words: &str) {
    let request: ArgBuf = words.split(' ').collect();
    journal.record(db, request.args());
}

/// The records that a reader sees, `;` between them.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let mut words: Vec<&str> = Vec::new();
    for line in text.split("\r\n") {
        match line.as_bytes().first() {
            Some(b'*') => words.push(";"),
            Some(b'$') | None => {}
            _ => words.push(line),
        }
    }
    words.join(" ").trim_start_matches("; ").to_owned()
}

fn read(journal: &mut Journal, reader: ReaderId) -> String {
    journal.seal();
    let mut all = Vec::new();
    while let Some(bytes) = journal.read(reader).unwrap() {
        all.extend_from_slice(&bytes);
    }
    shown(&all)
}

#[test]
fn a_unit_of_one_record_is_plain_and_one_of_several_is_a_transaction() {
    let (mut journal, reader) = journal();
    record(&mut journal, 0, "SET a 1");
    journal.end_unit();
    assert_eq!(read(&mut journal, reader), "SELECT 0 ; SET a 1");
    record(&mut journal, 0, "SET a 2");
    record(&mut journal, 1, "SET b 3");
    record(&mut journal, 1, "SET c 4");
    journal.end_unit();
    record(&mut journal, 1, "SET d 5");
    journal.end_unit();
    assert_eq!(
        read(&mut journal, reader),
        "MULTI ; SET a 2 ; SELECT 1 ; SET b 3 ; SET c 4 ; EXEC ; SET d 5"
    );
}

#[test]
fn several_requests_in_one_piece_are_a_transaction_too() {
    let (mut journal, reader) = journal();
    let mut bytes = Vec::new();
    encode_request(["DEL", "a"], &mut bytes);
    encode_request(["DEL", "b"], &mut bytes);
    journal.record_bytes(0, &bytes, 2);
    journal.record_bytes(0, &[], 0);
    journal.end_unit();
    assert_eq!(
        read(&mut journal, reader),
        "MULTI ; SELECT 0 ; DEL a ; DEL b ; EXEC"
    );
}

#[test]
fn an_offset_is_the_end_of_a_unit() {
    let (mut journal, reader) = journal();
    assert_eq!(journal.end(), Offset(0));
    journal.end_unit();
    assert_eq!(journal.end(), Offset(0), "a unit without records is none");
    record(&mut journal, 0, "SET a 1");
    assert!(journal.is_in_unit());
    assert_eq!(journal.end(), Offset(0));
    journal.end_unit();
    assert!(!journal.is_in_unit());
    let end = journal.end();
    journal.seal();
    let bytes = journal.read(reader).unwrap().unwrap();
    assert_eq!(end, Offset(bytes.len() as u64));
    assert_eq!(journal.read(reader), Ok(None));
}

#[test]
fn readers_see_the_same_bytes_each_from_where_it_began() {
    let (mut journal, first) = journal();
    record(&mut journal, 3, "SET a 1");
    journal.end_unit();
    let second = journal.attach(u64::MAX);
    record(&mut journal, 3, "SET b 2");
    journal.end_unit();
    assert_eq!(read(&mut journal, second), "SELECT 3 ; SET b 2");
    assert_eq!(
        read(&mut journal, first),
        "SELECT 3 ; SET a 1 ; SELECT 3 ; SET b 2"
    );
}

#[test]
fn what_everybody_has_read_is_forgotten() {
    let (mut journal, reader) = journal();
    for _ in 0..1_000 {
        record(&mut journal, 0, &format!("SET a {}", "x".repeat(1_000)));
        journal.end_unit();
        journal.seal();
    }
    assert!(journal.memory() > 1_000_000);
    while journal.read(reader).unwrap().is_some() {}
    assert!(
        journal.memory() <= 2 * ROOM_SIZE as u64,
        "{}",
        journal.memory()
    );
    journal.detach(reader);
    assert!(!journal.has_readers());
    assert_eq!(journal.read(reader), Err(Lost));
}

#[test]
fn a_reader_that_falls_behind_its_limit_is_lost_and_keeps_nothing() {
    let (mut journal, reader) = journal();
    let slow = journal.attach(2_000);
    for _ in 0..3 {
        record(&mut journal, 0, &format!("SET a {}", "x".repeat(900)));
        journal.end_unit();
        journal.seal();
        while journal.read(reader).unwrap().is_some() {}
    }
    assert_eq!(journal.read(slow), Err(Lost));
    assert!(journal.chunks.is_empty());
}

#[test]
fn an_inline_request_and_one_of_shared_arguments_are_recorded_in_canonical_form() {
    let (mut journal, reader) = journal();
    let mut request = ArgBuf::from_slices(&[b"*SET", b"k"]);
    request.push_shared(Bytes::from_static(b"v"));
    journal.record(0, request.args());
    journal.end_unit();
    journal.seal();
    let bytes = journal.read(reader).unwrap().unwrap();
    let expected = b"*3\r\n$4\r\n*SET\r\n$1\r\nk\r\n$1\r\nv\r\n";
    assert!(bytes.ends_with(expected), "{bytes:?}");
}

#[test]
fn units_of_one_turn_end_one_after_the_other() {
    let (mut journal, reader) = journal();
    let mut ends = vec![journal.end().0];
    for text in ["SET a 1", "SET bb 22", "SET ccc 333"] {
        record(&mut journal, 0, text);
        journal.end_unit();
        ends.push(journal.end().0);
    }
    journal.seal();
    let bytes = journal.read(reader).unwrap().unwrap();
    assert_eq!(ends[3], bytes.len() as u64);
    for (place, text) in [&b"SET"[..], b"bb", b"ccc"].iter().enumerate() {
        let unit = &bytes[ends[place] as usize..ends[place + 1] as usize];
        assert!(unit.windows(text.len()).any(|window| window == *text));
        assert!(unit.starts_with(b"*") && unit.ends_with(b"\r\n"));
    }
}

#[test]
fn turns_without_a_change_keep_nothing() {
    let (mut journal, _) = journal();
    record(&mut journal, 0, "SET a 1");
    journal.end_unit();
    for _ in 0..10 {
        journal.seal();
    }
    assert_eq!(journal.chunks.len(), 1);
}

#[test]
fn a_reader_within_its_limit_is_not_lost_however_much_it_has_read() {
    let mut journal = Journal::default();
    let reader = journal.attach(2_000);
    for _ in 0..10 {
        record(&mut journal, 0, &format!("SET a {}", "x".repeat(900)));
        journal.end_unit();
        journal.seal();
        assert!(matches!(journal.read(reader), Ok(Some(_))));
    }
}

#[test]
fn a_reader_is_lost_beyond_its_limit_and_not_at_it() {
    let mut journal = Journal::default();
    record(&mut journal, 0, "SET a 1");
    journal.end_unit();
    journal.seal();
    // The first unit selects the database, as the first one behind a new reader does.
    let len = journal.end().0;
    let exact = journal.attach(len);
    let short = journal.attach(len - 1);
    record(&mut journal, 0, "SET a 1");
    journal.end_unit();
    journal.seal();
    assert!(matches!(journal.read(exact), Ok(Some(_))));
    assert_eq!(journal.read(short), Err(Lost));
}
