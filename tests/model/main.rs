//! The model against everything else that speaks: the registry of rules, what machines answered, and
//! what it plays and predicts itself. The written expectations are in `tests/agreement`.

mod answers;
mod coverage;
mod histories;
mod musl;
mod openness;
mod prediction;
mod registry;
mod rejection;
mod robust;
mod searches;
mod shown;
mod stories;
mod stories_of_addresses;
mod stories_of_calls;
mod stories_of_rare_ends;
mod stories_of_rules;
mod told;
