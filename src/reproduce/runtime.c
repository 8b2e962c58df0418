#define _GNU_SOURCE
#ifdef __GNUC__
#pragma GCC diagnostic ignored "-Wunused-function" /* a reproducer needs some of these */
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a call answered: an error number, BLOCKED, ABSENT, or 0 with a text that may be empty. */
enum { BLOCKED = -1, ABSENT = -2, SHORT = 200, LONG = 5000 };
typedef struct { int error; char text[80]; } result;

static result r;
static int wrong;

static result done(int answer) {
    result made = {answer < 0 ? errno : 0, ""};
    return made;
}

static result is(int error) {
    result made = {error, ""};
    return made;
}

static result with(const char *text) {
    result made = {0, ""};
    snprintf(made.text, sizeof made.text, "%s", text);
    return made;
}

static int ok(result r) { return r.error == 0; }
static int blocked(result r) { return r.error == BLOCKED; }
static int absent(result r) { return r.error == ABSENT; }
static int failed(result r, int error) { return r.error == error; }
static int failed_somehow(result r) { return r.error > 0; }
static int ok_with(result r, const char *text) { return ok(r) && strcmp(r.text, text) == 0; }

static int ok_at(result r, const char *host, int port) {
    char text[80];
    snprintf(text, sizeof text, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, port);
    return ok_with(r, text);
}

static void expect(int step, const char *text, int good) {
    if (good) return;
    wrong = 1;
    printf("step %d: %s: got %s\n", step, text,
           r.error == BLOCKED ? "blocks" : r.error == ABSENT ? "absent"
           : r.error ? strerror(r.error) : r.text[0] ? r.text : "ok");
}

static socklen_t address(struct sockaddr_storage *to, const char *host, int port) {
    memset(to, 0, sizeof *to);
    char plain[64];
    snprintf(plain, sizeof plain, "%s", host);
    char *scope = strchr(plain, '%');
    if (scope) *scope++ = 0;
    if (strchr(plain, ':')) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)to;
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons(port);
        v6->sin6_scope_id = scope ? atoi(scope) : 0;
        inet_pton(AF_INET6, plain, &v6->sin6_addr);
        return sizeof *v6;
    }
    struct sockaddr_in *v4 = (struct sockaddr_in *)to;
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
    inet_pton(AF_INET, plain, &v4->sin_addr);
    return sizeof *v4;
}

static result named(int (*ask)(int, struct sockaddr *, socklen_t *), int s) {
    struct sockaddr_storage name;
    socklen_t length = sizeof name;
    char host[64], text[80];
    if (ask(s, (struct sockaddr *)&name, &length) < 0) return done(-1);
    if (name.ss_family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&name;
        inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        snprintf(text, sizeof text, "[%s]:%d", host, ntohs(v6->sin6_port));
    } else {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&name;
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        snprintf(text, sizeof text, "%s:%d", host, ntohs(v4->sin_port));
    }
    return with(text);
}

static result name(int s) { return s < 0 ? is(ABSENT) : named(getsockname, s); }

static int port_of(int s) {
    if (s < 0) return 0;
    const char *colon = strrchr(name(s).text, ':');
    return colon ? atoi(colon + 1) : 0;
}

/* A port that is free in both families. */
static int free_port(void) {
    for (int attempt = 0; attempt < 64; attempt++) {
        struct sockaddr_storage any;
        int on = 1, v4 = socket(AF_INET, SOCK_STREAM, 0), v6 = socket(AF_INET6, SOCK_STREAM, 0);
        bind(v4, (struct sockaddr *)&any, address(&any, "0.0.0.0", 0));
        int port = port_of(v4), good = 1;
        if (v6 >= 0) {
            setsockopt(v6, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
            good = bind(v6, (struct sockaddr *)&any, address(&any, "::", port)) == 0;
            close(v6);
        }
        close(v4);
        if (good) return port;
    }
    exit(2);
}

static result socket_(int *s, int family) {
    *s = socket(family == 4 ? AF_INET : AF_INET6, SOCK_STREAM, IPPROTO_TCP);
    return done(*s);
}

/* An option that is not here has a number that no system knows, so that the call fails. */
static int option(const char *name, int *level) {
    *level = SOL_SOCKET;
    if (strcmp(name, "reuseaddr") == 0) return SO_REUSEADDR;
    if (strcmp(name, "reuseport") == 0) return SO_REUSEPORT;
    if (strcmp(name, "accepting") == 0) return SO_ACCEPTCONN;
    if (strcmp(name, "linger") == 0) return SO_LINGER;
    if (strcmp(name, "v6only") != 0) return -1;
    *level = IPPROTO_IPV6;
    return IPV6_V6ONLY;
}

static int flags(int s, const char *name, int *bit, int *setter) {
    int nonblocking = strcmp(name, "nonblocking") == 0;
    if (!nonblocking && strcmp(name, "cloexec") != 0) return -1;
    *bit = nonblocking ? O_NONBLOCK : FD_CLOEXEC;
    *setter = nonblocking ? F_SETFL : F_SETFD;
    return fcntl(s, nonblocking ? F_GETFL : F_GETFD);
}

static result set(int s, const char *name, int value) {
    int level, bit, setter, held;
    if (s < 0) return is(ABSENT);
    if ((held = flags(s, name, &bit, &setter)) >= 0)
        return done(fcntl(s, setter, value ? held | bit : held & ~bit));
    int number = option(name, &level);
    struct linger linger = {value >= 0, value < 0 ? 0 : value};
    if (number == SO_LINGER) return done(setsockopt(s, level, number, &linger, sizeof linger));
    return done(setsockopt(s, level, number, &value, sizeof value));
}

static result get(int s, const char *name) {
    int level, bit, setter, held, value = 0;
    char text[16];
    if (s < 0) return is(ABSENT);
    if ((held = flags(s, name, &bit, &setter)) >= 0) return with(held & bit ? "on" : "off");
    int number = option(name, &level);
    if (number == SO_LINGER) {
        struct linger linger;
        socklen_t length = sizeof linger;
        if (getsockopt(s, level, number, &linger, &length) < 0) return done(-1);
        snprintf(text, sizeof text, "%d", linger.l_linger);
        return with(linger.l_onoff ? text : "off");
    }
    socklen_t length = sizeof value;
    if (getsockopt(s, level, number, &value, &length) < 0) return done(-1);
    return with(value ? "on" : "off");
}

static result bind_(int s, const char *host, int port) {
    struct sockaddr_storage to;
    if (s < 0) return is(ABSENT);
    socklen_t length = address(&to, host, port);
    return done(bind(s, (struct sockaddr *)&to, length));
}

static result listen_(int s, int backlog) { return s < 0 ? is(ABSENT) : done(listen(s, backlog)); }

static int ready(int s, short events, int wait_ms) {
    struct pollfd one = {s, events, 0};
    return poll(&one, 1, wait_ms);
}

static result connect_(int s, const char *host, int port, int wait_ms) {
    struct sockaddr_storage to;
    int error = 0;
    socklen_t length = address(&to, host, port), size = sizeof error;
    if (s < 0) return is(ABSENT);
    int held = fcntl(s, F_GETFL);
    fcntl(s, F_SETFL, held | O_NONBLOCK);
    result made = done(connect(s, (struct sockaddr *)&to, length));
    if (made.error == EINPROGRESS) {
        if (ready(s, POLLOUT, wait_ms) == 0) made = is(BLOCKED);
        else { getsockopt(s, SOL_SOCKET, SO_ERROR, &error, &size); made = is(error); }
    }
    fcntl(s, F_SETFL, held);
    return ok(made) ? name(s) : made;
}

static result connect_new(int *s, const char *host, int port, int wait_ms) {
    result made = socket_(s, strchr(host, ':') ? 6 : 4);
    if (ok(made)) made = connect_(*s, host, port, wait_ms);
    if (!ok(made) && *s >= 0) { close(*s); *s = -1; }
    return made;
}

static result accept_(int *s, int listener, int wait_ms) {
    *s = -1;
    if (listener < 0) return is(ABSENT);
    if (ready(listener, POLLIN, wait_ms) == 0) return is(BLOCKED);
    *s = accept(listener, NULL, NULL);
    return *s < 0 ? done(-1) : named(getpeername, *s);
}

static result dup_(int *s, int original) {
    *s = -1;
    if (original < 0) return is(ABSENT);
    *s = fcntl(original, F_DUPFD_CLOEXEC, 0);
    return done(*s);
}

static result counted(ssize_t bytes) {
    char text[24];
    snprintf(text, sizeof text, "%zd", bytes);
    return bytes < 0 ? done(-1) : with(text);
}

static result send_(int s, int count) {
    char *bytes = calloc(count + 1, 1);
    result made = s < 0 ? is(ABSENT) : counted(send(s, bytes, count, 0));
    free(bytes);
    return made;
}

static result recv_(int s, int wait_ms) {
    static char bytes[65536];
    if (s < 0) return is(ABSENT);
    return ready(s, POLLIN, wait_ms) == 0 ? is(BLOCKED) : counted(recv(s, bytes, sizeof bytes, 0));
}

static result shutdown_(int s, int how) { return s < 0 ? is(ABSENT) : done(shutdown(s, how)); }

static result close_(int *s) {
    if (*s < 0) return is(ABSENT);
    result made = done(close(*s));
    *s = -1;
    return made;
}

