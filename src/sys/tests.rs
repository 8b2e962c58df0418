//! What this platform's constants and calls must agree with.

use std::net::SocketAddr;

use socket2::{Domain, Socket, Type};

use super::{OptionError, OptionId};
use crate::script::{Flag, Platform, errors};

fn here() -> Option<Platform> {
    super::OS.parse().ok()
}

#[test]
fn the_table_of_errors_has_this_platforms_numbers() {
    let Some(platform) = here() else { return };
    for (name, number) in [
        ("EACCES", super::EACCES),
        ("EADDRINUSE", super::EADDRINUSE),
        ("EADDRNOTAVAIL", super::EADDRNOTAVAIL),
        ("EAFNOSUPPORT", super::EAFNOSUPPORT),
        ("EINPROGRESS", super::EINPROGRESS),
        ("EINVAL", super::EINVAL),
        ("ENOPROTOOPT", super::ENOPROTOOPT),
        ("EOPNOTSUPP", super::EOPNOTSUPP),
    ] {
        assert_eq!(errors::code(platform, name), Some(number), "{name}");
    }
    for (flag, bits) in [
        (Flag::Passive, super::AI_PASSIVE),
        (Flag::Canonname, super::AI_CANONNAME),
        (Flag::Numerichost, super::AI_NUMERICHOST),
        (Flag::Numericserv, super::AI_NUMERICSERV),
        (Flag::Addrconfig, super::AI_ADDRCONFIG),
        (Flag::V4mapped, super::AI_V4MAPPED),
        (Flag::All, super::AI_ALL),
    ] {
        assert_eq!(errors::flag_bits(platform, flag), bits, "{flag}");
    }
}

fn tcp() -> Socket {
    super::prepare();
    Socket::new_raw(Domain::IPV4, Type::STREAM, None).expect("a socket")
}

#[test]
fn options_read_back_as_they_were_set() {
    let socket = tcp();
    for option in [OptionId::ReuseAddr, OptionId::Cloexec] {
        for value in [1, 0] {
            assert_eq!(super::set_option(&socket, option, value), Ok(()), "{option:?}");
            let read = super::get_option(&socket, option).map(|number| number != 0);
            assert_eq!(read, Ok(value != 0), "{option:?}");
        }
    }
    assert_eq!(super::get_option(&socket, OptionId::Linger), Ok(-1));
    assert_eq!(super::set_option(&socket, OptionId::Linger, 7), Ok(()));
    assert_eq!(super::get_option(&socket, OptionId::Linger), Ok(7));
    let exclusive = super::get_option(&socket, OptionId::ExclusiveAddrUse);
    assert_eq!(matches!(exclusive, Err(OptionError::Unsupported(_))), !super::WINDOWS);
}

#[test]
fn a_wait_ends_at_its_deadline_and_at_a_connection() {
    let listener = tcp();
    listener.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("bind");
    listener.listen(1).expect("listen");
    let address = listener.local_addr().expect("name").as_socket().expect("an IPv4 address");
    assert_eq!(super::wait_readable(&listener, 1), Ok(false));
    let client = tcp();
    assert_eq!(super::connect(&client, address, 5_000), Ok(true));
    assert_eq!(super::wait_readable(&listener, 5_000), Ok(true));
}

#[test]
fn a_descriptor_is_found_while_it_is_open() {
    let socket = tcp();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).expect("bind");
    let id = super::descriptor_id(&socket);
    assert!(super::find_descriptor(&id));
    drop(socket);
    // Another socket may get the same number; it is not the same socket.
    let _other = tcp();
    assert!(!super::find_descriptor(&id));
    assert!(!super::find_descriptor("nonsense"));
}
