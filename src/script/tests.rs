//! Texts and what the parser makes of them, a row each.

use super::{
    Answer, Call, Expectation, FlagsArg, LINE_LENGTH_MAX, Name, Platform, Port, PortArg, STEPS_MAX,
    Script, Step, Verb, parse, parse_bytes, parse_call_text, parse_env_text,
};

fn script(text: &str) -> Script {
    let mut scripts = parse(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    assert_eq!(scripts.len(), 1, "{text:?}");
    scripts.remove(0).script
}

#[test]
fn every_form_prints_as_it_is_written() {
    let text = "\
title A sign in a word stays: a#b
env ipv6 no-address
env bindv6only on
env hosts \"127.0.0.1 localhost\" \"::1 localhost\"
env ephemeral 40000-40003
env somaxconn 16
env user unprivileged
env fail bind:inet6#2 EADDRINUSE
env fail set:v6only EINVAL
env fail socket E#123
a = socket inet6
set a linger 0
set a v6only off
get a accepting
bind a [fe80::1%lo]:p => ok
bind a [::ffff:127.0.0.1]:0 => linux:EINVAL|ok windows:?
listen a -1 => error|blocks|absent
b = connect 127.0.0.1:@a => ok=127.0.0.1:p
c = accept a
d = dup c
inherited d => ok=no
name a => ok=[::]:@a
send c 10
recv b => ok=10
shutdown b both
close b
s = bind_sockets port=web address=localhost family=unspec backlog=5 flags=passive,all \
reuse_port=on port_attempts=3 exclusive=off => ok=2
connect d [::1%7]:@s.0
bind d 0.0.0.0:web
t = bind_sockets port=\"p\" family=99 flags=none
u = bind_sockets port=70000 address=\"\" flags=0
v = bind_sockets flags=0xffffffff
x = serve s.1 c stop=2
serve x t.0
stop x
resolve host=\"a b\" service=http family=inet flags=0x0
";
    let parsed = script(text);
    assert_eq!(parsed.to_string(), text);
    assert_eq!(parsed.named_ports(), ["p", "web"]);
    let verbs: std::collections::BTreeSet<Verb> =
        parsed.steps.iter().map(|step| step.call.verb()).collect();
    assert_eq!(verbs.len(), Verb::all().count(), "every call stands above");
}

#[test]
fn spellings_that_mean_the_same() {
    let cases = [
        ("a = socket inet\r\nclose a\r\n", "a = socket inet\nclose a\n"),
        ("\u{feff}# first\n\n  a\t=  socket inet   # why\nclose a", "a = socket inet\nclose a\n"),
        ("title one  two\n", "title one two\n"),
        ("title \"one  two\"\n", "title \"one  two\"\n"),
        ("resolve host=\"\\x41\\xe9\\\\\\\"\\n\"\n", "resolve host=\"A\u{e9}\\\\\\\"\\n\"\n"),
        ("resolve host=a\"b c\"d\n", "resolve host=\"ab cd\"\n"),
        ("resolve host=a#b\n", "resolve host=\"a#b\"\n"),
        ("env hosts one\n", "env hosts \"one\"\n"),
        ("resolve host=x => ok=\"a b\"\n", "resolve host=x => ok=\"a b\"\n"),
    ];
    for (text, printed) in cases {
        assert_eq!(script(text).to_string(), printed, "{text:?}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    let made = "a = socket inet\ns = bind_sockets\n";
    let cases = [
        ("b = sokcet inet", 5, "did you mean socket?"),
        ("b = socket inet7", 12, "did you mean inet?"),
        ("b = socket", 11, "expected inet or inet6"),
        ("b = socket inet 4", 17, "the end of the line"),
        ("B = socket inet", 1, "expected a name"),
        ("a = socket inet", 1, "assigned before"),
        ("s.0 = socket inet", 1, "expected a name"),
        ("env = socket inet", 5, "another name"),
        ("b = close a", 5, "makes no socket"),
        ("socket inet", 1, "expected `NAME = socket"),
        ("set a reuseadr on", 7, "did you mean reuseaddr?"),
        ("set a reuseaddr yes", 17, "on, off or a number"),
        ("set a linger +1", 14, "on, off or a number"),
        ("listen a 2147483648", 10, "a backlog from"),
        ("listen zz 1", 8, "expected a name assigned before, found zz"),
        ("b = connect 127.0.0.1:@zz", 13, "expected a name assigned before, found zz"),
        ("close s", 7, "such as s.0"),
        ("close a.0", 7, "without a number"),
        ("bind a 127.0.0.1", 8, "as in 127.0.0.1:p"),
        ("bind a 127.0.0.1:65536", 8, "up to 65535"),
        ("bind a 127.0.0.1:+1", 8, "up to 65535"),
        ("bind a ::1:p", 8, "in brackets"),
        ("bind a [::1%eth0]:p", 8, "%lo or the number"),
        ("bind a 127.0.0.1:@", 8, "after @"),
        ("shutdown a up", 12, "read, write, both"),
        ("t = bind_sockets prot=1", 18, "did you mean port?"),
        ("t = bind_sockets port=1 port=2", 25, "port= once"),
        ("t = bind_sockets port", 18, "KEY=VALUE"),
        ("t = bind_sockets family=inet5", 18, "did you mean inet"),
        ("t = bind_sockets flags=pasive", 18, "did you mean passive?"),
        ("t = bind_sockets flags=0x1ffffffff", 18, "eight hexadecimal digits"),
        ("t = bind_sockets backlog=x", 18, "a backlog"),
        ("t = bind_sockets reuse_port=1", 18, "on or off"),
        ("close a =>", 11, "an answer"),
        ("close a = > ok", 9, "`=>` or the end"),
        ("close a => EADRINUSE", 12, "did you mean EADDRINUSE?"),
        ("close a => ok|", 12, "expected an answer"),
        ("close a => ok=", 12, "after ok="),
        ("close a => linus:ok", 12, "did you mean linux?"),
        ("close a => linux:ok lunix:ok", 21, "did you mean linux?"),
        ("close a => linux:ok linux:ok", 21, "linux once"),
        ("close a => linux:ok EINVAL", 21, "PLATFORM:ANSWER"),
        ("title late", 1, "before env lines and calls"),
        ("env ipv6 off", 1, "before the first call"),
        ("resolve host=\"a", 14, "closing quote"),
        ("resolve host=\"\\q\"", 15, "after a backslash"),
        ("resolve host=\"\u{e9}\\x1\"", 16, "hexadecimal"),
    ];
    for (line, column, part) in cases {
        let error = parse(&format!("{made}{line}\n")).expect_err(line);
        assert_eq!((error.line, error.column), (3, column), "{line}: {error}");
        assert!(error.message.contains(part), "{line}: {error} should say {part:?}");
    }
}

#[test]
fn mistakes_above_the_calls() {
    let cases = [
        ("title\n", 1, 6, "the words of the title"),
        ("title a\ntitle b\n", 2, 1, "a second"),
        ("env ipv6 off\ntitle a\n", 2, 1, "before env"),
        ("env ipv6 off\nenv ipv6 no-address\n", 2, 1, "once"),
        ("env ipv5 off\n", 1, 5, "did you mean ipv6?"),
        ("env ipv6 of\n", 1, 10, "did you mean off?"),
        ("env ephemeral 9-8\n", 1, 15, "a range"),
        ("env ephemeral +1-8\n", 1, 15, "a range"),
        ("env somaxconn -1\n", 1, 15, "a number"),
        ("env user root\n", 1, 10, "unprivileged"),
        ("env fail bnid EINVAL\n", 1, 10, "did you mean bind?"),
        ("env fail bind#0 EINVAL\n", 1, 10, "from 1"),
        ("env fail set:v6olny EINVAL\n", 1, 10, "did you mean v6only?"),
        ("env fail bind EINVALID\n", 1, 15, "did you mean EINVAL?"),
        ("env hosts\n", 1, 10, "a line of the hosts file"),
        ("a = socket inet\n---\nclose a\n", 3, 7, "assigned before"),
    ];
    for (text, line, column, part) in cases {
        let error = parse(text).expect_err(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.message.contains(part), "{text}: {error} should say {part:?}");
    }
    let error = parse_bytes(b"# good\ntitle \xc3\xa9\xff\n").expect_err("bytes");
    assert_eq!(error.to_string(), "line 2, column 8: expected UTF-8");
}

#[test]
fn fail_lines_may_repeat() {
    assert_eq!(script("env fail bind EINVAL\nenv fail bind EINVAL\n").env.len(), 2);
}

#[test]
fn limits() {
    let fits = format!("#{}\n", "x".repeat(LINE_LENGTH_MAX - 1));
    assert!(parse(&fits).is_ok());
    assert_eq!(parse(&format!("\n#{fits}")).expect_err("too long").line, 2);
    let calls = "resolve\n".repeat(STEPS_MAX);
    assert_eq!(script(&calls).steps.len(), STEPS_MAX);
    assert_eq!(parse(&format!("{calls}resolve\n")).expect_err("too many").line, STEPS_MAX + 1);
}

#[test]
fn scripts_of_a_file_keep_their_text_and_line() {
    let parsed = parse("a = socket inet\n---\r\n# two\na = socket inet6\n").expect("two scripts");
    let places: Vec<_> = parsed.iter().map(|one| (one.line, one.source.as_str())).collect();
    assert_eq!(places, [(1, "a = socket inet\n"), (3, "# two\na = socket inet6\n")]);
}

#[test]
fn a_bare_word_is_a_port_name_only_where_it_can_be_one() {
    let port = |text: &str| match &script(text).steps[0].call {
        Call::BindSockets { args, .. } => args.port.clone(),
        other => panic!("{other}"),
    };
    let named = |word: &str| Some(PortArg::Named(word.into()));
    let text = |word: &str| Some(PortArg::Text(word.into()));
    assert_eq!(port("s = bind_sockets port=p"), named("p"));
    assert_eq!(port("s = bind_sockets port=q12"), named("q12"));
    assert_eq!(port("s = bind_sockets port=\"p\""), text("p"));
    assert_eq!(port("s = bind_sockets port=http"), text("http"));
    assert_eq!(port("s = bind_sockets port=http\nc = connect 127.0.0.1:http"), named("http"));
    assert_eq!(port("s = bind_sockets port=\"http\"\nc = connect 127.0.0.1:http"), text("http"));
    assert_eq!(port("s = bind_sockets port=-1"), text("-1"));
    assert_eq!(port("s = bind_sockets"), None);
    for (line, expected) in [("port=http", text("http")), ("port=p", named("p"))] {
        match parse_call_text(&format!("s = bind_sockets {line}")) {
            Ok(Call::BindSockets { args, .. }) => assert_eq!(args.port, expected),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn single_lines() {
    let call = parse_call_text("bind s.12 127.0.0.1:@t").expect("no other line is needed");
    let Call::Bind { name, address } = call else { panic!("{call}") };
    assert_eq!(name, Name { word: "s".into(), index: Some(12) });
    assert_eq!(address.port, Port::Of(Name { word: "t".into(), index: None }));
    assert!(parse_call_text("close a => ok").is_err(), "a trace holds no expectation");
    assert!(parse_call_text("").is_err());
    assert_eq!(parse_env_text("ipv6 off").expect("env").to_string(), "ipv6 off");
    assert!(parse_env_text("ipv6 off now").is_err());
    assert_eq!("0x80000000".parse(), Ok(FlagsArg::Bits(i32::MIN)));
    assert!("0x+1".parse::<FlagsArg>().is_err());
}

#[test]
fn expectations_by_platform() {
    let steps = script("resolve => linux:ok macos:EINVAL|?\nresolve => ok\nresolve\n").steps;
    let on = |step: &Step, platform| step.expectation.for_platform(platform).map(<[_]>::to_vec);
    assert_eq!(on(&steps[0], Platform::Linux), Some(vec![Answer::Ok]));
    let alternatives = vec![Answer::Error("EINVAL".into()), Answer::Unknown];
    assert_eq!(on(&steps[0], Platform::Macos), Some(alternatives));
    assert_eq!(on(&steps[0], Platform::Windows), None);
    assert_eq!(on(&steps[1], Platform::Windows), Some(vec![Answer::Ok]));
    assert_eq!(steps[2].expectation, Expectation::Unwritten);
}
