//! Questions about a call: what it is, which sockets it makes and uses.

use super::call::{
    Address, Answer, Call, Expectation, Name, Platform, Port, PortArg, Script, Verb,
};

impl Call {
    /// The word that the call is written with.
    #[must_use]
    pub fn verb(&self) -> Verb {
        match self {
            Self::Socket { .. } => Verb::Socket,
            Self::Set { .. } => Verb::Set,
            Self::Get { .. } => Verb::Get,
            Self::Bind { .. } => Verb::Bind,
            Self::Listen { .. } => Verb::Listen,
            Self::ConnectNew { .. } | Self::Connect { .. } => Verb::Connect,
            Self::Accept { .. } => Verb::Accept,
            Self::Dup { .. } => Verb::Dup,
            Self::Inherited { .. } => Verb::Inherited,
            Self::GetName { .. } => Verb::Name,
            Self::Send { .. } => Verb::Send,
            Self::Recv { .. } => Verb::Recv,
            Self::Shutdown { .. } => Verb::Shutdown,
            Self::Close { .. } => Verb::Close,
            Self::BindSockets { .. } => Verb::BindSockets,
            Self::Resolve { .. } => Verb::Resolve,
            Self::Serve { .. } | Self::ServeMore { .. } => Verb::Serve,
            Self::Stop { .. } => Verb::Stop,
        }
    }

    /// The name that the call assigns.
    #[must_use]
    pub fn socket_assigned(&self) -> Option<&Name> {
        match self {
            Self::Socket { name, .. }
            | Self::ConnectNew { name, .. }
            | Self::Accept { name, .. }
            | Self::Dup { name, .. }
            | Self::BindSockets { name, .. }
            | Self::Serve { name, .. } => Some(name),
            _ => None,
        }
    }

    /// The sockets that must be there for the call to be made.
    #[must_use]
    pub fn sockets_used(&self) -> Vec<&Name> {
        match self {
            Self::Set { name, .. }
            | Self::Get { name, .. }
            | Self::Bind { name, .. }
            | Self::Listen { name, .. }
            | Self::Connect { name, .. }
            | Self::Inherited { name }
            | Self::GetName { name }
            | Self::Send { name, .. }
            | Self::Recv { name }
            | Self::Shutdown { name, .. }
            | Self::Close { name } => vec![name],
            Self::Accept { listener, .. } => vec![listener],
            Self::Dup { original, .. } => vec![original],
            Self::Serve { sockets, .. } | Self::ServeMore { sockets, .. } => {
                sockets.iter().collect()
            }
            Self::Socket { .. }
            | Self::ConnectNew { .. }
            | Self::BindSockets { .. }
            | Self::Resolve { .. }
            | Self::Stop { .. } => Vec::new(),
        }
    }

    /// The server that must be there for the call to be made.
    #[must_use]
    pub fn server_used(&self) -> Option<&Name> {
        match self {
            Self::ServeMore { name, .. } | Self::Stop { name } => Some(name),
            _ => None,
        }
    }

    /// The address that the call names.
    #[must_use]
    pub fn address(&self) -> Option<&Address> {
        match self {
            Self::Bind { address, .. }
            | Self::ConnectNew { address, .. }
            | Self::Connect { address, .. } => Some(address),
            _ => None,
        }
    }

    /// Every name that must have been assigned before: sockets and servers used, and `@NAME` in
    /// addresses.
    pub(super) fn names_mentioned(&self) -> Vec<&Name> {
        let mut names = self.sockets_used();
        names.extend(self.server_used());
        if let Some(Address { port: Port::Of(name), .. }) = self.address() {
            names.push(name);
        }
        names
    }
}

impl Call {
    /// Changes every name that the call assigns or mentions.
    pub(super) fn rename(&mut self, mut change: impl FnMut(&mut Name)) {
        match self {
            Self::Socket { name, .. }
            | Self::Set { name, .. }
            | Self::Get { name, .. }
            | Self::Listen { name, .. }
            | Self::Inherited { name }
            | Self::GetName { name }
            | Self::Send { name, .. }
            | Self::Recv { name }
            | Self::Shutdown { name, .. }
            | Self::Close { name }
            | Self::BindSockets { name, .. } => change(name),
            Self::Bind { name, address }
            | Self::ConnectNew { name, address }
            | Self::Connect { name, address } => {
                change(name);
                if let Port::Of(name) = &mut address.port {
                    change(name);
                }
            }
            Self::Accept { name, listener: other } | Self::Dup { name, original: other } => {
                change(name);
                change(other);
            }
            Self::Serve { name, sockets, .. } | Self::ServeMore { name, sockets } => {
                change(name);
                sockets.iter_mut().for_each(change);
            }
            Self::Stop { name } => change(name),
            Self::Resolve { .. } => {}
        }
    }
}

impl Expectation {
    /// The acceptable answers on `platform`; `None` where nothing is written for it.
    #[must_use]
    pub fn for_platform(&self, platform: Platform) -> Option<&[Answer]> {
        match self {
            Self::Unwritten => None,
            Self::All(answers) => Some(answers),
            Self::Some(platforms) => platforms
                .iter()
                .find(|(named, _)| *named == platform)
                .map(|(_, answers)| answers.as_slice()),
        }
    }
}

impl super::Parsed {
    /// Does the script call the reference: `bind_sockets`, `serve`?
    #[must_use]
    pub fn calls_reference(&self) -> bool {
        let verbs = [Verb::BindSockets, Verb::Serve];
        self.script.steps.iter().any(|step| verbs.contains(&step.call.verb()))
    }
}

impl Script {
    /// The named ports, in the order of their first use.
    #[must_use]
    pub fn named_ports(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for step in &self.steps {
            let name = match &step.call {
                Call::BindSockets { args, .. } => match &args.port {
                    Some(PortArg::Named(name)) => Some(name),
                    _ => None,
                },
                call => match call.address() {
                    Some(Address { port: Port::Named(name), .. }) => Some(name),
                    _ => None,
                },
            };
            if let Some(name) = name.filter(|name| !names.contains(name)) {
                names.push(name.clone());
            }
        }
        names
    }
}
