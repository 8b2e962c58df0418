//! Settings of a system that change its answers.

/// What a process can see of its surroundings; `None` is unknown.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// `on`, `off` (`socket` refuses the family) or `no-address`.
    pub ipv6: Option<&'static str>,
    /// The default of `IPV6_V6ONLY`.
    pub bindv6only: Option<bool>,
    /// The upper limit of a backlog.
    pub somaxconn: Option<u32>,
    /// The ephemeral range, both ends included.
    pub ephemeral: Option<(u16, u16)>,
    /// The first port that needs no privilege.
    pub low_port: Option<u16>,
    /// May this process bind ports below that?
    pub privileged: Option<bool>,
    /// The effective user id.
    pub uid: Option<u32>,
}

/// What `socket(AF_INET6)` and a bind to `::1` say of IPv6.
pub(super) fn ipv6_state() -> Option<&'static str> {
    use std::net::{Ipv6Addr, SocketAddr};

    use socket2::{Domain, Socket, Type};

    match Socket::new(Domain::IPV6, Type::STREAM, None) {
        Err(error) => (super::raw_error(&error) == super::EAFNOSUPPORT).then_some("off"),
        Ok(socket) => match socket.bind(&SocketAddr::from((Ipv6Addr::LOCALHOST, 0)).into()) {
            Ok(()) => Some("on"),
            Err(error) => {
                (super::raw_error(&error) == super::EADDRNOTAVAIL).then_some("no-address")
            }
        },
    }
}
