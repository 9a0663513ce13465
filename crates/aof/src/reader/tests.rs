use super::*;
use crate::writer::GroupWriter;

const SET: &[u8] = b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1\r\nv\r\n";
const SEQ: i64 = 3;

fn group(writer: &mut GroupWriter, units: &[u8]) -> Vec<u8> {
    writer.cover(units);
    [writer.line().as_bytes(), units].concat()
}

#[test]
fn what_was_given_out_takes_no_memory() {
    let mut plain = Reader::new(Expect::Plain);
    let mut checked = Reader::new(Expect::Checked { seq: SEQ });
    let mut writer = GroupWriter::new(SEQ, 0);
    let mut units = 0;
    for _ in 0..2_000 {
        plain.feed(SET);
        checked.feed(&group(&mut writer, &SET.repeat(3)));
        for reader in [&mut plain, &mut checked] {
            while let Next::Unit(_) = reader.next().expect("the file is right") {
                units += 1;
            }
            assert!(reader.memory() < 4_096, "{}", reader.memory());
        }
    }
    assert_eq!(units, 8_000);
    assert_eq!(plain.whole(), 2_000 * SET.len() as u64);
}

#[test]
fn all_that_is_held_is_counted() {
    let mut reader = Reader::new(Expect::Plain);
    reader.feed(b"*2\r\n$3\r\nGET\r\n");
    assert!(matches!(reader.next(), Ok(Next::More)));
    let before = reader.memory();
    reader.spans.reserve_exact(1_000);
    let spans = reader.memory();
    assert!(spans - before >= 900 * size_of::<Span>());
    reader.frames.reserve_exact(1_000);
    let frames = reader.memory();
    assert!(frames - spans >= 900 * size_of::<Frame>());
    reader.marks.reserve_exact(1_000);
    let marks = reader.memory();
    assert!(marks - frames >= 900 * size_of::<Mark>());
    assert!(marks - before < 1_100 * (size_of::<Span>() + size_of::<Frame>() + size_of::<Mark>()));
}

#[test]
fn a_request_of_which_most_is_there_is_counted() {
    let mut reader = Reader::new(Expect::Plain);
    reader.feed(&[&b"*1000\r\n"[..], &b"$1\r\na\r\n".repeat(900)].concat());
    assert!(matches!(reader.next(), Ok(Next::More)));
    assert!(reader.memory() >= reader.buffer.capacity() + 900 * size_of::<Span>());
}

#[test]
fn annotations_stand_where_they_are_told_to() {
    let timestamp = b"#TS:7\r\n";
    let mut writer = GroupWriter::new(SEQ, 0);
    let first = group(&mut writer, SET);
    let second = group(&mut writer, &[&timestamp[..], SET, timestamp, SET].concat());
    let line = second.len() - 2 * (timestamp.len() + SET.len());
    let mut reader = Reader::new(Expect::Checked { seq: SEQ });
    reader.feed(&[&first[..], &second].concat());
    let mut places = Vec::new();
    loop {
        match reader.next().expect("the file is right") {
            Next::Annotation(annotation) => {
                assert_eq!(annotation.line(), timestamp);
                places.push(annotation.start());
            }
            Next::Unit(_) => {}
            _ => break,
        }
    }
    let start = (first.len() + line) as u64;
    let next = start + (timestamp.len() + SET.len()) as u64;
    assert_eq!(places, [start, next]);
}

#[test]
fn a_group_is_refused_as_soon_as_its_last_byte_is_there() {
    let mut writer = GroupWriter::new(SEQ, 0);
    let mut file = group(&mut writer, SET);
    let end = file.len() as u64;
    // The last string seems to be longer than the group.
    let digit = file.len() - 6;
    assert_eq!(file[digit], b'1');
    file[digit] = b'9';
    let mut reader = Reader::new(Expect::Checked { seq: SEQ });
    reader.feed(&file[..file.len() - 1]);
    assert!(matches!(reader.next(), Ok(Next::More)));
    reader.feed(&file[file.len() - 1..]);
    let expected = Error::Checksum { start: 0, end };
    assert_eq!(reader.next().map(|_| ()), Err(expected));
}

#[test]
fn the_first_check_line_tells_the_number_of_a_file() {
    let mut file = group(&mut GroupWriter::new(SEQ, 0), SET);
    let at = file.len() as u64;
    file.extend(group(&mut GroupWriter::new(SEQ + 1, at), SET));
    let mut reader = Reader::new(Expect::Unknown);
    reader.feed(&file);
    assert!(matches!(reader.next(), Ok(Next::Unit(_))));
    assert_eq!(reader.next().map(|_| ()), Err(Error::Misplaced { at }));
}

#[test]
fn only_the_beginning_of_a_file_may_be_a_dump() {
    let mut reader = Reader::at(Expect::Plain, 0);
    reader.feed(b"REDIS0011");
    assert!(matches!(reader.next(), Ok(Next::Preamble)));
    let mut reader = Reader::at(Expect::Plain, 9);
    reader.feed(b"REDIS0011");
    assert_eq!(reader.next().map(|_| ()), Err(Error::Format { at: 9 }));
    assert!(!reader.has_ended());
    reader.end();
    assert!(reader.has_ended());
}
