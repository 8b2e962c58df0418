//! What an address, a refusal and a server look like when they are printed.

use std::path::PathBuf;

use bindproof::reference::{
    BindError, Endpoint, EventLoop, Port, ServerError, SkipReason, Skipped, TcpServer,
};
use bindproof::{BindOptions, sys};

use crate::{keeper, local};

#[test]
fn an_endpoint_of_any_kind() {
    let inet = Endpoint::Inet("[::1]:80".parse().unwrap());
    assert_eq!((inet.to_string(), inet.as_inet().is_some()), ("[::1]:80".into(), true));
    let others = [
        (Endpoint::Path(PathBuf::from("/run/server")), "/run/server"),
        (Endpoint::Abstract(b"a\0b".to_vec()), r"@a\x00b"),
        (Endpoint::Unnamed, "an unnamed socket"),
    ];
    for (endpoint, text) in others {
        assert_eq!((endpoint.to_string().as_str(), endpoint.as_inet()), (text, None));
    }
}

#[test]
fn a_port_is_made_of_a_number_or_a_name() {
    assert_eq!(Port::from(80).to_string(), "80");
    assert_eq!(Port::from("http").to_string(), "http");
    assert_eq!(BindOptions::from(80).port, Port::Number(80));
}

#[test]
fn a_server_without_an_address_says_why_it_has_none() {
    let skipped = [
        ("[fe80::1%4]:80", SkipReason::LinkLocalLocalhost),
        ("[::1]:80", SkipReason::LoopbackMissing { code: sys::EINTR }),
    ];
    let skipped =
        skipped.map(|(address, reason)| Skipped { address: address.parse().unwrap(), reason });
    let error = ServerError::NothingBound { asked: "localhost:80".into(), skipped: skipped.into() };
    let text = error.to_string();
    assert!(text.contains("[fe80::1%4]:80 is a link-local name of localhost; "), "{text}");
    assert!(text.contains("[::1]:80 is on no interface: "), "{text}");
}

#[test]
fn a_record_of_a_foreign_family_has_a_name() {
    let error = BindError::UnexpectedFamily { family: 99, address: "[::1]:80".parse().unwrap() };
    assert_eq!((error.name(), error.code()), (Some("UnexpectedFamily"), None));
}

#[test]
fn a_server_and_its_handles() {
    let server = TcpServer::new(keeper().1);
    server.bind(local()).unwrap();
    let address = server.local_addrs()[0].as_inet().unwrap();
    let text = format!("{server:?} {:?}", server.stop_handle());
    assert_eq!(text.matches(&address.to_string()).count(), 2, "{text}");
    assert!(text.contains("started: false"), "{text}");
    let handle = EventLoop::new().unwrap().handle();
    assert!(format!("{handle:?}").starts_with("LoopHandle { loop: "));
}
