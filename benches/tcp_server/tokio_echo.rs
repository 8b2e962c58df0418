//! The echo of tokio's own introduction: a task and a small buffer for each connection, on one
//! thread.

use tokio::io::{AsyncReadExt, AsyncWriteExt};

pub(crate) fn serve() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().expect("epoll");
    runtime.block_on(async {
        let socket = tokio::net::TcpSocket::new_v4().expect("a socket");
        socket.bind("127.0.0.1:0".parse().expect("an address")).expect("a port");
        let listener = socket.listen(4096).expect("it listens");
        println!("listening on {}", listener.local_addr().expect("its name"));
        let local = tokio::task::LocalSet::new();
        local
            .run_until(async {
                loop {
                    let (mut stream, _) = listener.accept().await.expect("a connection");
                    tokio::task::spawn_local(async move {
                        let mut buffer = [0; 1024];
                        while let Ok(got @ 1..) = stream.read(&mut buffer).await {
                            if stream.write_all(&buffer[..got]).await.is_err() {
                                return;
                            }
                        }
                    });
                }
            })
            .await;
    });
}
