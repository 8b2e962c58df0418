//! What the load and the benchmark share: clients with many addresses, and servers in processes of
//! their own. Linux only.

pub(crate) mod client;
pub(crate) mod server;
