//! Stories of the rules that an answer rests on: all of them, each once, and no other.

use bindproof::judge::predict;
use bindproof::script::{Platform, parse};
use expect_test::expect;

/// The rules that the last step rests on.
pub(crate) fn rules(text: &str, platform: Platform) -> Vec<&'static str> {
    let script = &parse(text).expect("it parses")[0].script;
    predict(script, platform, None).pop().expect("a step").rules
}

#[test]
fn a_rule_of_several_calls_is_named_once() {
    let all = rules("s = bind_sockets port=2000 address=localhost", Platform::Linux);
    expect![[r#"
        bind_sockets.sockets
        resolve.hosts
        socket.family
        options.reuse-any-time
        options.descriptor-flags
        bind.conflict
        listen.conflict
        options.v6only
        bind_sockets.records
        bind_sockets.order
        bind_sockets.exclusive
        bind_sockets.reuseaddr
        bind_sockets.reuseport
        bind_sockets.v6only
        bind_sockets.nonblocking
        bind_sockets.cloexec
        bind_sockets.listening
        bind_sockets.port"#]]
    .assert_eq(&all.join("\n"));
}

#[test]
fn only_where_a_server_runs_its_echo_counts() {
    let connection = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 5\nc = connect 127.0.0.1:p\n";
    let accepted = format!("{connection}d = accept a\nsend d 3\nrecv c\n");
    assert_eq!(rules(&accepted, Platform::Linux), ["recv.bytes"]);
    let served = format!("{connection}t = serve a\nsend c 3\nrecv c\n");
    assert!(rules(&served, Platform::Linux).contains(&"serve.echoes"));
}

#[test]
fn connections_count_where_another_socket_of_the_port_has_one() {
    let bind = |before: &str| {
        let text = format!("{before}b = socket inet\nbind b 127.0.0.1:p\n");
        rules(&text, Platform::Linux).contains(&"bind.connections")
    };
    let listener = "a = socket inet\nbind a 127.0.0.1:p\nlisten a 5\n";
    assert!(!bind(listener));
    assert!(bind(&format!("{listener}c = connect 127.0.0.1:p\nd = accept a\n")));
}

#[test]
fn the_cache_counts_where_it_covers_the_newcomer() {
    let bind = |first: &str, second: &str| {
        let text = format!(
            "a = socket inet\n{first}bind a 127.0.0.1:p\nb = socket inet\n{second}bind b 127.0.0.1:p\n"
        );
        rules(&text, Platform::Linux).contains(&"bind.reuseport-cache")
    };
    assert!(bind("set a reuseport on\n", "set b reuseport on\n"));
    assert!(!bind("set a reuseport on\n", ""));
    assert!(!bind("", "set b reuseport on\n"));
}
