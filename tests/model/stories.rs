//! Stories of what follows a surprise, and of what an answer must be made of.

use bindproof::judge::predict;
use bindproof::script::{Platform, parse};

use crate::openness::known;
use crate::told::{on, told, with_fail};

#[test]
fn a_wrong_reading_changes_nothing() {
    told(
        &known(),
        "
  a = socket inet -> ok
! get a reuseaddr -> on
  get a reuseaddr -> off
! name a -> address 127.0.0.1:7
! inherited a -> no
  inherited a -> yes
  bind a 127.0.0.1:2000 -> ok
! resolve host=127.0.0.1 service=80 flags=numerichost,numericserv -> records 127.0.0.2:80
  name a -> address 127.0.0.1:2000
",
    );
}

#[test]
fn a_call_that_waits_in_vain_changes_nothing_but_a_connect_may_still_succeed() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
! d = accept a -> blocks
  name a -> address 127.0.0.1:2000
  d = accept a -> peer 127.0.0.1:40000
  e = socket inet -> ok
! connect e 127.0.0.1:2001 -> blocks
? name e -> address 127.0.0.1:40001
",
    );
}

#[test]
fn what_a_wrong_bind_sockets_returned_is_there_as_it_returned_it() {
    told(
        &known(),
        "
! s = bind_sockets port=2000 address=127.0.0.1 -> sockets 127.0.0.1:2000 reuseaddr deaf
  name s.0 -> address 127.0.0.1:2000
  get s.0 accepting -> off
  c = connect 127.0.0.1:2000 -> ECONNREFUSED
! t = bind_sockets port=2001 address=127.0.0.1 -> sockets 127.0.0.1:2001
  get t.0 reuseaddr -> off
  d = connect 127.0.0.1:2001 -> local 127.0.0.1:40001
! u = bind_sockets port=2002 address=::1 -> sockets [::1]:2002 reuseaddr reuseport
  get u.0 reuseport -> on
  get u.0 v6only -> off
! v = bind_sockets port=2003 address=127.0.0.1 -> ok
? name v.0 -> address 127.0.0.1:2003
",
    );
}

#[test]
fn each_promise_of_bind_sockets_is_looked_at() {
    let right = "127.0.0.1:2000 reuseaddr";
    let call = "s = bind_sockets port=2000 address=127.0.0.1";
    told(&known(), &format!("  {call} -> sockets {right}"));
    for wrong in ["reuseport", "blocks", "inherited", "deaf"] {
        told(&known(), &format!("! {call} -> sockets {right} {wrong}"));
    }
    told(&known(), &format!("! {call} -> sockets 127.0.0.1:2000"));
    told(&known(), &format!("! {call} -> sockets 127.0.0.2:2000 reuseaddr"));
    told(&known(), &format!("! {call} -> sockets 127.0.0.1:2001 reuseaddr"));
    told(&known(), &format!("! {call} -> sockets {right}, {right}"));
    told(&known(), &format!("! {call} -> sockets"));
    let v6 = "s = bind_sockets port=2000 address=::1";
    told(&known(), &format!("  {v6} -> sockets [::1]:2000 reuseaddr v6only"));
    told(&known(), &format!("! {v6} -> sockets [::1]:2000 reuseaddr"));
}

#[test]
fn bytes_that_a_wrong_recv_left_are_still_there() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = accept a -> peer 127.0.0.1:40000
  send c 0 -> 0
  recv d -> blocks
  send c 3 -> 3
  send c 4 -> 4
! recv d -> 5
  recv d -> 2
  recv d -> blocks
  send c 3 -> 3
  send c 4 -> 4
  send c 5 -> 5
  recv d -> 7
  recv d -> 5
  recv d -> blocks
! recv a -> 1
? name a -> address 127.0.0.1:2000
",
    );
}

#[test]
fn what_a_connection_surely_buffers_is_64_kibibytes() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  send c 65536 -> 65536
? send c 1 -> 1
",
    );
}

/// The listeners of two families on one port, for calls that are made to fail in one of them.
const TWO_FAMILIES: &str = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  b = socket inet6 -> ok
  bind b [::1]:2000 -> ok
  listen b 5 -> ok
";

#[test]
fn a_call_that_was_made_to_fail_in_one_family_works_in_the_other() {
    told(
        &with_fail("connect:inet6 ECONNREFUSED"),
        &format!(
            "{TWO_FAMILIES}
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = connect [::1]:2000 -> ECONNREFUSED
"
        ),
    );
    told(
        &with_fail("connect:inet ECONNREFUSED"),
        &format!(
            "{TWO_FAMILIES}
  c = connect [::1]:2000 -> local [::1]:40000
  d = connect 127.0.0.1:2000 -> ECONNREFUSED
"
        ),
    );
    let numeric = "flags=numerichost,numericserv";
    for (family, host, other_family, other) in
        [("inet", "127.0.0.1", "inet6", "::1"), ("inet6", "::1", "inet", "127.0.0.1")]
    {
        let found = if other == "::1" { "[::1]:80" } else { "127.0.0.1:80" };
        told(
            &with_fail(&format!("resolve:{family} EAI_FAIL")),
            &format!(
                "
  resolve host={host} service=80 family={family} {numeric} -> EAI_FAIL
  resolve host={other} service=80 family={other_family} {numeric} -> records {found}
  s = bind_sockets port=2000 address={host} family={family} -> EAI_FAIL
! t = bind_sockets port=2001 address={other} family={other_family} -> EAI_FAIL
"
            ),
        );
    }
}

#[test]
fn an_error_is_known_by_its_name_and_its_code() {
    let story = |mark: char, word: &str| {
        format!("  a = socket inet -> ok\n{mark} bind a 127.0.0.1:80 -> {word}")
    };
    told(&known(), &story(' ', "EACCES"));
    told(&known(), &story(' ', "EACCES 13"));
    // 13 is EACCES, and 98 is not.
    told(&known(), &story('!', "EACCES 98"));
    told(&known(), &story('!', "EPERM 13"));
    // A system's error has a code; those of the reference have none.
    told(&known(), &story('!', "EACCES uncoded"));
    let windows = on(Platform::Windows, "10.0.26100");
    let taken = |code: &str| {
        format!(
            "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  b = socket inet -> ok
{} bind b 127.0.0.1:2000 -> EADDRINUSE {code}",
            if code == "10048" { ' ' } else { '!' }
        )
    };
    told(&windows, &taken("10048"));
    told(&windows, &taken("98"));
}

#[test]
fn a_chosen_port_is_one_of_the_ephemeral_ones_and_the_same_each_time() {
    let mut header = known();
    header.environment.ephemeral = Some((40_000, 40_009));
    told(
        &header,
        "
  a = socket inet -> ok
  bind a 127.0.0.1:0 -> ok
! name a -> address 127.0.0.1:39999
! name a -> address 127.0.0.1:40010
! name a -> address 127.0.0.2:40003
  name a -> address 127.0.0.1:40009
! name a -> address 127.0.0.1:40003
  b = socket inet -> ok
  bind b 127.0.0.1:0 -> ok
  name b -> address 127.0.0.1:40000
  s = bind_sockets port=0 -> sockets 0.0.0.0:40001 reuseaddr, [::]:40001 reuseaddr v6only
! t = bind_sockets port=0 -> sockets 0.0.0.0:40002 reuseaddr, [::]:40003 reuseaddr v6only
",
    );
    // Beyond a small range a port is one that nobody has seen, and one port all the same.
    told(
        &known(),
        "
! s = bind_sockets port=0 -> sockets 0.0.0.0:40002 reuseaddr, [::]:40003 reuseaddr v6only
  t = bind_sockets port=0 -> sockets 0.0.0.0:40004 reuseaddr, [::]:40004 reuseaddr v6only
",
    );
}

/// What Microsoft's documents and field reports agree on: a connection keeps nobody out who has
/// `SO_REUSEADDR`, what is left of one keeps nobody out; the rest is open.
#[test]
fn on_windows_a_connection_is_no_owner_of_its_port_as_far_as_is_known() {
    let windows = on(Platform::Windows, "10.0.26100");
    let live = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:50000
  d = accept a -> peer 127.0.0.1:50000
  close a -> ok
  b = socket inet -> ok
";
    let told = |rest: &str| told(&windows, &format!("{live}{rest}"));
    told("? bind b 127.0.0.1:2000 -> ok");
    told("? bind b 0.0.0.0:2000 -> ok");
    // Another address, another port, the other family.
    told("  bind b 127.0.0.2:2000 -> ok");
    told("  bind b 127.0.0.1:2001 -> ok");
    told("  e = socket inet6 -> ok\n  set e v6only on -> ok\n  bind e [::]:2000 -> ok");
    told("  set b reuseaddr on -> ok\n  bind b 127.0.0.1:2000 -> ok");
    told("  set b reuseaddr on -> ok\n! bind b 127.0.0.1:2000 -> EADDRINUSE");
    told("  set b exclusiveaddruse on -> ok\n? bind b 127.0.0.1:2000 -> ok");
    told("  set b exclusiveaddruse on -> ok\n  bind b 127.0.0.2:2000 -> ok");
    let gone = "  close d -> ok\n  close c -> ok\n";
    told(&format!("{gone}  set b exclusiveaddruse on -> ok\n? bind b 127.0.0.1:2000 -> ok"));
    told("  close d -> ok\n  close c -> ok\n  bind b 127.0.0.1:2000 -> ok");
}

#[test]
fn an_answer_names_the_half_of_a_dual_stack_wildcard_where_it_counts() {
    let rules = |text: &str| {
        let script = &parse(text).expect("it parses")[0].script;
        predict(script, Platform::Windows, None).pop().expect("a step").rules
    };
    let dual = "a = socket inet6\nset a v6only off\nbind a [::]:2000\n";
    let half = "bind.half-of-dual";
    let four = |first: &str, address: &str| {
        rules(&format!("{first}b = socket inet\nbind b {address}\n")).contains(&half)
    };
    assert!(four(dual, "0.0.0.0:2000"));
    assert!(four(dual, "127.0.0.1:2000"));
    assert!(!four(dual, "0.0.0.0:2001"));
    assert!(!four("a = socket inet6\nset a v6only on\nbind a [::]:2000\n", "0.0.0.0:2000"));
    assert!(!four("a = socket inet\nbind a 127.0.0.1:2000\n", "0.0.0.0:2000"));
    // The halves for IPv6 are whole.
    let six = "b = socket inet6\nset b v6only on\nbind b [::]:2000\n";
    assert!(!rules(&format!("{dual}{six}")).contains(&half));
}

#[test]
fn a_call_that_should_have_failed_and_did_not_has_its_effect() {
    // Every bind but the first ones is one that this Linux refuses.
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  b = socket inet -> ok
! bind b 127.0.0.1:2000 -> ok
  name b -> address 127.0.0.1:2000
! bind b 127.0.0.1:80 -> ok
  name b -> address 127.0.0.1:80
! listen b -1 -> EINVAL
  get b accepting -> off
  c = socket inet6 -> ok
! bind c 127.0.0.1:2005 -> ok
? name c -> address 127.0.0.1:2005
",
    );
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  b = socket inet -> ok
! bind b 127.0.0.1:2000 -> ok
! listen b 5 -> ok
  get b accepting -> on
  c = socket inet -> ok
  listen c 5 -> ok
",
    );
    let mut off = known();
    off.environment.ipv6 = Some("off".into());
    told(&off, "! a = socket inet6 -> ok\n  get a reuseaddr -> off\n  set a reuseaddr on -> ok");
    // What was made to fail, and was made all the same.
    told(
        &with_fail("dup EMFILE"),
        "
  a = socket inet -> ok
! b = dup a -> ok
  get b reuseaddr -> off
",
    );
    told(
        &with_fail("close EIO"),
        "
  a = socket inet -> ok
! close a -> ok
  get a reuseaddr -> absent a
",
    );
    told(
        &with_fail("listen EIO"),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
! listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = socket inet -> ok
! listen d 5 -> ok
? get d accepting -> on
",
    );
    told(
        &with_fail("bind EIO"),
        "
  a = socket inet -> ok
! bind a 127.0.0.1:0 -> ok
  name a -> address 127.0.0.1:40000
  b = socket inet6 -> ok
! bind b [::1]:2000 -> ok
  get b v6only -> on
",
    );
}

#[test]
fn what_a_wrong_bind_sockets_was_asked_for_is_believed_where_nothing_else_is_known() {
    let windows = on(Platform::Windows, "10.0.26100");
    for (asked, on) in [("on", "on"), ("off", "off")] {
        told(
            &windows,
            &format!(
                "
! s = bind_sockets port=2000 address=127.0.0.1 exclusive={asked} -> sockets 127.0.0.1:2001
  get s.0 exclusiveaddruse -> {on}
"
            ),
        );
    }
}
