//! What can happen to a server.

use crate::reference::FaultSite;
use crate::script::Choices;

/// One step of a sequence. Numbers choose among what is there, so that every sequence makes sense
/// when steps are taken out of it.
#[derive(Debug, Clone, Copy)]
pub enum Action {
    /// `listen`, on a port of the kernel's choice.
    Listen,
    /// The same on a port that the server had before a stop.
    ListenAgain(u8),
    /// A listener with an `accept` that can be made to fail; or no listener, where a call that
    /// opens it fails.
    Add(Option<FaultSite>),
    /// A listener and another descriptor for it.
    AddTwice,
    /// `bind`: accepted from after the start.
    Bind,
    /// `start`.
    Start,
    /// `stop`.
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
    /// A client sends so many bytes.
    Send(u8, u16),
    /// The client says that it sends no more.
    HalfClose(u8),
    /// The client closes.
    Close(u8),
    /// The client's system sends a reset.
    Reset(u8),
    /// The next `accept` answers an error.
    Inject(Injected),
    /// Every descriptor is used up, until the release.
    UseUpDescriptors,
    /// Descriptors are to be had again.
    ReleaseDescriptors,
    /// Turns of the loop.
    Turns(u8),
    /// Time passes.
    Time(u16),
    /// Everything that can be delivered and echoed is, and all accounts are compared.
    Settle,
}

/// What an `accept` answers that does not come from the kernel.
#[derive(Debug, Clone, Copy)]
pub enum Injected {
    /// EINTR.
    Interrupted,
    /// The connection was gone already.
    Lost,
    /// There is no room.
    Full,
    /// An error that nobody expects.
    Unknown,
}

/// How many steps a sequence has at most.
pub const SEQUENCE_MAX: usize = 50;

/// How many bytes decide one step, so that a sequence without some of its steps is one, too.
const STEP_BYTES: usize = 4;

/// The sequence that bytes stand for.
#[must_use]
pub fn sequence(data: &[u8]) -> Vec<Action> {
    let steps = data.chunks(STEP_BYTES).take(SEQUENCE_MAX);
    steps.map(|bytes| action(&mut Choices::of_bytes(bytes))).collect()
}

fn action(choices: &mut Choices<'_>) -> Action {
    const WEIGHTS: [u32; 22] = [3, 14, 8, 8, 3, 3, 2, 3, 2, 2, 2, 4, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1];
    let which = choices.weighted(&WEIGHTS);
    let mut any = || u8::try_from(choices.below(0x100)).unwrap_or(0);
    match which {
        0 => Action::Listen,
        1 => Action::Connect(any()),
        2 => {
            let client = any();
            Action::Send(client, up_to(choices, 2_000))
        }
        3 => Action::Turns(1 + any() % 3),
        4 => Action::Settle,
        5 => Action::Add(match any() {
            0xd0..=0xdf => Some(FaultSite::Socket),
            0xe0..=0xef => Some(FaultSite::Bind),
            0xf0.. => Some(FaultSite::Listen),
            _ => None,
        }),
        6 => Action::Stop,
        7 => Action::Reset(any()),
        8 => Action::HalfClose(any()),
        9 => Action::Close(any()),
        10 => Action::ListenAgain(any()),
        11 => Action::Inject(choices.one_of(&[
            Injected::Full,
            Injected::Interrupted,
            Injected::Lost,
            Injected::Unknown,
        ])),
        12 => Action::Time(up_to(choices, 2_000)),
        13 => Action::AddTwice,
        14 => Action::Bind,
        15 => Action::Start,
        16 => Action::StopInHandler,
        17 => Action::FailInHandler,
        18 => Action::PanicInHandler,
        19 => Action::ConnectToClosed(any()),
        20 => Action::UseUpDescriptors,
        _ => Action::ReleaseDescriptors,
    }
}

fn up_to(choices: &mut Choices<'_>, limit: u32) -> u16 {
    u16::try_from(1 + choices.below(limit - 1)).unwrap_or(1)
}
