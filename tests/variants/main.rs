//! The harness finds every wrong `bind_sockets`, and nothing in the right one.

mod found;
