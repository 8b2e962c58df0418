//! A server in a process of its own, and what the kernel says of that process.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts a command that prints `listening on ADDRESS` first.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::try_start(command).expect("the server says where it listens")
    }

    /// `None` if it ends without a word.
    pub(crate) fn try_start(command: &mut Command) -> Option<Self> {
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the server starts");
        let mut line = String::new();
        let stdout = child.stdout.take().expect("it is piped");
        BufReader::new(stdout).read_line(&mut line).expect("UTF-8");
        let Some(address) = line.trim_end().strip_prefix("listening on ") else {
            child.wait().expect("it can be waited for");
            return None;
        };
        let address = address.trim_start_matches("http://").trim_end_matches('/');
        Some(Self { address: address.parse().expect("an address"), child })
    }

    /// `bindproof serve` on a port of the kernel's choice.
    pub(crate) fn bindproof(more: &[&str]) -> Self {
        Self::start(&mut Self::command("0", more))
    }

    pub(crate) fn command(port: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bindproof"));
        command.args(["serve", "--address", "127.0.0.1", "--port", port]);
        command.args(["--backlog", "4096"]).args(more);
        command
    }

    pub(crate) fn id(&self) -> i32 {
        i32::try_from(self.child.id()).expect("process ids are small")
    }

    fn status(&self, key: &str) -> u64 {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.id())).expect("it runs");
        let line = text.lines().find_map(|line| line.strip_prefix(key)).expect("the key is there");
        line.split_whitespace().nth(1).expect("a number").parse().expect("a number")
    }

    /// Memory that is present, in bytes.
    pub(crate) fn resident(&self) -> u64 {
        self.status("VmRSS") * 1024
    }

    pub(crate) fn descriptors(&self) -> usize {
        self.descriptors_below(usize::MAX)
    }

    /// Those that count for a limit: it may have inherited higher ones.
    pub(crate) fn descriptors_below(&self, limit: usize) -> usize {
        let found = std::fs::read_dir(format!("/proc/{}/fd", self.id())).expect("it runs");
        let number = |name: std::ffi::OsString| name.to_str()?.parse::<usize>().ok();
        let numbers = found.flatten().filter_map(|entry| number(entry.file_name()));
        numbers.filter(|number| *number < limit).count()
    }

    /// CPU time of all its threads.
    pub(crate) fn cpu(&self) -> Duration {
        let tasks = std::fs::read_dir(format!("/proc/{}/task", self.id())).expect("it runs");
        let spent = |path: std::path::PathBuf| -> u64 {
            let text = std::fs::read_to_string(path.join("schedstat")).unwrap_or_default();
            text.split(' ').next().and_then(|ns| ns.parse().ok()).unwrap_or(0)
        };
        Duration::from_nanos(tasks.flatten().map(|task| spent(task.path())).sum())
    }

    pub(crate) fn signal(&self, signal: i32) {
        // SAFETY: kill takes two numbers; the child was not waited for, so the id is its own.
        unsafe { libc::kill(self.id(), signal) };
    }

    /// `prlimit(RLIMIT_NOFILE)` on the running process.
    pub(crate) fn limit_descriptors(&self, soft: u64) {
        let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
        // SAFETY: the limits outlive the calls.
        unsafe {
            let old = &raw mut limit;
            assert_eq!(libc::prlimit(self.id(), libc::RLIMIT_NOFILE, std::ptr::null(), old), 0);
            limit.rlim_cur = soft;
            let new = &raw const limit;
            let none = std::ptr::null_mut();
            assert_eq!(libc::prlimit(self.id(), libc::RLIMIT_NOFILE, new, none), 0);
        }
    }

    /// SIGTERM, and the status it ends with.
    pub(crate) fn end(mut self) -> ExitStatus {
        self.signal(libc::SIGTERM);
        self.child.wait().expect("it can be waited for")
    }

    pub(crate) fn wait(&mut self) -> ExitStatus {
        self.child.wait().expect("it can be waited for")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Already waited for, or to be ended because something failed.
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
