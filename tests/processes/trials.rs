//! Starts a scenario, plays its clients and signals, and looks at what comes out.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use bindproof::sys;
use libtest_mimic::Trial;

/// Names the scenario that the process plays.
pub(crate) const SCENARIO: &str = "BINDPROOF_SCENARIO";
/// Names a folder of the scenario's own.
pub(crate) const FOLDER: &str = "BINDPROOF_FOLDER";

pub(crate) fn all() -> Vec<Trial> {
    macro_rules! trials {
        ($($function:ident),+ $(,)?) => {
            vec![$(Trial::test(stringify!($function), || { $function(); Ok(()) })),+]
        };
    }
    let mut trials = trials![
        w1_all_children_accept_from_the_sockets_of_their_parent,
        w3_w9_d18_every_worker_has_its_own_loop_and_the_parent_leaves_with_zero,
        p4_children_that_listen_with_reuse_port_share_the_port,
        w3_w6_forking_is_refused_after_a_loop_beside_threads_and_inside_a_worker,
        w4_w5_the_ids_are_zero_to_n_minus_one,
        w7_a_failed_worker_is_started_again_with_its_id,
        w8_d14_one_failure_too_many_ends_the_others,
        w8_restarts_are_counted_over_all_workers,
        d14_a_worker_that_does_not_end_is_killed,
        d14_a_worker_may_finish_within_the_grace,
    ];
    if sys::OS == "linux" {
        trials.extend(trials![
            a8_clients_wait_while_no_descriptor_is_free_and_are_all_served,
            t9_a_handler_that_leaks_its_streams_does_not_take_the_served_ones,
        ]);
    }
    trials
}

/// A scenario that runs.
struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

fn start(scenario: &str) -> Running {
    let folder = tempfile::tempdir().unwrap();
    let mut child = Command::new(std::env::current_exe().unwrap())
        .env(SCENARIO, scenario)
        .env(FOLDER, folder.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    Running { child, lines, _folder: folder }
}

impl Running {
    /// Waits until so many say that they serve, and where.
    fn ready(&mut self, count: usize) -> SocketAddr {
        let mut address = None;
        for _ in 0..count {
            let line = self.line();
            let words: Vec<&str> = line.split(' ').collect();
            assert_eq!((words[0], words.len()), ("ready", 3), "{line}");
            address = Some(words[2].parse().unwrap());
        }
        address.unwrap()
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        assert_ne!(self.lines.read_line(&mut line).unwrap(), 0, "it ended early");
        line.trim_end().to_owned()
    }

    /// SIGTERM to the parent.
    fn terminate(&self) {
        sys::end_process(i32::try_from(self.child.id()).unwrap(), false);
    }

    /// Everything that was said until the last process of the scenario has ended, sorted, and the
    /// status of the first one.
    fn end(mut self) -> (Vec<String>, ExitStatus) {
        let mut rest = String::new();
        self.lines.read_to_string(&mut rest).unwrap();
        let mut lines: Vec<String> = rest.lines().map(str::to_owned).collect();
        lines.sort();
        (lines, self.child.wait().unwrap())
    }
}

/// Clients, each of which is answered once with a worker's id; how many each worker served.
fn ask(address: SocketAddr, clients: usize) -> BTreeMap<String, usize> {
    let mut served = BTreeMap::new();
    let streams: Vec<_> = (0..clients).map(|_| TcpStream::connect(address).unwrap()).collect();
    for mut stream in streams {
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(["0\n", "1\n", "2\n"].contains(&answer.as_str()), "{answer:?}");
        *served.entry(format!("served {}", answer.trim_end())).or_default() += 1;
    }
    served
}

/// Three workers serve thirty clients, each once, and end when the parent is told to.
fn serve_thirty(scenario: &str, last_words: &[&str]) {
    let mut running = start(scenario);
    let address = running.ready(3);
    let answered = ask(address, 30);
    running.terminate();
    let (lines, status) = running.end();
    let mut said = BTreeMap::new();
    for line in lines.iter().filter(|line| line.starts_with("served")) {
        *said.entry(line.clone()).or_default() += 1;
    }
    assert_eq!(said, answered, "what the workers say, and what the clients got");
    let others: Vec<&String> = lines.iter().filter(|line| !line.starts_with("served")).collect();
    assert_eq!(others, last_words);
    assert_eq!(status.code(), Some(0));
    assert!(TcpStream::connect(address).is_err(), "nobody is left");
}

fn w1_all_children_accept_from_the_sockets_of_their_parent() {
    serve_thirty("bind, fork, add", &["all done"]);
}

fn w3_w9_d18_every_worker_has_its_own_loop_and_the_parent_leaves_with_zero() {
    // The parent does not come back from the call, so it says nothing.
    serve_thirty("bind, start", &[]);
}

fn p4_children_that_listen_with_reuse_port_share_the_port() {
    serve_thirty("fork, listen", &["all done"]);
}

fn w3_w6_forking_is_refused_after_a_loop_beside_threads_and_inside_a_worker() {
    let (lines, status) = start("refused").end();
    assert_eq!(lines, ["refused inside"]);
    assert_eq!(status.code(), Some(0));
}

fn w4_w5_the_ids_are_zero_to_n_minus_one() {
    let cpus = std::thread::available_parallelism().unwrap().get();
    for (scenario, count) in [("ids of one", 1), ("ids of three", 3), ("ids of all", cpus)] {
        let (lines, status) = start(scenario).end();
        let mut expected = vec!["all done".to_owned()];
        expected.extend((0..count).map(|id| format!("worker {id}")));
        expected.sort();
        assert_eq!(lines, expected, "{scenario}");
        assert_eq!(status.code(), Some(0));
    }
}

fn w7_a_failed_worker_is_started_again_with_its_id() {
    let (lines, status) = start("restarts").end();
    let expected = [
        "all done",
        "log worker 0 ended with code 2; it is started again",
        "log worker 0 ended with code 3; it is started again",
        "log worker 0 ended with code 4; it is started again",
        "log worker 0 was killed by signal 9; it is started again",
        "worker 0 start 1",
        "worker 0 start 2",
        "worker 0 start 3",
        "worker 0 start 4",
        "worker 0 start 5",
        "worker 1",
    ];
    assert_eq!(lines, expected);
    assert_eq!(status.code(), Some(0));
}

fn w8_d14_one_failure_too_many_ends_the_others() {
    for (scenario, starts) in [("too many restarts", 3), ("no restarts", 1)] {
        let (lines, status) = start(scenario).end();
        let started = lines.iter().filter(|line| *line == "worker 1").count();
        assert_eq!(started, starts, "{lines:?}");
        let error = lines.iter().find(|line| line.starts_with("error")).expect("an error");
        assert!(error.contains("worker 1 ended with code 7"), "{error}");
        assert_eq!(status.code(), Some(0));
    }
}

fn w8_restarts_are_counted_over_all_workers() {
    let (lines, status) = start("restarts of all").end();
    let said = |what: &str| lines.iter().filter(|line| line.contains(what)).count();
    // The end of one is one restart, the end of the other one too many.
    assert_eq!((said("it is started again"), said("error")), (1, 1), "{lines:?}");
    assert_eq!(status.code(), Some(0));
}

fn d14_a_worker_that_does_not_end_is_killed() {
    let (lines, status) = start("deaf to SIGTERM").end();
    assert_eq!(lines, ["both gone"]);
    assert_eq!(status.code(), Some(0));
}

fn d14_a_worker_may_finish_within_the_grace() {
    let (lines, status) = start("slow to end").end();
    assert_eq!(lines, ["both gone", "finished"]);
    assert_eq!(status.code(), Some(0));
}

fn a8_clients_wait_while_no_descriptor_is_free_and_are_all_served() {
    let mut running = start("no descriptors");
    let address = running.ready(1);
    let clients: Vec<_> = (0..8).map(|_| TcpStream::connect(address).unwrap()).collect();
    let (lines, status) = running.end();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert!(lines[0].contains("goes on") && lines[1].contains("pauses"), "{lines:?}");
    assert_eq!(lines[2], "served 8");
    assert_eq!(status.code(), Some(0));
    drop(clients);
}

fn t9_a_handler_that_leaks_its_streams_does_not_take_the_served_ones() {
    let mut running = start("leaks");
    let address = running.ready(1);
    let mut first = TcpStream::connect(address).unwrap();
    let mut ask = || {
        first.write_all(b"x").unwrap();
        let mut answer = [0];
        first.read_exact(&mut answer).unwrap();
        assert_eq!(&answer, b"x");
    };
    ask();
    let clients: Vec<_> = (0..100).map(|_| TcpStream::connect(address).unwrap()).collect();
    let line = running.line();
    assert!(line.contains("pauses"), "{line}");
    // No descriptor is left and none comes back; who is served is served on.
    (0..50).for_each(|_| ask());
    drop(first);
    let (lines, status) = running.end();
    assert_eq!((lines, status.code()), (Vec::new(), Some(0)));
    drop(clients);
}
