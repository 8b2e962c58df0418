//! `bind_unix_socket` on a system of our own: each call by its rule (U1, U2, U4, U8, U10, U11).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use bindproof::reference::{
    InvalidPath, UnixBindError, UnixBindOptions, UnixFacts, UnixOs, bind_unix_socket_on,
};
use bindproof::sys::PathKind;

const EINVAL: i32 = 22;
const ENOPROTOOPT: i32 = 92;

struct TableOs {
    facts: UnixFacts,
    kind: PathKind,
    fail: BTreeMap<&'static str, i32>,
    log: Vec<String>,
    open: usize,
}

impl TableOs {
    fn new() -> Self {
        let facts = UnixFacts {
            has_unix_sockets: true,
            has_abstract_names: true,
            name_max: 108,
            enoprotoopt: ENOPROTOOPT,
        };
        let (fail, log) = (BTreeMap::new(), Vec::new());
        Self { facts, kind: PathKind::Absent, fail, log, open: 0 }
    }

    fn failing(call: &'static str, code: i32) -> Self {
        let mut os = Self::new();
        os.fail.insert(call, code);
        os
    }

    fn call(&mut self, call: &str, text: &str) -> Result<(), i32> {
        self.log.push(format!("{call} {text}").trim_end().to_owned());
        self.fail.get(call).map_or(Ok(()), |code| Err(*code))
    }

    fn bind(&mut self, path: &str) -> Result<usize, UnixBindError> {
        bind_unix_socket_on(self, &UnixBindOptions::new(path))
    }
}

impl UnixOs for TableOs {
    type Socket = usize;

    fn facts(&self) -> &UnixFacts {
        &self.facts
    }

    fn socket(&mut self) -> Result<usize, i32> {
        self.call("socket", "")?;
        self.open += 1;
        Ok(7)
    }

    fn set_reuse_addr(&mut self, _: &usize) -> Result<(), i32> {
        self.call("set reuseaddr", "")
    }

    fn set_nonblocking(&mut self, _: &usize) -> Result<(), i32> {
        self.call("set nonblocking", "")
    }

    fn path_kind(&mut self, path: &Path) -> Result<PathKind, i32> {
        self.call("stat", &path.display().to_string())?;
        Ok(self.kind)
    }

    fn remove(&mut self, path: &Path) -> Result<(), i32> {
        self.call("unlink", &path.display().to_string())
    }

    fn bind(&mut self, _: &usize, name: &[u8]) -> Result<(), i32> {
        self.call("bind", &name.escape_ascii().to_string())
    }

    fn set_mode(&mut self, path: &Path, mode: u32) -> Result<(), i32> {
        self.call("chmod", &format!("{} {mode:o}", path.display()))
    }

    fn listen(&mut self, _: &usize, backlog: i32) -> Result<(), i32> {
        self.call("listen", &backlog.to_string())
    }

    fn close(&mut self, _: usize) {
        self.log.push("close".into());
        self.open -= 1;
    }
}

#[test]
fn u1_the_defaults_and_the_order_of_the_calls() {
    let mut os = TableOs::new();
    os.bind("/run/s").unwrap();
    let expected = [
        "socket",
        "set reuseaddr",
        "set nonblocking",
        "stat /run/s",
        "bind /run/s",
        "chmod /run/s 600",
        "listen 128",
    ];
    assert_eq!(os.log, expected);
}

#[test]
fn u1_a_platform_without_unix_sockets_refuses_before_any_call() {
    let mut os = TableOs::new();
    os.facts.has_unix_sockets = false;
    assert_eq!(os.bind("/run/s"), Err(UnixBindError::UnixUnsupported));
    assert!(os.log.is_empty());
}

#[test]
fn u2_only_enoprotoopt_of_reuseaddr_is_swallowed() {
    let mut os = TableOs::failing("set reuseaddr", ENOPROTOOPT);
    os.bind("/run/s").unwrap();
    assert_eq!(os.open, 1);
    let mut os = TableOs::failing("set reuseaddr", EINVAL);
    os.bind("/run/s").unwrap_err();
    assert_eq!(os.open, 0);
}

#[test]
fn u4_a_socket_at_the_path_is_removed_and_nothing_else_is() {
    let mut os = TableOs { kind: PathKind::Socket, ..TableOs::new() };
    os.bind("/run/s").unwrap();
    assert_eq!(os.log[3..5], ["stat /run/s", "unlink /run/s"]);
    let mut os = TableOs { kind: PathKind::Other, ..TableOs::new() };
    assert_eq!(os.bind("/run/s"), Err(UnixBindError::NotASocket { path: "/run/s".into() }));
    assert_eq!((os.log.last().unwrap().as_str(), os.open), ("close", 0));
    assert!(!os.log.iter().any(|call| call.starts_with("unlink") || call.starts_with("bind")));
}

#[test]
fn u8_an_abstract_name_is_no_path() {
    let mut os = TableOs::new();
    os.bind("\0name").unwrap();
    let expected = ["socket", "set reuseaddr", "set nonblocking", "bind \\x00name", "listen 128"];
    assert_eq!(os.log, expected);
    os.facts.has_abstract_names = false;
    os.log.clear();
    assert_eq!(os.bind("\0name"), Err(UnixBindError::AbstractUnsupported));
    assert!(os.log.is_empty());
}

#[test]
fn u10_a_name_that_cannot_be_an_address_is_refused_before_any_call() {
    let long = "x".repeat(108);
    let longer = format!("\0{long}");
    let refused = [
        ("", InvalidPath::Empty),
        ("a\0b", InvalidPath::InnerNul),
        ("\0a\0", InvalidPath::InnerNul),
        (long.as_str(), InvalidPath::TooLong { length: 108, max: 107 }),
        (longer.as_str(), InvalidPath::TooLong { length: 109, max: 108 }),
    ];
    for (path, problem) in refused {
        let mut os = TableOs::new();
        let expected = UnixBindError::InvalidPath { path: PathBuf::from(path), problem };
        assert_eq!(os.bind(path), Err(expected));
        assert!(os.log.is_empty());
    }
    // What stands in the error is what is wrong.
    let text = InvalidPath::TooLong { length: 109, max: 108 }.to_string();
    assert!(text.contains("109 bytes") && text.contains("108"), "{text}");
    assert!(InvalidPath::Empty.to_string().contains("empty"));
    assert!(InvalidPath::InnerNul.to_string().contains("NUL"));
    for path in [&long[1..], &longer[..108]] {
        TableOs::new().bind(path).unwrap();
    }
}

#[test]
fn u11_after_an_error_nothing_is_left() {
    let calls = ["socket", "set reuseaddr", "set nonblocking", "stat", "bind", "chmod", "listen"];
    for call in calls {
        let mut os = TableOs::failing(call, EINVAL);
        let error = os.bind("/run/s").unwrap_err();
        let path = PathBuf::from("/run/s");
        assert_eq!(error, UnixBindError::Call { call, path, code: EINVAL });
        assert_eq!(os.open, 0, "{call}");
        let made = matches!(call, "chmod" | "listen");
        let removed = os.log.iter().any(|line| line == "unlink /run/s");
        assert_eq!(removed, made, "{call}: a path that bind made, and no other");
    }
    // An abstract name makes no path.
    let mut os = TableOs::failing("listen", EINVAL);
    os.bind("\0name").unwrap_err();
    assert_eq!((os.log.last().unwrap().as_str(), os.open), ("close", 0));
}
