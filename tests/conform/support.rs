//! How the trials start adapters.

use bindproof::conform::{
    Conformance, ENVIRONMENTS, Environment, Launch, Plan, SessionLimits, Setup, conduct,
};
use bindproof::run::{Launcher, WORKER_VERB, probe};
use bindproof::sandbox::probes;

/// With it and a name this program plays an adapter.
pub(crate) const ADAPTER_FLAG: &str = "--adapter";

/// Short times, so that what hangs is found soon; long enough for a loaded machine.
const LIMITS: SessionLimits = SessionLimits { hello_timeout_ms: 3_000, reply_timeout_ms: 1_500 };

/// The command `bindproof`.
pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_bindproof");

/// The command that plays an adapter.
pub(crate) fn adapter(name: &str) -> Vec<String> {
    let this = std::env::current_exe().expect("a test program has a path");
    vec![this.display().to_string(), ADAPTER_FLAG.into(), name.into()]
}

/// How a command is started as an adapter.
pub(crate) fn setup(command: Vec<String>) -> Setup {
    Setup {
        launch: Launch::Command { this: PROGRAM.into(), command },
        limits: LIMITS,
        sight: None,
        sandbox: true,
    }
}

/// Everything, with the contract.
pub(crate) fn conform(setup: &Setup) -> Conformance {
    let plan = Plan { environments: ENVIRONMENTS.to_vec(), contract: true, jobs: 2 };
    conduct(setup, &plan, &|_| ())
}

/// The plain environment, with the contract, whose behaviours have environments of their own.
pub(crate) fn conform_plainly(setup: &Setup) -> Conformance {
    let environments = Environment::named("plain").into_iter().collect();
    conduct(setup, &Plan { environments, contract: true, jobs: 2 }, &|_| ())
}

/// Why there can be no private network here, in which alone everything can be asked.
pub(crate) fn no_network() -> Option<String> {
    let launcher = Launcher { program: PROGRAM.into(), arguments: vec![WORKER_VERB.into()] };
    probe(&launcher, &probes()[0])
}
