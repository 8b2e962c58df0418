//! Nothing is found in the right one, nor in the copy that makes no mistake.

use std::collections::BTreeMap;

use bindproof::run::SimulatedBind;
use bindproof::script::Platform;
use bindproof::testkit::examine;
use bindproof::testkit::variants::{copy, right};

use crate::scripts;

/// As many as the variants get.
const GENERATED: u64 = 4_000;
/// At most one step in so many may be one that the model has no opinion on.
const UNMODELLED_MAX: usize = 8;

fn nothing_is_found(bind: &SimulatedBind) {
    let scripts = scripts(GENERATED);
    for platform in Platform::all() {
        let (mut judged, mut unmodelled) = (0, BTreeMap::<String, usize>::new());
        for script in &scripts {
            let examined = examine(script, platform, bind);
            assert_eq!(examined.finding.map(|finding| finding.to_string()), None);
            judged += examined.judged;
            for why in examined.unmodelled {
                *unmodelled.entry(why).or_default() += 1;
            }
        }
        let unknown: usize = unmodelled.values().sum();
        println!("{platform}: {judged} steps judged, {unknown} unmodelled {unmodelled:#?}");
        assert!(unknown * UNMODELLED_MAX < judged, "{platform}: {unmodelled:#?}");
    }
}

#[test]
fn nothing_is_found_in_the_reference() {
    nothing_is_found(&right());
}

#[test]
fn nothing_is_found_in_the_copy_without_a_mistake() {
    nothing_is_found(&copy());
}
