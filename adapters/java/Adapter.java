// Java's ServerSocket or, with the argument `channel`, its ServerSocketChannel.

import java.io.*;
import java.lang.ProcessBuilder.Redirect;
import java.net.*;
import java.nio.channels.ServerSocketChannel;
import java.util.*;

class Adapter {
    /** The keys that each call knows, beside id and call. */
    static final Map<String, List<String>> KNOWN = Map.of(
        "hello", List.of("format"),
        "bind_sockets", List.of("port", "address", "backlog", "reuse_port"),
        "answer", List.of("handle"),
        "close", List.of("handle"),
        "spawn", List.of("command"));

    static boolean channel;
    static final Map<String, ServerSocket> open = new HashMap<>();
    static final Map<Object, Thread> accepting = new HashMap<>();
    static int handles;

    static Object hello(Map<String, Object> keys) throws NotSupported {
        if (!keys.get("format").equals(1L)) throw new NotSupported("format");
        String name = channel ? "java ServerSocketChannel" : "java ServerSocket";
        String version = Runtime.version().toString();
        return Map.of("name", name, "version", version, "runtime", "Java " + version, "format", 1,
            "calls", KNOWN.keySet(), "options", KNOWN.get("bind_sockets"));
    }

    static Object bindSockets(Map<String, Object> keys) throws IOException, NotSupported {
        int port = number(keys, "port"), backlog = number(keys, "backlog");
        SocketAddress address = keys.containsKey("address")
            ? new InetSocketAddress(InetAddress.getByName((String) keys.get("address")), port)
            : new InetSocketAddress(port);
        ServerSocket socket = channel ? ServerSocketChannel.open().socket() : new ServerSocket();
        try {
            Object on = keys.get("reuse_port");
            if (on != null) socket.setOption(StandardSocketOptions.SO_REUSEPORT, (Boolean) on);
            // A backlog of 0 is "none given" to Java, too.
            socket.bind(address, backlog);
        } catch (IOException | RuntimeException error) {
            // As its constructor does that takes an address.
            socket.close();
            throw error;
        }
        String handle = "h" + ++handles, bound = socket.getInetAddress().getHostAddress();
        open.put(handle, socket);
        return Map.of("handle", handle,
            "sockets", List.of(Map.of("address", bound, "port", socket.getLocalPort())));
    }

    static Object answer(Map<String, Object> keys) {
        ServerSocket socket = open.get(keys.get("handle"));
        Thread thread = start(() -> {
            while (!socket.isClosed()) {
                try {
                    Socket stream = socket.accept();
                    start(() -> echo(stream));
                } catch (IOException error) {
                    // It was closed, or no descriptor is left: there may be one later.
                    Thread.sleep(10);
                }
            }
        });
        accepting.put(keys.get("handle"), thread);
        return true;
    }

    static Object close(Map<String, Object> keys) throws IOException, InterruptedException {
        open.remove(keys.get("handle")).close();
        // close() only wakes a thread in accept(); the kernel's socket listens until that has returned.
        Thread thread = accepting.remove(keys.get("handle"));
        if (thread != null) thread.join();
        return true;
    }

    static Object spawn(Map<String, Object> keys) throws IOException {
        @SuppressWarnings("unchecked") var command = (List<String>) keys.get("command");
        Process process = new ProcessBuilder(command).redirectError(Redirect.INHERIT).start();
        process.getOutputStream().close();
        return Map.of("output", new String(process.getInputStream().readAllBytes()));
    }

    static void echo(Socket stream) throws IOException {
        try (stream) { stream.getInputStream().transferTo(stream.getOutputStream()); }
    }

    interface Body { void run() throws Exception; }

    /** A thread that an error ends, and that does not keep the program alive. */
    static Thread start(Body body) {
        Thread thread = new Thread(() -> { try { body.run(); } catch (Exception ended) { } });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    static int number(Map<String, Object> keys, String key) throws NotSupported {
        if (keys.getOrDefault(key, 0L) instanceof Long value) return value.intValue();
        throw new NotSupported(key);
    }

    static Object made(String call, Map<String, Object> keys) throws Exception {
        List<String> known = KNOWN.get(call);
        if (known == null) throw new NotSupported(call);
        for (String key : keys.keySet()) if (!known.contains(key)) throw new NotSupported(key);
        return switch (call) {
            case "hello" -> hello(keys);
            case "bind_sockets" -> bindSockets(keys);
            case "answer" -> answer(keys);
            case "close" -> close(keys);
            default -> spawn(keys);
        };
    }

    public static void main(String[] arguments) throws IOException {
        channel = List.of(arguments).contains("channel");
        Lines.serve(Adapter::made);
    }
}
