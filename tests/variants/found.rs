//! Every variant on every platform.

use std::collections::BTreeMap;
use std::rc::Rc;

use bindproof::reference::bind_sockets_on;
use bindproof::run::SimulatedBind;
use bindproof::script::{Choices, Platform, Script};
use bindproof::testkit::variants::{VARIANTS, walk};
use bindproof::testkit::{bind_script, contract, examine};

/// Within so many scripts each variant must be found on each platform where it can be seen.
const SCRIPTS: u64 = 2_000;

fn scripts() -> Vec<Script> {
    (0..SCRIPTS).map(|seed| bind_script(&mut Choices::of_seed(seed))).collect()
}

#[test]
fn explore() {
    let scripts = scripts();
    let right: SimulatedBind = Rc::new(|os, options| bind_sockets_on(os, options));
    let copy: SimulatedBind = Rc::new(|os, options| walk(os, options, None));
    for platform in Platform::all() {
        for (name, bind) in [("right", &right), ("copy", &copy)] {
            let (mut judged, mut unmodelled, mut shown) = (0, BTreeMap::<String, usize>::new(), 0);
            for (seed, script) in scripts.iter().enumerate() {
                let examined = examine(script, platform, bind);
                judged += examined.judged;
                for why in examined.unmodelled { *unmodelled.entry(why).or_default() += 1; }
                if let Some(finding) = examined.finding {
                    shown += 1;
                    if shown < 3 { println!("{name} seed {seed} {finding}"); }
                }
            }
            println!("{name} {platform} judged {judged} findings {shown} unmodelled {unmodelled:#?}");
        }
    }
    for variant in VARIANTS {
        let bind = variant.simulated();
        let mut line = String::new();
        for platform in Platform::all() {
            let mut first = None;
            let mut rules = vec![];
            for (seed, script) in scripts.iter().enumerate() {
                if let Some(finding) = examine(script, platform, &bind).finding {
                    let ok = finding.rules().iter().any(|r| contract::restated(r).contains(&variant.breaks));
                    for r in finding.rules() { if !rules.contains(&r) {rules.push(r);} }
                    if ok { first = Some((seed, finding.rules())); break; }
                }
            }
            let expected = variant.seen_on.contains(&platform);
            let mark = if expected == first.is_some() { "" } else { "!!" };
            line += &match first { Some((seed, rules)) => format!(" {mark}{platform}:{seed}{rules:?}"), None => format!(" {mark}{platform}:none{rules:?}") };
        }
        println!("{} {}:{line}", variant.breaks, variant.what);
    }
}
