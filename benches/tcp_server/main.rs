//! `bindproof serve --echo` against a bare epoll loop through libc (the limit), tokio's
//! single-threaded runtime and, where `BINDPROOF_TORNADO_PYTHON` names an interpreter that has it,
//! Tornado. Servers and clients are in separate processes on loopback; every figure is the median
//! of interleaved rounds. `ci/bench-server` runs it.
//!
//! With two cores the clients need about as much time as the server, so beside connections a second
//! there is the CPU time of the server for one of them, which shows what more clients would meet.

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod rounds;
#[cfg(target_os = "linux")]
#[path = "../support/mod.rs"]
#[expect(dead_code, reason = "the load uses the rest")]
mod support;
#[cfg(target_os = "linux")]
mod tokio_echo;

/// Makes this program a server: `bare` or `tokio`.
#[cfg(target_os = "linux")]
const SERVER: &str = "BINDPROOF_BENCH_SERVER";

#[cfg(target_os = "linux")]
fn main() {
    match std::env::var(SERVER).as_deref() {
        Ok("bare") => bare::serve(),
        Ok("tokio") => tokio_echo::serve(),
        Ok(other) => panic!("no server {other}"),
        Err(_) => rounds::compare(),
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("this benchmark compares with epoll: Linux only");
}
