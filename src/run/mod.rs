//! Running: a script goes in, a trace comes out.
//!
//! [`drive`] makes the calls of one script within [`Limits`] on a [`Subject`] and knows nothing of
//! processes. [`worker_main`] is the child process that enters an environment and drives scripts
//! there; [`Pool`] is its parent, which starts workers, watches their deadlines and reaps them.

mod child;
mod driver;
mod echo;
mod faults;
mod here;
mod kernel;
mod limits;
mod lines;
mod origin;
mod pool;
mod ports;
mod probe;
mod protocol;
mod reference;
mod servers;
mod simulated;
mod subject;
mod worker;

pub use driver::{Made, drive};
#[cfg(feature = "cli")]
pub(crate) use echo::{Echo, write_some};
pub use faults::Faults;
pub use here::run_here;
pub use kernel::KernelSubject;
pub use limits::Limits;
pub(crate) use lines::{Heard, LineProcess};
pub use origin::{environment_facts, local_platform, platform_facts};
pub use pool::{Launcher, Pool, PoolOptions, RunEvent, ScriptJob, ScriptRun};
pub use ports::{Ports, PortsExhausted};
pub use probe::probe;
pub use reference::{RealAnswer, RealBind, bind_options, error_outcome, socket_facts};
pub use simulated::{
    SharedKernel, SimulatedAnswer, SimulatedBind, SimulatedKernel, SimulatedOs, SimulatedSocket,
    SimulatedSubject, os_facts, simulate, simulate_calling,
};
pub use subject::{Subject, SubjectName};
pub(crate) use worker::{BOUND_TO, has_descriptor, private_ports};
pub use worker::{
    FIND_DESCRIPTOR_VERB, WORKER_VERB, find_descriptor_main, wanted, worker_main,
    worker_main_calling,
};
