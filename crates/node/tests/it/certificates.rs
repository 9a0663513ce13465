//! TLS settings that are handed to the loop, and clients that are known by their certificates.

use std::io::ErrorKind;

use russet_base::time::Now;
use russet_io::{
    Address, Admission, ConnId, Failure, Job, JobId, LogLevel, Origin, Outcome, PeerCertificate,
    PeerField, Piece, Ready, Role, Service, TlsSettings, Transport,
};
use russet_node::config::Text;
use russet_node::{Config, Environment, Node};

const PLAIN: ConnId = ConnId {
    index: 0,
    generation: 1,
};
const NOW: Now = Now {
    wall_us: 1_704_067_200_000_000,
    mono_us: 1_000_000,
};

struct Bench {
    node: Node,
    now: Now,
    lines: Vec<(LogLevel, String)>,
    connected: u32,
}

impl Bench {
    fn new(text: &str) -> Self {
        let sources = [Text {
            name: "test".into(),
            text: text.as_bytes().to_vec(),
        }];
        let config =
            Config::load(&sources, &mut |_| Err("none".into())).expect("the text is right");
        let mut bench = Self {
            node: Node::new(config, Environment::new(1), NOW),
            now: NOW,
            lines: Vec::new(),
            connected: 0,
        };
        bench.open(PLAIN, Transport::Plain);
        bench
    }

    fn open(&mut self, conn: ConnId, transport: Transport) {
        let address = "127.0.0.1:1".parse().expect("an address");
        let origin = Origin {
            role: Role::Client,
            transport,
            address: Address::Tcp {
                peer: address,
                local: address,
            },
            dialed: None,
        };
        let admission = self.node.opened(conn, &origin, NOW);
        assert_eq!(admission, Admission::Accept);
    }

    /// Connects as somebody with names in a certificate, and says who that is.
    fn who(&mut self, names: &[&str]) -> String {
        self.connected += 1;
        let conn = ConnId {
            index: 1,
            generation: self.connected,
        };
        let peer_names = names.iter().map(|name| name.as_bytes().into()).collect();
        self.open(conn, Transport::Tls { peer_names });
        self.send_to(conn, "ACL WHOAMI\r\n");
        let reply = self.replies_to(conn);
        self.node.hung_up(conn, russet_io::HangUp::Closed);
        reply
            .trim_end()
            .rsplit("\r\n")
            .next()
            .expect("a line")
            .to_owned()
    }

    fn send(&mut self, request: &str) -> Vec<(JobId, Job)> {
        self.send_to(PLAIN, request)
    }

    fn send_to(&mut self, conn: ConnId, request: &str) -> Vec<(JobId, Job)> {
        let space = self.node.space(conn);
        space[..request.len()].copy_from_slice(request.as_bytes());
        self.node.received(conn, request.len());
        self.turn()
    }

    fn turn(&mut self) -> Vec<(JobId, Job)> {
        let mut jobs = Vec::new();
        loop {
            let mut ready = Ready::default();
            self.node.run(self.now);
            self.node.ready(&mut ready);
            jobs.append(&mut ready.jobs);
            let lines = ready.log.drain(..);
            self.lines.extend(lines.map(|line| (line.level, line.text)));
            if !ready.again {
                return jobs;
            }
        }
    }

    fn end(&mut self, job: JobId, outcome: Outcome) -> Vec<(JobId, Job)> {
        self.node.completed(job, outcome);
        self.turn()
    }

    fn replies(&mut self) -> String {
        self.replies_to(PLAIN)
    }

    fn replies_to(&mut self, conn: ConnId) -> String {
        let mut pieces = [Piece::Bytes(&[]); 8];
        let filled = self.node.output(conn, &mut pieces);
        let text = pieces[..filled].iter().map(Piece::bytes);
        let text = text.collect::<Vec<_>>().concat();
        self.node.taken(conn, text.len());
        String::from_utf8(text).expect("replies here are text")
    }
}

fn settings(job: &Job) -> &TlsSettings {
    match job {
        Job::Tls(settings) => settings,
        other => panic!("{other:?}"),
    }
}

fn failed(reason: &str) -> Outcome {
    Outcome::Failed(Failure {
        kind: ErrorKind::Other,
        text: reason.into(),
    })
}

const REFUSED: &str = "Unable to update TLS configuration. Check server logs.";

#[test]
fn without_a_use_for_tls_settings_are_only_kept() {
    let mut bench = Bench::new("tls-cert-file a.crt\ntls-key-file-pass secret\n");
    assert!(bench.send("CONFIG SET tls-key-file a.key\r\n").is_empty());
    assert!(bench.send("CONFIG SET tls-auth-clients no\r\n").is_empty());
    assert_eq!(bench.replies(), "+OK\r\n+OK\r\n");
    let jobs = bench.send("CONFIG SET tls-cluster yes tls-auth-clients-user URI\r\n");
    let [(id, job)] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    assert!(!format!("{job:?}").contains("secret"));
    let settings = settings(job);
    assert_eq!(settings.server.cert_file, "a.crt");
    assert_eq!(settings.server.key_file, "a.key");
    assert_eq!(settings.server.passphrase, b"secret");
    assert_eq!(settings.peer_certificate, PeerCertificate::Unwanted);
    assert_eq!(settings.peer_field, PeerField::Uri);
    assert!(settings.dials && settings.resumes);
    bench.end(*id, Outcome::Done);
    assert_eq!(bench.replies(), "+OK\r\n");
}

#[test]
fn a_tls_port_is_listened_on_and_then_the_certificates_are_read() {
    let mut bench = Bench::new("bind 127.0.0.1\n");
    for outcome in [Outcome::Done, failed("No tls-cert-file configured!")] {
        let is_well = outcome.failure().is_none();
        let port = 7000 + u16::from(is_well);
        let jobs = bench.send(&format!("CONFIG SET tls-port {port}\r\n"));
        let [(listen, Job::Listen(plan))] = jobs.as_slice() else {
            panic!("{jobs:?}")
        };
        let ports: Vec<_> = plan.tcp.iter().map(|b| (b.port, &b.transport)).collect();
        assert_eq!(
            ports,
            [(6379, &Transport::Plain), (port, &Transport::tls())]
        );
        let jobs = bench.end(*listen, Outcome::Done);
        let [(load, Job::Tls(_))] = jobs.as_slice() else {
            panic!("{jobs:?}")
        };
        let undo = bench.end(*load, outcome);
        let reply = bench.replies();
        let _ = bench.send("CONFIG GET tls-port\r\n");
        assert!(bench.replies().contains("7001"));
        if is_well {
            assert_eq!((reply.as_str(), undo.len()), ("+OK\r\n", 0));
            continue;
        }
        assert!(
            reply.ends_with(&format!("'tls-port') - {REFUSED}\r\n")),
            "{reply}"
        );
        let [(_, Job::Listen(plan))] = undo.as_slice() else {
            panic!("{undo:?}")
        };
        assert_eq!(plan.tcp[1].port, 7001);
        let (level, line) = bench.lines.last().expect("it was logged");
        assert_eq!(*level, LogLevel::Warning);
        assert!(line.ends_with("No tls-cert-file configured!"), "{line}");
    }
}

#[test]
fn a_file_is_read_again_though_its_name_is_the_same() {
    let mut bench = Bench::new("tls-port 7000\ntls-cert-file a.crt\n");
    let jobs = bench.send("CONFIG SET tls-cert-file a.crt\r\n");
    let [(id, Job::Tls(_))] = jobs.as_slice() else {
        panic!("{jobs:?}")
    };
    bench.end(*id, failed("Failed to load certificate: a.crt: expired"));
    let reply = bench.replies();
    assert!(
        reply.ends_with(&format!("'tls-cert-file') - {REFUSED}\r\n")),
        "{reply}"
    );
    assert!(bench.send("CONFIG SET tls-port 7000\r\n").is_empty());
    assert_eq!(bench.replies(), "+OK\r\n");
}

#[test]
fn certificates_are_read_again_as_often_as_the_setting_says() {
    let mut bench = Bench::new("tls-port 7000\n");
    let mut read = 0;
    for second in 0..60 {
        bench.now.mono_us = 1_000_000 * (1 + second);
        bench.now.wall_us = NOW.wall_us + 1_000_000 * i64::try_from(second).expect("few");
        if second == 20 {
            let _ = bench.send("CONFIG SET tls-auto-reload-interval 10\r\n");
        }
        for (id, job) in bench.turn() {
            if let Job::Tls(_) = job {
                read += 1;
                bench.end(id, failed("Failed to load certificate: a.crt: gone"));
            }
        }
    }
    assert_eq!(read, 4);
    let line = "Failed to reload TLS certificates: Failed to load certificate: a.crt: gone";
    let told = bench.lines.iter().filter(|(_, text)| text == line);
    assert_eq!(told.count(), 4);
}

#[test]
fn a_certificate_logs_in_the_first_user_that_it_names_and_that_is_on() {
    let mut bench = Bench::new(
        "user alice on nopass ~* +@all\nuser bob off nopass ~* +@all\nuser default on >x +@all\n",
    );
    assert_eq!(bench.who(&["alice"]), "alice");
    assert_eq!(bench.who(&["bob", "nobody", "alice"]), "alice");
    for names in [
        &["bob"][..],
        &["Alice"],
        &["alice "],
        &["alic"],
        &["alice\0x"],
        &[],
    ] {
        let reply = bench.who(names);
        assert!(reply.contains("NOAUTH"), "{names:?}: {reply}");
    }
}

#[test]
fn a_certificate_that_names_nobody_who_may_log_in_stands_in_the_acl_log() {
    let mut bench = Bench::new("user alice on nopass ~* +@all\nuser bob off nopass ~* +@all\n");
    for names in [&["bob", "nobody"][..], &["bob"], &["nobody"]] {
        assert_eq!(bench.who(names), "default");
    }
    bench.who(&["nobody", "alice"]);
    bench.who(&[]);
    bench.send("ACL LOG\r\n");
    let log = bench.replies();
    let fields = |user: &str, count| {
        format!(
            "count\r\n:{count}\r\n$6\r\nreason\r\n$8\r\ntls-cert\r\n$7\r\ncontext\r\n\
             $8\r\ntoplevel\r\n$6\r\nobject\r\n$0\r\n\r\n$8\r\nusername\r\n\
             ${}\r\n{user}\r\n",
            user.len()
        )
    };
    assert!(log.starts_with("*2\r\n"), "{log}");
    assert!(log.contains(&fields("bob", 2)), "{log}");
    assert!(log.contains(&fields("nobody", 1)), "{log}");
    bench.send("INFO stats\r\n");
    let info = bench.replies();
    assert!(info.contains("acl_access_denied_tls_cert:3\r\n"), "{info}");
    assert!(info.contains("acl_access_denied_auth:0\r\n"), "{info}");
}

#[test]
fn metrics_need_certificates_only_where_they_are_encrypted() {
    let names = |jobs: &[(JobId, Job)]| -> Vec<&str> {
        let name = |job: &Job| match job {
            Job::Listen(_) => "listen",
            Job::Tls(_) => "certificates",
            _ => "another",
        };
        jobs.iter().map(|(_, job)| name(job)).collect()
    };
    let mut bench = Bench::new("tls-port 1\ntls-cert-file a\ntls-key-file b\n");
    let jobs = bench.send("CONFIG SET metrics-port 9121\r\n");
    assert_eq!(names(&jobs), ["listen"]);
    assert_eq!(names(&bench.end(jobs[0].0, Outcome::Done)), [""; 0]);
    assert_eq!(bench.replies(), "+OK\r\n");
    let jobs = bench.send("CONFIG SET metrics-tls yes\r\n");
    assert_eq!(names(&jobs), ["listen"]);
    let jobs = bench.end(jobs[0].0, Outcome::Done);
    assert_eq!(names(&jobs), ["certificates"]);
    bench.end(jobs[0].0, Outcome::Done);
    let jobs = bench.send("CONFIG SET metrics-port 9122\r\n");
    let jobs = bench.end(jobs[0].0, Outcome::Done);
    assert_eq!(names(&jobs), ["certificates"]);
}

#[test]
fn info_shows_the_tls_port_where_it_is_the_only_one() {
    let mut bench = Bench::new("tls-port 7000\nbind 127.0.0.1\nunixsocket s\nport 0\n");
    bench.send("INFO server\r\n");
    let info = bench.replies();
    assert!(info.contains("tcp_port:7000\r\n"), "{info}");
    let listeners: Vec<&str> = info
        .lines()
        .filter(|line| line.starts_with("listener"))
        .collect();
    let expect = [
        "listener1:name=unix,bind=s",
        "listener2:name=tls,bind=127.0.0.1,port=7000",
    ];
    assert_eq!(listeners, expect);
}

#[test]
fn a_migration_speaks_tls_where_the_cluster_does() {
    for (setting, expect) in [("no", Transport::Plain), ("yes", Transport::tls())] {
        let mut bench = Bench::new(&format!("tls-cluster {setting}\n"));
        bench.send("SET k v\r\n");
        let jobs = bench.send("MIGRATE 127.0.0.1 7 k 0 1000\r\n");
        let [(_, Job::Dial(dial))] = jobs.as_slice() else {
            panic!("{jobs:?}")
        };
        assert_eq!((dial.port, &dial.transport), (7, &expect));
    }
}
