//! The registry of rules and the model's ids cannot drift apart.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bindproof::judge::predict;
use bindproof::matrix::embedded;
use bindproof::model::{UNREACHED, record, rule, rules};
use bindproof::script::Platform;

/// Facts of the model itself, which say nothing of a system.
const ABOUT_THE_MODEL: [&str; 1] = ["streams"];

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
    files
}

/// `call.subject`, and nothing else.
fn is_id(text: &str) -> bool {
    let Some((call, subject)) = text.split_once('.') else { return false };
    let fits = |part: &str, more: char| {
        part.starts_with(|c: char| c.is_ascii_lowercase())
            && part.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == more)
    };
    fits(call, '_') && fits(subject, '-')
}

/// Every string of the sources that looks as ids do, outside of the registry.
fn ids_in_sources() -> BTreeSet<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut ids = BTreeSet::new();
    for folder in ["src/model", "src/judge"] {
        for file in sources(&root.join(folder)) {
            let name = file.strip_prefix(root).expect("inside").display().to_string();
            let name = name.replace('\\', "/");
            if name.starts_with("src/model/rules/") || name.ends_with("/tests.rs") {
                continue;
            }
            for line in std::fs::read_to_string(&file).expect("UTF-8").lines() {
                let registers = line.trim_start().starts_with("id: ");
                if line.trim_start().starts_with("//") || registers {
                    continue;
                }
                let quoted = line.split('"').skip(1).step_by(2);
                ids.extend(quoted.filter(|text| is_id(text)).map(str::to_string));
            }
        }
    }
    ids
}

#[test]
fn every_id_of_the_sources_is_registered_and_every_registered_one_is_used() {
    let registered: BTreeSet<_> = rules().map(|rule| rule.id.to_string()).collect();
    let used = ids_in_sources();
    assert!(used.len() > 50, "the sources were not read: {used:?}");
    assert_eq!(&used - &registered, BTreeSet::new(), "used and not registered");
    assert_eq!(&registered - &used, BTreeSet::new(), "registered and not used");
}

#[test]
fn every_rule_has_an_id_a_sentence_and_evidence_of_its_own() {
    let mut sentences = BTreeSet::new();
    for rule in rules() {
        assert!(is_id(rule.id), "{:?}", rule.id);
        assert!(rule.sentence.ends_with('.') && rule.sentence.len() > 20, "{}", rule.id);
        assert!(sentences.insert(rule.sentence), "{} says what another rule says", rule.id);
        assert!(!rule.evidence.is_empty(), "{} has no evidence", rule.id);
        let (mut platforms, mut sources) = (BTreeSet::new(), BTreeSet::new());
        for evidence in rule.evidence {
            assert!(evidence.source.len() > 3, "{} has evidence without a source", rule.id);
            platforms.insert(evidence.platform);
            let source = (evidence.platform, evidence.source);
            assert!(sources.insert(source), "{} has evidence twice", rule.id);
        }
        assert!(
            !platforms.contains(&None) || platforms.len() == 1,
            "{} has evidence for all and for one",
            rule.id
        );
    }
}

#[test]
fn ids_are_sorted_unique_and_found() {
    let ids: Vec<_> = rules().map(|rule| rule.id).collect();
    assert!(ids.is_sorted_by(|one, next| one < next), "{ids:?}");
    for id in ids {
        assert_eq!(rule(id).map(|rule| rule.id), Some(id));
    }
    assert_eq!(rule("bind.conflicts"), None);
}

#[test]
fn every_rule_that_speaks_on_a_platform_has_evidence_there() {
    let mut spoken = BTreeSet::new();
    for behaviour in embedded().expect("the behaviours parse") {
        for platform in Platform::all() {
            for prediction in predict(&behaviour.parsed.script, platform, None) {
                for id in prediction.rules {
                    let rule = rule(id).unwrap_or_else(|| panic!("{id} is not registered"));
                    assert!(
                        rule.confidence(platform).is_some(),
                        "{}: step {}: {id} has no evidence for {platform}",
                        behaviour.id,
                        prediction.step
                    );
                    spoken.insert(id);
                }
            }
        }
    }
    assert!(spoken.len() > 40, "hardly a rule spoke: {spoken:?}");
}

#[test]
fn every_fact_is_part_of_a_rule_with_evidence_and_its_doubt_is_weaker() {
    for platform in Platform::all() {
        for fact in record(platform).shown() {
            let place = format!("{} of {platform}", fact.name);
            let rule = rule(fact.rule).unwrap_or_else(|| panic!("{place}: no rule {}", fact.rule));
            let of_rule = rule.confidence(platform);
            if fact.value != "unknown" && !ABOUT_THE_MODEL.contains(&fact.name) {
                assert!(
                    of_rule.is_some() || fact.doubt.is_some(),
                    "{place} is {} without evidence",
                    fact.value
                );
            }
            if let (Some((doubt, why)), Some(of_rule)) = (fact.doubt, of_rule) {
                assert!(doubt > of_rule, "{place}: {doubt} is no weaker than {of_rule}");
                assert!(why.len() > 10, "{place}: a doubt says why");
            }
            for (releases, _, source) in &fact.exceptions {
                assert!(!source.is_empty(), "{place} in {releases} has no source");
            }
        }
    }
}

#[test]
fn reasons_why_a_rule_is_not_reached_name_rules() {
    for (id, why) in UNREACHED {
        assert!(rule(id).is_some(), "{id} is no rule");
        assert!(why.len() > 20, "{id}: {why:?} is no reason");
    }
}
