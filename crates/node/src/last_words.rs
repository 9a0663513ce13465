//! The state of a node, told when its process crashes.
//!
//! Always true: no value of a key and no argument of a request is told, only how long it is.
//! Not here: signals, registers, traces — crate `russet-server`.

use std::fmt::Write;

use russet_resp::Args;

use crate::control::client::describe::{Names, describe};
use crate::control::info::look;
use crate::gate;
use crate::info::render;
use crate::node::Node;
use crate::running::RunningSession;

/// The most arguments of a request that are listed.
const ARGS_MAX: usize = 64;

/// The state of a node that a report of a crash shows.
#[derive(Debug)]
pub struct LastWords {
    /// INFO with every section.
    pub info: String,
    /// CLIENT LIST without the client whose request runs.
    pub clients: String,
    /// The client whose request runs, and that request without its values.
    pub current: Option<String>,
}

impl Node {
    /// The addresses of the session and the arguments of the request that runs; null while none
    /// runs. They hold while the thread of this node stands still.
    pub fn running(&self) -> (*const RunningSession, *const Args<'static>) {
        self.core.running.addresses()
    }

    /// Describes the node for a report of a crash, with the request that runs. Names that clients
    /// chose are left out if `hide-user-data-from-log` says so. It takes time proportional to the
    /// number of clients.
    pub fn last_words(&mut self, running: Option<(&RunningSession, &Args<'_>)>) -> LastWords {
        let names = Names::in_log(&self.core);
        let mut clients = String::new();
        for session in self.sessions.iter() {
            describe(&self.core, session, names, &mut clients);
        }
        let current = running.map(|(session, args)| {
            let mut text = String::new();
            describe(&self.core, &session.0, names, &mut text);
            self.describe_request(args, &mut text);
            text
        });
        let count = self.sessions.len();
        let info = look(&mut self.core, (self.sessions.iter(), count), |view, _| {
            render(view, &[b"everything"])
        });
        LastWords {
            info,
            clients,
            current,
        }
    }

    /// Appends the name of the command, and how long each argument is.
    fn describe_request(&self, args: &Args<'_>, text: &mut String) {
        let _ = writeln!(text, "argc: {}", args.len());
        let mut listed = 0;
        if let Ok(id) = gate::resolve(&self.core, *args) {
            let name = &self.core.commands.get(id).full_name;
            for (idx, word) in name.split('|').enumerate() {
                let _ = writeln!(text, "argv[{idx}]: \"{word}\"");
                listed += 1;
            }
        }
        for (idx, arg) in args.iter().enumerate().take(ARGS_MAX).skip(listed) {
            let _ = writeln!(text, "argv[{idx}]: {} bytes", arg.len());
        }
    }
}
