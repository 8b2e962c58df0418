//! The recorded evidence: it reads and writes the same, what is wrong with it is named, and all of
//! it is judged again and held against what is known.

mod again;
mod baselines;
mod committed;
mod gate;
mod mistakes;
mod project;
mod recording;
mod reports;
mod update;
mod written;
