//! A worker's private directory: a copy of the suite's tests with our binary in the server's place.
//!
//! Always true: what runs below the directory is killed, and the directory removed, on drop.
//! Not here: which files run and what their logs mean — `compat/mod.rs`, `compat/marks.rs`

use std::fs;
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Plan;
use crate::certificates;
use crate::processes::{self, Group};
use crate::server::scratch_dir;
use crate::tool;

/// A work directory.
#[derive(Debug)]
pub(crate) struct Work {
    dir: PathBuf,
    is_kept: bool,
}

impl Work {
    /// Builds a directory in which the suite finds everything it expects of a build tree.
    pub(crate) fn new(suite: &Path, server: &Path, is_kept: bool) -> Result<Self, String> {
        let work = Self {
            dir: scratch_dir("compat")?,
            is_kept,
        };
        work.fill(suite, server)
            .map_err(|error| format!("{}: {error}", work.dir.display()))?;
        Ok(work)
    }

    fn fill(&self, suite: &Path, server: &Path) -> io::Result<()> {
        copy_dir(&suite.join("tests"), &self.dir.join("tests"))?;
        for entry in fs::read_dir(suite)? {
            let name = entry?.file_name();
            if name != "tests" && name != "src" {
                symlink(suite.join(&name), self.dir.join(&name))?;
            }
        }
        fs::create_dir_all(self.dir.join("tests/tmp"))?;
        let src = self.dir.join("src");
        fs::create_dir(&src)?;
        if suite.join("src/commands").exists() {
            symlink(suite.join("src/commands"), src.join("commands"))?;
        }
        for family in ["redis", "valkey"] {
            let file = |program: &str| src.join(format!("{family}-{program}"));
            symlink(server, file("server"))?;
            for program in ["cli", "benchmark"] {
                if let Some(path) = tool::find(&format!("redis-{program}")) {
                    symlink(path, file(program))?;
                }
            }
            // A checker may be the server under another name, so it is called by its own.
            for program in ["check-aof", "check-rdb"] {
                if let Some(path) = tool::find(&format!("redis-{program}")) {
                    write_script(&file(program), &path)?;
                }
            }
        }
        Ok(())
    }

    /// Makes the certificates that the suite expects to find.
    pub(crate) fn make_certificates(&self) -> Result<(), String> {
        certificates::make(&self.dir.join("tests/tls"))
    }

    /// Runs one file; false when it was cut off at its time limit.
    pub(crate) fn run(
        &self,
        plan: &Plan,
        file: &str,
        port: u16,
        log: &Path,
    ) -> Result<bool, String> {
        let out = fs::File::create(log).map_err(|error| format!("{}: {error}", log.display()))?;
        let errors = out.try_clone().map_err(|error| error.to_string())?;
        let mut command = Command::new(&plan.tclsh);
        command
            .args([
                "tests/test_helper.tcl",
                "--single",
                file,
                "--clients",
                "1",
                "--durable",
            ])
            .args([
                "--baseport",
                &(port + 40).to_string(),
                "--portcount",
                "2000",
            ])
            .args(plan.ignores_encoding.then_some("--ignore-encoding"))
            .args(plan.speaks_tls.then_some("--tls"))
            .current_dir(&self.dir)
            .env("TERM", "dumb")
            .env("LC_ALL", "C.UTF-8")
            .env_remove("REDISCLI_AUTH")
            .stdin(Stdio::null())
            .stdout(out)
            .stderr(errors);
        let mut group = Group::spawn(&mut command)?;
        let has_ended = group.wait(plan.limit);
        drop(group);
        processes::kill_below(&self.dir);
        if !self.is_kept {
            let servers = self.dir.join("tests/tmp");
            let _removed = fs::remove_dir_all(&servers);
            fs::create_dir_all(&servers).map_err(|error| error.to_string())?;
        }
        Ok(has_ended)
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        processes::kill_below(&self.dir);
        if self.is_kept {
            println!("kept {}", self.dir.display());
        } else {
            let _removed = fs::remove_dir_all(&self.dir);
        }
    }
}

fn write_script(path: &Path, program: &Path) -> io::Result<()> {
    fs::write(
        path,
        format!("#!/bin/sh\nexec '{}' \"$@\"\n", program.display()),
    )?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o755))
}

fn copy_dir(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (source, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_dir(&source, &target)?;
        } else if kind.is_symlink() {
            symlink(fs::read_link(&source)?, &target)?;
        } else {
            fs::copy(&source, &target)?;
        }
    }
    Ok(())
}
