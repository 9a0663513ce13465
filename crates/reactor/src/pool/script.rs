//! Programs that are run outside, with a time limit.
//!
//! ```text
//!  spawn in a group of its own ─► a thread waits for its end, without taking it ─► exit code
//!                             └─► time is over ─► SIGKILL to the group ─────────────┘
//! ```
//! Always true: the program is killed before its end was taken, so its number is still its own.
//! Not here: who runs it — `crew.rs`.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use crossbeam_channel::bounded;
use russet_io::{Outcome, Script};
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// The thread only waits.
const STACK_SIZE: usize = 64 << 10;

/// Runs a program to its end, or to the end of its time. Its output goes where ours goes.
pub(super) fn run(script: &Script) -> io::Result<Outcome> {
    let mut child = Command::new(&script.path)
        .args(&script.arguments)
        .stdin(Stdio::null())
        .process_group(0)
        .spawn()?;
    let pid = Pid::from_child(&child);
    let (sender, ended) = bounded::<()>(1);
    let watch = thread::Builder::new().name("russet-watch".to_owned());
    let watching = watch.stack_size(STACK_SIZE).spawn(move || {
        await_end(pid);
        let _ = sender.send(());
    });
    let timeout = Duration::from_millis(script.timeout_ms);
    // Without a thread that waits, nobody would know when the time is over.
    if watching.is_err() || ended.recv_timeout(timeout).is_err() {
        // It fails when the program just ended.
        let _ = kill_process_group(pid, Signal::KILL);
    }
    let status = child.wait()?;
    watching?;
    Ok(Outcome::Exited {
        code: status.code(),
    })
}

/// Waits until a child has ended, and leaves its end to be taken by somebody else.
fn await_end(pid: Pid) {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    while let Err(rustix::io::Errno::INTR) = waitid(WaitId::Pid(pid), options) {}
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    fn sh(text: &str, timeout_ms: u64) -> Outcome {
        run(&Script {
            path: "/bin/sh".to_owned(),
            arguments: vec!["-c".to_owned(), text.to_owned()],
            timeout_ms,
        })
        .unwrap()
    }

    #[test]
    fn the_exit_code_is_told() {
        for expect in [0, 1, 7] {
            let outcome = sh(&format!("exit {expect}"), 20_000);
            assert!(matches!(outcome, Outcome::Exited { code: Some(code) } if code == expect));
        }
        let outcome = sh("kill -TERM $$", 20_000);
        assert!(matches!(outcome, Outcome::Exited { code: None }));
    }

    #[test]
    fn a_program_that_takes_too_long_is_killed_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let mark = folder.path().join("pid");
        let began = Instant::now();
        let text = format!("sleep 60 & echo $! > {}; wait", mark.display());
        let outcome = sh(&text, 300);
        assert!(matches!(outcome, Outcome::Exited { code: None }));
        assert!(began.elapsed() < Duration::from_secs(30));
        let pid = std::fs::read_to_string(mark).unwrap();
        // It dies in its own time, and may stay as a zombie, without a command line, for a while.
        let is_alive = || {
            let command = std::fs::read(format!("/proc/{}/cmdline", pid.trim()));
            !command.unwrap_or_default().is_empty()
        };
        while is_alive() {
            assert!(began.elapsed() < Duration::from_secs(30));
            thread::yield_now();
        }
    }

    #[test]
    fn a_program_that_is_not_there_is_an_error() {
        let script = Script {
            path: "/nonexistent/script".to_owned(),
            arguments: Vec::new(),
            timeout_ms: 1_000,
        };
        assert_eq!(run(&script).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
