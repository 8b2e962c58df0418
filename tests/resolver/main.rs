//! The model's resolver against this machine's `getaddrinfo`, over generated questions.
//!
//! On Linux this binary runs itself again inside a private network with its own hosts file, in
//! which also names may be asked: nothing leaves it. Elsewhere only numbers are asked.
//! `PROPTEST_CASES` sets how many questions each environment is asked.

mod questions;

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::process::Command;

use bindproof::model::Ipv6;
use bindproof::model::resolve::{Libc, Question, Setting, resolve};
use bindproof::sandbox::{self, Wanted};
use bindproof::script::{Flag, FlagsArg, Platform, errors};
use bindproof::sys;
use bindproof::testkit::resolver::{asked, fits};
use proptest::prelude::*;
use proptest::test_runner::{FileFailurePersistence, TestRunner};

use questions::{HOSTS, questions};

/// Says which environment the process is to enter.
const MARKER: &str = "BINDPROOF_TEST_RESOLVER";
/// Asked of each environment, unless `PROPTEST_CASES` says otherwise.
const CASES: u32 = 3_000;
/// Of a hundred answers, the model says this many at least.
const MODELLED_MIN: usize = 90;

fn config() -> ProptestConfig {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/proptest-regressions/resolver.txt");
    let default = ProptestConfig::default();
    ProptestConfig {
        cases: if std::env::var_os("PROPTEST_CASES").is_some() { default.cases } else { CASES },
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(file))),
        ..default
    }
}

/// Asks and compares; `adjust` keeps the questions on this machine.
fn compare(setting: &Setting, adjust: impl Fn(&mut Question)) {
    let rules = RefCell::new(BTreeMap::<&str, usize>::new());
    let unmodelled = RefCell::new(BTreeMap::<&str, usize>::new());
    let config = config();
    let cases = config.cases as usize;
    let outcome = TestRunner::new(config).run(&questions(), |mut question| {
        adjust(&mut question);
        if question.host.is_none() && question.service.is_none() {
            // `dns-lookup` does not hand this on.
            return Ok(());
        }
        match resolve(setting, &question) {
            Err(why) => *unmodelled.borrow_mut().entry(why).or_default() += 1,
            Ok(allowed) => {
                let real = asked(setting.platform, &question);
                let Some(fit) = allowed.iter().find(|possible| fits(possible, &real)) else {
                    return Err(TestCaseError::fail(format!("{real:?} is none of {allowed:?}")));
                };
                *rules.borrow_mut().entry(fit.rule).or_default() += 1;
            }
        }
        Ok(())
    });
    println!(
        "{cases} questions; by rule {:?}; unmodelled {:?}",
        rules.borrow(),
        unmodelled.borrow()
    );
    if let Err(error) = outcome {
        panic!("{error}");
    }
    let left: usize = unmodelled.borrow().values().sum();
    assert!((cases - left) * 100 >= cases * MODELLED_MIN, "{left} of {cases} are unmodelled");
}

fn platform() -> Option<(Platform, Libc)> {
    let platform = sys::OS.parse().ok()?;
    let libc = match (platform, sys::LIBC) {
        (Platform::Linux, "glibc") => Libc::Glibc,
        (Platform::Linux, "musl") => Libc::Musl,
        (Platform::Linux, _) => return None,
        _ => Libc::System,
    };
    Some((platform, libc))
}

/// Asks inside an environment; false if this machine has none.
fn again(environment: &str) -> bool {
    let output = Command::new(std::env::current_exe().expect("this program has a path"))
        .env(MARKER, environment)
        .output()
        .expect("this program starts");
    let text = String::from_utf8_lossy(&output.stdout);
    println!("IPv6 {environment}: {text}{}", String::from_utf8_lossy(&output.stderr));
    let refused = text.contains("refused: ");
    assert!(refused || output.status.success(), "the model and this machine's resolver differ");
    assert!(refused || text.contains(" questions; "), "nothing was compared");
    !refused
}

/// The part of the test that happens inside an environment.
fn inside(environment: &str) {
    let ipv6 = match environment {
        "off" => Ipv6::Off,
        "no-address" => Ipv6::NoAddress,
        _ => Ipv6::On,
    };
    let wanted = Wanted {
        private_network: true,
        hosts: Some(HOSTS.map(str::to_owned).to_vec()),
        ipv6_off: ipv6 == Ipv6::Off,
        ipv6_no_address: ipv6 == Ipv6::NoAddress,
        ..Wanted::default()
    };
    if let Err(refusal) = sandbox::enter(&wanted) {
        println!("refused: {refusal}");
        return;
    }
    let (platform, libc) = platform().expect("the caller looked");
    let hosts = wanted.hosts.as_deref();
    compare(&Setting { platform, libc, hosts, ipv6, isolated: true }, |_| ());
}

fn main() {
    if std::env::args().any(|argument| argument == "--list") {
        println!("resolver: test");
        return;
    }
    if let Ok(environment) = std::env::var(MARKER) {
        return inside(&environment);
    }
    let Some((platform, libc)) = platform() else {
        eprintln!("NOT JUDGED: there is no model of the resolver of {}/{}", sys::OS, sys::LIBC);
        return;
    };
    if sandbox::HAS_NAMESPACES && ["on", "no-address", "off"].map(again) == [true; 3] {
        return;
    }
    let required = std::env::var("BINDPROOF_REQUIRED").unwrap_or_default();
    let must = sandbox::HAS_NAMESPACES && required.split(' ').any(|lane| lane == "sandbox");
    assert!(!must, "a private network is required here, and this machine refuses it");
    eprintln!("NOT JUDGED: names, and IPv6 switched off: this machine has no private network");
    let setting = Setting { platform, libc, hosts: None, ipv6: Ipv6::On, isolated: false };
    let numeric = errors::flag_bits(platform, Flag::Numerichost);
    compare(&setting, |question| {
        if let (Some(_), FlagsArg::Bits(bits)) = (&question.host, &mut question.flags) {
            *bits |= numeric;
        }
    });
}
