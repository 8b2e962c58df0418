//! The executable model: what each operating system may answer, and why.
//!
//! Pure values: no call, clock, environment or `cfg(platform)`. A [`Machine`] is a platform with
//! every choice made; a [`World`] is the state of its sockets; [`step`] says what a call may
//! answer there, each answer with the rule that says so and what it makes of the world.

mod address;
mod allowed;
mod bind_sockets;
mod calls;
mod conflict;
mod connections;
mod evidence;
mod fact;
mod force;
mod machine;
mod platform;
pub mod resolve;
mod resolving;
mod rules;
mod step;
mod world;

pub use allowed::{Allowed, Branch, Effect, Expected, ExpectedSocket};
pub use evidence::{Confidence, Evidence, Rule};
pub use fact::{Exception, Fact, Release};
pub use force::force;
pub use machine::{Ipv6, Machine, usual_machines};
pub use platform::{Delivery, Law, LinuxQuirks, LowPorts, Queue, Record, Reply, ShownFact, record};
pub use rules::{UNREACHED, rule, rules};
pub use step::step;
pub use world::{Descriptor, End, Local, Phase, Port, ReusePortCache, Socket, SocketId, World};
