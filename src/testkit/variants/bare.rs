//! Calls that `bind_sockets` never makes, for the variants that make them.

use crate::reference::{Faulty, OptionName, Os, RawError, RealOs};
use crate::run::SimulatedOs;
use crate::script::{Call, Name, Setting, SocketOption};
use crate::sys::{self, OptionError, OptionId};
use crate::trace::Outcome;

/// A system on which options can be cleared.
pub trait Bare: Os {
    /// `setsockopt(…, 0)`.
    ///
    /// # Errors
    /// The raw code of `setsockopt`.
    fn clear_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError>;

    /// A spawned program inherits the socket: `fcntl(F_SETFD, 0)`.
    fn make_inheritable(&mut self, socket: &Self::Socket);
}

impl Bare for Faulty<SimulatedOs> {
    fn clear_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        let option = match option {
            OptionName::ReuseAddr => SocketOption::ReuseAddr,
            OptionName::ReusePort => SocketOption::ReusePort,
            OptionName::V6Only => SocketOption::V6Only,
            OptionName::ExclusiveAddrUse => SocketOption::ExclusiveAddrUse,
        };
        clear(self, &socket.inner().name, option)
    }

    fn make_inheritable(&mut self, socket: &Self::Socket) {
        // Windows has no flag that a script could clear: nothing is to be seen there.
        let _ = clear(self, &socket.inner().name, SocketOption::Cloexec);
    }
}

impl Bare for Faulty<RealOs> {
    fn clear_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        RealOs::new().clear_option(socket.inner(), option)
    }

    fn make_inheritable(&mut self, socket: &Self::Socket) {
        RealOs::new().make_inheritable(socket.inner());
    }
}

impl Bare for RealOs {
    fn clear_option(&mut self, socket: &Self::Socket, option: OptionName) -> Result<(), RawError> {
        let option = match option {
            OptionName::ReuseAddr => OptionId::ReuseAddr,
            OptionName::ReusePort => OptionId::ReusePort,
            OptionName::V6Only => OptionId::V6Only,
            OptionName::ExclusiveAddrUse => OptionId::ExclusiveAddrUse,
        };
        sys::set_option(socket, option, 0).map_err(|error| match error {
            OptionError::Os(code) => code,
            OptionError::Unsupported(_) => RawError::MAX,
        })
    }

    fn make_inheritable(&mut self, socket: &Self::Socket) {
        // What cannot be made inheritable is not found: the test says so.
        let _ = sys::set_option(socket, OptionId::Cloexec, 0);
    }
}

fn clear(os: &Faulty<SimulatedOs>, name: &Name, option: SocketOption) -> Result<(), RawError> {
    let call = Call::Set { name: name.clone(), option, value: Setting::Off };
    match os.inner().kernel().borrow_mut().call(&call) {
        Outcome::Ok(_) => Ok(()),
        Outcome::Error { code: Some(code), .. } => Err(code),
        _ => Err(RawError::MAX),
    }
}
