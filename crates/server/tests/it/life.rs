//! Start, service, end.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};

use crate::process::{PROGRAM, Server, ask, run};

/// Looks again and again, but not for ever.
struct Patience(u32);

impl Patience {
    fn new() -> Self {
        Self(0)
    }

    fn wait(&mut self, seen: &str) {
        self.0 += 1;
        assert!(self.0 < 1_000_000, "{seen}");
        std::thread::yield_now();
    }
}

fn position(lines: &[String], text: &str) -> usize {
    let found = lines.iter().position(|line| line.contains(text));
    found.unwrap_or_else(|| panic!("{text:?} is not in {lines:#?}"))
}

#[test]
fn a_server_starts_serves_and_ends_on_sigterm() {
    let server = Server::start(&["--pidfile", "russet.pid"]);
    assert_eq!(server.ask("PING"), "+PONG");
    let id = server.process_id();
    let pid_file = std::fs::read_to_string(server.path("russet.pid")).unwrap();
    assert_eq!(pid_file, format!("{id}\n"));
    server.signal(Signal::TERM);
    let (status, lines, folder) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    let expect = [
        " * oO0OoO0OoO0Oo Russet is starting oO0OoO0OoO0Oo",
        "just started",
        " * Configuration loaded",
        " * monotonic clock: ",
        " * Running mode=standalone, port=0.",
        " * Server initialized",
        " * Ready to accept connections unix",
        ") Received SIGTERM scheduling shutdown...",
        "User requested shutdown...",
        " * Removing the pid file.",
        " * Removing the unix socket file.",
        " # Russet is now ready to exit, bye bye...",
    ];
    let places: Vec<usize> = expect.iter().map(|text| position(&lines, text)).collect();
    assert!(places.is_sorted(), "{lines:#?}");
    assert!(lines[0].starts_with(&format!("{id}:C ")), "{lines:#?}");
    assert!(
        lines[places[5]].starts_with(&format!("{id}:M ")),
        "{lines:#?}"
    );
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn settings_without_effect_are_named_in_the_log() {
    let mut server = Server::start(&["--replicaof", "127.0.0.1 1"]);
    position(
        &server.lines,
        " # The setting 'replicaof' has no effect in this version",
    );
    assert_eq!(server.ask("CONFIG SET min-replicas-to-write 9"), "+OK");
    server.read_until(" # The setting 'min-replicas-to-write' has no effect");
    assert_eq!(server.ask("PING"), "+PONG");
}

#[test]
fn a_signal_that_waits_is_taken_back() {
    let mut server = Server::start(&["--enable-debug-command", "yes"]);
    assert_eq!(server.ask("DEBUG PAUSE-CRON 1"), "+OK");
    server.signal(Signal::TERM);
    server.read_until(" Received SIGTERM scheduling shutdown...");
    let mut patience = Patience::new();
    while server.ask("SHUTDOWN ABORT") != "+OK" {
        patience.wait("the signal is not heard of");
    }
    server.read_until(" * Shutdown manually aborted.");
    assert_eq!(server.ask("DEBUG PAUSE-CRON 0"), "+OK");
    assert_eq!(server.ask("PING"), "+PONG");
    server.signal(Signal::TERM);
    let (status, lines, _) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
}

#[test]
fn a_server_saves_before_its_end_and_stays_when_it_cannot() {
    let mut server = Server::start(&["--save", "60 1", "--dbfilename", "dump.rdb"]);
    assert_eq!(server.ask("SET k v"), "+OK");
    std::fs::create_dir(server.folder.path().join("dump.rdb")).unwrap();
    let refused = "-ERR Errors trying to SHUTDOWN. Check logs.";
    assert_eq!(server.ask("SHUTDOWN SAVE"), refused);
    server.read_until(" # Error trying to save the DB, can't exit.");
    std::fs::remove_dir(server.folder.path().join("dump.rdb")).unwrap();
    server.signal(Signal::TERM);
    let (status, lines, folder) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
    position(&lines, " * DB saved on disk");
    assert!(folder.path().join("dump.rdb").is_file());
}

#[test]
fn a_server_without_a_bad_setting_warns_of_none() {
    let server = Server::start(&[]);
    assert!(
        !server
            .lines
            .iter()
            .any(|line| line.contains("has no effect"))
    );
    assert_eq!(server.ask("SHUTDOWN NOSAVE"), "");
    let (status, lines, _) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(
        !lines.iter().any(|line| line.contains("not saved")),
        "{lines:#?}"
    );
}

#[test]
fn a_pid_file_that_cannot_be_written_is_named_and_not_removed() {
    let server = Server::start(&["--pidfile", "/nonexistent/pid"]);
    let text = "Failed to write PID file '/nonexistent/pid': No such file or directory";
    position(&server.lines, text);
    server.signal(Signal::TERM);
    let (_, lines, _) = server.wait();
    assert!(
        !lines
            .iter()
            .any(|line| line.contains("Removing the pid file")),
        "{lines:#?}"
    );
}

#[test]
fn a_pid_file_stays_with_the_server_that_wrote_it_last() {
    let first = Server::start(&["--pidfile", "pid"]);
    let path = first.path("pid").to_str().unwrap().to_owned();
    let read = || std::fs::read_to_string(&path).ok();
    let own = |server: &Server| Some(format!("{}\n", server.process_id()));
    // One that cannot serve neither writes nor removes it.
    let (code, ..) = run(&["--port", "0", "--pidfile", &path], "");
    assert_eq!((code, read()), (1, own(&first)));
    let second = Server::start(&["--pidfile", &path]);
    assert_eq!(read(), own(&second));
    first.signal(Signal::TERM);
    let (_, _, _folder) = first.wait();
    assert_eq!(read(), own(&second));
    second.signal(Signal::TERM);
    let (_, lines, _) = second.wait();
    position(&lines, " * Removing the pid file.");
    assert_eq!(read(), None);
}

#[test]
fn sigint_ends_a_server_and_sighup_does_not() {
    let mut server = Server::start(&[]);
    server.signal(Signal::HUP);
    assert_eq!(server.ask("PING"), "+PONG");
    server.signal(Signal::INT);
    server.read_until("Received SIGINT scheduling shutdown...");
    let (status, lines, _) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
}

#[test]
fn sigint_after_a_refusal_asks_again_and_does_not_insist() {
    let options = ["--save", "3600 1", "--enable-protected-configs", "yes"];
    let mut server = Server::start(&options);
    // Nobody can write a dump there.
    assert_eq!(server.ask("CONFIG SET dir /proc"), "+OK");
    assert_eq!(server.ask("SET key value"), "+OK");
    for _ in 0..2 {
        server.signal(Signal::INT);
        server.read_until("Received SIGINT scheduling shutdown...");
        server.read_until("Error trying to save the DB, can't exit.");
        // The refusal is known to everybody by the end of the turn.
        assert_eq!(server.ask("PING"), "+PONG");
    }
    assert_eq!(server.ask("SHUTDOWN NOSAVE"), "");
    let (status, lines, _) = server.wait();
    assert_eq!(status.code(), Some(0), "{lines:#?}");
}

#[test]
fn the_logo_names_the_process_for_tools_that_wait_for_it() {
    let server = Server::start(&["--always-show-logo", "yes"]);
    let id = server.process_id();
    position(&server.lines, &format!(" PID: {id}"));
    position(&server.lines, " Port: 0");
}

#[test]
fn the_log_goes_to_the_file_that_is_configured() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let socket = folder.path().join("socket");
    let mut child = Command::new(PROGRAM)
        .args(["--port", "0", "--logfile", "log", "--unixsocket", "socket"])
        .arg("--dir")
        .arg(folder.path())
        .args(["--daemonize", "yes", "--pidfile", "pid", "--save", ""])
        .current_dir("/")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    // The parent ends at once, and the child goes on alone.
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let mut patience = Patience::new();
    let read = || std::fs::read_to_string(&path).unwrap_or_default();
    while !read().contains("Ready to accept connections unix") {
        patience.wait(&read());
    }
    assert_eq!(ask(&socket, "PING"), "+PONG");
    let id: i32 = std::fs::read_to_string(folder.path().join("pid"))
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    assert!(read().contains(&format!("pid={id}, just started")));
    kill_process(Pid::from_raw(id).unwrap(), Signal::TERM).unwrap();
    while !read().contains("bye bye") {
        patience.wait(&read());
    }
    assert!(!socket.exists());
}

/// The text of a report, from its first line on.
fn report(lines: &[String]) -> String {
    let start = position(lines, "=== REDIS BUG REPORT START");
    let end = position(lines, "=== REDIS BUG REPORT END");
    lines[start..=end].join("\n")
}

#[test]
fn a_signal_of_a_crash_is_reported_and_ends_the_process() {
    for (signal, number) in [(Signal::ABORT, 6), (Signal::SEGV, 11), (Signal::BUS, 7)] {
        let server = Server::start(&[]);
        server.signal(signal);
        let (status, lines, _) = server.wait();
        assert_eq!(status.signal(), Some(number));
        let report = report(&lines);
        for text in [
            &format!("crashed by signal: {number}, si_code: 0"),
            &format!("Killed by PID: {}, UID: ", std::process::id()),
            "------ STACK TRACE ------\nEIP:\n",
            "------ REGISTERS ------",
            "russet_server::",
            "------ INFO OUTPUT ------\n# Server",
            "------ CLIENT LIST OUTPUT ------",
        ] {
            assert!(report.contains(text), "no {text:?} in {report}");
        }
    }
}

#[test]
fn a_crash_within_a_command_shows_it_without_values() {
    for (what, number, text) in [
        (
            "PANIC",
            6,
            "Guru Meditation: DEBUG asked for it #crates/server/src/crash.rs:",
        ),
        ("SEGFAULT", 11, "crashed by signal: 11"),
    ] {
        let server = Server::start(&["--enable-debug-command", "yes"]);
        server.ask(&format!("DEBUG {what}"));
        let (status, lines, _) = server.wait();
        assert_eq!(status.signal(), Some(number));
        let report = report(&lines);
        assert!(report.contains(text), "{report}");
        let request = format!(
            "argc: 2\nargv[0]: \"debug\"\nargv[1]: {} bytes\n",
            what.len()
        );
        assert!(report.contains(&request), "{report}");
        assert!(report.contains("cmd=debug user=default"), "{report}");
    }
}

#[test]
fn settings_say_what_a_crash_brings_about() {
    let server = Server::start(&[
        "--enable-debug-command",
        "yes",
        "--use-exit-on-panic",
        "yes",
    ]);
    server.ask("CONFIG SET crash-log-enabled no hide-user-data-from-log yes");
    server.ask("DEBUG PANIC");
    let (status, lines, _) = server.wait();
    assert_eq!(status.code(), Some(1));
    position(&lines, "Guru Meditation: *redacted* #");
    assert!(!lines.iter().any(|line| line.contains("BUG REPORT")));
}

#[test]
fn a_long_turn_is_logged_with_its_place() {
    let mut server = Server::start(&["--enable-debug-command", "yes"]);
    server.ask("CONFIG SET watchdog-period 100");
    server.ask("DEBUG SLEEP 0.5");
    server.read_until("--- WATCHDOG TIMER EXPIRED ---");
    server.read_until("reactor/act.rs:");
    assert_eq!(server.ask("PING"), "+PONG");
}
