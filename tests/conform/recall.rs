//! Every wrong adapter is found.

use bindproof::conform::{Conformance, Finding};
use bindproof::testkit::adapters::{ADAPTERS, FaultyAdapter};
use libtest_mimic::{Failed, Trial};

use crate::support::{adapter, conform_plainly, no_network, setup};

/// A reproducer has at most so many calls.
const CALLS_MAX: usize = 4;

pub(crate) fn trials() -> Vec<Trial> {
    let each = ADAPTERS
        .iter()
        .map(|adapter| Trial::test(format!("recall::{}", adapter.name), || found(adapter)));
    each.chain([Trial::test("recall::there_are_at_least_25_of_either_kind", enough)]).collect()
}

fn enough() -> Result<(), Failed> {
    let names: std::collections::BTreeSet<_> = ADAPTERS.iter().map(|one| one.name).collect();
    if names.len() != ADAPTERS.len() || ADAPTERS.len() < 50 {
        return Err(format!("{} adapters, {} names", ADAPTERS.len(), names.len()).into());
    }
    Ok(())
}

fn found(faulty: &FaultyAdapter) -> Result<(), Failed> {
    if let Some(why) = no_network() {
        eprintln!("SKIPPED {}: {why}", faulty.name);
        return Ok(());
    }
    let conformance = conform_plainly(&setup(adapter(faulty.name)));
    let finding = conformance
        .findings
        .iter()
        .find(|finding| faulty.found_as.contains(&finding.kind.as_str()))
        .ok_or_else(|| format!("not found; found are {}", kinds(&conformance)))?;
    if !finding.reproduced || finding.calls() > CALLS_MAX {
        return Err(format!("no short reproducer of {}:\n{finding}", faulty.name).into());
    }
    println!("{}: {} in {} calls", faulty.name, finding.kind, finding.calls());
    Ok(())
}

fn kinds(conformance: &Conformance) -> String {
    let word = |finding: &Finding| format!("{} ({})", finding.kind, finding.says);
    conformance.findings.iter().map(word).collect::<Vec<_>>().join(", ")
}
