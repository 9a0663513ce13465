use super::*;

const LINK: ConnId = ConnId {
    index: 1,
    generation: 2,
};

fn plan() -> Plan {
    Plan {
        command: None,
        db: 0,
        keys: vec![b"a".to_vec(), b"b".to_vec()],
        is_copy: false,
        target: ("host".to_owned(), 1),
        target_db: 0,
        credentials: Vec::new(),
        load: b"<load>".to_vec(),
        timeout_us: 100,
        began_us: 0,
    }
}

fn failure(kind: ErrorKind) -> Failure {
    Failure {
        kind,
        text: String::new(),
    }
}

/// A migration over a connection on which that many replies come before those to RESTORE.
fn talking(opening: usize) -> Migrate {
    let mut plan = plan();
    if opening == 2 {
        plan.credentials = vec![b"AUTH".to_vec(), b"x".to_vec()];
    }
    let selected = (opening == 0).then_some(0);
    match Migrate::begin(plan, Some((LINK, selected)), 1_000) {
        Next::Send(migrate, _) => migrate,
        other => panic!("{other:?}"),
    }
}

/// The state or the end that follows, as text.
fn show(next: &Next) -> String {
    match next {
        Next::Wait(Migrate::Dialing { is_second, .. }) => format!("dialing {is_second}"),
        Next::Wait(Migrate::Talking { deadline_us, .. }) => format!("talking until {deadline_us}"),
        Next::Send(_, bytes) => format!("send {}", bytes.escape_ascii()),
        Next::Dial(_) => "dial".to_owned(),
        Next::End(end) => {
            let is_usable = end.link.is_some_and(|(_, is_usable)| is_usable);
            let (acknowledged, error) = (&end.acknowledged, &end.error);
            format!(
                "end {:?} {acknowledged:?} {error:?} {is_usable}",
                end.broken
            )
        }
    }
}

#[test]
fn every_input_in_every_state() {
    let dialing = |is_second| Migrate::Dialing {
        plan: plan(),
        is_second,
    };
    let none = "[] None false";
    let refused = failure(ErrorKind::ConnectionRefused);
    let late = failure(ErrorKind::TimedOut);
    type Make<'a> = &'a dyn Fn() -> Migrate;
    let states: [(Make<'_>, [(Input<'_>, String); 6]); 3] = [
        (
            &|| dialing(false),
            [
                (Input::Connected(LINK, Some(0)), "send <load>".into()),
                (Input::Failed(&refused), format!("end Some(Writing) {none}")),
                (Input::Failed(&late), format!("end Some(Connecting) {none}")),
                (Input::Received(b"x"), "dialing false".into()),
                (Input::HungUp(true), "dialing false".into()),
                (
                    Input::TimedOut(false),
                    format!("end Some(Connecting) {none}"),
                ),
            ],
        ),
        (
            &|| talking(0),
            [
                (Input::Connected(LINK, None), "talking until 1100".into()),
                (Input::Failed(&late), "talking until 1100".into()),
                (Input::Received(b"+OK\r\n"), "talking until 1150".into()),
                (Input::HungUp(true), "dial".into()),
                (Input::TimedOut(true), format!("end Some(Reading) {none}")),
                (Input::TimedOut(false), format!("end Some(Writing) {none}")),
            ],
        ),
        (
            &|| match talking(0).step(Input::Received(b"+OK\r\n"), 1_050) {
                Next::Wait(migrate) => migrate,
                other => panic!("{other:?}"),
            },
            [
                (Input::Received(b"+O"), "talking until 1150".into()),
                (
                    Input::Received(b"+OK\r\n"),
                    "end None [true, true] None true".into(),
                ),
                (
                    Input::Received(b"+OK\r\n+"),
                    "end None [true, true] None false".into(),
                ),
                (
                    Input::Received(b"?"),
                    "end Some(Reading) [true] None false".into(),
                ),
                (
                    Input::HungUp(true),
                    "end Some(Reading) [true] None false".into(),
                ),
                (
                    Input::TimedOut(true),
                    "end Some(Reading) [true] None false".into(),
                ),
            ],
        ),
    ];
    for (make, inputs) in states {
        for (input, expected) in inputs {
            let what = format!("{input:?}");
            assert_eq!(show(&make().step(input, 1_050)), expected, "{what}");
        }
    }
    let second = match dialing(true).step(Input::Connected(LINK, None), 0) {
        Next::Send(migrate, _) => migrate,
        other => panic!("{other:?}"),
    };
    let next = second.step(Input::HungUp(true), 0);
    assert_eq!(
        show(&next),
        format!("end Some(Reading) {none}"),
        "only once"
    );
}

#[test]
fn what_opens_a_connection_depends_on_what_is_known_of_it() {
    let mut plan = plan();
    plan.credentials = vec![b"AUTH".to_vec(), b"x".to_vec()];
    let next = Migrate::begin(plan, Some((LINK, None)), 0);
    let auth = r"*2\r\n$4\r\nAUTH\r\n$1\r\nx\r\n";
    let select = r"*2\r\n$6\r\nSELECT\r\n$1\r\n0\r\n";
    assert_eq!(show(&next), format!("send {auth}{select}<load>"));
}

fn check(answer: &str, opening: usize, acknowledged: &[bool], error: Option<&str>) {
    for at in 0..=answer.len() {
        let (first, second) = answer.as_bytes().split_at(at);
        let mut next = talking(opening).step(Input::Received(first), 0);
        if let Next::Wait(migrate) = next {
            next = migrate.step(Input::Received(second), 0);
        }
        if let Next::Wait(migrate) = next {
            next = migrate.step(Input::TimedOut(true), 0);
        }
        let Next::End(end) = next else {
            panic!("{answer:?}: {next:?}")
        };
        assert_eq!(end.acknowledged, acknowledged, "{answer:?} at {at}");
        assert_eq!(end.error.as_deref(), error, "{answer:?} at {at}");
    }
}

#[test]
fn a_key_arrived_when_neither_its_reply_nor_one_before_the_first_is_an_error() {
    check("+OK\r\n+OK\r\n", 0, &[true, true], None);
    check("+OK\r\n-A b\r\n+OK\r\n", 1, &[false, true], Some("A b"));
    check("+OK\r\n-B\r\n", 0, &[true, false], Some("B"));
    check("-A\r\n-B\r\n+OK\r\n-C\r\n", 2, &[false, false], Some("A"));
    check("-A\r\n+OK\r\n+OK\r\n", 1, &[false, false], Some("A"));
}

#[test]
fn an_answer_that_breaks_off_or_is_not_the_protocol_acknowledges_what_came_before() {
    check("", 1, &[], None);
    check("-A\r\n", 1, &[], None);
    check("+OK\r\n+O", 0, &[true], None);
    check("+OK\r\nHTTP/1.1 200\r\n", 0, &[true], None);
    check("$-1\r\n$4294967296\r\n", 0, &[true], None);
    check("*1000000\r\n*1000000\r\n", 0, &[], None);
    let bulk = "!6\r\na\r\nb c\r\n+OK\r\n";
    check(bulk, 0, &[false, true], Some("a  b c"));
}
