//! Every committed observation, judged again by the model of today.

use bindproof::matrix::observed::{Observation, Recorded, embedded, fingerprint, write};
use bindproof::matrix::{
    Deviation, Expected, embedded as behaviours, of_behaviour, of_lattice, own_kernel,
};
use bindproof::script::Platform;

/// Lanes whose kernel is the platform's own.
fn is_own(lane: &Observation) -> bool {
    let platform: Option<Platform> = lane.header.platform.os.parse().ok();
    platform.is_some_and(|platform| own_kernel(platform) == lane.header.platform.kernel)
}

fn deviations(lane: &Observation) -> Vec<Deviation> {
    let mut found = of_lattice(lane);
    for behaviour in behaviours().expect("the behaviours parse") {
        if let Some(Recorded { fingerprint: recorded, run: Ok(ran) }) =
            lane.behaviours.get(&behaviour.id)
            && *recorded == fingerprint(&behaviour.parsed.script)
        {
            found.extend(of_behaviour(&behaviour, &lane.header, ran, Expected::Usually));
        }
    }
    found
}

#[test]
fn the_committed_evidence_is_read_and_written_unchanged() {
    let lanes = embedded().expect("the evidence reads");
    let texts = bindproof::matrix::observed::embedded_texts();
    assert!(!lanes.is_empty());
    assert_eq!(lanes.len(), texts.len());
    for (lane, (name, text)) in lanes.iter().zip(texts) {
        assert_eq!(write(lane), *text, "{name}");
    }
}

#[test]
fn every_observation_of_a_platforms_own_kernel_is_allowed_by_the_model() {
    let mut found = Vec::new();
    for lane in embedded().expect("the evidence reads").iter().filter(|lane| is_own(lane)) {
        for one in deviations(lane) {
            found.push(format!(
                "{}: {} step {}: {}: got {}, allowed {} by {:?}",
                lane.lane,
                one.behaviour,
                one.step,
                one.call,
                one.got,
                one.allowed.join("|"),
                one.rules
            ));
        }
    }
    assert!(found.is_empty(), "{} deviations:\n{}", found.len(), found.join("\n"));
}

#[test]
fn the_evidence_covers_what_it_must() {
    let lanes = embedded().expect("the evidence reads");
    for name in ["native", "linux-6.1", "linux-6.12-no-ipv6", "gvisor-2024", "wine", "musl"] {
        let lane = lanes.iter().find(|lane| lane.lane == name).expect(name);
        let ran = lane.behaviours.values().filter(|one| one.run.is_ok()).count();
        assert!(ran > 200, "{name} ran {ran} behaviours");
        assert!(lane.lattice.is_some(), "{name} has no lattice");
    }
}
