//! The questions.

use super::Trait;
use super::answer::{
    backlog, echo, free_again, goes_on, last, last_if_opened, opened, same_port, v6only,
};

const fn everywhere(
    id: &'static str,
    question: &'static str,
    why: &'static str,
    script: &'static str,
    read: fn(&crate::conform::Run) -> String,
) -> Trait {
    Trait { id, question, why, script, everywhere: true, read }
}

const fn plain(
    id: &'static str,
    question: &'static str,
    why: &'static str,
    script: &'static str,
    read: fn(&crate::conform::Run) -> String,
) -> Trait {
    Trait { id, question, why, script, everywhere: false, read }
}

/// Every question, in the order of the table.
pub const TRAITS: &[Trait] = &[
    everywhere(
        "no-address",
        "What is opened without an address?",
        "A server that names no address shall be reached over IPv4 and IPv6, and on a machine \
         without IPv6 it shall start all the same.",
        "s = bind_sockets port=p",
        opened,
    ),
    everywhere(
        "empty-address",
        "What does the address \"\" mean?",
        "An unset variable often arrives as an empty text; resolvers disagree on it.",
        "s = bind_sockets port=p address=\"\"",
        opened,
    ),
    everywhere(
        "localhost",
        "What is opened for localhost?",
        "Clients try ::1 or 127.0.0.1 first, so a server on one of them is missed by half of them.",
        "s = bind_sockets port=p address=localhost",
        opened,
    ),
    everywhere(
        "ipv4-wildcard",
        "What is opened for 0.0.0.0?",
        "This address asks for IPv4 alone.",
        "s = bind_sockets port=p address=0.0.0.0",
        opened,
    ),
    everywhere(
        "ipv6-wildcard",
        "What is opened for ::?",
        "Whether this takes IPv4 along differs by library, by system and by setting.",
        "s = bind_sockets port=p address=::",
        opened,
    ),
    everywhere(
        "ipv6-loopback",
        "What is opened for ::1?",
        "Where there is no IPv6 this is an error, or, worse, a server on nothing.",
        "s = bind_sockets port=p address=::1",
        opened,
    ),
    everywhere(
        "v6only",
        "Do IPv4 clients get in at ::?",
        "With IPV6_V6ONLY off the socket takes the port in both families, and 0.0.0.0 cannot be \
         bound beside it.",
        "s = bind_sockets port=p address=::\nc = connect 127.0.0.1:p",
        v6only,
    ),
    everywhere(
        "same-port",
        "With port 0, do all sockets have the same port?",
        "A server that prints one port and listens on another is not found.",
        "s = bind_sockets",
        same_port,
    ),
    plain(
        "order",
        "In which order are sockets opened for a name with both families, IPv6 first in the hosts file?",
        "With port 0 the first one chooses the port, and many programs look at the first alone.",
        "env hosts \"::1 both\" \"127.0.0.1 both\"\ns = bind_sockets port=p address=both",
        opened,
    ),
    plain(
        "listed-twice",
        "What is opened for a name that the hosts file lists twice?",
        "Duplicate lines are common, and a second bind to the same address fails.",
        "env hosts \"127.0.0.1 twice\" \"127.0.0.1 twice\" \"::1 twice\"\n\
         s = bind_sockets port=p address=twice",
        opened,
    ),
    plain(
        "reuseaddr",
        "Is SO_REUSEADDR set?",
        "Without it a restarted server waits for a minute on Unix; on Windows it lets another \
         program steal the port.",
        "s = bind_sockets port=p address=127.0.0.1\nget s.0 reuseaddr",
        last_if_opened,
    ),
    plain(
        "restart",
        "Can it start again while a connection of its former life is open?",
        "The proof of SO_REUSEADDR on Unix; TIME_WAIT is the same case a moment later.",
        "s = bind_sockets port=p address=127.0.0.1\nv = serve s.0\nc = connect 127.0.0.1:p\n\
         send c 5\nrecv c\nstop v\nt = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "reuseport",
        "Is SO_REUSEPORT set unasked?",
        "Two servers on one port share its clients, and nobody is told.",
        "s = bind_sockets port=p address=127.0.0.1\nget s.0 reuseport",
        last_if_opened,
    ),
    plain(
        "reuseport-asked",
        "Asked for SO_REUSEPORT, can a second server share the port?",
        "The usual way to restart without a gap.",
        "s = bind_sockets port=p address=127.0.0.1 reuse_port=on\n\
         t = bind_sockets port=p address=127.0.0.1 reuse_port=on",
        opened,
    ),
    plain(
        "second-server",
        "What does a second server on the port get?",
        "The usual mistake; the message should name it.",
        "s = bind_sockets port=p address=127.0.0.1\nt = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "backlog",
        "How long is the queue by default?",
        "A burst of clients beyond it is lost or delayed.",
        "s = bind_sockets port=p address=127.0.0.1",
        backlog,
    ),
    plain(
        "backlog-asked",
        "How long is the queue where 7 is asked for?",
        "Some libraries round, double or ignore it.",
        "s = bind_sockets port=p address=127.0.0.1 backlog=7",
        backlog,
    ),
    plain(
        "backlog-zero",
        "How long is the queue where 0 is asked for?",
        "Some libraries take 0 for their default.",
        "s = bind_sockets port=p address=127.0.0.1 backlog=0",
        backlog,
    ),
    plain(
        "cloexec",
        "Is the descriptor close-on-exec?",
        "A program that inherits a listener keeps its port taken.",
        "s = bind_sockets port=p address=127.0.0.1\nget s.0 cloexec",
        last_if_opened,
    ),
    plain(
        "inherited",
        "Does a program that it starts inherit the listener?",
        "The proof of close-on-exec.",
        "s = bind_sockets port=p address=127.0.0.1\ninherited s.0",
        last_if_opened,
    ),
    plain(
        "nonblocking",
        "Is the listener non-blocking?",
        "A client that goes away before accept stops a loop with a blocking listener.",
        "s = bind_sockets port=p address=127.0.0.1\nget s.0 nonblocking",
        last_if_opened,
    ),
    plain(
        "answers",
        "Does it serve?",
        "What is opened must also be accepted from.",
        "s = bind_sockets port=p address=127.0.0.1\nv = serve s.0\nc = connect 127.0.0.1:p\n\
         send c 5\nrecv c",
        echo,
    ),
    plain(
        "close",
        "Is the port free as soon as it has closed?",
        "Descriptors that are kept somewhere keep the port taken.",
        "s = bind_sockets port=p address=127.0.0.1\nclose s.0\nt = socket inet\n\
         bind t 127.0.0.1:p",
        free_again,
    ),
    plain(
        "ipv4-taken",
        "Without an address, what happens where the port is taken in IPv4?",
        "A server that then serves IPv6 alone looks started, and most clients get another one.",
        "a = socket inet\nbind a 0.0.0.0:p\nlisten a 1\ns = bind_sockets port=p",
        opened,
    ),
    plain(
        "ipv6-taken",
        "Without an address, what happens where the port is taken in IPv6?",
        "The IPv4 socket is open by then: it must not stay so.",
        "a = socket inet6\nset a v6only on\nbind a [::]:p\nlisten a 1\ns = bind_sockets port=p",
        opened,
    ),
    plain(
        "ipv4-left-free",
        "After that, is the port free in IPv4?",
        "The proof of what stays open.",
        "a = socket inet6\nset a v6only on\nbind a [::]:p\nlisten a 1\ns = bind_sockets port=p\n\
         b = socket inet\nbind b 0.0.0.0:p",
        last,
    ),
    plain(
        "port-zero-taken",
        "With port 0, what happens where the chosen port is taken in IPv6?",
        "Nobody asked for this port, so running out of luck is no answer.",
        // Linux gives an odd port of the range first (inet_csk_find_open_port).
        "env ephemeral 40000-40001\na = socket inet6\nset a v6only on\nbind a [::]:40001\n\
         listen a 1\ns = bind_sockets",
        opened,
    ),
    plain(
        "not-local",
        "What happens with an address of another machine?",
        "The message should say that it is the address, not the port.",
        "s = bind_sockets port=p address=10.255.254.253",
        opened,
    ),
    plain(
        "unknown-name",
        "What happens with an unknown name?",
        "Resolvers have codes of their own, which libraries translate.",
        "s = bind_sockets port=p address=no.invalid",
        opened,
    ),
    plain(
        "mapped",
        "What is opened for ::ffff:127.0.0.1?",
        "A mapped address needs a socket with IPV6_V6ONLY off.",
        "s = bind_sockets port=p address=::ffff:127.0.0.1",
        opened,
    ),
    plain(
        "low-port",
        "What does a user without privilege get for port 80?",
        "The message should say that it is a right that lacks.",
        "env user unprivileged\ns = bind_sockets port=80 address=127.0.0.1",
        opened,
    ),
    plain(
        "port-70000",
        "What happens with port 70000?",
        "Taken modulo 65536 it opens another port.",
        "s = bind_sockets port=70000 address=127.0.0.1",
        opened,
    ),
    plain(
        "port-negative",
        "What happens with port -1?",
        "A default of -1 should not open anything.",
        "s = bind_sockets port=\"-1\" address=127.0.0.1",
        opened,
    ),
    plain(
        "service",
        "What happens with the port \"http\"?",
        "Service names come from configuration files.",
        "s = bind_sockets port=\"http\" address=127.0.0.1",
        opened,
    ),
    plain(
        "family-inet",
        "Asked for IPv4 alone and no address, what is opened?",
        "Asking for a family must not bring the other one.",
        "s = bind_sockets port=p family=inet",
        opened,
    ),
    plain(
        "family-inet6",
        "Asked for IPv6 alone and no address, what is opened?",
        "Asking for a family must not bring the other one.",
        "s = bind_sockets port=p family=inet6",
        opened,
    ),
    plain(
        "socket-eprotonosupport",
        "What happens where socket(AF_INET6) says EPROTONOSUPPORT?",
        "Only EAFNOSUPPORT says that a family is missing.",
        "env fail socket:inet6 EPROTONOSUPPORT\ns = bind_sockets port=p",
        opened,
    ),
    plain(
        "socket-eacces",
        "What happens where socket(AF_INET6) says EACCES?",
        "A security policy can refuse a family.",
        "env fail socket:inet6 EACCES\ns = bind_sockets port=p",
        opened,
    ),
    plain(
        "no-family",
        "What happens where both families are refused?",
        "A server on nothing should not start.",
        "env fail socket:inet EAFNOSUPPORT\nenv fail socket:inet6 EAFNOSUPPORT\n\
         s = bind_sockets port=p",
        opened,
    ),
    plain(
        "reuseaddr-enoprotoopt",
        "What happens where SO_REUSEADDR says ENOPROTOOPT?",
        "Some systems lack the option, and need none.",
        "env fail set:reuseaddr ENOPROTOOPT\ns = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "reuseaddr-einval",
        "What happens where SO_REUSEADDR says EINVAL?",
        "An error that is ignored shows a minute later, at the next restart.",
        "env fail set:reuseaddr EINVAL\ns = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "reuseport-enoprotoopt",
        "Asked for SO_REUSEPORT, what happens where it says ENOPROTOOPT?",
        "WSL 1 and old kernels lack it.",
        "env fail set:reuseport ENOPROTOOPT\n\
         s = bind_sockets port=p address=127.0.0.1 reuse_port=on",
        opened,
    ),
    plain(
        "v6only-einval",
        "What happens where IPV6_V6ONLY says EINVAL?",
        "A socket whose option is not known takes IPv4 clients, or does not.",
        "env fail set:v6only EINVAL\ns = bind_sockets port=p address=::",
        opened,
    ),
    plain(
        "bind-eacces",
        "What happens where bind says EACCES?",
        "The name of the call tells where to look.",
        "env fail bind EACCES\ns = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "listen-eaddrinuse",
        "What happens where listen says EADDRINUSE?",
        "On Linux two sockets may be bound alike; the second listen fails.",
        "env fail listen EADDRINUSE\ns = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "name-enobufs",
        "What happens where getsockname says ENOBUFS?",
        "Few programs expect that it can fail.",
        "env fail name ENOBUFS\ns = bind_sockets port=p address=127.0.0.1",
        opened,
    ),
    plain(
        "accept-emfile",
        "Does it live on where accept says EMFILE?",
        "Out of descriptors, a server should wait, not die.",
        "env fail accept EMFILE\ns = bind_sockets port=p address=127.0.0.1\nv = serve s.0\n\
         c = connect 127.0.0.1:p\nstop v",
        goes_on,
    ),
];
