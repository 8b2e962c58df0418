//! What each platform is said to answer to short scripts, with the rules and how sure they are: a
//! change of the model shows here, whatever it was meant to change. `UPDATE_EXPECT=1` writes it anew.

use std::fmt::Write as _;

use bindproof::judge::predict;
use bindproof::script::{Platform, parse};
use expect_test::expect_file;

const OPTIONS: [&str; 8] = [
    "reuseaddr",
    "reuseport",
    "exclusiveaddruse",
    "v6only",
    "nonblocking",
    "cloexec",
    "accepting",
    "linger",
];

/// What comes before the call that is asked about; its name first.
const SITUATIONS: [(&str, &str); 6] = [
    ("inet", "a = socket inet"),
    ("inet6", "a = socket inet6"),
    ("bound inet", "a = socket inet\nbind a 127.0.0.1:2000"),
    ("bound inet6", "a = socket inet6\nset a v6only off\nbind a [::]:2000"),
    ("listening", "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5"),
    (
        "accepted inet6",
        "l = socket inet6\nset l v6only on\nset l nonblocking on\nbind l [::1]:2000\nlisten l 5\n\
         c = connect [::1]:2000\na = accept l",
    ),
];

/// Other calls, each the last line of a script.
const CALLS: [&str; 24] = [
    "a = socket inet\nbind a 0.0.0.0:80",
    "a = socket inet\nbind a 127.0.0.1:55555",
    "a = socket inet6\nbind a [::]:55555",
    "a = socket inet\nbind a 127.0.0.1:80",
    "a = socket inet\nbind a 127.0.0.2:2000",
    "a = socket inet6\nset a v6only off\nbind a [::1]:2000",
    "a = socket inet6\nset a v6only on\nbind a [::1]:2000",
    "a = socket inet6\nset a v6only off\nbind a [::]:2000",
    "a = socket inet\nbind a 127.0.0.1:2000\nbind a 127.0.0.2:2000",
    "a = socket inet\nlisten a 5",
    "a = socket inet\nname a",
    "a = socket inet\nb = dup a\ninherited b",
    "a = socket inet\ninherited a",
    "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5\nlisten a 7",
    "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5\nc = connect 127.0.0.1:2000\nd = accept a",
    "a = socket inet\nset a nonblocking on\nbind a 127.0.0.1:2000\nlisten a 5\n\
     c = connect 127.0.0.1:2000\nd = accept a",
    "a = socket inet\nc = accept a",
    "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5\nc = connect 0.0.0.0:2000",
    "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5\nshutdown a both",
    "a = socket inet\nset a linger -1",
    "s = bind_sockets port=2000 address=localhost",
    "s = bind_sockets port=2000",
    "s = bind_sockets port=2000 reuse_port=on",
    "s = bind_sockets port=2000 address=127.0.0.1 exclusive=on",
];

fn answer(text: &str, platform: Platform) -> String {
    let script = &parse(text).expect("it parses")[0].script;
    let step = predict(script, platform, None).pop().expect("a step");
    match step.allowed {
        Ok(allowed) => {
            let (allowed, rules) = (allowed.join(" or "), step.rules.join(", "));
            let confidence = step.confidence.expect("a modelled step has one");
            format!("{allowed}, {confidence} by {rules}")
        }
        Err(why) => format!("unmodelled: {why}"),
    }
}

/// One answer, or one for each platform where they differ.
fn tell(table: &mut String, title: &str, text: &str) {
    writeln!(table, "{title}").expect("text");
    let answers: Vec<_> = Platform::all().map(|one| (one.to_string(), answer(text, one))).collect();
    if answers.iter().all(|one| one.1 == answers[0].1) {
        writeln!(table, "  all      {}", answers[0].1).expect("text");
        return;
    }
    for (platform, answer) in answers {
        writeln!(table, "  {platform:8} {answer}").expect("text");
    }
}

#[test]
fn the_answers_to_short_scripts() {
    let mut table = String::new();
    for (situation, before) in SITUATIONS {
        for option in OPTIONS {
            for call in [
                format!("get a {option}"),
                format!("set a {option} on"),
                format!("set a {option} off"),
            ] {
                tell(&mut table, &format!("{situation}: {call}"), &format!("{before}\n{call}"));
            }
        }
    }
    for text in CALLS {
        tell(&mut table, &text.replace('\n', "; "), text);
    }
    expect_file!["./answers.txt"].assert_eq(&table);
}
