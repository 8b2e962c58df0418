//! Namespaces: a network, a hosts file and settings that belong to this process alone.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::CWD;
use rustix::mount::{MountFlags, MountPropagationFlags, mount, mount_bind, mount_change};
use rustix::thread::{CapabilitySet, CapabilitySets, UnshareFlags, set_capabilities};

use super::seccomp;
use super::wanted::{Entered, Refusal, RefusedCall, RefusedSite, Wanted};
use crate::sys;

/// Linux has namespaces.
pub const HAS_NAMESPACES: bool = true;

/// Linux has seccomp.
pub const HAS_FILTER: bool = true;

/// Whether this process has entered a private network with a hosts file of its own.
static INSIDE: AtomicBool = AtomicBool::new(false);

/// The user id of a process without privilege: `nobody`.
const NOBODY: u32 = 65_534;

/// The hosts file of a private network, unless another is asked for.
const HOSTS: [&str; 2] = ["127.0.0.1 localhost", "::1 localhost"];

/// Changes the surroundings of the calling process.
///
/// `unshare`, `mount`, one `ioctl`, writes to `/proc` and `prctl(PR_SET_SECCOMP)`.
///
/// # Errors
/// A [`Refusal`] that names the remedy. The process may be half inside then: end it.
pub fn enter(wanted: &Wanted) -> Result<Entered, Refusal> {
    let mut entered = Entered::default();
    if wanted.needs_private_network() && !wanted.private_network {
        return Err(Refusal::new("this needs a private network: run it without --no-sandbox"));
    }
    if wanted.private_network {
        single_threaded()?;
        new_namespaces(wanted.unprivileged)?;
        entered.private_network = true;
        entered.hosts = Some(own_name_service(wanted)?);
        INSIDE.store(true, Ordering::Release);
        settings(wanted)?;
        if wanted.unprivileged {
            drop_privileges()?;
        }
    }
    let mut refused = wanted.refuse.clone();
    if wanted.ipv6_off {
        if sys::surroundings().ipv6 == Some("off") {
            entered.ipv6_off_by = Some("kernel");
        } else {
            let site = RefusedSite::Socket { family: sys::AF_INET6 };
            refused.push(RefusedCall { site, code: sys::EAFNOSUPPORT });
            entered.ipv6_off_by = Some("seccomp");
        }
    }
    if !refused.is_empty() {
        single_threaded()?;
        seccomp::refuse(&refused)?;
    }
    Ok(entered)
}

/// Refuses calls to the calling thread, and to the threads and processes that it starts later.
///
/// `prctl(PR_SET_SECCOMP)`.
///
/// # Errors
/// A [`Refusal`] if there are no filters here.
pub fn refuse_to_this_thread(calls: &[RefusedCall]) -> Result<(), Refusal> {
    seccomp::refuse(calls)
}

/// Another new network namespace for a process that is inside one, with `lo` up and the settings
/// of a fresh namespace.
///
/// # Errors
/// A [`Refusal`] if the process may not make one (not inside, or without privilege).
pub fn fresh_network() -> Result<(), Refusal> {
    sys::unshare(UnshareFlags::NEWNET)
        .map_err(|error| Refusal::new(format!("cannot make another network namespace: {error}")))?;
    loopback_up()
}

/// Gives a process that [`enter`] has put into a private network other settings, another hosts
/// file and other privileges. `before` is what it had: only what differs is changed, and a setting
/// that `wanted` leaves open stays. `None` asks for a network that nobody has used. A filter
/// cannot be changed: what `wanted` says of one is left out.
///
/// # Errors
/// A [`Refusal`], also in a process that is in no private network: what is written here would
/// reach the host.
pub fn change(before: Option<&Wanted>, wanted: &Wanted) -> Result<Entered, Refusal> {
    if !INSIDE.load(Ordering::Acquire) {
        return Err(Refusal::new("this process is in no private network: enter one first"));
    }
    effective(|all| all.permitted)?;
    let mut entered = Entered { private_network: true, ..Entered::default() };
    match before {
        None => {
            fresh_network()?;
            settings(wanted)?;
        }
        Some(before) => {
            let mut other = wanted.clone();
            other.bindv6only = other.bindv6only.filter(|_| before.bindv6only != wanted.bindv6only);
            other.ephemeral = other.ephemeral.filter(|_| before.ephemeral != wanted.ephemeral);
            other.somaxconn = other.somaxconn.filter(|_| before.somaxconn != wanted.somaxconn);
            other.ipv6_no_address = wanted.ipv6_no_address && !before.ipv6_no_address;
            if before.ipv6_no_address && !wanted.ipv6_no_address {
                disable_ipv6("0")?;
            }
            settings(&other)?;
        }
    }
    let hosts = wanted.hosts.clone().unwrap_or_else(|| HOSTS.map(str::to_string).to_vec());
    if before.map(|one| &one.hosts) != Some(&wanted.hosts) {
        // The file that `enter` has put there: it belongs to this process alone.
        fs::write("/etc/hosts", hosts.join("\n") + "\n")
            .map_err(|error| Refusal::new(format!("cannot write the own hosts file: {error}")))?;
    }
    entered.hosts = Some(hosts);
    if wanted.unprivileged {
        effective(|_| CapabilitySet::empty())?;
    }
    Ok(entered)
}

/// Chooses the capabilities in force among those that the process may have.
fn effective(choose: impl Fn(&CapabilitySets) -> CapabilitySet) -> Result<(), Refusal> {
    rustix::thread::capabilities(None)
        .and_then(|all| set_capabilities(None, CapabilitySets { effective: choose(&all), ..all }))
        .map_err(|error| Refusal::new(format!("cannot change the capabilities: {error}")))
}

fn disable_ipv6(value: &str) -> Result<(), Refusal> {
    for interface in ["all", "default", "lo"] {
        write_proc(&format!("/proc/sys/net/ipv6/conf/{interface}/disable_ipv6"), value)?;
    }
    Ok(())
}

/// A filter and a user namespace belong to one thread; another would stay outside.
fn single_threaded() -> Result<(), Refusal> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let threads = status.lines().find_map(|line| line.strip_prefix("Threads:")).map(str::trim);
    match threads {
        Some("1") | None => Ok(()),
        Some(count) => Err(Refusal::new(format!(
            "this process has {count} threads: enter the sandbox first thing in a process of its own"
        ))),
    }
}

fn new_namespaces(unprivileged: bool) -> Result<(), Refusal> {
    let (uid, gid) = (rustix::process::geteuid().as_raw(), rustix::process::getegid().as_raw());
    let network = UnshareFlags::NEWNET | UnshareFlags::NEWNS;
    // gVisor has user namespaces, but not the file that opens them to a process without privilege.
    let users = fs::exists("/proc/self/setgroups").unwrap_or(false) || uid != 0;
    let all = if users { network | UnshareFlags::NEWUSER } else { network };
    match sys::unshare(all) {
        Ok(()) if !users => {}
        Ok(()) => {
            // The order is the kernel's: a gid map without privilege needs setgroups denied.
            let inside = if unprivileged { NOBODY } else { 0 };
            write_proc("/proc/self/setgroups", "deny")?;
            write_proc("/proc/self/uid_map", &format!("{inside} {uid} 1"))?;
            write_proc("/proc/self/gid_map", &format!("{inside} {gid} 1"))?;
        }
        // Root needs no user namespace.
        Err(_) if uid == 0 => sys::unshare(network).map_err(|error| no_namespaces(&error))?,
        Err(error) => return Err(no_namespaces(&error)),
    }
    loopback_up()?;
    // As root without a user namespace the mounts below would reach the host otherwise.
    let propagation = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    mount_change("/", propagation)
        .map_err(|error| Refusal::new(format!("cannot make the mounts private: {error}")))
}

fn no_namespaces(error: &io::Error) -> Refusal {
    let setting = |path: &str, refusing: &str| {
        fs::read_to_string(path).is_ok_and(|value| value.trim() == refusing)
    };
    let remedy = if setting("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1") {
        "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
    } else if setting("/proc/sys/user/max_user_namespaces", "0") {
        "sysctl -w user.max_user_namespaces=10000"
    } else if setting("/proc/sys/kernel/unprivileged_userns_clone", "0") {
        "sysctl -w kernel.unprivileged_userns_clone=1"
    } else {
        "allow user namespaces (in a container: --security-opt seccomp=unconfined), or run as root"
    };
    Refusal::new(format!("this machine refuses a private network ({error}): {remedy}"))
}

fn loopback_up() -> Result<(), Refusal> {
    match sys::interface_up(c"lo") {
        // gVisor has no such ioctl, and a new network has its lo up.
        Err(error) if error.raw_os_error() != Some(libc::ENOTTY) || !loopback_is_up() => {
            Err(Refusal::new(format!("cannot bring lo up: {error}")))
        }
        _ => Ok(()),
    }
}

/// Only then does 127.0.0.1 belong to this network.
fn loopback_is_up() -> bool {
    std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).is_ok()
}

fn write_proc(path: &str, value: &str) -> Result<(), Refusal> {
    fs::write(path, value).map_err(|error| {
        let hint = if error.raw_os_error() == Some(libc::EROFS) {
            ": /proc/sys is read-only, as in an unprivileged container; mount it writable"
        } else {
            ""
        };
        Refusal::new(format!("cannot write {value:?} to {path} ({error}){hint}"))
    })
}

/// An own hosts file, and nobody outside who answers for names: nss-resolve, nscd and the name
/// servers of the host are reached through files and Unix sockets, not through the network.
fn own_name_service(wanted: &Wanted) -> Result<Vec<String>, Refusal> {
    let lines = match &wanted.hosts {
        Some(lines) => lines.clone(),
        None => HOSTS.map(str::to_string).to_vec(),
    };
    let mut hosts = lines.join("\n");
    hosts.push('\n');
    put_over("/etc/hosts", &hosts)?;
    put_over("/etc/nsswitch.conf", "hosts: files dns\nservices: files\n")?;
    // Nobody listens on port 53 of the private network, so an unknown name fails at once.
    put_over("/etc/resolv.conf", "nameserver 127.0.0.1\noptions attempts:1 timeout:1\n")?;
    let nscd = Path::new("/run/nscd");
    if nscd.is_dir() {
        mount("tmpfs", nscd, "tmpfs", MountFlags::empty(), None)
            .map_err(|error| Refusal::new(format!("cannot hide nscd: {error}")))?;
    }
    Ok(lines)
}

/// Bind-mounts a file with this text over `path`, for this process alone. The file has no name
/// left afterwards. A path that is not there is left alone: then nobody reads it.
fn put_over(path: &str, text: &str) -> Result<(), Refusal> {
    let Ok(target) = fs::canonicalize(path) else {
        return Ok(());
    };
    let failed = |error: io::Error| Refusal::new(format!("cannot put a file over {path}: {error}"));
    let mut file = tempfile::NamedTempFile::new().map_err(failed)?;
    file.write_all(text.as_bytes()).map_err(failed)?;
    // Readable by the process after it has dropped its user id.
    let mode = rustix::fs::Mode::from_raw_mode(0o644);
    rustix::fs::chmodat(CWD, file.path(), mode, rustix::fs::AtFlags::empty())
        .map_err(|error| failed(error.into()))?;
    mount_bind(file.path(), &target).map_err(|error| failed(error.into()))
}

fn settings(wanted: &Wanted) -> Result<(), Refusal> {
    let set = |name: &str, value: &str| write_proc(&format!("/proc/sys/net/{name}"), value);
    if let Some(on) = wanted.bindv6only {
        set("ipv6/bindv6only", if on { "1" } else { "0" })?;
    }
    if wanted.ipv6_no_address {
        disable_ipv6("1")?;
    }
    if let Some((low, high)) = wanted.ephemeral {
        if sys::kernel_name() == "gvisor" {
            let why = "gVisor takes a range of ephemeral ports for all of its networks and chooses \
                       from its own; run this on Linux";
            return Err(Refusal::new(why));
        }
        set("ipv4/ip_local_port_range", &format!("{low} {high}"))?;
    }
    if let Some(limit) = wanted.somaxconn {
        set("core/somaxconn", &limit.to_string())?;
    }
    Ok(())
}

fn drop_privileges() -> Result<(), Refusal> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets { effective: none, permitted: none, inheritable: none };
    set_capabilities(None, sets)
        .map_err(|error| Refusal::new(format!("cannot drop the capabilities: {error}")))
}
