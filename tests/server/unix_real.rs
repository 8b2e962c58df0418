//! `bind_unix_socket` on this machine (U1, U3 to U9, U12). Where there is no `AF_UNIX` each test
//! sees that it is refused.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;

use bindproof::reference::{
    Endpoint, EventLoop, TcpServer, UnixBindError, UnixBindOptions, bind_unix_socket,
};
use bindproof::sys::{self, OptionId};
use socket2::Socket;
use tempfile::TempDir;

use crate::{echo, keeper, run_until};

/// A folder for sockets; `None` where there are none.
fn folder() -> Option<TempDir> {
    if !sys::HAS_UNIX_SOCKETS {
        let refused = bind_unix_socket(&UnixBindOptions::new("s")).unwrap_err();
        assert_eq!(refused, UnixBindError::UnixUnsupported);
        return None;
    }
    Some(tempfile::Builder::new().prefix("b").tempdir().unwrap())
}

fn bind(path: &Path) -> Socket {
    bind_unix_socket(&UnixBindOptions::new(path)).unwrap()
}

/// Connects, and sees whether this listener has the client.
fn reaches(path: &Path, listener: &Socket) -> bool {
    let _client = sys::connect_unix(path).unwrap();
    listener.accept().is_ok()
}

#[test]
fn u1_u3_the_socket_listens_does_not_block_and_is_close_on_exec() {
    let Some(folder) = folder() else { return };
    let path = folder.path().join("s");
    let socket = bind(&path);
    for option in [OptionId::Nonblocking, OptionId::Cloexec] {
        assert_eq!(sys::get_option(&socket, option), Ok(1), "{option:?}");
    }
    assert!(socket.accept().is_err(), "it would block");
    assert!(reaches(&path, &socket));
}

#[test]
fn u4_a_file_and_a_folder_are_kept() {
    let Some(folder) = folder() else { return };
    let file = folder.path().join("file");
    fs::write(&file, "precious").unwrap();
    for path in [&file, &folder.path().to_path_buf()] {
        let error = bind_unix_socket(&UnixBindOptions::new(path)).unwrap_err();
        assert_eq!(error, UnixBindError::NotASocket { path: path.clone() });
    }
    assert_eq!(fs::read_to_string(&file).unwrap(), "precious");
}

#[test]
fn u5_a_living_listener_is_replaced() {
    let Some(folder) = folder() else { return };
    let path = folder.path().join("s");
    let old = bind(&path);
    let new = bind(&path);
    assert!(reaches(&path, &new));
    assert!(old.accept().is_err());
}

#[cfg(unix)]
#[test]
fn u6_a_link_to_a_socket_is_replaced_and_a_dangling_one_is_in_the_way() {
    let folder = folder().unwrap();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    let old = bind(&target);
    std::os::unix::fs::symlink(&target, &link).unwrap();
    let new = bind(&link);
    assert!(reaches(&link, &new) && reaches(&target, &old));
    assert!(!fs::symlink_metadata(&link).unwrap().is_symlink());

    let dangling = folder.path().join("dangling");
    std::os::unix::fs::symlink(folder.path().join("nothing"), &dangling).unwrap();
    let error = bind_unix_socket(&UnixBindOptions::new(&dangling)).unwrap_err();
    let code = sys::EADDRINUSE;
    assert_eq!(error, UnixBindError::Call { call: "bind", path: dangling, code });
}

#[test]
fn u6_a_missing_folder_is_named() {
    let Some(folder) = folder() else { return };
    let path = folder.path().join("missing").join("s");
    let error = bind_unix_socket(&UnixBindOptions::new(&path)).unwrap_err();
    let UnixBindError::Call { call: "bind", code: 2, .. } = error else { panic!("{error:?}") };
    assert!(error.to_string().contains("missing"), "{error}");
}

#[cfg(unix)]
#[test]
fn u7_the_mode_holds_whatever_the_umask_is() {
    use std::os::unix::fs::PermissionsExt;

    let folder = folder().unwrap();
    for mode in [0o600, 0o666, 0o777] {
        let path = folder.path().join("s");
        let options = UnixBindOptions { mode, ..UnixBindOptions::new(&path) };
        let _socket = bind_unix_socket(&options).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
    }
}

#[test]
fn u8_an_abstract_name_can_be_had_once_and_leaves_no_file() {
    let name = format!("\0bindproof-test-{}", std::process::id());
    let options = UnixBindOptions::new(&name);
    if !sys::HAS_ABSTRACT_NAMES {
        let refused = bind_unix_socket(&options).unwrap_err();
        let expected = [UnixBindError::AbstractUnsupported, UnixBindError::UnixUnsupported];
        assert!(expected.contains(&refused));
        return;
    }
    let socket = bind_unix_socket(&options).unwrap();
    let endpoint = Endpoint::from(socket.local_addr().unwrap());
    assert_eq!(endpoint, Endpoint::Abstract(name.as_bytes()[1..].to_vec()));
    let error = bind_unix_socket(&options).unwrap_err();
    assert!(
        matches!(error, UnixBindError::Call { call: "bind", code, .. } if code == sys::EADDRINUSE)
    );
    drop(socket);
    drop(bind_unix_socket(&options).unwrap());
}

#[test]
fn u9_the_file_stays_when_the_socket_is_closed() {
    let Some(folder) = folder() else { return };
    let path = folder.path().join("s");
    drop(bind(&path));
    assert!(path.exists());
    drop(bind(&path));
}

#[test]
fn u12_the_same_server_serves_it_and_its_clients_are_unnamed() {
    let Some(folder) = folder() else { return };
    let path = folder.path().join("s");
    let event_loop = EventLoop::current().unwrap();
    let (delivered, handler) = keeper();
    let server = TcpServer::new(handler);
    server.add_socket(bind(&path)).unwrap();
    assert_eq!(server.local_addrs(), [Endpoint::Path(path.clone())]);
    let mut client = sys::connect_unix(&path).unwrap();
    run_until(&event_loop, || !delivered.borrow().is_empty());
    let (stream, peer) = delivered.borrow_mut().pop().unwrap();
    assert_eq!(peer, Endpoint::Unnamed);

    // The stream works like one of TCP.
    client.write_all(b"ping").unwrap();
    echo(stream, peer).unwrap();
    client.set_nonblocking(true).unwrap();
    let answer = std::cell::RefCell::new(Vec::<u8>::new());
    run_until(&event_loop, || {
        let mut buffer = [0; 8];
        if let Ok(got) = (&client).read(&mut buffer) {
            answer.borrow_mut().extend(&buffer[..got]);
        }
        *answer.borrow() == b"ping"
    });
}
