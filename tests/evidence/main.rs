//! The recorded evidence: it reads and writes the same, what is wrong with it is named, and all of
//! it is judged again.

mod committed;
mod mistakes;
mod written;
