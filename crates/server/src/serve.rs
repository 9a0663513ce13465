//! From a command line to a running server, and to its end.
//!
//! ```text
//!  configuration ─► directory ─► log ─► background ─► limits ─► listen ─► pid file ─► run ─► leave
//! ```
//! The lines of the log come in Redis's order and wording, for tools wait for them.
//!
//! Always true: no thread exists before the process went to the background.
//! Not here: what the server does — `russet-node`; how it waits — `russet-reactor`.

use std::io;
use std::process;

use russet_io::LogLevel;
use russet_node::{Config, Node};
use russet_reactor::log::{LogSink, os_text};
use russet_reactor::{Affinity, Clock, ListenError, Reactor, open_files};

use crate::args::Launch;
use crate::banner::{self, COMMIT, VERSION};
use crate::config::{self, LoadError, Sources};
use crate::log::{Log, Role};
use crate::measure;
use crate::os::{self, Forked};
use crate::supervise::Supervisor;
use crate::syslog::Syslog;
#[cfg(feature = "turns")]
use crate::turns::run;
use crate::{alloc, cpus, crash, fault, signal, watchdog};

/// An exit code above this asks for an end by a signal.
const BY_SIGNAL: i32 = 128;

/// Where a server in the background leaves its number when nothing else is said.
const PID_FILE: &str = "/var/run/redis.pid";

/// Why the server did not start, before the user learned of it.
enum Refusal {
    /// A line for the log.
    Logged(String),
    /// Text for standard error.
    Printed(String),
}

/// Serves, and returns the exit code.
pub(crate) fn serve(launch: &Launch) -> i32 {
    let log = Log::new();
    match prepare(launch, &log).and_then(|server| server.run(&log)) {
        Ok(code) => code,
        Err(Refusal::Logged(text)) => {
            log.warning(&text);
            1
        }
        Err(Refusal::Printed(text)) => {
            print_error(&text);
            if let Some(advice) = launch.advice() {
                print_error(&advice);
            }
            1
        }
    }
}

#[cfg(not(feature = "turns"))]
fn run(reactor: &mut Reactor<Node>, _log: &Log) -> io::Result<i32> {
    reactor.run()
}

/// A server that has its configuration.
struct Server {
    sources: Sources,
    config: Config,
    supervisor: Supervisor,
    is_background: bool,
    /// The file that holds the process's number.
    pid_file: Option<String>,
}

/// The beginning of the line with which the node says that it serves requests.
const READY: &str = "Ready to accept connections";

/// The line with which the node begins the end.
const ENDING: &str = "User requested shutdown...";

/// A log that has the supervisor hear of the line that tells readiness.
struct Announcing {
    log: Log,
    supervisor: Supervisor,
}

impl LogSink for Announcing {
    fn line(&mut self, level: LogLevel, text: &str) {
        self.log.line(level, text);
        if text.starts_with(READY) {
            let state = "STATUS=Ready to accept connections\nREADY=1\n";
            self.supervisor.notify(&self.log, state);
        } else if text == ENDING {
            self.supervisor.notify(&self.log, "STOPPING=1\n");
        }
    }

    fn redirect(&mut self, file: &str, level: Option<LogLevel>) -> io::Result<()> {
        self.log.redirect(file, level)
    }
}

/// Reads the configuration and goes to the background.
fn prepare(launch: &Launch, log: &Log) -> Result<Server, Refusal> {
    if launch.stdin {
        log.notice("Reading config from stdin");
    }
    let sources = config::read(launch).map_err(refuse)?;
    let mut config = sources.load().map_err(refuse)?;
    config::enter_directory(&mut config).map_err(refuse)?;
    log.set_file(&config.logfile)
        .map_err(|error| no_log_file(&config.logfile, &error))?;
    log.set_level(config.loglevel);
    use_syslog(&config, log);
    let supervisor = Supervisor::of(&text_of(&config, "supervised"), log);
    let is_background = config.daemonize && supervisor == Supervisor::None;
    if is_background {
        go_to_background().map_err(|error| no_background(&error))?;
        log.refresh_process_id();
    }
    crash::report_to(log.clone());
    greet(launch, log);
    log.set_role(Role::Primary);
    for setting in config.without_effect() {
        log.write(setting.level, &setting.text);
    }
    Ok(Server {
        sources,
        config,
        supervisor,
        is_background,
        pid_file: None,
    })
}

/// The value of a setting as text.
fn text_of(config: &Config, name: &str) -> String {
    let value = config.get(name).unwrap_or_default();
    String::from_utf8_lossy(&value).into_owned()
}

fn use_syslog(config: &Config, log: &Log) {
    if !config.syslog_enabled {
        return;
    }
    let ident = text_of(config, "syslog-ident");
    match Syslog::new(ident, &text_of(config, "syslog-facility")) {
        Ok(syslog) => log.set_syslog(syslog),
        Err(error) => log.warning(&format!("Can't use syslog: {}", os_text(&error))),
    }
}

/// Has the loop and its pool keep to the CPUs that are configured for them.
fn keep_to_cpus(config: &Config, reactor: &mut Reactor<Node>) {
    let list = |name| cpus::parse(&text_of(config, name)).unwrap_or_default();
    let before = cpus::current();
    let server = list("server-cpulist");
    let is_kept = !server.is_empty() && cpus::keep_to(&server);
    // A thread begins with the CPUs of the thread that starts it.
    let otherwise = |list: Vec<usize>| match list.is_empty() && is_kept {
        true => before.clone(),
        false => list,
    };
    reactor.keep_to(&Affinity {
        tasks: otherwise(list("bgsave-cpulist")),
        others: otherwise(list("bio-cpulist")),
    });
}

/// The contents of the pid file.
fn own_id() -> String {
    format!("{}\n", process::id())
}

fn greet(launch: &Launch, log: &Log) {
    log.notice("oO0OoO0OoO0Oo Russet is starting oO0OoO0OoO0Oo");
    log.notice(&format!(
        "Russet version={VERSION}, bits={}, commit={COMMIT}, modified=0, pid={}, just started",
        usize::BITS,
        process::id()
    ));
    if launch.is_bare() {
        log.warning(
            "Warning: no config file specified, using the default config. In order to specify a \
             config file use russet-server /path/to/redis.conf",
        );
    } else {
        log.notice("Configuration loaded");
    }
}

impl Server {
    /// Serves until the end.
    fn run(mut self, log: &Log) -> Result<i32, Refusal> {
        self.supervisor.announce_start(log);
        self.raise_limits(log)?;
        log.notice("monotonic clock: POSIX clock_gettime");
        self.show_logo(log);
        let mut reactor = self.start(log)?;
        // One that cannot serve leaves the file to the server that does.
        self.write_pid_file(log);
        watchdog::watch(reactor.pulse(), log.clone());
        fault::watch(Some(reactor.service_mut()));
        let end = run(&mut reactor, log);
        fault::watch(None);
        let code = end.map_err(|error| {
            self.remove_pid_file();
            Refusal::Logged(format!("Waiting for events: {}", os_text(&error)))
        })?;
        if self.remove_pid_file() && code == 0 {
            log.notice("Removing the pid file.");
        }
        if reactor.close_listeners() && code == 0 {
            log.notice("Removing the unix socket file.");
        }
        // What went wrong was logged last, and stays the last line.
        if code == 0 {
            log.warning("Russet is now ready to exit, bye bye...");
        }
        if code > BY_SIGNAL {
            fault::die_by(code - BY_SIGNAL);
        }
        // Freeing the data entry by entry would only delay the end.
        process::exit(code)
    }

    /// Makes the loop listen.
    fn start(&self, log: &Log) -> Result<Reactor<Node>, Refusal> {
        let now = Clock::new().now();
        let mut config = self.config.clone();
        config::read_users(&mut config).map_err(Refusal::Logged)?;
        let mut node = Node::new(config, measure::environment(), now);
        node.start();
        let sink = Announcing {
            log: log.clone(),
            supervisor: self.supervisor,
        };
        let mut reactor = Reactor::new(node, Box::new(sink))
            .map_err(|error| Refusal::Logged(format!("Creating the loop: {}", os_text(&error))))?;
        // A refusal is in the log; the server serves all the same.
        let _ = reactor.set_oom_score(self.config.oom_score());
        keep_to_cpus(&self.config, &mut reactor);
        reactor.measure_every(measure::PERIOD, measure::meter());
        if let Some(settings) = self.config.tls_settings() {
            reactor.load_tls(&settings).map_err(|text| {
                log.warning(&text);
                Refusal::Logged("Failed to configure TLS. Check logs for more info.".to_owned())
            })?;
        }
        let plan = self.config.listen_plan();
        reactor.listen(&plan).map_err(|error| match error {
            ListenError::Tcp { port, .. } => {
                let kind = match port {
                    port if port == self.config.port => "tcp",
                    port if port == self.config.tls_port => "tls",
                    _ => "metrics",
                };
                Refusal::Logged(format!(
                    "Failed listening on port {port} ({kind}), aborting."
                ))
            }
            other => Refusal::Logged(other.to_string()),
        })?;
        let (has_tcp, has_unix) = (
            !reactor.addresses().is_empty(),
            reactor.unix_path().is_some(),
        );
        if !has_tcp && !has_unix {
            return Err(Refusal::Logged(
                "Configured to not listen anywhere, exiting.".to_owned(),
            ));
        }
        signal::listen(reactor.remote(), log.clone())
            .map_err(|error| Refusal::Logged(format!("Taking signals: {}", os_text(&error))))?;
        log.notice("Server initialized");
        Ok(reactor)
    }

    /// Makes room for the clients, or fewer of them.
    fn raise_limits(&mut self, log: &Log) -> Result<(), Refusal> {
        alloc::tune();
        if let Err(error) = alloc::keep_spare() {
            let reason = os_text(&error);
            log.warning(&format!(
                "Starting the thread that prepares memory: {reason}"
            ));
        }
        let granted = open_files::raise(self.config.maxclients);
        if granted.max_clients == 0 {
            let lines = granted.lines.into_iter().map(|(_, text)| text);
            return Err(Refusal::Logged(lines.collect()));
        }
        for (level, text) in &granted.lines {
            log.write(*level, text);
        }
        if granted.max_clients < self.config.maxclients {
            self.sources
                .add(format!("maxclients {}", granted.max_clients));
            self.config = self.sources.load().map_err(refuse)?;
            self.config.set_directory(&config::absolute(""));
        }
        Ok(())
    }

    fn write_pid_file(&mut self, log: &Log) {
        let path = match self.config.pidfile.as_str() {
            "" if self.is_background => PID_FILE,
            "" => return,
            path => path,
        };
        let path = config::absolute(path);
        match std::fs::write(&path, own_id()) {
            Ok(()) => self.pid_file = Some(path),
            Err(error) => {
                let reason = os_text(&error);
                log.warning(&format!("Failed to write PID file '{path}': {reason}"));
            }
        }
    }

    /// Says whether there was a file to remove: one that could be written, and that no other
    /// server has written since.
    fn remove_pid_file(&self) -> bool {
        let Some(path) = &self.pid_file else {
            return false;
        };
        let is_own = std::fs::read_to_string(path).is_ok_and(|text| text == own_id());
        is_own && std::fs::remove_file(path).is_ok()
    }

    /// The logo is for people: a log file gets one line instead, unless asked.
    fn show_logo(&self, log: &Log) {
        let is_terminal = io::IsTerminal::is_terminal(&io::stdout());
        let port = self.config.main_port();
        if self.config.always_show_logo || is_terminal && self.config.logfile.is_empty() {
            if self
                .config
                .loglevel
                .is_some_and(|level| level <= LogLevel::Notice)
            {
                log.write_raw(&banner::logo(port, process::id()));
            }
        } else {
            log.notice(&format!("Running mode=standalone, port={port}."));
        }
    }
}

/// The parent ends here; the child goes on without a terminal.
fn go_to_background() -> io::Result<()> {
    if os::fork()? == Forked::Parent {
        process::exit(0);
    }
    rustix::process::setsid()?;
    let null = std::fs::File::options()
        .read(true)
        .write(true)
        .open("/dev/null")?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(&null)?;
    rustix::stdio::dup2_stderr(&null)?;
    Ok(())
}

fn refuse(error: LoadError) -> Refusal {
    match error {
        LoadError::Unreadable { .. } => Refusal::Logged(error.to_string()),
        LoadError::Wrong(error) => Refusal::Printed(error.to_string()),
    }
}

fn no_log_file(path: &str, error: &io::Error) -> Refusal {
    let message = format!("Can't open the log file '{path}': {}", os_text(error));
    refuse(LoadError::Wrong(russet_node::config::FileError {
        line: None,
        message,
    }))
}

fn no_background(error: &io::Error) -> Refusal {
    Refusal::Logged(format!("Can't go to the background: {}", os_text(error)))
}

/// Standard error may be closed; then nobody wants to know.
fn print_error(text: &str) {
    use std::io::Write as _;
    let _ = writeln!(io::stderr(), "{text}");
}
