//! Arbitrary valid scripts.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV6};

use bindproof::script::{
    Address, Answer, BindSocketsArgs, Call, Env, Expectation, Fail, FailOnly, Family, FamilyArg,
    Flag, FlagsArg, Half, Host, Name, Platform, Port, PortArg, ResolveArgs, Scope, Script, Setting,
    SocketOption, Step, Verb,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

fn all<T: Clone + std::fmt::Debug + 'static>(
    values: impl Iterator<Item = T>,
) -> impl Strategy<Value = T> {
    select(values.collect::<Vec<_>>())
}

/// Sockets that `prologue` has made.
fn used() -> impl Strategy<Value = Name> {
    prop_oneof![
        select(vec!["a", "b_1"]).prop_map(|word| Name { word: word.into(), index: None }),
        (0..4_usize).prop_map(|index| Name { word: "s".into(), index: Some(index) }),
    ]
}

/// A server that `prologue` has made.
fn server() -> Name {
    Name { word: "v".into(), index: None }
}

/// Sockets, each once.
fn listeners() -> impl Strategy<Value = Vec<Name>> {
    proptest::collection::btree_set(used(), 1..4).prop_map(|names| names.into_iter().collect())
}

fn prologue() -> Vec<Step> {
    let name = |word: &str| Name { word: word.into(), index: None };
    [
        Call::Socket { name: name("a"), family: Family::Inet },
        Call::Socket { name: name("b_1"), family: Family::Inet6 },
        Call::BindSockets { name: name("s"), args: BindSocketsArgs::default() },
        Call::Serve { name: server(), sockets: vec![name("a")], stop_at: Some(2) },
    ]
    .into_iter()
    .map(|call| Step { call, expectation: Expectation::Unwritten })
    .collect()
}

fn address() -> impl Strategy<Value = Address> {
    let scope = option::of(prop_oneof![Just(Scope::Loopback), any::<u32>().prop_map(Scope::Index)]);
    let host = prop_oneof![
        any::<u32>().prop_map(|bits| Host::V4(Ipv4Addr::from_bits(bits))),
        (any::<u128>(), scope).prop_map(|(bits, scope)| Host::V6(Ipv6Addr::from_bits(bits), scope)),
        Just(Host::V6(Ipv4Addr::LOCALHOST.to_ipv6_mapped(), None)),
    ];
    let port = prop_oneof![
        any::<u16>().prop_map(Port::Number),
        "[a-z][a-z0-9_]{0,5}".prop_map(Port::Named),
        used().prop_map(Port::Of),
    ];
    (host, port).prop_map(|(host, port)| Address { host, port })
}

fn family_arg() -> impl Strategy<Value = FamilyArg> {
    prop_oneof![
        select(vec![FamilyArg::Unspec, FamilyArg::Inet, FamilyArg::Inet6]),
        any::<i32>().prop_map(FamilyArg::Other),
    ]
}

fn flags_arg() -> impl Strategy<Value = FlagsArg> {
    prop_oneof![
        Just(FlagsArg::Absent),
        vec(all(Flag::all()), 0..4).prop_map(FlagsArg::Named),
        any::<i32>().prop_map(FlagsArg::Bits),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9.:%\\[\\]]{0,12}", any::<String>()]
}

fn bind_sockets() -> impl Strategy<Value = BindSocketsArgs> {
    let port = prop_oneof![
        text().prop_map(PortArg::Text),
        any::<u32>().prop_map(|number| PortArg::Text(number.to_string())),
        // One letter and digits: always a named port.
        "[a-z][0-9]{0,3}".prop_map(PortArg::Named),
    ];
    let numbers = (option::of(any::<i32>()), option::of(any::<u32>()));
    let switches = (option::of(any::<bool>()), option::of(any::<bool>()));
    (
        option::of(port),
        option::of(text()),
        option::of(family_arg()),
        option::of(flags_arg()),
        numbers,
        switches,
    )
        .prop_map(
            |(port, address, family, flags, (backlog, port_attempts), (reuse_port, exclusive))| {
                BindSocketsArgs {
                    port,
                    address,
                    family,
                    backlog,
                    flags,
                    reuse_port,
                    port_attempts,
                    exclusive,
                }
            },
        )
}

fn resolve() -> impl Strategy<Value = ResolveArgs> {
    (option::of(text()), option::of(text()), option::of(family_arg()), option::of(flags_arg()))
        .prop_map(|(host, service, family, flags)| ResolveArgs { host, service, family, flags })
}

fn setting() -> impl Strategy<Value = Setting> {
    prop_oneof![Just(Setting::On), Just(Setting::Off), any::<i32>().prop_map(Setting::Number)]
}

/// A call that makes no socket, or makes the one with this name.
fn call(name: Name) -> impl Strategy<Value = Call> {
    let option = || all(SocketOption::all());
    let makes = {
        let [n1, n2, n3, n4, n5, n6] = std::array::from_fn(|_| name.clone());
        prop_oneof![
            all(Family::all()).prop_map(move |family| Call::Socket { name: n1.clone(), family }),
            address().prop_map(move |address| Call::ConnectNew { name: n2.clone(), address }),
            used().prop_map(move |listener| Call::Accept { name: n3.clone(), listener }),
            used().prop_map(move |original| Call::Dup { name: n4.clone(), original }),
            bind_sockets().prop_map(move |args| Call::BindSockets { name: n5.clone(), args }),
            (listeners(), option::of(1..u32::MAX)).prop_map(move |(sockets, stop_at)| {
                Call::Serve { name: n6.clone(), sockets, stop_at }
            }),
        ]
    };
    let uses = prop_oneof![
        (used(), option(), setting()).prop_map(|(name, option, value)| Call::Set {
            name,
            option,
            value
        }),
        (used(), option()).prop_map(|(name, option)| Call::Get { name, option }),
        (used(), address()).prop_map(|(name, address)| Call::Bind { name, address }),
        (used(), any::<i32>()).prop_map(|(name, backlog)| Call::Listen { name, backlog }),
        (used(), address()).prop_map(|(name, address)| Call::Connect { name, address }),
        used().prop_map(|name| Call::Inherited { name }),
        used().prop_map(|name| Call::GetName { name }),
        (used(), any::<usize>()).prop_map(|(name, count)| Call::Send { name, count }),
        used().prop_map(|name| Call::Recv { name }),
        (used(), all(Half::all())).prop_map(|(name, half)| Call::Shutdown { name, half }),
        used().prop_map(|name| Call::Close { name }),
        listeners().prop_map(|sockets| Call::ServeMore { name: server(), sockets }),
        Just(Call::Stop { name: server() }),
        resolve().prop_map(|args| Call::Resolve { args }),
    ];
    prop_oneof![makes, uses]
}

fn error_name() -> impl Strategy<Value = String> {
    prop_oneof![
        all(bindproof::script::errors::all()).prop_map(str::to_string),
        any::<i32>().prop_map(|number| format!("E#{number}")),
    ]
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let answer = prop_oneof![
        select(vec![Answer::Ok, Answer::AnyError, Answer::Blocks, Answer::Absent, Answer::Unknown]),
        error_name().prop_map(Answer::Error),
        "[a-z0-9.:@\\[\\]]{1,12}".prop_map(Answer::OkValue),
    ];
    vec(answer, 1..4)
}

fn expectation() -> impl Strategy<Value = Expectation> {
    prop_oneof![
        Just(Expectation::Unwritten),
        answers().prop_map(Expectation::All),
        proptest::sample::subsequence(Platform::all().collect::<Vec<_>>(), 1..=4)
            .prop_flat_map(|platforms| (Just(platforms), vec(answers(), 4)))
            .prop_map(|(platforms, answers)| {
                Expectation::Some(platforms.into_iter().zip(answers).collect())
            }),
    ]
}

fn fail() -> impl Strategy<Value = Env> {
    let only = prop_oneof![
        all(SocketOption::all()).prop_map(FailOnly::Option),
        all(Family::all()).prop_map(FailOnly::Family),
    ];
    // No system has calls of these names.
    let verbs = Verb::all().filter(|verb| !matches!(verb, Verb::Serve | Verb::Stop));
    (all(verbs), option::of(only), option::of(1..u32::MAX), error_name())
        .prop_map(|(verb, only, nth, error)| Env::Fail(Fail { verb, only, nth, error }))
}

/// An address of the resolver's made-up answer.
fn record() -> impl Strategy<Value = SocketAddr> {
    prop_oneof![
        any::<Ipv4Addr>().prop_map(|ip| SocketAddr::from((ip, 0))),
        (any::<Ipv6Addr>(), prop_oneof![Just(0), any::<u32>()])
            .prop_map(|(ip, scope)| SocketAddrV6::new(ip, 0, 0, scope).into()),
    ]
}

/// Each kind of line at most once, `fail` lines at will.
fn env() -> impl Strategy<Value = Vec<Env>> {
    let one = (
        option::of(select(vec![Env::Ipv6Off, Env::Ipv6NoAddress])),
        option::of(any::<bool>().prop_map(Env::BindV6Only)),
        option::of(vec(any::<String>(), 1..3).prop_map(Env::Hosts)),
        option::of((1..u16::MAX).prop_map(|low| Env::Ephemeral(low, low + 1))),
        option::of(any::<u32>().prop_map(Env::Somaxconn)),
        option::of(Just(Env::Unprivileged)),
        option::of(vec(record(), 1..4).prop_map(Env::Records)),
    );
    (one, vec(fail(), 0..3)).prop_map(|((a, b, c, d, e, f, g), fails)| {
        [a, b, c, d, e, f, g].into_iter().flatten().chain(fails).collect()
    })
}

/// Any script that can be written.
pub(crate) fn script() -> impl Strategy<Value = Script> {
    let calls: Vec<_> =
        (0..6).map(|index| call(Name { word: format!("n{index}"), index: None })).collect();
    let title = "[A-Za-z0-9\"#\\\\][ -~]{0,20}[a-z]";
    (option::of(title), env(), calls, vec(expectation(), 6)).prop_map(
        |(title, env, calls, expectations)| {
            let steps = calls.into_iter().zip(expectations);
            let steps = steps.map(|(call, expectation)| Step { call, expectation });
            Script { title, env, steps: prologue().into_iter().chain(steps).collect() }
        },
    )
}
