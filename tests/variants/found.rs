//! Every variant on every platform.

use std::collections::BTreeSet;

use bindproof::script::{Platform, Script};
use bindproof::testkit::variants::{VARIANTS, Variant};
use bindproof::testkit::{Finding, contract, examine};

use crate::scripts;

/// Within so many generated scripts a variant is found wherever it can be seen.
const GENERATED: u64 = 4_000;
/// So many scripts show that a variant answers as the right one where it cannot be seen.
const UNSEEN: usize = 600;

/// The first script in which a finding names a rule of the model that restates the broken rule of
/// the contract.
fn found<'a>(
    variant: &Variant,
    platform: Platform,
    scripts: impl IntoIterator<Item = &'a Script>,
) -> Option<(usize, Finding, &'static str)> {
    let bind = variant.simulated();
    scripts.into_iter().enumerate().find_map(|(index, script)| {
        let finding = examine(script, platform, &bind).finding?;
        let named = finding
            .rules()
            .into_iter()
            .find(|rule| contract::restated(rule).contains(&variant.breaks))?;
        Some((index, finding, named))
    })
}

/// `cargo test --test variants -- --nocapture` prints what was found where.
fn all_found_on(platform: Platform) {
    let scripts = scripts(GENERATED);
    let mut wrong = Vec::new();
    for variant in VARIANTS {
        let what = format!("{} on {platform}: {}", variant.breaks, variant.what);
        if variant.seen_on.contains(&platform) {
            match found(variant, platform, &scripts) {
                Some((index, _, rule)) => println!("{what}: script {index}, {rule}"),
                None => wrong.push(format!("{what}: not found in {} scripts", scripts.len())),
            }
        } else {
            let bind = variant.simulated();
            let finding = scripts[..UNSEEN]
                .iter()
                .find_map(|script| examine(script, platform, &bind).finding);
            if let Some(finding) = finding {
                wrong.push(format!("{what}: cannot be seen there, but was:\n{finding}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_variant_is_found_on_linux() {
    all_found_on(Platform::Linux);
}

#[test]
fn every_variant_is_found_on_macos() {
    all_found_on(Platform::Macos);
}

#[test]
fn every_variant_is_found_on_freebsd() {
    all_found_on(Platform::Freebsd);
}

#[test]
fn every_variant_is_found_on_windows() {
    all_found_on(Platform::Windows);
}

#[test]
fn there_are_at_least_thirty_each_with_one_mistake_of_its_own() {
    assert!(VARIANTS.len() >= 30, "{}", VARIANTS.len());
    let mistakes: BTreeSet<_> = VARIANTS.iter().map(|variant| variant.mistake).collect();
    let words: BTreeSet<_> = VARIANTS.iter().map(|variant| variant.what).collect();
    assert_eq!((mistakes.len(), words.len()), (VARIANTS.len(), VARIANTS.len()));
    for variant in VARIANTS {
        assert!(!variant.seen_on.is_empty(), "{} can be seen nowhere", variant.what);
    }
}

#[test]
fn every_rule_of_the_contract_about_bind_sockets_is_broken_by_some_variant() {
    let broken: BTreeSet<_> = VARIANTS.iter().map(|variant| variant.breaks).collect();
    let rules = (2..=22).map(|number| format!("R{number}"));
    // D2 asks for two records that differ in the canonical name alone, which no system simulated
    // here answers; R1 and R23 are sums of others; D8 is a rule about the source.
    let differences = [1, 3, 4, 7].map(|number| format!("D{number}"));
    let missing: Vec<_> =
        rules.chain(differences).filter(|rule| !broken.contains(rule.as_str())).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn the_table_from_the_model_to_the_contract_names_rules_of_both() {
    for (rule, restated) in contract::RESTATES {
        let known = rule == contract::OPEN_SOCKETS || bindproof::model::rule(rule).is_some();
        assert!(known, "{rule} is no rule of the model");
        assert!(!restated.is_empty(), "{rule} restates nothing");
    }
    let restated: BTreeSet<_> =
        contract::RESTATES.iter().flat_map(|(_, rules)| rules.iter().copied()).collect();
    for variant in VARIANTS {
        assert!(restated.contains(variant.breaks), "{} is restated by no rule", variant.breaks);
    }
}
