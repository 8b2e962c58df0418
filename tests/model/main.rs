//! The model against everything else that speaks: the written expectations of the behaviours, and
//! the real kernel.

mod agreement;
mod musl;
