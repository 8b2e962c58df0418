//! Traces told line by line, each with its verdict: what a header makes possible, what follows a
//! surprise, and what an answer must be made of to be the expected one.
//!
//! A line is `MARK CALL -> OUTCOME`; the mark is a blank where the step is allowed, `!` where it is
//! not, `?` where the model does not say.

use bindproof::judge::{StepVerdict, judge, predict};
use bindproof::script::{Platform, errors, parse};
use bindproof::trace::{
    EndReason, Header, Outcome, ResolvedRecord, SocketFacts, Trace, TraceStep, Value,
};

use crate::openness::known;

/// `127.0.0.1:2000 reuseaddr v6only deaf`: a socket that listens, does not block and is
/// close-on-exec, unless it is said otherwise.
fn socket(text: &str) -> SocketFacts {
    let mut words = text.split(' ');
    let address = words.next().expect("an address").parse().expect("an address");
    let words: Vec<_> = words.collect();
    let is = |word| Some(words.contains(&word));
    SocketFacts {
        address,
        reuseaddr: is("reuseaddr"),
        reuseport: is("reuseport"),
        v6only: address.is_ipv6().then_some(words.contains(&"v6only")),
        nonblocking: Some(!words.contains(&"blocks")),
        cloexec: Some(!words.contains(&"inherited")),
        listening: Some(!words.contains(&"deaf")),
    }
}

pub(crate) fn outcome(platform: Platform, text: &str) -> Outcome {
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    let address = || rest.parse().expect("an address");
    let list = || rest.split(", ").filter(|one| !one.is_empty());
    Outcome::Ok(match word {
        "ok" => Value::Done,
        "on" | "off" => Value::Switch(word == "on"),
        "yes" | "no" => Value::Word(word.into()),
        "address" => Value::Address(address()),
        "local" => Value::Local(address()),
        "peer" => Value::Peer(address()),
        "sockets" => Value::Sockets(list().map(socket).collect()),
        "records" => Value::Records(
            list()
                .map(|one| ResolvedRecord { address: one.parse().expect("an address") })
                .collect(),
        ),
        "blocks" => return Outcome::Blocked,
        "absent" => return Outcome::Absent(rest.into()),
        error if error.starts_with('E') => {
            let code = match rest {
                "" => errors::code(platform, error).or(errors::resolver_code(platform, error)),
                "uncoded" => None,
                number => Some(number.parse().expect("a code")),
            };
            return Outcome::Error { name: error.into(), code };
        }
        number => Value::Number(number.parse().expect("an outcome")),
    })
}

/// Each line must be judged as it is marked.
fn told(header: &Header, story: &str) {
    let platform: Platform = header.platform.os.parse().expect("a platform");
    let lines: Vec<_> = story.lines().filter(|line| !line.trim().is_empty()).collect();
    let mut steps = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let (call, word) = line[2..].split_once(" -> ").expect("CALL -> OUTCOME");
        steps.push(TraceStep {
            step: index + 1,
            call: call.trim().into(),
            outcome: outcome(platform, word.trim()),
        });
    }
    let trace = Trace { header: header.clone(), steps, end: EndReason::Complete };
    let verdict = judge(&trace);
    for (line, step) in lines.iter().zip(&verdict.steps) {
        let mark = match step {
            StepVerdict::Allowed(_) => " ",
            StepVerdict::Diverged(_) => "!",
            StepVerdict::Unmodelled(_) => "?",
        };
        assert_eq!(mark, &line[..1], "{line}: {step:?} in\n{story}");
    }
}

fn on(platform: Platform, release: &str) -> Header {
    let mut header = known();
    header.platform.os = platform.to_string();
    header.platform.kernel = bindproof::matrix::own_kernel(platform).into();
    header.platform.release = release.into();
    header.platform.libc = String::new();
    header
}

fn with_fail(line: &str) -> Header {
    let mut header = known();
    header.environment.fail = vec![line.into()];
    header
}

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

/// Measured on Linux (`ip(7)`, `tcp(7)`, `af_inet6.c`); none of it happens often by chance.
#[test]
fn a_socket_that_connects_to_its_own_address_meets_itself() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  connect a 127.0.0.1:2000 -> local 127.0.0.1:2000
  name a -> address 127.0.0.1:2000
  send a 3 -> 3
? recv a -> 3
",
    );
    // A wildcard takes the address that it was connected from.
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 0.0.0.0:2000 -> ok
  connect a 127.0.0.1:2000 -> local 127.0.0.1:2000
  name a -> address 127.0.0.1:2000
! connect a 127.0.0.1:2000 -> ok
",
    );
    // After a `shutdown` that failed both FINs pass at once, and what is left is in TIME_WAIT.
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  shutdown a write -> ENOTCONN
  connect a 127.0.0.1:2000 -> ECONNABORTED
  b = socket inet -> ok
  bind b 127.0.0.1:2000 -> EADDRINUSE
  c = socket inet -> ok
  set c reuseaddr on -> ok
  bind c 127.0.0.1:2000 -> EADDRINUSE
",
    );
}

#[test]
fn two_connections_differ_in_an_address_or_a_port() {
    let two = "
  l = socket inet -> ok
  bind l 127.0.0.1:2000 -> ok
  listen l 5 -> ok
  m = socket inet -> ok
  bind m 127.0.0.1:2001 -> ok
  listen m 5 -> ok
  a = socket inet -> ok
  set a reuseaddr on -> ok
  bind a 127.0.0.1:3000 -> ok
  b = socket inet -> ok
  set b reuseaddr on -> ok
";
    let told = |rest: &str| told(&known(), &format!("{two}{rest}"));
    let first = "  connect a 127.0.0.1:2000 -> local 127.0.0.1:3000\n";
    told(&format!(
        "  bind b 127.0.0.1:3000 -> ok\n{first}  connect b 127.0.0.1:2000 -> EADDRNOTAVAIL"
    ));
    told(&format!(
        "  bind b 127.0.0.1:3000 -> ok\n{first}  connect b 127.0.0.1:2001 -> local 127.0.0.1:3000"
    ));
    told(&format!(
        "  bind b 127.0.0.2:3000 -> ok\n{first}  connect b 127.0.0.1:2000 -> local 127.0.0.2:3000"
    ));
    told(&format!(
        "  bind b 127.0.0.1:3001 -> ok\n{first}  connect b 127.0.0.1:2000 -> local 127.0.0.1:3001"
    ));
}

#[test]
fn the_same_over_ipv6_and_over_mapped_addresses() {
    let two = "
  l = socket inet6 -> ok
  set l v6only off -> ok
  bind l [::]:2000 -> ok
  listen l 5 -> ok
  a = socket inet6 -> ok
  set a v6only off -> ok
  set a reuseaddr on -> ok
  b = socket inet6 -> ok
  set b v6only off -> ok
  set b reuseaddr on -> ok
";
    let told = |rest: &str| told(&known(), &format!("{two}{rest}"));
    told(
        "
  bind a [::1]:3000 -> ok
  bind b [::1]:3000 -> ok
  connect a [::1]:2000 -> local [::1]:3000
  connect b [::1]:2000 -> EADDRNOTAVAIL
",
    );
    told(
        "
  bind a [::ffff:127.0.0.1]:3000 -> ok
  bind b [::1]:3000 -> ok
  connect a [::ffff:127.0.0.1]:2000 -> local [::ffff:127.0.0.1]:3000
  connect b [::1]:2000 -> local [::1]:3000
",
    );
    told(
        "
  bind a [::ffff:127.0.0.1]:3000 -> ok
  c = socket inet -> ok
  set c reuseaddr on -> ok
  bind c 127.0.0.1:3000 -> ok
  connect a [::ffff:127.0.0.1]:2000 -> local [::ffff:127.0.0.1]:3000
  connect c 127.0.0.1:2000 -> EADDRNOTAVAIL
",
    );
}

#[test]
fn the_wildcard_as_a_target_is_this_machine() {
    told(
        &known(),
        "
  l = socket inet6 -> ok
  set l v6only off -> ok
  bind l [::]:2000 -> ok
  listen l 5 -> ok
  a = socket inet -> ok
  bind a 127.0.0.2:3000 -> ok
  connect a 0.0.0.0:2000 -> local 127.0.0.2:3000
  b = socket inet -> ok
  bind b 0.0.0.0:3001 -> ok
  connect b 0.0.0.0:2000 -> local 127.0.0.1:3001
  c = socket inet6 -> ok
  connect c [::]:2000 -> local [::1]:40000
  d = socket inet6 -> ok
  set d v6only off -> ok
  bind d [::ffff:127.0.0.1]:3002 -> ok
  connect d [::]:2000 -> local [::ffff:127.0.0.1]:3002
  e = socket inet6 -> ok
  set e v6only off -> ok
? connect e [::ffff:0.0.0.0]:2000 -> ok
",
    );
}

#[test]
fn addresses_that_nothing_comes_from_are_replaced_by_127_0_0_1() {
    for stand_in in ["224.0.0.1", "255.255.255.255", "127.255.255.255", "0.0.0.0"] {
        told(
            &known(),
            &format!(
                "
  l = socket inet -> ok
  bind l 127.0.0.1:2000 -> ok
  listen l 5 -> ok
  a = socket inet -> ok
  bind a {stand_in}:3000 -> ok
  connect a 127.0.0.1:2000 -> local 127.0.0.1:3000
"
            ),
        );
    }
}

#[test]
fn an_ipv6_socket_that_spoke_ipv4_is_not_followed_over_ipv6() {
    told(
        &known(),
        "
  a = socket inet6 -> ok
  set a v6only off -> ok
  connect a [::ffff:127.0.0.1]:2000 -> ECONNREFUSED
? connect a [::1]:2000 -> ECONNREFUSED
  b = socket inet6 -> ok
  set b v6only off -> ok
  connect b [::1]:2000 -> ECONNREFUSED
  connect b [::1]:2000 -> ECONNREFUSED
  c = socket inet -> ok
  connect c 127.0.0.1:2000 -> ECONNREFUSED
  connect c 127.0.0.1:2001 -> ECONNREFUSED
",
    );
}

/// `af_inet6.c` sets `sk_bound_dev_if` before it looks at the address.
#[test]
fn the_interface_of_a_link_local_address_stays_when_the_bind_fails() {
    let binds = |lines: &str| told(&known(), &format!("  a = socket inet6 -> ok\n{lines}"));
    binds("  bind a [fe80::1]:2000 -> EINVAL");
    binds("  bind a [fe80::1%lo]:2000 -> EADDRNOTAVAIL\n  bind a [fe80::1]:2000 -> EADDRNOTAVAIL");
    binds("  bind a [fe80::1%0]:2000 -> EINVAL\n  bind a [fe80::1]:2000 -> EINVAL");
    binds("  bind a [fe80::1%7]:2000 -> ENODEV\n  bind a [fe80::1]:2000 -> ENODEV");
    binds("  bind a [2001:db8::1%lo]:2000 -> EADDRNOTAVAIL\n  bind a [fe80::1]:2000 -> EINVAL");
    // Every later bind looks it up, but for the wildcard.
    binds("  bind a [fe80::1%7]:2000 -> ENODEV\n  bind a [::1]:2000 -> ENODEV");
    binds("  bind a [fe80::1%7]:2000 -> ENODEV\n  bind a [2001:db8::1]:2000 -> ENODEV");
    binds("  bind a [fe80::1%7]:2000 -> ENODEV\n  bind a [::]:2000 -> ok");
    binds("  bind a [fe80::1%lo]:2000 -> EADDRNOTAVAIL\n  bind a [::1]:2000 -> ok");
    // Refused for its port before the interface is looked at.
    binds("  bind a [fe80::1%lo]:80 -> EACCES\n  bind a [fe80::1]:2000 -> EINVAL");
    binds("  bind a [::1]:2000 -> ok\n  bind a [fe80::1%lo]:2000 -> EINVAL");
}

#[test]
fn a_range_of_ports_can_be_used_up_whatever_options_are_set() {
    let mut header = known();
    header.environment.ephemeral = Some((40_000, 40_001));
    let used = "
  a = socket inet -> ok
  set a reuseaddr on -> ok
  bind a 0.0.0.0:0 -> ok
  b = socket inet -> ok
  set b reuseaddr on -> ok
  bind b 0.0.0.0:0 -> ok
";
    told(
        &header,
        &format!(
            "{used}
  c = socket inet -> ok
  set c reuseaddr on -> ok
  bind c 0.0.0.0:0 -> EADDRINUSE
! bind c 127.0.0.1:0 -> ok
  d = socket inet -> ok
  listen d 5 -> EADDRINUSE
"
        ),
    );
    let connect = "
  l = socket inet -> ok
  bind l 127.0.0.1:2000 -> ok
  listen l 5 -> ok
";
    told(&header, &format!("{connect}  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000"));
    told(&header, &format!("{used}{connect}? c = connect 127.0.0.1:2000 -> EADDRNOTAVAIL"));
    told(&header, "  d = socket inet -> ok\n  listen d 5 -> ok\n  name d -> address 0.0.0.0:40001");
    // A wide range is never known to be used up.
    told(
        &known(),
        &format!("{used}{connect}  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000"),
    );
}

#[test]
fn without_ipv6_only_ipv6_is_refused() {
    let mut header = known();
    header.environment.ipv6 = Some("off".into());
    told(
        &header,
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = connect [::1]:2000 -> EAFNOSUPPORT
  e = accept a -> peer 127.0.0.1:40000
! inherited e -> no
  inherited e -> yes
",
    );
}

#[test]
fn who_does_not_listen_is_told_so_or_waits_on_windows() {
    let windows = on(Platform::Windows, "10.0.26100");
    told(&windows, "  a = socket inet -> ok\n  x = accept a -> EINVAL");
    told(&windows, "  a = socket inet -> ok\n  x = accept a -> blocks");
    told(&windows, "  a = socket inet -> ok\n? connect a [::1]:2000 -> EAFNOSUPPORT");
    told(&windows, "  a = socket inet -> ok\n? recv a -> ENOTCONN");
    told(&windows, "  a = socket inet -> ok\n? send a 1 -> ENOTCONN");
    told(&known(), "  a = socket inet -> ok\n  x = accept a -> EINVAL");
    told(&known(), "  a = socket inet -> ok\n! x = accept a -> blocks");
}

#[test]
fn a_connection_that_nobody_has_room_for_is_not_settled() {
    let full = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 0 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = socket inet -> ok
  connect d 127.0.0.1:2000 -> blocks
";
    for next in [
        "x = accept d -> blocks",
        "listen d 5 -> EINVAL",
        "bind d 127.0.0.1:2001 -> EINVAL",
        "send d 1 -> EAGAIN",
        "recv d -> blocks",
        "shutdown d both -> ok",
        "connect d 127.0.0.1:2000 -> EALREADY",
    ] {
        told(&known(), &format!("{full}? {next}"));
    }
}

/// `sonewconn`: half as many again as the backlog, and one more; a backlog above somaxconn is
/// somaxconn.
#[test]
fn freebsds_queue_holds_half_as_many_again() {
    let mut freebsd = on(Platform::Freebsd, "14.2");
    freebsd.environment.somaxconn = Some(2);
    let story = |backlog: u32, fit: u32| {
        let mut text = format!(
            "  a = socket inet -> ok\n  bind a 127.0.0.1:2000 -> ok\n  listen a {backlog} -> ok\n"
        );
        for number in 0..fit {
            text += &format!(
                "  c{number} = connect 127.0.0.1:2000 -> local 127.0.0.1:{}\n",
                50_000 + number
            );
        }
        text + "! d = connect 127.0.0.1:2000 -> local 127.0.0.1:50100\n"
    };
    told(&freebsd, &story(1, 2));
    told(&freebsd, &story(2, 4));
    told(&freebsd, &story(5, 4));
}

#[test]
fn what_a_socket_sent_itself_may_not_all_have_come() {
    let itself = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  connect a 127.0.0.1:2000 -> local 127.0.0.1:2000
";
    told(&known(), &format!("{itself}  send a 3 -> 3\n? shutdown a write -> ok"));
    told(&known(), &format!("{itself}  send a 3 -> 3\n  shutdown a read -> ok"));
    told(&known(), &format!("{itself}  shutdown a write -> ok"));
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = accept a -> peer 127.0.0.1:40000
  send c 3 -> 3
  shutdown d write -> ok
  recv d -> 3
",
    );
}

#[test]
fn a_listen_rests_on_the_rule_that_lets_it_pass() {
    let rules = |platform| {
        let text = "a = socket inet\nbind a 127.0.0.1:2000\nlisten a 5\n";
        let script = &parse(text).expect("it parses")[0].script;
        predict(script, platform, None).pop().expect("a step").rules
    };
    assert_eq!(rules(Platform::Linux), ["listen.conflict"]);
    let windows = rules(Platform::Windows);
    assert!(windows.contains(&"listen.backlog") && windows.contains(&"listen.conflict"));
}

#[test]
fn the_hosts_that_a_script_asks_for_are_those_of_its_prediction() {
    let text =
        "env hosts \"10.0.0.1 two\" \"10.0.0.2 two\"\nresolve host=two service=80 family=inet\n";
    let script = &parse(text).expect("it parses")[0].script;
    let said = predict(script, Platform::Linux, None).pop().expect("a step");
    assert_eq!(said.allowed.expect("modelled"), ["ok=2"]);
}
