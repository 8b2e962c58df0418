//! `bind_sockets` against the same system calls made straight through `libc`, and `getaddrinfo`
//! alone, in one process.
//!
//! Criterion shows each one; the ratios at the end are medians of interleaved rounds, because
//! rounds that follow each other meet the same machine.

#[cfg(unix)]
fn main() {
    unix::main();
}

#[cfg(not(unix))]
fn main() {
    eprintln!("this benchmark compares with libc: Unix only");
}

#[cfg(unix)]
mod unix {
    use std::hint::black_box;
    use std::mem::size_of;
    use std::time::{Duration, Instant};

    use bindproof::reference::bind_sockets;
    use bindproof::{BindOptions, Port};
    use criterion::Criterion;

    const ROUNDS: usize = 400;
    const CALLS: u32 = 10;

    pub(crate) fn main() {
        let mut criterion =
            Criterion::default().configure_from_args().measurement_time(Duration::from_secs(2));
        let numeric =
            BindOptions { address: Some("127.0.0.1".into()), ..BindOptions::new(Port::Number(0)) };
        let every = BindOptions::new(Port::Number(0));
        let ours =
            |options: &BindOptions| drop(black_box(bind_sockets(options).expect("it binds")));
        criterion.bench_function("bind_sockets 127.0.0.1", |b| b.iter(|| ours(&numeric)));
        criterion.bench_function("bare calls 127.0.0.1", |b| b.iter(bare_numeric));
        criterion.bench_function("bind_sockets None", |b| b.iter(|| ours(&every)));
        criterion.bench_function("getaddrinfo and bare calls None", |b| b.iter(bare_every));
        criterion.bench_function("getaddrinfo None", |b| b.iter(|| black_box(resolve(None))));
        criterion.final_summary();
        ratio(
            "127.0.0.1: bind_sockets / getaddrinfo and bare calls",
            || ours(&numeric),
            || {
                black_box(resolve(Some(c"127.0.0.1")));
                bare_numeric();
            },
        );
        ratio("127.0.0.1: bind_sockets / bare calls", || ours(&numeric), bare_numeric);
        ratio("None: bind_sockets / getaddrinfo and bare calls", || ours(&every), bare_every);
    }

    fn ratio(what: &str, mut left: impl FnMut(), mut right: impl FnMut()) {
        let mut ratios: Vec<f64> = (0..ROUNDS)
            .map(|round| {
                // Who goes first alternates: the second finds warm caches.
                let (a, b) = if round % 2 == 0 {
                    let a = time(&mut left);
                    (a, time(&mut right))
                } else {
                    let b = time(&mut right);
                    (time(&mut left), b)
                };
                a.as_secs_f64() / b.as_secs_f64()
            })
            .collect();
        ratios.sort_by(f64::total_cmp);
        println!("{what}: {:.3}", ratios[ROUNDS / 2]);
    }

    fn time(work: &mut impl FnMut()) -> Duration {
        let start = Instant::now();
        for _ in 0..CALLS {
            work();
        }
        start.elapsed()
    }

    /// How many records `getaddrinfo(host, "0", AF_UNSPEC, SOCK_STREAM, 0, AI_PASSIVE)` gives.
    fn resolve(host: Option<&std::ffi::CStr>) -> usize {
        // SAFETY: zero bytes are an addrinfo without addresses.
        let mut hints: libc::addrinfo = unsafe { std::mem::zeroed() };
        hints.ai_socktype = libc::SOCK_STREAM;
        hints.ai_flags = libc::AI_PASSIVE;
        let mut list = std::ptr::null_mut();
        let host = host.map_or(std::ptr::null(), std::ffi::CStr::as_ptr);
        // SAFETY: host and service are C strings or null, hints and list outlive the call.
        let code =
            unsafe { libc::getaddrinfo(host, c"0".as_ptr(), &raw const hints, &raw mut list) };
        assert_eq!(code, 0);
        let mut count = 0;
        let mut record = list;
        while !record.is_null() {
            count += 1;
            // SAFETY: the resolver's list ends with null.
            record = unsafe { (*record).ai_next };
        }
        // SAFETY: the list came from getaddrinfo and is not used again.
        unsafe { libc::freeaddrinfo(list) };
        count
    }

    fn bare_numeric() {
        let (fd, _) = listen_v4(libc::INADDR_LOOPBACK);
        close(fd);
    }

    fn bare_every() {
        black_box(resolve(None));
        let (v4, port) = listen_v4(libc::INADDR_ANY);
        let v6 = listen_v6(port);
        close(v4);
        close(v6);
    }

    fn check(answer: libc::c_int) -> libc::c_int {
        assert!(answer >= 0, "{}", std::io::Error::last_os_error());
        answer
    }

    fn socket(family: libc::c_int) -> libc::c_int {
        #[cfg(not(target_vendor = "apple"))]
        let kind = libc::SOCK_STREAM | libc::SOCK_CLOEXEC;
        #[cfg(target_vendor = "apple")]
        let kind = libc::SOCK_STREAM;
        // SAFETY: socket takes three numbers.
        check(unsafe { libc::socket(family, kind, libc::IPPROTO_TCP) })
    }

    fn set(fd: libc::c_int, level: libc::c_int, option: libc::c_int) {
        let on: libc::c_int = 1;
        let length = size_of::<libc::c_int>() as libc::socklen_t;
        // SAFETY: on outlives the call, and length is its size.
        check(unsafe { libc::setsockopt(fd, level, option, (&raw const on).cast(), length) });
    }

    fn nonblocking(fd: libc::c_int) {
        let mut on: libc::c_int = 1;
        // SAFETY: FIONBIO reads one int, which outlives the call.
        check(unsafe { libc::ioctl(fd, libc::FIONBIO, &raw mut on) });
    }

    /// `bind`, `getsockname`, `listen`; answers what `getsockname` wrote.
    fn bind_name_listen<T>(fd: libc::c_int, address: T) -> T {
        let size = size_of::<T>() as libc::socklen_t;
        let mut name = address;
        let mut length = size;
        let pointer = (&raw mut name).cast::<libc::sockaddr>();
        // SAFETY: pointer is a socket address of that size, which outlives the calls.
        unsafe {
            check(libc::bind(fd, pointer, size));
            check(libc::getsockname(fd, pointer, &raw mut length));
            check(libc::listen(fd, 128));
        }
        name
    }

    fn listen_v4(host: u32) -> (libc::c_int, u16) {
        let fd = socket(libc::AF_INET);
        set(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR);
        nonblocking(fd);
        // SAFETY: zero bytes are a sockaddr_in.
        let mut address: libc::sockaddr_in = unsafe { std::mem::zeroed() };
        address.sin_family = libc::AF_INET as libc::sa_family_t;
        address.sin_addr.s_addr = host.to_be();
        (fd, bind_name_listen(fd, address).sin_port)
    }

    fn listen_v6(port: u16) -> libc::c_int {
        let fd = socket(libc::AF_INET6);
        set(fd, libc::SOL_SOCKET, libc::SO_REUSEADDR);
        set(fd, libc::IPPROTO_IPV6, libc::IPV6_V6ONLY);
        nonblocking(fd);
        // SAFETY: zero bytes are a sockaddr_in6.
        let mut address: libc::sockaddr_in6 = unsafe { std::mem::zeroed() };
        address.sin6_family = libc::AF_INET6 as libc::sa_family_t;
        address.sin6_port = port;
        bind_name_listen(fd, address);
        fd
    }

    fn close(fd: libc::c_int) {
        // SAFETY: fd is ours and not used again.
        check(unsafe { libc::close(fd) });
    }
}
