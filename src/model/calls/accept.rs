//! `accept`.

use super::{reply, stream};
use crate::model::allowed::{Allowed, Branch, Expected};
use crate::model::machine::Machine;
use crate::model::world::{Phase, Socket, World};
use crate::script::{Family, Name, Platform};

/// `NAME = accept LISTENER`.
pub(super) fn accept(machine: &Machine, world: &World, name: &Name, listener: &Name) -> Allowed {
    let Some((id, socket)) = world.named(listener) else {
        return Allowed::Unmodelled("no such socket");
    };
    let Phase::Listening { queue, .. } = &socket.phase else {
        return not_listening(machine, socket);
    };
    let Some(child) = queue.front().copied() else {
        return Allowed::answer(Expected::Blocks, "accept.waits");
    };
    let Some(end) = world.sockets[&child].end() else {
        return Allowed::Unmodelled("a connection that is not settled");
    };
    let inherits = machine.record.accepted_nonblocking.value;
    let nonblocking = match inherits {
        Some(true) => socket.nonblocking,
        Some(false) => Some(false),
        None => None,
    };
    let keeps_v6only = machine.record.accepted_v6only.value == Some(true);
    let cloexec = (machine.platform() != Platform::Windows).then_some(false);
    let name = name.clone();
    let expected = Expected::Peer(end.remote.0, end.remote.1);
    let branch = Branch::with(expected, "accept.oldest", move |world| {
        if let Phase::Listening { queue, .. } = &mut world.socket_mut(id).phase {
            queue.pop_front();
        }
        let accepted = world.socket_mut(child);
        accepted.nonblocking = nonblocking;
        accepted.queued = false;
        if accepted.family == Family::Inet6 && !keeps_v6only {
            accepted.v6only = None;
        }
        world.open(&name, child, cloexec);
    });
    let doubt = machine.record.accepted_nonblocking.doubted();
    let doubt = doubt.filter(|_| nonblocking == Some(true));
    Allowed::one(branch.resting_on("accept.inherits").doubted(doubt))
}

/// The harness waits until the socket is readable before it calls `accept`.
fn not_listening(machine: &Machine, socket: &Socket) -> Allowed {
    let rule = "accept.not-listening";
    let facts = machine.record;
    match &socket.phase {
        Phase::Unsettled => Allowed::Unmodelled("a connection that is not settled"),
        _ if facts.accept_unlistened_waits.value => {
            let refused =
                reply(&facts.accept_unlistened, || Allowed::Unmodelled("accept without listen"));
            match refused {
                Allowed::Branches(mut branches) => {
                    branches.push(Branch::only(Expected::Blocks, rule));
                    Allowed::Branches(branches)
                }
                unmodelled @ Allowed::Unmodelled(_) => unmodelled,
            }
        }
        Phase::Connected(end) if !stream::is_readable(socket, end) => {
            Allowed::answer(Expected::Blocks, rule)
        }
        _ => reply(&facts.accept_unlistened, || Allowed::Unmodelled("accept without listen")),
    }
}
