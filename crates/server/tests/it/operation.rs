//! Running the server as operators do: supervisors, signals, scores, CPUs, defaults.

use std::fs;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

use rustix::process::Signal;

use crate::process::Server;

/// All that a supervisor's socket hears until the end.
fn heard(socket: &UnixDatagram) -> String {
    socket
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let mut text = String::new();
    while !text.contains("STOPPING=1") {
        let mut buffer = [0; 512];
        let size = socket.recv(&mut buffer).unwrap();
        text.push_str(std::str::from_utf8(&buffer[..size]).unwrap());
    }
    text
}

const STORY: &str = "STATUS=Russet is loading...\n\
    STATUS=Ready to accept connections\nREADY=1\n\
    STOPPING=1\n";

#[test]
fn systemd_hears_of_the_start_and_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notify");
    let socket = UnixDatagram::bind(&path).unwrap();
    let variable = ("NOTIFY_SOCKET", path.to_str().unwrap());
    let server = Server::start_where(&[variable], &["--supervised", "systemd"]);
    server.signal(Signal::TERM);
    assert_eq!(heard(&socket), STORY);
    assert!(server.wait().0.success());
}

#[test]
fn an_abstract_socket_is_found_by_itself() {
    let name = format!("russet-test-{}", std::process::id());
    let address = SocketAddr::from_abstract_name(&name).unwrap();
    let socket = UnixDatagram::bind_addr(&address).unwrap();
    let variable = ("NOTIFY_SOCKET", &*format!("@{name}"));
    let options = ["--supervised", "auto", "--daemonize", "yes"];
    let server = Server::start_where(&[variable], &options);
    server.signal(Signal::TERM);
    assert_eq!(heard(&socket), STORY);
}

#[test]
fn signals_end_the_server_as_their_settings_say() {
    let rules = [
        ("--shutdown-on-sigterm", "default", false),
        ("--shutdown-on-sigterm", "save", true),
        ("--shutdown-on-sigint", "save", false),
        ("--shutdown-on-sigterm", "nosave", false),
    ];
    for (setting, value, saves) in rules {
        let server = Server::start(&[setting, value]);
        assert_eq!(server.ask("SET k v"), "+OK");
        server.signal(Signal::TERM);
        let (status, _, folder) = server.wait();
        assert!(status.success());
        assert_eq!(
            folder.path().join("dump.rdb").exists(),
            saves,
            "{setting} {value}"
        );
    }
    let server = Server::start(&["--shutdown-on-sigint", "nosave", "now", "--save", "1 1000"]);
    server.signal(Signal::INT);
    assert!(!server.wait().2.path().join("dump.rdb").exists());
}

#[test]
fn the_score_for_the_out_of_memory_killer_follows_the_settings() {
    let own: i32 = fs::read_to_string("/proc/self/oom_score_adj")
        .unwrap()
        .trim()
        .parse()
        .unwrap();
    let options = [
        "--oom-score-adj",
        "relative",
        "--oom-score-adj-values",
        "10 20 30",
    ];
    let server = Server::start(&options);
    let score = || {
        let path = format!("/proc/{}/oom_score_adj", server.process_id());
        fs::read_to_string(path)
            .unwrap()
            .trim()
            .parse::<i32>()
            .unwrap()
    };
    assert_eq!(score(), own + 10);
    assert_eq!(
        server.ask("CONFIG SET oom-score-adj-values '50 60 70'"),
        "+OK"
    );
    assert_eq!(score(), own + 50);
    assert_eq!(server.ask("CONFIG SET oom-score-adj absolute"), "+OK");
    assert_eq!(score(), 50);
    assert_eq!(server.ask("CONFIG SET oom-score-adj no"), "+OK");
    assert_eq!(score(), own);
}

#[test]
fn threads_keep_to_their_lists_of_cpus() {
    let all = fs::read_to_string("/proc/self/status").unwrap();
    let allowed = |text: &str| {
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix("Cpus_allowed_list:"));
        line.unwrap().trim().to_owned()
    };
    let own = allowed(&all);
    let first = own.split([',', '-']).next().unwrap();
    let server = Server::start(&["--server-cpulist", first]);
    assert_eq!(server.ask("SET k v"), "+OK");
    assert_eq!(server.ask("SAVE"), "+OK");
    let mut found = Vec::new();
    for task in fs::read_dir(format!("/proc/{}/task", server.process_id())).unwrap() {
        let path = task.unwrap().path();
        let name = fs::read_to_string(path.join("comm")).unwrap();
        let cpus = allowed(&fs::read_to_string(path.join("status")).unwrap());
        found.push((name.trim().to_owned(), cpus));
    }
    let of = |name: &str| {
        let mut threads = found.iter();
        let thread = threads.find(|(known, _)| known.starts_with(name));
        thread.map(|(_, cpus)| cpus.as_str())
    };
    assert_eq!(of("russet-server"), Some(first), "{found:?}");
    assert_eq!(of("russet-task"), Some(&*own), "{found:?}");
}

#[test]
fn defaults_of_an_image_come_before_the_users_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (defaults, file) = (path("defaults.conf"), path("user.conf"));
    fs::write(&defaults, "timeout 5\nhz 20\nmaxclients 100\n").unwrap();
    fs::write(&file, "hz 30\n").unwrap();
    let variable = ("RUSSET_DEFAULTS", &*defaults);
    let options = ["--include", &file, "--maxclients", "50"];
    let server = Server::start_where(&[variable], &options);
    assert_eq!(
        server.ask("CONFIG REWRITE"),
        "-ERR The server is running without a config file"
    );
    for (name, value) in [("timeout", "5"), ("hz", "30"), ("maxclients", "50")] {
        assert_eq!(server.setting(name), value);
    }
}

#[test]
fn a_system_without_a_log_of_its_own_is_no_error() {
    let server = Server::start(&["--syslog-enabled", "yes", "--syslog-facility", "local3"]);
    assert_eq!(server.ask("PING"), "+PONG");
}
