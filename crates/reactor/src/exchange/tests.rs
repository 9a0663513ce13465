//! Exchanges with a peer on a thread of its own, which does as its script says.

use std::net::TcpListener;
use std::thread::{self, JoinHandle};

use super::*;

/// What a peer does on one connection: what it must hear, and what it says then.
type Script = &'static [(&'static str, &'static str)];

/// A peer that serves so many connections, one after the other, and closes each at its end.
struct Peer {
    port: u16,
    thread: JoinHandle<()>,
}

impl Peer {
    fn start(scripts: &'static [Script]) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = thread::spawn(move || {
            for script in scripts {
                let (mut stream, _) = listener.accept().unwrap();
                for (heard, said) in *script {
                    let mut got = vec![0; heard.len()];
                    stream.read_exact(&mut got).unwrap();
                    assert_eq!(String::from_utf8_lossy(&got), *heard);
                    stream.write_all(said.as_bytes()).unwrap();
                }
            }
        });
        Self { port, thread }
    }
}

const TEN_SECONDS_MS: u64 = 10_000;

fn attempt(link: u64, source: Source) -> Attempt {
    Attempt {
        link: LinkId(link),
        source,
        opening: b"open ".to_vec(),
        lines: 1,
    }
}

fn exchange(port: u16, attempts: Vec<Attempt>) -> Exchange {
    Exchange {
        host: "127.0.0.1".to_owned(),
        port,
        timeout_ms: TEN_SECONDS_MS,
        attempts,
        load: b"load".to_vec(),
        lines: 2,
    }
}

fn told(end: &Exchanged) -> (usize, &str, Option<Phase>, bool) {
    let answer = std::str::from_utf8(&end.answer).unwrap();
    (end.attempt, answer, end.broken, end.is_kept)
}

#[test]
fn a_connection_is_kept_and_used_again_without_its_opening() {
    let peer = Peer::start(&[&[
        ("open load", "+a\r\n+b\r\n+c\r\n"),
        ("load", "+d\r\n+e\r\n"),
    ]]);
    let mut links = Links::default();
    let first = exchange(peer.port, vec![attempt(1, Source::New)]);
    let end = links.carry_out(&first);
    assert_eq!(told(&end), (0, "+a\r\n+b\r\n+c\r\n", None, true));
    let again = Attempt {
        opening: Vec::new(),
        lines: 0,
        ..attempt(1, Source::Kept)
    };
    let end = links.carry_out(&exchange(peer.port, vec![again]));
    assert_eq!(told(&end), (0, "+d\r\n+e\r\n", None, true));
    links.close(LinkId(1));
    assert!(links.streams.is_empty());
    peer.thread.join().unwrap();
}

#[test]
fn a_kept_connection_that_is_dead_makes_room_for_a_new_one() {
    let once: Script = &[("open load", "+a\r\n+b\r\n+c\r\n")];
    let peer = Peer::start(Box::leak(Box::new([once, once])));
    let mut links = Links::default();
    links.carry_out(&exchange(peer.port, vec![attempt(1, Source::New)]));
    let attempts = vec![attempt(1, Source::Kept), attempt(2, Source::New)];
    let end = links.carry_out(&exchange(peer.port, attempts));
    assert_eq!(told(&end), (1, "+a\r\n+b\r\n+c\r\n", None, true));
    assert_eq!(
        links.streams.keys().copied().collect::<Vec<_>>(),
        [LinkId(2)]
    );
    peer.thread.join().unwrap();
}

#[test]
fn what_breaks_off_before_an_answer_is_tried_again_and_later_it_is_not() {
    let opening_only: Script = &[("open load", "+a\r\n")];
    let half: Script = &[("open load", "+a\r\n+b\r\n+c")];
    let peer = Peer::start(Box::leak(Box::new([opening_only, half])));
    let mut links = Links::default();
    let attempts = (1..4).map(|link| attempt(link, Source::New)).collect();
    let end = links.carry_out(&exchange(peer.port, attempts));
    assert_eq!(
        told(&end),
        (1, "+a\r\n+b\r\n+c", Some(Phase::Reading), false)
    );
    assert!(links.streams.is_empty());
    peer.thread.join().unwrap();
}

#[test]
fn a_connection_that_says_too_much_is_not_kept() {
    let peer = Peer::start(&[&[("open load", "+a\r\n+b\r\n+c\r\n+d\r\n")]]);
    let mut links = Links::default();
    let end = links.carry_out(&exchange(peer.port, vec![attempt(1, Source::New)]));
    assert_eq!((end.answer.len(), end.broken), (12, None));
    // Both are right: what is too much may arrive later, and is seen before the next use.
    if end.is_kept {
        peer.thread.join().unwrap();
        let end = links.carry_out(&exchange(peer.port, vec![attempt(1, Source::Kept)]));
        assert_eq!(told(&end), (0, "", Some(Phase::Writing), false));
    }
}

#[test]
fn silence_ends_an_exchange_and_is_not_tried_again() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let attempts = vec![attempt(1, Source::New), attempt(2, Source::New)];
    let patient = exchange(port, attempts);
    let hasty = Exchange {
        timeout_ms: 1,
        ..patient
    };
    let end = Links::default().carry_out(&hasty);
    assert_eq!(told(&end), (0, "", Some(Phase::Reading), false));
    assert!(end.took_us >= 1_000);
}

#[test]
fn who_refuses_is_written_to_in_vain_and_who_is_not_there_cannot_be_reached() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let attempts = || vec![attempt(1, Source::New), attempt(2, Source::New)];
    let end = Links::default().carry_out(&exchange(port, attempts()));
    assert_eq!(told(&end), (1, "", Some(Phase::Writing), false));
    let nowhere = Exchange {
        host: "no such host".to_owned(),
        ..exchange(port, attempts())
    };
    let end = Links::default().carry_out(&nowhere);
    assert_eq!(told(&end), (0, "", Some(Phase::Connecting), false));
}

#[test]
fn a_line_without_an_end_is_not_read_for_ever() {
    let mut lines = Lines::await_so_many(1);
    let forever = Duration::from_secs(3_600);
    let error = lines
        .read(&mut io::repeat(b'x'), forever, |_, _| Ok(()))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidData);
    assert!(lines.answer.len() <= LINE_LEN_MAX + ANSWER_SLACK + READ_SIZE);
}

#[test]
fn a_line_that_trickles_is_late_though_each_byte_is_in_time() {
    let timeout = Duration::from_millis(1);
    let left = std::cell::Cell::new(timeout);
    let mut lines = Lines::await_so_many(1);
    let limit = |_: &Trickle, now_left: Duration| {
        assert!(
            now_left <= left.replace(now_left),
            "time does not come back"
        );
        Ok(())
    };
    let error = lines.read(&mut Trickle, timeout, limit).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TimedOut);
}

/// A byte at a time, and no end of a line.
struct Trickle;

impl Read for Trickle {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        thread::yield_now();
        buffer[0] = b'x';
        Ok(1)
    }
}
