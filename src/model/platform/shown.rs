//! The facts of a platform as text, for a reader.

use super::quirks::LINUX_QUIRKS;
use super::record::{Delivery, Law, LowPorts, Queue, Record, Reply};
use crate::model::evidence::Confidence;
use crate::model::fact::Fact;
use crate::script::Platform;

/// A fact as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ShownFact {
    /// Its name in the record.
    pub name: &'static str,
    /// The rule that it is a part of.
    pub rule: &'static str,
    /// Its value in the newest releases.
    pub value: String,
    /// How sure it is where that is less than its rule is, and why.
    pub doubt: Option<(Confidence, &'static str)>,
    /// Releases with other values: which, the values, and where that comes from.
    pub exceptions: Vec<(String, String, &'static str)>,
}

/// Takes a record apart without `..`, so that a new fact that is not listed does not compile.
macro_rules! all_facts {
    ($record:expr, $($fact:ident),+ $(,)?) => {{
        let Record { platform: _, measured: _, read: _, $($fact),+ } = $record;
        vec![$(shown(stringify!($fact), $fact)),+]
    }};
}

impl Record {
    /// Every fact of the platform.
    #[must_use]
    pub fn shown(&self) -> Vec<ShownFact> {
        let mut all = all_facts!(
            self,
            v6only_default,
            somaxconn,
            ephemeral,
            law,
            listen_checks,
            listen_binds,
            listen_connected,
            relisten_changes,
            queue,
            delivery,
            low_ports,
            restricted_port,
            privilege_first_v6,
            rebind_first,
            whole_loopback_net,
            bind_loopback_broadcast,
            bind_broadcast,
            bind_multicast_v4,
            bind_multicast_v6,
            bind_mapped_v6only,
            bind_v6_on_v4,
            bind_v4_on_v6,
            bind_link_local,
            bind_link_local_lo,
            bind_link_local_unknown,
            bind_loopback_scope,
            bind_without_v6_address,
            specific_sets_v6only,
            v6only_after_bind,
            v6only_after_bind_same,
            v6only_set_on_v4,
            v6only_get_on_v4,
            reuse_after_bind,
            has_reuse_port,
            has_exclusive,
            accepting_get,
            accepting_set,
            descriptor_flags,
            accepted_nonblocking,
            accepted_v6only,
            accept_unlistened,
            accept_unlistened_waits,
            connect_listener,
            connect_wildcard,
            name_unbound,
            shutdown_listener,
            shutdown_stops,
            streams,
        );
        if self.platform == Platform::Linux {
            all.extend(LINUX_QUIRKS.named().map(|(name, fact)| shown(name, fact)));
        }
        all
    }
}

fn shown<T: Text + Copy>(name: &'static str, fact: &Fact<T>) -> ShownFact {
    ShownFact {
        name,
        rule: fact.rule,
        value: fact.value.text(),
        doubt: fact.doubt,
        exceptions: fact
            .exceptions
            .iter()
            .map(|one| {
                let values: Vec<_> = one.values.iter().map(Text::text).collect();
                (
                    format!("{} up to before {}", one.from, one.until),
                    values.join(" or "),
                    one.source,
                )
            })
            .collect(),
    }
}

/// A value in words.
trait Text {
    fn text(&self) -> String;
}

impl Text for bool {
    fn text(&self) -> String {
        (if *self { "yes" } else { "no" }).into()
    }
}

impl Text for Option<bool> {
    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "unknown".into(), Text::text)
    }
}

impl Text for Option<u16> {
    fn text(&self) -> String {
        self.map_or_else(|| "none".into(), |port| port.to_string())
    }
}

impl Text for u32 {
    fn text(&self) -> String {
        self.to_string()
    }
}

impl Text for (u16, u16) {
    fn text(&self) -> String {
        format!("{} to {}", self.0, self.1)
    }
}

impl Text for Law {
    fn text(&self) -> String {
        match self {
            Self::Linux => "overlap, with options on both sides".into(),
            Self::Bsd { dual_cost: 0 } => "the newcomer's options alone".into(),
            Self::Bsd { .. } => {
                "the newcomer's options alone; a dual-stack owner ranks behind others".into()
            }
            Self::Windows => "ranks of claims on each stack".into(),
        }
    }
}

impl Text for Reply {
    fn text(&self) -> String {
        match self {
            Self::Works => "ok".into(),
            Self::Fails(errors) => errors.join(" or "),
            Self::FailsSomehow => "some error".into(),
            Self::Unknown => "unknown".into(),
        }
    }
}

impl Text for Queue {
    fn text(&self) -> String {
        match self {
            Self::LinuxPlusOne => "the backlog, as unsigned, at most somaxconn, and one more",
            Self::HalfAgainPlusOne => "half as many again as the backlog, and one more",
            Self::AtLeast => "at least the backlog",
            Self::ProviderValue => "the provider's own",
        }
        .into()
    }
}

impl Text for Delivery {
    fn text(&self) -> String {
        match self {
            Self::Any => "any",
            Self::Newest => "the one that listened last",
            Self::Oldest => "the one that listened first",
        }
        .into()
    }
}

impl Text for LowPorts {
    fn text(&self) -> String {
        match self {
            Self::All => "every address",
            Self::SpecificOnly => "specific addresses",
            Self::Free => "nobody",
        }
        .into()
    }
}
