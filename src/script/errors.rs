//! Symbolic error names and what each platform calls them by number: data, not code.
//!
//! Sources: the crates `libc` 0.2.191 (`unix/linux_like/linux`, `unix/bsd/apple`,
//! `unix/bsd/freebsdlike`) and `windows-sys` 0.61.2 (`Win32/Networking/WinSock`), glibc's
//! `netdb.h`. A test in `sys` compares this machine's column with its constants. Linux's column
//! is the generic one (`x86`, `arm`, `riscv`); mips, sparc and alpha number differently.
//!
//! One name a number: `EAGAIN`, not `EWOULDBLOCK`; `EOPNOTSUPP`, and `ENOTSUP` only where that
//! is another number (macOS).

use super::call::{Flag, Platform};
use super::names::decimal;

/// Errors of the reference itself, which have no number.
pub const REFERENCE: [&str; 6] = [
    "InvalidHost",
    "InvalidService",
    "NotListening",
    "PortOutOfRange",
    "ReusePortUnsupported",
    "UnexpectedFamily",
];

type Row = (&'static str, [Option<i32>; 4]);

/// Columns: linux, macos, freebsd, windows.
#[rustfmt::skip]
const ERRNO: &[Row] = &[
    ("EPERM", [Some(1), Some(1), Some(1), None]),
    ("ENOENT", [Some(2), Some(2), Some(2), None]),
    ("ESRCH", [Some(3), Some(3), Some(3), None]),
    ("EINTR", [Some(4), Some(4), Some(4), Some(10004)]),
    ("EIO", [Some(5), Some(5), Some(5), None]),
    ("ENXIO", [Some(6), Some(6), Some(6), None]),
    ("E2BIG", [Some(7), Some(7), Some(7), None]),
    ("ENOEXEC", [Some(8), Some(8), Some(8), None]),
    ("EBADF", [Some(9), Some(9), Some(9), Some(10009)]),
    ("ECHILD", [Some(10), Some(10), Some(10), None]),
    ("EAGAIN", [Some(11), Some(35), Some(35), Some(10035)]),
    ("ENOMEM", [Some(12), Some(12), Some(12), Some(8)]),
    ("EACCES", [Some(13), Some(13), Some(13), Some(10013)]),
    ("EFAULT", [Some(14), Some(14), Some(14), Some(10014)]),
    ("ENOTBLK", [Some(15), Some(15), Some(15), None]),
    ("EBUSY", [Some(16), Some(16), Some(16), None]),
    ("EEXIST", [Some(17), Some(17), Some(17), None]),
    ("EXDEV", [Some(18), Some(18), Some(18), None]),
    ("ENODEV", [Some(19), Some(19), Some(19), None]),
    ("ENOTDIR", [Some(20), Some(20), Some(20), None]),
    ("EISDIR", [Some(21), Some(21), Some(21), None]),
    ("EINVAL", [Some(22), Some(22), Some(22), Some(10022)]),
    ("ENFILE", [Some(23), Some(23), Some(23), None]),
    ("EMFILE", [Some(24), Some(24), Some(24), Some(10024)]),
    ("ENOTTY", [Some(25), Some(25), Some(25), None]),
    ("ETXTBSY", [Some(26), Some(26), Some(26), None]),
    ("EFBIG", [Some(27), Some(27), Some(27), None]),
    ("ENOSPC", [Some(28), Some(28), Some(28), None]),
    ("ESPIPE", [Some(29), Some(29), Some(29), None]),
    ("EROFS", [Some(30), Some(30), Some(30), None]),
    ("EMLINK", [Some(31), Some(31), Some(31), None]),
    ("EPIPE", [Some(32), Some(32), Some(32), None]),
    ("EDOM", [Some(33), Some(33), Some(33), None]),
    ("ERANGE", [Some(34), Some(34), Some(34), None]),
    ("EDEADLK", [Some(35), Some(11), Some(11), None]),
    ("ENAMETOOLONG", [Some(36), Some(63), Some(63), Some(10063)]),
    ("ENOLCK", [Some(37), Some(77), Some(77), None]),
    ("ENOSYS", [Some(38), Some(78), Some(78), None]),
    ("ENOTEMPTY", [Some(39), Some(66), Some(66), Some(10066)]),
    ("ELOOP", [Some(40), Some(62), Some(62), Some(10062)]),
    ("ENOMSG", [Some(42), Some(91), Some(83), None]),
    ("EIDRM", [Some(43), Some(90), Some(82), None]),
    ("ENOSTR", [Some(60), Some(99), None, None]),
    ("ENODATA", [Some(61), Some(96), None, None]),
    ("ETIME", [Some(62), Some(101), None, None]),
    ("ENOSR", [Some(63), Some(98), None, None]),
    ("ENONET", [Some(64), None, None, None]),
    ("EREMOTE", [Some(66), Some(71), Some(71), Some(10071)]),
    ("ENOLINK", [Some(67), Some(97), Some(91), None]),
    ("EPROTO", [Some(71), Some(100), Some(92), None]),
    ("EMULTIHOP", [Some(72), Some(95), Some(90), None]),
    ("EBADMSG", [Some(74), Some(94), Some(89), None]),
    ("EOVERFLOW", [Some(75), Some(84), Some(84), None]),
    ("EILSEQ", [Some(84), Some(92), Some(86), None]),
    ("EUSERS", [Some(87), Some(68), Some(68), Some(10068)]),
    ("ENOTSOCK", [Some(88), Some(38), Some(38), Some(10038)]),
    ("EDESTADDRREQ", [Some(89), Some(39), Some(39), Some(10039)]),
    ("EMSGSIZE", [Some(90), Some(40), Some(40), Some(10040)]),
    ("EPROTOTYPE", [Some(91), Some(41), Some(41), Some(10041)]),
    ("ENOPROTOOPT", [Some(92), Some(42), Some(42), Some(10042)]),
    ("EPROTONOSUPPORT", [Some(93), Some(43), Some(43), Some(10043)]),
    ("ESOCKTNOSUPPORT", [Some(94), Some(44), Some(44), Some(10044)]),
    ("EOPNOTSUPP", [Some(95), Some(102), Some(45), Some(10045)]),
    ("EPFNOSUPPORT", [Some(96), Some(46), Some(46), Some(10046)]),
    ("EAFNOSUPPORT", [Some(97), Some(47), Some(47), Some(10047)]),
    ("EADDRINUSE", [Some(98), Some(48), Some(48), Some(10048)]),
    ("EADDRNOTAVAIL", [Some(99), Some(49), Some(49), Some(10049)]),
    ("ENETDOWN", [Some(100), Some(50), Some(50), Some(10050)]),
    ("ENETUNREACH", [Some(101), Some(51), Some(51), Some(10051)]),
    ("ENETRESET", [Some(102), Some(52), Some(52), Some(10052)]),
    ("ECONNABORTED", [Some(103), Some(53), Some(53), Some(10053)]),
    ("ECONNRESET", [Some(104), Some(54), Some(54), Some(10054)]),
    ("ENOBUFS", [Some(105), Some(55), Some(55), Some(10055)]),
    ("EISCONN", [Some(106), Some(56), Some(56), Some(10056)]),
    ("ENOTCONN", [Some(107), Some(57), Some(57), Some(10057)]),
    ("ESHUTDOWN", [Some(108), Some(58), Some(58), Some(10058)]),
    ("ETOOMANYREFS", [Some(109), Some(59), Some(59), Some(10059)]),
    ("ETIMEDOUT", [Some(110), Some(60), Some(60), Some(10060)]),
    ("ECONNREFUSED", [Some(111), Some(61), Some(61), Some(10061)]),
    ("EHOSTDOWN", [Some(112), Some(64), Some(64), Some(10064)]),
    ("EHOSTUNREACH", [Some(113), Some(65), Some(65), Some(10065)]),
    ("EALREADY", [Some(114), Some(37), Some(37), Some(10037)]),
    ("EINPROGRESS", [Some(115), Some(36), Some(36), Some(10036)]),
    ("ESTALE", [Some(116), Some(70), Some(70), Some(10070)]),
    ("EDQUOT", [Some(122), Some(69), Some(69), Some(10069)]),
    ("ECANCELED", [Some(125), Some(89), Some(85), None]),
    ("EOWNERDEAD", [Some(130), Some(105), Some(96), None]),
    ("ENOTRECOVERABLE", [Some(131), Some(104), Some(95), None]),
    ("ENOTSUP", [None, Some(45), None, None]),
];

/// Columns: linux (glibc; musl has the same numbers for those it has), macos, freebsd, windows.
/// Windows has no `EAI_` space of its own: its resolver answers WSA codes (`EAI_NONAME` is
/// `WSAHOST_NOT_FOUND`, `EAI_SERVICE` is `WSATYPE_NOT_FOUND`).
#[rustfmt::skip]
const RESOLVER: &[Row] = &[
    ("EAI_BADFLAGS", [Some(-1), Some(3), Some(3), Some(10022)]),
    ("EAI_NONAME", [Some(-2), Some(8), Some(8), Some(11001)]),
    ("EAI_AGAIN", [Some(-3), Some(2), Some(2), Some(11002)]),
    ("EAI_FAIL", [Some(-4), Some(4), Some(4), Some(11003)]),
    ("EAI_NODATA", [Some(-5), Some(7), Some(7), Some(11004)]),
    ("EAI_FAMILY", [Some(-6), Some(5), Some(5), Some(10047)]),
    ("EAI_SOCKTYPE", [Some(-7), Some(10), Some(10), Some(10044)]),
    ("EAI_SERVICE", [Some(-8), Some(9), Some(9), Some(10109)]),
    ("EAI_ADDRFAMILY", [Some(-9), Some(1), Some(1), None]),
    ("EAI_MEMORY", [Some(-10), Some(6), Some(6), Some(8)]),
    ("EAI_SYSTEM", [Some(-11), Some(11), Some(11), None]),
    ("EAI_OVERFLOW", [Some(-12), Some(14), Some(14), None]),
    ("EAI_BADHINTS", [None, Some(12), Some(12), None]),
    ("EAI_PROTOCOL", [None, Some(13), Some(13), None]),
    ("EAI_IDN_ENCODE", [Some(-105), None, None, None]),
];

/// Columns as above; the bits of `AI_…`.
#[rustfmt::skip]
const FLAGS: &[(Flag, [i32; 4])] = &[
    (Flag::Passive, [1, 1, 1, 1]),
    (Flag::Canonname, [2, 2, 2, 2]),
    (Flag::Numerichost, [4, 4, 4, 4]),
    (Flag::Numericserv, [0x400, 0x1000, 8, 8]),
    (Flag::Addrconfig, [0x20, 0x400, 0x400, 0x400]),
    (Flag::V4mapped, [8, 0x800, 0x800, 0x800]),
    (Flag::All, [0x10, 0x100, 0x100, 0x100]),
];

fn column(platform: Platform) -> usize {
    match platform {
        Platform::Linux => 0,
        Platform::Macos => 1,
        Platform::Freebsd => 2,
        Platform::Windows => 3,
    }
}

fn number(table: &[Row], platform: Platform, name: &str) -> Option<i32> {
    table.iter().find(|(known, _)| *known == name).and_then(|(_, row)| row[column(platform)])
}

fn word(table: &[Row], platform: Platform, code: i32) -> String {
    table
        .iter()
        .find(|(_, row)| row[column(platform)] == Some(code))
        .map_or_else(|| format!("E#{code}"), |(known, _)| (*known).to_string())
}

/// The name of an errno or WSA code on `platform`; `E#123` where it has none here.
#[must_use]
pub fn name(platform: Platform, code: i32) -> String {
    word(ERRNO, platform, code)
}

/// The number of an errno name on `platform`.
#[must_use]
pub fn code(platform: Platform, name: &str) -> Option<i32> {
    number(ERRNO, platform, name)
}

/// The name of what `getaddrinfo` answered on `platform`; `E#123` where it has none here.
#[must_use]
pub fn resolver_name(platform: Platform, code: i32) -> String {
    word(RESOLVER, platform, code)
}

/// The number of an `EAI_…` name on `platform`.
#[must_use]
pub fn resolver_code(platform: Platform, name: &str) -> Option<i32> {
    number(RESOLVER, platform, name)
}

/// The bits of a flag of `getaddrinfo` on `platform`.
#[must_use]
pub fn flag_bits(platform: Platform, flag: Flag) -> i32 {
    FLAGS.iter().find(|(known, _)| *known == flag).map_or(0, |(_, row)| row[column(platform)])
}

/// Every name that an outcome may carry, `E#…` aside.
pub fn all() -> impl Iterator<Item = &'static str> {
    ERRNO.iter().chain(RESOLVER).map(|(name, _)| *name).chain(REFERENCE)
}

/// Is this the name of an error that an outcome may carry?
#[must_use]
pub fn is_known(name: &str) -> bool {
    let unnamed = name.strip_prefix("E#").is_some_and(|number| decimal::<i32>(number).is_some());
    unnamed || all().any(|known| known == name)
}

#[cfg(test)]
mod tests {
    use super::{ERRNO, RESOLVER, all, code, is_known, name, resolver_name};
    use crate::script::Platform;

    #[test]
    fn every_number_has_one_name_on_its_platform() {
        for table in [ERRNO, RESOLVER] {
            for column in 0..4 {
                let mut numbers: Vec<_> = table.iter().filter_map(|(_, row)| row[column]).collect();
                let count = numbers.len();
                numbers.sort_unstable();
                numbers.dedup();
                assert_eq!(numbers.len(), count, "column {column}");
            }
        }
    }

    #[test]
    fn names_and_numbers_lead_to_each_other() {
        for platform in Platform::all() {
            for known in all() {
                if let Some(number) = code(platform, known) {
                    assert_eq!(name(platform, number), known);
                }
            }
        }
        assert_eq!(name(Platform::Windows, 10_013), "EACCES");
        assert_eq!(resolver_name(Platform::Windows, 11_001), "EAI_NONAME");
        assert_eq!(name(Platform::Linux, 4_242), "E#4242");
        assert!(
            is_known("E#4242") && !is_known("EADDRINUSED") && !is_known("E#") && !is_known("E#+1")
        );
    }
}
