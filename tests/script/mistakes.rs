//! What a mistake is told, and where.

use bindproof::script::{PortArg, parse, parse_bytes};
use expect_test::{Expect, expect};

fn check(text: &str, expected: Expect) {
    match parse(text) {
        Ok(_) => panic!("{text:?} parses"),
        Err(error) => expected.assert_eq(&error.to_string()),
    }
}

#[test]
fn unknown_words_get_the_nearest_known_one() {
    check(
        "a = sokcet inet",
        expect!["line 1, column 5: expected a call, found \"sokcet\" (did you mean socket?)"],
    );
    check(
        "a = socket inett6",
        expect![
            "line 1, column 12: expected a family (inet, inet6), found \"inett6\" (did you mean inet6?)"
        ],
    );
    check(
        "a = socket inet => linux:EADDRINUS",
        expect![
            "line 1, column 20: expected an answer or the name of an error, found \"EADDRINUS\" (did you mean EADDRINUSE?)"
        ],
    );
    check(
        "env ipv7 off",
        expect![
            "line 1, column 5: expected one of ipv6, bindv6only, hosts, ephemeral, somaxconn, user, records, fail, found \"ipv7\" (did you mean ipv6?)"
        ],
    );
    check(
        "s = bind_sockets prot=0",
        expect![
            "line 1, column 18: expected one of port, address, family, backlog, flags, reuse_port, port_attempts, exclusive, found \"prot\" (did you mean port?)"
        ],
    );
}

#[test]
fn names_are_assigned_once_and_before_use() {
    check(
        "a = socket inet\nclose b",
        expect!["line 2, column 7: expected a name assigned before, found b"],
    );
    check(
        "a = socket inet\na = socket inet",
        expect!["line 2, column 1: expected a new name: a was assigned before"],
    );
    check(
        "s = bind_sockets port=0\nclose s",
        expect!["line 2, column 7: s is a list of sockets: expected one of them, such as s.0"],
    );
    check(
        "a = socket inet\nclose a.0",
        expect!["line 2, column 7: a is one socket: expected its name without a number"],
    );
    check(
        "a = socket inet\nbind a 127.0.0.1:@b",
        expect!["line 2, column 8: expected a name assigned before, found b"],
    );
    check(
        "A = socket inet",
        expect![
            "line 1, column 1: expected a name (a small letter, then small letters, digits and _), found \"A\""
        ],
    );
}

#[test]
fn addresses_have_a_host_and_a_port() {
    let bind = |address: &str| format!("a = socket inet\nbind a {address}");
    check(
        &bind("127.0.0.1"),
        expect![
            "line 2, column 8: expected a port after the address \"127.0.0.1\", as in 127.0.0.1:p"
        ],
    );
    check(
        &bind("127.0.0.1:65536"),
        expect![
            "line 2, column 8: expected a port: a number up to 65535, a name or @SOCKET, found \"65536\""
        ],
    );
    check(
        &bind("::1:80"),
        expect![
            "line 2, column 8: expected an IPv4 address, or an IPv6 one in brackets, found \"::1\""
        ],
    );
    check(
        &bind("[fe80::1%eth0]:80"),
        expect!["line 2, column 8: expected %lo or the number of an interface, found \"eth0\""],
    );
}

#[test]
fn every_line_is_whole_and_in_its_place() {
    check("a = socket", expect!["line 1, column 11: expected inet or inet6"]);
    check(
        "a = socket inet x",
        expect!["line 1, column 17: expected `=>` or the end of the line, found \"x\""],
    );
    check(
        "socket inet",
        expect!["line 1, column 1: socket makes a socket: expected `NAME = socket …`"],
    );
    check(
        "a = socket inet\ntitle late",
        expect!["line 2, column 1: expected the title before env lines and calls"],
    );
    check(
        "a = socket inet\nenv ipv6 off",
        expect!["line 2, column 1: expected env lines before the first call"],
    );
    check(
        "env ipv6 off\nenv ipv6 no-address",
        expect!["line 2, column 1: expected `env ipv6 no-address` once, found a second"],
    );
    check(
        "s = bind_sockets port=0 port=1",
        expect!["line 1, column 25: expected port= once, found it twice"],
    );
    check(
        "s = bind_sockets address=\"x",
        expect!["line 1, column 26: expected a closing quote for the one that opens here"],
    );
    check(
        "a = socket inet => linux:ok linux:ok",
        expect!["line 1, column 29: expected linux once, found it twice"],
    );
}

#[test]
fn bytes_that_are_no_utf_8_are_named_by_their_place() {
    let error = parse_bytes(b"a = socket inet\n# gr\xfcn").unwrap_err();
    expect!["line 2, column 5: expected UTF-8"].assert_eq(&error.to_string());
}

#[test]
fn a_port_is_named_where_it_is_meant_to_be() {
    let port = |text: &str| match &parse(text).unwrap()[0].script.steps[0].call {
        bindproof::script::Call::BindSockets { args, .. } => args.port.clone().unwrap(),
        other => panic!("{other}"),
    };
    assert_eq!(port("s = bind_sockets port=p"), PortArg::Named("p".into()));
    assert_eq!(port("s = bind_sockets port=\"p\""), PortArg::Text("p".into()));
    assert_eq!(port("s = bind_sockets port=http"), PortArg::Text("http".into()));
    assert_eq!(
        port("s = bind_sockets port=web\nc = connect 127.0.0.1:web"),
        PortArg::Named("web".into())
    );
}

#[test]
fn a_server_is_no_socket_and_takes_each_socket_once() {
    check("v = serve", expect!["line 1, column 10: expected the name of a socket"]);
    check(
        "a = socket inet\nv = serve a a",
        expect!["line 2, column 13: expected a once, found it twice"],
    );
    check(
        "a = socket inet\nv = serve a\nsend v 3",
        expect!["line 3, column 6: v is a server: expected a socket"],
    );
    check("a = socket inet\nstop a", expect!["line 2, column 6: a is no server: expected one"]);
    check("a = socket inet\nserve a a", expect!["line 2, column 7: a is no server: expected one"]);
    check(
        "a = socket inet\nv = serve a stop=0",
        expect![[
            r#"line 2, column 13: expected stop= once, with a number from 1, found "stop=0""#
        ]],
    );
    check(
        "a = socket inet\nv = serve a sotp=1",
        expect![[r#"line 2, column 13: expected one of stop, found "sotp" (did you mean stop?)"#]],
    );
    check(
        "a = socket inet\na = stop a",
        expect!["line 2, column 5: stop makes no socket: expected no name before it"],
    );
    check(
        "env fail serve EINVAL",
        expect!["line 1, column 10: serve is no call of the system: expected one that it makes"],
    );
}
