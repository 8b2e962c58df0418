//! Stories of single calls: what a failure leaves, what a shared port remembers, who is served.

use bindproof::script::Platform;

use crate::openness::known;
use crate::told::{on, told, with_fail};

#[test]
fn the_interface_of_a_failed_bind_is_remembered_on_linux_alone() {
    told(
        &known(),
        "
  a = socket inet6 -> ok
  bind a [fe80::1%7]:2000 -> ENODEV
  bind a [fe80::1%0]:2000 -> ENODEV
  bind a [::1]:2000 -> ENODEV
",
    );
    told(
        &on(Platform::Freebsd, "14.3"),
        "
  a = socket inet6 -> ok
  bind a [fe80::1%77]:2000 -> ENXIO
  bind a [::1]:2000 -> ok
",
    );
}

#[test]
fn a_bind_that_is_refused_after_a_connection_forgets_the_address_on_linux() {
    let over = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:50000
  d = accept a -> peer 127.0.0.1:50000
  shutdown c write -> ok
  shutdown d write -> ok
  bind c 127.0.0.1:2000 -> EADDRINUSE
";
    told(&known(), &format!("{over}  name c -> address 0.0.0.0:50000"));
}

#[test]
fn what_a_connection_to_itself_leaves_holds_one_address() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 0.0.0.0:2000 -> ok
  shutdown a write -> ENOTCONN
  connect a 127.0.0.1:2000 -> ECONNABORTED
  close a -> ok
  b = socket inet -> ok
  bind b 127.0.0.2:2000 -> ok
  c = socket inet -> ok
  bind c 127.0.0.1:2000 -> EADDRINUSE
",
    );
}

#[test]
fn who_waits_for_room_keeps_its_port() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 0 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = socket inet -> ok
  bind d 127.0.0.1:3000 -> ok
  connect d 127.0.0.1:2000 -> blocks
  e = socket inet -> ok
  bind e 127.0.0.1:3000 -> EADDRINUSE
",
    );
}

#[test]
fn a_server_that_took_what_does_not_listen_has_it() {
    let taken = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
! t = serve a -> ok
  get a reuseaddr -> absent a
  b = socket inet -> ok
  bind b 127.0.0.1:2000 -> EADDRINUSE
";
    told(&known(), taken);
    told(&known(), &format!("{taken}! stop t -> on\n  bind b 127.0.0.1:2000 -> ok"));
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  t = serve a -> ok
  b = socket inet -> ok
  bind b 127.0.0.1:2001 -> ok
! serve t b -> ok
  get b reuseaddr -> absent b
  c = socket inet -> ok
  bind c 127.0.0.1:2001 -> EADDRINUSE
",
    );
}

#[test]
fn a_server_goes_on_serving_when_one_of_two_has_gone() {
    told(
        &known(),
        "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  t = serve a -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000
  d = connect 127.0.0.1:2000 -> local 127.0.0.1:40001
  send c 2 -> 2
  recv c -> 2
  close c -> ok
  send d 3 -> 3
  recv d -> 3
  send d 4 -> 4
  recv d -> 4
",
    );
}

#[test]
fn a_listen_that_should_have_failed_is_not_known_where_the_port_was_given_back() {
    told(
        &with_fail("listen EIO"),
        "
  a = socket inet -> ok
  connect a 127.0.0.1:2000 -> ECONNREFUSED
! listen a 5 -> ok
? get a accepting -> on
",
    );
}

#[test]
fn what_a_port_remembers_of_its_first_owner_before_6_8() {
    let old = on(Platform::Linux, "6.1.166");
    told(
        &old,
        "
  a = socket inet -> ok
  set a reuseaddr on -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  b = socket inet -> ok
  set b reuseaddr on -> ok
  bind b 127.0.0.1:2000 -> EADDRINUSE
",
    );
    told(
        &old,
        "
  a = socket inet -> ok
  set a reuseaddr on -> ok
  listen a 5 -> ok
  name a -> address 0.0.0.0:40000
  b = socket inet -> ok
  set b reuseaddr on -> ok
  bind b 127.0.0.1:40000 -> EADDRINUSE
",
    );
}

/// Run on Linux 6.18.
#[test]
fn a_port_remembers_so_reuseport_that_its_owner_has_put_away() {
    told(
        &known(),
        "
  a = socket inet -> ok
  set a reuseport on -> ok
  listen a 5 -> ok
  name a -> address 0.0.0.0:40000
  set a reuseport off -> ok
  b = socket inet -> ok
  set b reuseport on -> ok
  bind b 127.0.0.1:40000 -> ok
",
    );
    // An IPv6 wildcard is no 127.0.0.6, which stands in for other addresses of IPv6.
    told(
        &known(),
        "
  a = socket inet -> ok
  set a reuseport on -> ok
  bind a 127.0.0.6:2000 -> ok
  set a reuseport off -> ok
  b = socket inet6 -> ok
  set b v6only off -> ok
  set b reuseport on -> ok
  bind b [::]:2000 -> EADDRINUSE
",
    );
}

#[test]
fn freebsd_hands_a_connection_to_the_listener_that_listened_last() {
    let shared = |name: &str| {
        format!(
            "  {name} = socket inet -> ok\n  set {name} reuseport on -> ok\n  bind {name} 127.0.0.1:2000 -> ok\n"
        )
    };
    told(
        &on(Platform::Freebsd, "14.3"),
        &format!(
            "{}{}
  listen b 5 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:50000
  d = accept b -> blocks
  e = accept a -> peer 127.0.0.1:50000
",
            shared("a"),
            shared("b")
        ),
    );
}

#[test]
fn a_small_range_of_ports_is_looked_at_one_by_one_and_a_large_one_is_not() {
    let mut header = known();
    let full = |last: u16| {
        let mut story =
            "  l = socket inet -> ok\n  bind l 127.0.0.1:2000 -> ok\n  listen l 5 -> ok\n"
                .to_string();
        for port in 40_000..=last {
            let name = format!("s{port}");
            story +=
                &format!("  {name} = socket inet -> ok\n  bind {name} 127.0.0.2:{port} -> ok\n");
        }
        story
    };
    for (last, mark) in [(40_015, '?'), (40_016, ' ')] {
        header.environment.ephemeral = Some((40_000, last));
        let connect = format!("{mark} c = connect 127.0.0.1:2000 -> local 127.0.0.1:40000");
        told(&header, &(full(last) + &connect));
    }
    header.environment.ephemeral = Some((40_000, 40_000));
    for option in ["reuseaddr", "reuseport"] {
        told(
            &header,
            &format!(
                "
  a = socket inet -> ok
  set a {option} on -> ok
  bind a 127.0.0.1:40000 -> ok
  b = socket inet -> ok
  set b {option} on -> ok
  bind b 127.0.0.1:0 -> EADDRINUSE
  bind b 127.0.0.1:40000 -> ok
"
            ),
        );
    }
}

#[test]
fn who_surely_reads_what_is_sent_is_modelled_everywhere() {
    let connected = "
  a = socket inet -> ok
  bind a 127.0.0.1:2000 -> ok
  listen a 5 -> ok
  c = connect 127.0.0.1:2000 -> local 127.0.0.1:50000
  d = accept a -> peer 127.0.0.1:50000
";
    let windows = on(Platform::Windows, "10.0.26100");
    told(&windows, &format!("{connected}  send c 3 -> 3"));
    told(&windows, &format!("{connected}  shutdown d write -> ok\n  send c 3 -> 3"));
    told(&windows, &format!("{connected}  close d -> ok\n? send c 3 -> 3"));
    told(&known(), &format!("{connected}  close d -> ok\n  send c 3 -> 3"));
}

/// What the sources of 6.1.166, 6.6.150 and 6.8.1 do otherwise, each beside what they do not.
#[test]
fn the_quirks_of_older_releases_are_theirs_alone() {
    let two = |first: &str, second: &str| {
        let socket = |name: &str, text: &str| {
            let (options, address) = text.rsplit_once(' ').unwrap_or(("", text));
            let family = if address.starts_with('[') { "inet6" } else { "inet" };
            let mut story = format!("  {name} = socket {family} -> ok\n");
            if family == "inet6" && !options.contains("v6only") {
                story += &format!("  set {name} v6only off -> ok\n");
            }
            for option in options.split_whitespace() {
                story += &format!("  set {name} {option} on -> ok\n");
            }
            format!("{story}  bind {name} {address}:2000 -> ")
        };
        format!("{}ok\n{}", socket("a", first), socket("b", second))
    };
    let says = |release: &str, first: &str, second: &str, answers: [bool; 2]| {
        for (answer, allowed) in ["ok", "EADDRINUSE"].into_iter().zip(answers) {
            let story = format!("{}{answer}", two(first, second));
            let at = story.rfind("  bind").expect("a bind");
            let mark = if allowed { " " } else { "!" };
            let story = format!("{}{mark}{}", &story[..at], &story[at + 1..]);
            told(&on(Platform::Linux, release), &story);
        }
    };
    const FREE: [bool; 2] = [true, false];
    const TAKEN: [bool; 2] = [false, true];
    const OPEN: [bool; 2] = [true, true];
    let (four, mapped) = ("127.0.0.1", "[::ffff:127.0.0.1]");
    let (any, mapped_any, dual, six) = ("0.0.0.0", "[::ffff:0.0.0.0]", "[::]", "v6only [::]");
    for release in ["6.6.150", "6.8.1", "6.18.0"] {
        says(release, mapped, four, TAKEN);
        says(release, four, four, TAKEN);
        says(release, any, mapped, TAKEN);
        says(release, dual, mapped, TAKEN);
        says(release, six, four, FREE);
    }
    // Nobody read these.
    says("6.3.0", mapped, four, OPEN);
    says("6.3.0", mapped, mapped, TAKEN);
    says("6.3.0", four, four, TAKEN);
    says("6.6.150", mapped_any, mapped, FREE);
    says("6.6.150", mapped_any, four, TAKEN);
    says("6.8.1", mapped_any, mapped, TAKEN);
    says("6.8.1", six, mapped, TAKEN);
    says("6.6.150", six, mapped, FREE);
    says("6.18.0", six, mapped, FREE);
}

#[test]
fn up_to_6_6_a_port_remembers_whether_its_first_owner_had_so_reuseaddr() {
    let old = on(Platform::Linux, "6.6.150");
    let socket = |name: &str, options: &[&str]| {
        let set = |option: &&str| format!("  set {name} {option} on -> ok\n");
        let options: String = options.iter().map(set).collect();
        format!("  {name} = socket inet -> ok\n{options}  bind {name} 127.0.0.1:2000 -> ")
    };
    let all = |parts: &[String]| told(&old, &parts.concat());
    let ok = |name: &str, options: &[&str]| socket(name, options) + "ok\n";
    let taken = |name: &str, options: &[&str]| socket(name, options) + "EADDRINUSE\n";
    let put_away = |name: &str, option: &str| format!("  set {name} {option} off -> ok\n");
    // Remembered, though the owner has put it away.
    all(&[ok("a", &["reuseaddr"]), put_away("a", "reuseaddr"), ok("b", &["reuseaddr"])]);
    all(&[ok("a", &["reuseaddr"]), put_away("a", "reuseaddr"), taken("b", &[])]);
    all(&[ok("a", &[]), taken("b", &["reuseaddr"])]);
    // A second owner does not make it so.
    all(&[
        ok("a", &["reuseport"]),
        ok("b", &["reuseport", "reuseaddr"]),
        taken("c", &["reuseaddr"]),
    ]);
    // Who wants to listen is not let in.
    all(&[
        ok("a", &["reuseaddr"]),
        ok("b", &["reuseaddr"]),
        "  listen a 5 -> ok\n  listen b 5 -> EADDRINUSE\n".into(),
    ]);
    // Later releases look at the owners themselves.
    let new = on(Platform::Linux, "6.18.0");
    told(
        &new,
        &[ok("a", &["reuseaddr"]), put_away("a", "reuseaddr"), taken("b", &["reuseaddr"])].concat(),
    );
    told(&new, &[ok("a", &["reuseport"]), put_away("a", "reuseport"), taken("b", &[])].concat());
}
