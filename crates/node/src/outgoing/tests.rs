use bytes::Bytes;

use super::*;

const CONN: ConnId = ConnId {
    index: 3,
    generation: 7,
};

fn outgoing() -> Outgoing {
    let mut outgoing = Outgoing::default();
    outgoing.open(CONN, Class::Normal);
    outgoing
}

fn write(outgoing: &mut Outgoing, bytes: &[u8]) {
    outgoing.equip(CONN);
    outgoing.output(CONN).extend(bytes);
    outgoing.settle(CONN);
}

/// Takes what may leave, up to this many bytes.
fn take(outgoing: &mut Outgoing, most: usize) -> String {
    let mut pieces = [Piece::Bytes(&[]); 8];
    let count = outgoing.pieces(CONN, &mut pieces);
    let mut bytes: Vec<u8> = Vec::new();
    pieces[..count]
        .iter()
        .for_each(|piece| bytes.extend_from_slice(piece.bytes()));
    bytes.truncate(most);
    outgoing.taken(CONN, bytes.len());
    String::from_utf8(bytes).unwrap()
}

#[test]
fn what_is_written_is_listed_once_and_taken_in_order() {
    let mut outgoing = outgoing();
    write(&mut outgoing, b"ab");
    write(&mut outgoing, b"cd");
    assert_eq!(std::mem::take(&mut outgoing.flush), [CONN]);
    assert_eq!(take(&mut outgoing, 3), "abc");
    assert_eq!(outgoing.waiting(CONN).total(), 1);
    write(&mut outgoing, b"e");
    assert_eq!(outgoing.flush, [CONN]);
    assert_eq!(take(&mut outgoing, 9), "de");
    assert_eq!((outgoing.sent(CONN), outgoing.memory_of(CONN)), (5, 0));
}

#[test]
fn a_message_to_the_running_session_follows_its_reply() {
    let mut outgoing = outgoing();
    let before = outgoing.begin(CONN);
    assert!(outgoing.deliver(CONN, &Bytes::from_static(b"push ")));
    outgoing.output(CONN).extend(b"reply ");
    outgoing.end_reply();
    outgoing.output(CONN).extend(b"next");
    outgoing.end(before);
    outgoing.settle(CONN);
    assert!(outgoing.deliver(CONN, &Bytes::from_static(b" late")));
    assert_eq!(take(&mut outgoing, 99), "reply push next late");
}

#[test]
fn a_message_takes_its_size_while_it_waits_and_nothing_afterwards() {
    let mut outgoing = outgoing();
    let message = Bytes::from(vec![b'x'; 80]);
    assert!(outgoing.deliver(CONN, &message));
    assert_eq!(outgoing.memory_of(CONN), 80);
    assert!(outgoing.deliver(CONN, &message));
    assert_eq!(outgoing.memory_of(CONN), 160);
    assert_eq!(take(&mut outgoing, 999).len(), 160);
    assert_eq!(outgoing.memory_of(CONN), 0);
    // The buffers that are lent are none of these.
    write(&mut outgoing, b"reply");
    assert_eq!(outgoing.memory_of(CONN), BUFFER_SIZE);
}

#[test]
fn messages_that_were_put_aside_leave_no_memory_behind() {
    let mut outgoing = outgoing();
    let before = outgoing.begin(CONN);
    for _ in 0..1000 {
        assert!(outgoing.deliver(CONN, &Bytes::from(vec![b'x'; 1000])));
    }
    outgoing.end(before);
    assert!(outgoing.aside.is_none());
    assert_eq!(outgoing.waiting(CONN).total(), 1_000_000);
}

#[test]
fn a_slow_reader_holds_little_more_memory_than_waits() {
    let mut outgoing = limited(1 << 20, 0, 0);
    for _ in 0..100 {
        write(&mut outgoing, &[b'x'; 60_000]);
        if outgoing.waiting(CONN).total() > 900_000 {
            take(&mut outgoing, 400_000);
        }
        assert!(outgoing.memory_of(CONN) <= (1 << 20) + 4 * BUFFER_SIZE);
    }
    assert!(!outgoing.has_over());
    outgoing.set_limits(OutputLimit::default(), OutputLimit::default());
    write(&mut outgoing, &vec![b'x'; 10 << 20]);
    while outgoing.waiting(CONN).total() > 0 {
        take(&mut outgoing, 300_000);
        let waiting = outgoing.waiting(CONN).total();
        assert!(outgoing.memory_of(CONN) <= 4 * waiting + 20 * BUFFER_SIZE);
    }
    assert_eq!(outgoing.memory_of(CONN), 0);
}

#[test]
fn what_is_written_for_a_connection_that_has_gone_is_dropped() {
    let mut outgoing = outgoing();
    outgoing.forget(CONN);
    outgoing.output(CONN).extend(b"x");
    outgoing.settle(CONN);
    assert!(!outgoing.deliver(CONN, &Bytes::from_static(b"y")));
    assert!(outgoing.flush.is_empty());
    assert!(outgoing.is_empty(CONN));
    assert!(outgoing.output(CONN).is_empty(), "it is not kept either");
}

#[test]
fn a_session_of_a_connection_that_has_gone_writes_nothing_to_its_successor() {
    let mut outgoing = outgoing();
    let successor = ConnId {
        generation: CONN.generation + 1,
        ..CONN
    };
    outgoing.forget(CONN);
    outgoing.open(successor, Class::Normal);
    let before = outgoing.begin(CONN);
    outgoing.own().extend(b"x");
    outgoing.end(before);
    assert!(outgoing.is_empty(successor));
    outgoing.output(successor).extend(b"y");
    assert!(!outgoing.is_empty(successor) && outgoing.is_empty(CONN));
}

#[test]
fn places_of_connections_that_have_gone_are_given_back() {
    let mut outgoing = outgoing();
    let other = ConnId {
        index: 900,
        generation: 1,
    };
    outgoing.open(other, Class::Normal);
    outgoing.forget(other);
    assert_eq!(outgoing.queues.len(), place(CONN) + 1);
    let before = outgoing.begin(CONN);
    outgoing.forget(CONN);
    outgoing
        .own()
        .extend(b"the session that runs still has a place");
    outgoing.end(before);
    outgoing.open(other, Class::Normal);
    outgoing.forget(other);
    assert_eq!(outgoing.queues.len(), RESERVED);
}

#[test]
fn spare_buffers_that_nobody_needs_are_given_to_the_allocator() {
    let mut outgoing = outgoing();
    write(&mut outgoing, b"x");
    take(&mut outgoing, 1);
    assert_eq!(outgoing.spares.count(), 1);
    // The first call finds out which are not needed.
    outgoing.trim();
    outgoing.trim();
    assert_eq!(outgoing.spares.count(), 0);
}

#[test]
fn a_connection_that_hung_up_is_named_in_no_list() {
    let mut outgoing = outgoing();
    write(&mut outgoing, b"x");
    outgoing.resume.push(CONN);
    outgoing.close.push(CONN);
    outgoing.kill(CONN);
    outgoing.forget(CONN);
    let lists = [
        outgoing.flush,
        outgoing.resume,
        outgoing.close,
        outgoing.kill,
    ];
    assert_eq!(lists.concat(), []);
}

#[test]
fn bytes_behind_a_fence_do_not_leave_before_the_journal_got_there() {
    let mut outgoing = outgoing();
    write(&mut outgoing, b"0");
    outgoing.fence(Offset(10));
    outgoing.flush.clear();
    write(&mut outgoing, b"a");
    outgoing.depend_on(Offset(20));
    write(&mut outgoing, b"b");
    outgoing.output(CONN).extend(b"c");
    outgoing.depend_on(Offset(30));
    assert_eq!(take(&mut outgoing, 99), "0a");
    assert_eq!(take(&mut outgoing, 99), "");
    outgoing.settle(CONN);
    outgoing.flush.clear();
    outgoing.allow(Offset(19));
    assert!(outgoing.flush.is_empty());
    outgoing.allow(Offset(20));
    assert_eq!(std::mem::take(&mut outgoing.flush), [CONN]);
    assert_eq!(take(&mut outgoing, 99), "b");
    outgoing.allow(Offset(40));
    assert_eq!(std::mem::take(&mut outgoing.flush), [CONN]);
    assert_eq!(take(&mut outgoing, 99), "c");
    write(&mut outgoing, b"d");
    assert_eq!(take(&mut outgoing, 99), "d");
    outgoing.depend_on(Offset(50));
    write(&mut outgoing, b"e");
    assert_eq!(take(&mut outgoing, 99), "");
    outgoing.unfence();
    assert_eq!(take(&mut outgoing, 99), "e");
}

#[test]
fn replies_are_fenced_only_by_what_the_journal_has_not_reached() {
    let mut outgoing = outgoing();
    outgoing.fence(Offset(10));
    outgoing.depend_on(Offset(10));
    write(&mut outgoing, b"a");
    write(&mut outgoing, b"b");
    assert_eq!(outgoing.flush, [CONN], "it is listed once");
    // A later change fences nothing that was written before.
    outgoing.depend_on(Offset(20));
    outgoing.settle(CONN);
    assert_eq!(outgoing.fenced_count(), 0);
    assert_eq!(take(&mut outgoing, 99), "ab");
    write(&mut outgoing, b"c");
    assert_eq!(outgoing.fenced_count(), 1);
    write(&mut outgoing, b"d");
    assert_eq!(outgoing.fenced_count(), 1);
    assert_eq!(take(&mut outgoing, 99), "");
    outgoing.allow(Offset(20));
    assert_eq!(outgoing.fenced_count(), 0);
    assert_eq!(take(&mut outgoing, 99), "cd");
}

#[test]
fn a_fence_is_open_once_its_offset_is_reached() {
    let mut fences = fence::Fences::new(3);
    assert!(fences.note(5, Some(Offset(10))));
    assert!(!fences.note(8, Some(Offset(20))));
    let closed = [9, 10, 19, 20].map(|allowed| fences.first_closed(Offset(allowed)));
    assert_eq!(closed, [3, 5, 5, 8]);
}

#[test]
fn the_last_change_of_a_connection_is_where_its_last_unit_ended() {
    let mut outgoing = outgoing();
    let before = outgoing.begin(CONN);
    outgoing.depend_on(Offset(10));
    outgoing.end(before);
    outgoing.depend_on(Offset(20));
    assert_eq!(outgoing.written(CONN), Offset(10));
    outgoing.note_written(CONN);
    assert_eq!(outgoing.written(CONN), Offset(20));
}

fn limited(hard: u64, soft: u64, soft_seconds: u64) -> Outgoing {
    let mut outgoing = outgoing();
    let limit = OutputLimit {
        hard,
        soft,
        soft_seconds,
    };
    outgoing.set_limits(limit, OutputLimit::default());
    outgoing
}

#[test]
fn a_connection_beyond_its_hard_limit_is_told_at_once_and_once() {
    let mut outgoing = limited(20_000, 0, 0);
    write(&mut outgoing, &[b'x'; 20_000]);
    assert!(!outgoing.has_over());
    write(&mut outgoing, b"y");
    assert_eq!(outgoing.next_over(), Some(CONN));
    outgoing.kill(CONN);
    outgoing.kill(CONN);
    write(&mut outgoing, &[b'x'; 30_000]);
    assert_eq!(outgoing.next_over(), None);
    assert_eq!(outgoing.kill, [CONN]);
    assert!(!outgoing.deliver(CONN, &Bytes::from_static(b"z")));
}

#[test]
fn bytes_that_were_taken_and_did_not_leave_count() {
    let mut outgoing = limited(20_000, 0, 0);
    write(&mut outgoing, &[b'x'; 20_000]);
    assert_eq!(take(&mut outgoing, 20_000).len(), 20_000);
    outgoing.held(CONN, 15_000);
    assert_eq!(outgoing.waiting(CONN).total(), 15_000);
    assert_eq!(outgoing.sent(CONN), 5_000);
    write(&mut outgoing, &[b'y'; 6_000]);
    assert_eq!(outgoing.next_over(), Some(CONN));
}

#[test]
fn a_connection_above_its_soft_limit_is_closed_by_the_clock_alone() {
    let mut outgoing = limited(0, 20_000, 3);
    outgoing.begin_turn(1_000_000);
    write(&mut outgoing, &[b'x'; 25_000]);
    outgoing.begin_turn(3_000_000);
    write(&mut outgoing, b"more");
    assert_eq!(outgoing.next_patience_us(), Some(4_000_001));
    outgoing.begin_turn(4_000_000);
    outgoing.expire_patience();
    assert!(!outgoing.has_over(), "three seconds are allowed");
    outgoing.begin_turn(4_000_001);
    outgoing.expire_patience();
    assert_eq!(outgoing.next_over(), Some(CONN));
    assert_eq!(outgoing.next_patience_us(), None);
}

#[test]
fn the_clock_waits_for_no_connection_that_has_gone() {
    let mut outgoing = limited(0, 20_000, 3);
    write(&mut outgoing, &[b'x'; 25_000]);
    assert!(outgoing.next_patience_us().is_some());
    outgoing.forget(CONN);
    assert_eq!(outgoing.next_patience_us(), None);
}

#[test]
fn a_limit_is_passed_only_by_more_than_it_allows() {
    let mut outgoing = limited(0, 20_000, 3);
    write(&mut outgoing, &[b'x'; 20_000]);
    assert_eq!(outgoing.next_patience_us(), None);
    write(&mut outgoing, b"x");
    assert!(outgoing.next_patience_us().is_some());
    let mut outgoing = limited(100, 0, 0);
    write(&mut outgoing, &[b'x'; BUFFER_SIZE]);
    assert!(!outgoing.is_over(CONN), "a first buffer is always allowed");
    write(&mut outgoing, b"x");
    assert!(outgoing.is_over(CONN));
    let mut outgoing = limited(1 << 20, 0, 0);
    write(&mut outgoing, &[b'x'; 2 * BUFFER_SIZE]);
    assert_eq!(outgoing.next_patience_us(), None, "there is no soft limit");
    let mut outgoing = limited(0, 100, 3);
    write(&mut outgoing, &[b'x'; BUFFER_SIZE]);
    assert_eq!(
        outgoing.next_patience_us(),
        None,
        "a first buffer is no matter of limits"
    );
}

#[test]
fn only_a_hard_limit_bounds_a_session() {
    for (hard, soft, is_bounded) in [(0, 0, false), (0, 20_000, false), (20_000, 0, true)] {
        let mut outgoing = limited(hard, soft, 1);
        let before = outgoing.begin(CONN);
        assert_eq!(outgoing.is_bounded(), is_bounded);
        outgoing.end(before);
    }
}

#[test]
fn the_time_is_told_at_which_bytes_left_last() {
    let mut outgoing = outgoing();
    outgoing.begin_turn(1_000);
    write(&mut outgoing, &[b'x'; 20]);
    take(&mut outgoing, 20);
    assert_eq!(outgoing.left_at_us(CONN), 1_000);
    // None of those that the loop holds has left, then some have.
    for (now_us, held, left_at_us) in [(2_000, 15, 1_000), (3_000, 15, 1_000), (4_000, 5, 4_000)] {
        outgoing.begin_turn(now_us);
        outgoing.held(CONN, held);
        assert_eq!(outgoing.left_at_us(CONN), left_at_us);
    }
}

#[test]
fn bytes_that_are_held_begin_the_time_of_the_soft_limit_and_end_it() {
    let mut outgoing = limited(0, 20_000, 3);
    write(&mut outgoing, &[b'x'; 25_000]);
    take(&mut outgoing, 25_000);
    assert_eq!(outgoing.next_patience_us(), None);
    outgoing.held(CONN, 25_000);
    assert_eq!(outgoing.next_patience_us(), Some(3_000_001));
    outgoing.held(CONN, 100);
    assert_eq!(outgoing.next_patience_us(), None);
}

#[test]
fn whoever_gets_below_the_soft_limit_has_time_again() {
    let mut outgoing = limited(0, 20_000, 3);
    outgoing.begin_turn(1_000_000);
    write(&mut outgoing, &[b'x'; 25_000]);
    take(&mut outgoing, 6_000);
    assert_eq!(outgoing.next_patience_us(), None);
    outgoing.begin_turn(9_000_000);
    write(&mut outgoing, &[b'x'; 6_000]);
    assert_eq!(outgoing.next_patience_us(), Some(12_000_001));
}

#[test]
fn a_stranger_has_a_first_buffer_and_little_more() {
    let mut outgoing = limited(0, 0, 0);
    outgoing.set_class(CONN, Class::Stranger);
    write(&mut outgoing, &[b'x'; BUFFER_SIZE + 1_000]);
    assert!(!outgoing.has_over());
    write(&mut outgoing, &[b'x'; 100]);
    assert_eq!(outgoing.next_over(), Some(CONN));
    outgoing.set_class(CONN, Class::Normal);
    assert!(!outgoing.is_over(CONN));
}

#[test]
fn what_waits_is_told_by_buffers() {
    let mut outgoing = outgoing();
    write(&mut outgoing, &[b'x'; 100]);
    let waiting = outgoing.waiting(CONN);
    assert_eq!((waiting.first, waiting.pieces, waiting.beyond), (100, 0, 0));
    write(&mut outgoing, &vec![b'x'; 3 * BUFFER_SIZE]);
    let waiting = outgoing.waiting(CONN);
    assert_eq!(waiting.first, BUFFER_SIZE);
    assert_eq!((waiting.pieces, waiting.beyond), (3, 2 * BUFFER_SIZE + 100));
}
