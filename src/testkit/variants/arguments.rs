//! Mistakes with the arguments: they are changed, then the reference is called.

use crate::reference::{BindError, BindOptions, Bound, Family, Os, Port, Query, bind_sockets_on};

/// What is wrong with the arguments.
#[expect(missing_docs, reason = "the table of variants says each in words")]
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ArgumentMistake {
    PassiveAlways,
    FlagsIgnored,
    FamilyInetForUnspec,
    FamilyIgnored,
    PortModulo,
    PortSignAllowed,
    PortBlankAllowed,
    PortEmptyIsZero,
    HostCutAtNul,
    BacklogIgnored,
    BacklogAtLeastOne,
    BacklogNegativeIsZero,
    OneAttemptMore,
    OneAttemptLess,
    NoAttempts,
    AttemptsIgnored,
    ReusePortDropped,
    ReusePortCheckedLate,
    ExclusiveIgnored,
    ExclusiveAlways,
}

pub(super) fn bind_sockets<O: Os>(
    os: &mut O,
    options: &BindOptions,
    mistake: ArgumentMistake,
) -> Result<Bound<O::Socket>, BindError> {
    let facts = os.facts().clone();
    let mut wrong = options.clone();
    match mistake {
        ArgumentMistake::PassiveAlways => {
            wrong.flags = options.flags.map(|flags| flags | facts.passive);
        }
        ArgumentMistake::FlagsIgnored => wrong.flags = None,
        ArgumentMistake::FamilyInetForUnspec if options.family == Family::Unspec => {
            wrong.family = Family::Inet;
        }
        ArgumentMistake::FamilyInetForUnspec => {}
        ArgumentMistake::FamilyIgnored => wrong.family = Family::Unspec,
        ArgumentMistake::PortModulo => wrong.port = modulo(&options.port),
        ArgumentMistake::PortSignAllowed => {
            wrong.port = trimmed(&options.port, |text| text.trim_start_matches(['+', '-']));
        }
        ArgumentMistake::PortBlankAllowed => {
            wrong.port = trimmed(&options.port, str::trim_start);
        }
        ArgumentMistake::PortEmptyIsZero => {
            if options.port == Port::Service(String::new()) {
                wrong.port = Port::Number(0);
            }
        }
        ArgumentMistake::HostCutAtNul => {
            let cut = |host: &str| host.split('\0').next().unwrap_or_default().to_string();
            wrong.address = options.address.as_deref().map(cut);
        }
        ArgumentMistake::BacklogIgnored => wrong.backlog = 128,
        ArgumentMistake::BacklogAtLeastOne if options.backlog == 0 => wrong.backlog = 1,
        ArgumentMistake::BacklogAtLeastOne => {}
        ArgumentMistake::BacklogNegativeIsZero => wrong.backlog = options.backlog.max(0),
        ArgumentMistake::OneAttemptMore => {
            wrong.port_attempts = options.port_attempts.saturating_add(1);
        }
        ArgumentMistake::OneAttemptLess => {
            wrong.port_attempts = options.port_attempts.saturating_sub(1);
        }
        ArgumentMistake::NoAttempts => wrong.port_attempts = 0,
        ArgumentMistake::AttemptsIgnored => wrong.port_attempts = 10,
        ArgumentMistake::ReusePortDropped => {
            wrong.reuse_port = options.reuse_port && facts.has_reuse_port;
        }
        ArgumentMistake::ReusePortCheckedLate => {
            if options.reuse_port && !facts.has_reuse_port {
                ask(os, options)?;
            }
        }
        ArgumentMistake::ExclusiveIgnored => wrong.exclusive = false,
        ArgumentMistake::ExclusiveAlways => wrong.exclusive = true,
    }
    bind_sockets_on(os, &wrong)
}

/// The resolver is asked before the arguments are looked at.
fn ask<O: Os>(os: &mut O, options: &BindOptions) -> Result<(), BindError> {
    let allowed = BindOptions { reuse_port: false, ..options.clone() };
    let query: Query = crate::reference::arguments::check(os.facts(), &allowed)?;
    os.resolve(&query).map(drop).map_err(|failure| BindError::Resolve {
        host: query.host,
        service: query.service.unwrap_or_default(),
        failure,
    })
}

fn modulo(port: &Port) -> Port {
    let Port::Service(text) = port else { return port.clone() };
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse::<u64>() {
        Ok(number) if digits => Port::Number((number % 65_536) as u16),
        _ => port.clone(),
    }
}

fn trimmed(port: &Port, trim: impl Fn(&str) -> &str) -> Port {
    match port {
        Port::Service(text) => Port::from(trim(text)),
        Port::Number(_) => port.clone(),
    }
}
