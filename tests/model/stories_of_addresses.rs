//! Stories of who meets whom: addresses, ports, queues and interfaces.

use bindproof::judge::predict;
use bindproof::script::{Platform, parse};

use crate::openness::known;
use crate::told::{on, told};

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

#[test]
fn where_the_resolver_has_no_order_each_order_is_right_and_each_record_counts() {
    let macos = on(Platform::Macos, "24.6.0");
    let call = "resolve service=80 family=unspec flags=passive,numericserv";
    let told = |mark: char, records: &str| told(&macos, &format!("{mark} {call} -> {records}"));
    told(' ', "records 0.0.0.0:80, [::]:80");
    told(' ', "records [::]:80, 0.0.0.0:80");
    told('!', "records 0.0.0.0:80");
    told('!', "records 0.0.0.0:80, 0.0.0.0:80");
    told('!', "records 0.0.0.0:80, [::1]:80");
}

#[test]
fn a_prediction_supposes_a_machine_that_knows_localhost() {
    let text = "resolve host=localhost service=80 family=inet6 flags=numericserv";
    let script = &parse(text).expect("it parses")[0].script;
    let step = predict(script, Platform::Linux, None).remove(0);
    assert_eq!(step.allowed, Ok(vec!["ok=1".to_string()]));
}

#[test]
fn the_order_inside_a_family_counts_for_bind_sockets_and_that_of_the_families_does_not() {
    let allowed = |hosts: [&str; 3]| {
        let lines: Vec<_> = hosts.iter().map(|host| format!("\"{host} several\"")).collect();
        let lines = lines.join(" ");
        let text = format!("env hosts {lines}\ns = bind_sockets port=2000 address=several\n");
        let script = &parse(&text).expect("it parses")[0].script;
        predict(script, Platform::Macos, None).remove(0).allowed
    };
    let unordered = || Err("the resolver's order inside a family".to_string());
    assert!(allowed(["127.0.0.1", "::1", "::1"]).is_ok());
    assert_eq!(allowed(["127.0.0.1", "127.0.0.2", "127.0.0.3"]), unordered());
    assert_eq!(allowed(["127.0.0.1", "127.0.0.2", "::1"]), unordered());
    assert_eq!(allowed(["127.0.0.1", "::1", "::2"]), unordered());
}

/// XNU and FreeBSD look for one owner, the one that fits best, and for that one alone it counts
/// whether the two stacks of a wildcard meet (`in_pcbbind`, `in_pcblookup_local`).
#[test]
fn of_several_owners_the_bsds_ask_the_one_that_fits_best() {
    let six = |name: &str, address: &str| {
        format!(
            "  {name} = socket inet6 -> ok\n  set {name} v6only off -> ok\n  bind {name} {address}"
        )
    };
    for (platform, release, dual_costs) in
        [(Platform::Macos, "24.6.0", false), (Platform::Freebsd, "14.3", true)]
    {
        let told = |story: &str| told(&on(platform, release), story);
        let specific = "  a = socket inet -> ok\n  bind a 127.0.0.1:2000 -> ok\n";
        told(&format!(
            "{specific}  b = socket inet6 -> ok\n  set b v6only on -> ok\n  bind b [::]:2000 -> ok"
        ));
        told(&format!("{specific}{}", six("b", "[::1]:2000 -> ok")));
        told(&format!("{specific}{}", six("b", "[::]:2000 -> EADDRINUSE")));
        // The wildcard of IPv4 fits better than the address, in whichever order they came.
        let wildcard =
            "  b = socket inet -> ok\n  set b reuseaddr on -> ok\n  bind b 0.0.0.0:2000 -> ok\n";
        told(&format!("{specific}{wildcard}{}", six("c", "[::]:2000 -> ok")));
        // For a mapped wildcard, which is exempt from one of the two, too.
        let shared = |name: &str| format!("  set {name} reuseport on -> ok\n");
        let dual = six("a", "[::]:2000 -> ok").replace("  bind", &format!("{}  bind", shared("a")));
        let wildcard = wildcard.replace("reuseaddr", "reuseport");
        told(&format!("{dual}\n{}", six("c", "[::ffff:0.0.0.0]:2000 -> ok")));
        let (first, second) =
            if dual_costs { ("EADDRINUSE", "EADDRINUSE") } else { ("ok", "EADDRINUSE") };
        told(&format!(
            "{dual}\n{wildcard}{}",
            six("c", &format!("[::ffff:0.0.0.0]:2000 -> {first}"))
        ));
        let dual = dual.replace(" a ", " x ");
        told(&format!(
            "{wildcard}{dual}\n{}",
            six("c", &format!("[::ffff:0.0.0.0]:2000 -> {second}"))
        ));
        let mapped = six("a", "[::ffff:0.0.0.0]:2000 -> ok")
            .replace("  bind", &format!("{}  bind", shared("a")));
        told(&format!("{mapped}\n{wildcard}{}", six("c", "[::ffff:0.0.0.0]:2000 -> ok")));
    }
}
