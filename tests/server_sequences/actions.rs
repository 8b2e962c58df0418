//! What can happen to a server.

use proptest::prelude::*;

/// One step of a sequence. Numbers choose among what is there, so that every sequence makes sense
/// when steps are taken out of it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Action {
    /// `listen`, on a port of the kernel's choice.
    Listen,
    /// The same on a port that the server had before a stop.
    ListenAgain(u8),
    /// A listener with an `accept` that can be made to fail.
    Add,
    /// A listener and another descriptor for it.
    AddTwice,
    /// `bind`: accepted from after the start.
    Bind,
    Start,
    Stop,
    /// The handler of the next connection stops the server.
    StopInHandler,
    /// The handler of the next connection answers an error.
    FailInHandler,
    /// The handler of the next connection panics.
    PanicInHandler,
    /// A client of an open listener.
    Connect(u8),
    /// A client of one that is closed.
    ConnectToClosed(u8),
    Send(u8, u16),
    /// The client says that it sends no more.
    HalfClose(u8),
    Close(u8),
    /// The client's system sends a reset.
    Reset(u8),
    /// The next `accept` answers an error.
    Inject(Injected),
    /// Every descriptor is used up, until the release.
    UseUpDescriptors,
    ReleaseDescriptors,
    /// Turns of the loop.
    Turns(u8),
    /// Time passes.
    Time(u16),
    /// Everything that can be delivered and echoed is, and all accounts are compared.
    Settle,
}

#[derive(Debug, Clone, Copy)]
pub(crate) enum Injected {
    Interrupted,
    Lost,
    Full,
    Unknown,
}

pub(crate) fn sequence() -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(action(), 1..50)
}

fn action() -> impl Strategy<Value = Action> {
    let any = any::<u8>;
    let injected = prop::sample::select(vec![
        Injected::Interrupted,
        Injected::Lost,
        Injected::Full,
        Injected::Unknown,
    ]);
    prop_oneof![
        3 => Just(Action::Listen),
        2 => any().prop_map(Action::ListenAgain),
        3 => Just(Action::Add),
        1 => Just(Action::AddTwice),
        1 => Just(Action::Bind),
        1 => Just(Action::Start),
        2 => Just(Action::Stop),
        1 => Just(Action::StopInHandler),
        1 => Just(Action::FailInHandler),
        1 => Just(Action::PanicInHandler),
        14 => any().prop_map(Action::Connect),
        1 => any().prop_map(Action::ConnectToClosed),
        8 => (any(), 1_u16..2000).prop_map(|(client, count)| Action::Send(client, count)),
        2 => any().prop_map(Action::HalfClose),
        2 => any().prop_map(Action::Close),
        3 => any().prop_map(Action::Reset),
        4 => injected.prop_map(Action::Inject),
        1 => Just(Action::UseUpDescriptors),
        1 => Just(Action::ReleaseDescriptors),
        8 => (1_u8..4).prop_map(Action::Turns),
        2 => (1_u16..2000).prop_map(Action::Time),
        3 => Just(Action::Settle),
    ]
}
