//! The model against everything else that speaks: the written expectations of the behaviours, the
//! registry of rules, and what it plays and predicts itself.

mod agreement;
mod coverage;
mod musl;
mod openness;
mod prediction;
mod registry;
mod rejection;
mod robust;
mod searches;
