//! Processes of others: groups of them, their end, their CPU time and their memory.
//!
//! Killing goes through `sh`, so no system call is made from here; everything read is in `/proc`.
//!
//! Always true: only processes that we started, or that live below a directory of ours, are ended.
//! Not here: running a tool to its end — `tool.rs`

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// A child that leads its own process group; the group dies with this value, or with us.
#[derive(Debug)]
pub(crate) struct Group {
    child: Child,
    guard: Option<(Child, ChildStdin)>,
}

impl Group {
    /// Starts a command as the leader of a new process group.
    pub(crate) fn spawn(command: &mut Command) -> Result<Self, String> {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command
            .process_group(0)
            .spawn()
            .map_err(|error| format!("{name}: {error}"))?;
        let guard = guard(child.id());
        Ok(Self { child, guard })
    }

    /// The leader's process id, which is the group's too.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether the leader has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)))
    }

    /// Waits for the leader; false when it is still there after the limit.
    pub(crate) fn wait(&mut self, limit: Duration) -> bool {
        let start = Instant::now();
        while start.elapsed() < limit {
            if self.has_ended() {
                return true;
            }
            thread::sleep(Duration::from_millis(50));
        }
        false
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        kill(&format!("-{}", self.child.id()));
        let _ended = self.child.wait();
        if let Some((mut guard, stdin)) = self.guard.take() {
            // The guard acts when its input ends without a line, so it is ended first.
            let _killed = guard.kill();
            drop(stdin);
            let _ended = guard.wait();
        }
    }
}

/// A shell that outlives us long enough to kill the group when we are killed ourselves: its input
/// ends when this process does, however that happens.
fn guard(group: u32) -> Option<(Child, ChildStdin)> {
    let mut guard = Command::new("sh")
        .args([
            "-c",
            "read -r _; kill -s KILL -- \"-$1\" 2>/dev/null",
            "guard",
            &group.to_string(),
        ])
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let stdin = guard.stdin.take()?;
    Some((guard, stdin))
}

/// Ends a process, or with a leading `-` a process group, at once.
fn kill(target: &str) {
    let _status = Command::new("sh")
        .args(["-c", "kill -s KILL -- \"$1\" 2>/dev/null", "kill", target])
        .stdin(Stdio::null())
        .status();
}

/// Ends whatever still runs with its working directory below `dir`: servers that became daemons
/// have left their group.
pub(crate) fn kill_below(dir: &Path) {
    for _ in 0..20 {
        let left = below(dir);
        if left.is_empty() {
            return;
        }
        for id in left {
            kill(&id);
        }
        thread::sleep(Duration::from_millis(100));
    }
}

fn below(dir: &Path) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
        .filter(|name| {
            fs::read_link(format!("/proc/{name}/cwd")).is_ok_and(|cwd| cwd.starts_with(dir))
        })
        .collect()
}

/// Nanoseconds of CPU that all threads of a process have used, in user and kernel mode.
pub(crate) fn cpu_ns(id: u32) -> u64 {
    let Ok(tasks) = fs::read_dir(format!("/proc/{id}/task")) else {
        return 0;
    };
    tasks
        .filter_map(|task| fs::read_to_string(task.ok()?.path().join("schedstat")).ok())
        .filter_map(|text| text.split_whitespace().next()?.parse::<u64>().ok())
        .sum()
}

/// Nanoseconds of CPU that the main thread of a process has used.
pub(crate) fn main_cpu_ns(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/task/{id}/schedstat")).unwrap_or_default();
    let first = text.split_whitespace().next();
    first.and_then(|number| number.parse().ok()).unwrap_or(0)
}

/// Nanoseconds of CPU that children of a process had used when they ended; exact to 10 ms.
pub(crate) fn children_cpu_ns(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name may hold spaces; the 16th and 17th field count from behind it.
    let rest = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let ticks = rest.split_whitespace().skip(13).take(2);
    let ticks: u64 = ticks.filter_map(|field| field.parse::<u64>().ok()).sum();
    ticks * 10_000_000
}

/// Resident bytes of a process.
pub(crate) fn resident_bytes(id: u32) -> u64 {
    let text = fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kib.unwrap_or(0) << 10
}

#[cfg(test)]
mod tests {
    use super::{Duration, Group, cpu_ns, resident_bytes};
    use std::path::Path;
    use std::process::Command;

    #[test]
    fn a_group_dies_with_its_value() {
        let group = Group::spawn(Command::new("sh").args(["-c", "sleep 600 & sleep 600"]))
            .expect("sh is there");
        let id = group.id();
        assert!(Path::new(&format!("/proc/{id}")).exists());
        drop(group);
        assert!(!Path::new(&format!("/proc/{id}")).exists());
    }

    #[test]
    fn an_ended_leader_is_noticed() {
        let mut group = Group::spawn(&mut Command::new("true")).expect("true is there");
        assert!(group.wait(Duration::from_secs(60)));
        assert!(group.has_ended());
    }

    #[test]
    fn our_own_cpu_and_memory_are_readable() {
        assert!(resident_bytes(std::process::id()) > 0);
        assert!(cpu_ns(std::process::id()) > 0);
    }
}
