//! System calls that a filter refuses.

use std::collections::BTreeMap;

use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter,
    SeccompRule,
};

use super::wanted::{Refusal, RefusedCall, RefusedSite};
use crate::sys;

/// Puts a filter for each refused call in front of the kernel. `no_new_privs` is set with it.
///
/// Not covered: 32-bit `socketcall` and `IORING_OP_SOCKET`.
pub(super) fn refuse(calls: &[RefusedCall]) -> Result<(), Refusal> {
    // A filter has one action for all that match, so each error gets its own.
    for call in calls {
        install(call).map_err(|error| {
            let remedy = "use a kernel with CONFIG_SECCOMP_FILTER on x86_64, aarch64 or riscv64";
            Refusal::new(format!("cannot install a seccomp filter ({error}): {remedy}"))
        })?;
    }
    Ok(())
}

fn install(call: &RefusedCall) -> Result<(), Box<dyn std::error::Error>> {
    let rules: BTreeMap<i64, Vec<SeccompRule>> = match &call.site {
        RefusedSite::Socket { family } => {
            BTreeMap::from([(libc::SYS_socket, vec![rule(&[(0, *family)])?])])
        }
        RefusedSite::SetOption(name) => {
            let option = sys::sock_option(name).ok_or("no such option")?;
            let arguments = [(1, option.level), (2, option.name)];
            BTreeMap::from([(libc::SYS_setsockopt, vec![rule(&arguments)?])])
        }
        RefusedSite::Bind => BTreeMap::from([(libc::SYS_bind, Vec::new())]),
        RefusedSite::Listen => BTreeMap::from([(libc::SYS_listen, Vec::new())]),
        RefusedSite::Name => BTreeMap::from([(libc::SYS_getsockname, Vec::new())]),
        RefusedSite::Accept => {
            BTreeMap::from([(libc::SYS_accept, Vec::new()), (libc::SYS_accept4, Vec::new())])
        }
    };
    let filter = SeccompFilter::new(
        rules,
        SeccompAction::Allow,
        SeccompAction::Errno(call.code.cast_unsigned()),
        std::env::consts::ARCH.try_into()?,
    )?;
    seccompiler::apply_filter(&BpfProgram::try_from(filter)?)?;
    Ok(())
}

/// Matches when every one of these arguments has this value.
fn rule(arguments: &[(u8, i32)]) -> Result<SeccompRule, seccompiler::BackendError> {
    let conditions = arguments
        .iter()
        .map(|(index, value)| {
            let value = u64::from(value.cast_unsigned());
            SeccompCondition::new(*index, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value)
        })
        .collect::<Result<_, _>>()?;
    SeccompRule::new(conditions)
}
