import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** A key or a call that the library cannot be asked. */
class NotSupported extends Exception {
    NotSupported(String what) { super(what); }
}

/** The lines of the protocol. */
class Lines {
    /** Java shows the system's text, and neither number nor name. */
    static final Map<String, String> NAMES = Map.of(
        "Address already in use", "EADDRINUSE",
        "Address family not supported by protocol", "EAFNOSUPPORT",
        "Cannot assign requested address", "EADDRNOTAVAIL",
        "Invalid argument", "EINVAL",
        "No buffer space available", "ENOBUFS",
        "Operation not permitted", "EPERM",
        "Permission denied", "EACCES",
        "Protocol not available", "ENOPROTOOPT");

    interface Calls {
        Object made(String call, Map<String, Object> keys) throws Exception;
    }

    /** Answers the lines of standard input until it ends. */
    static void serve(Calls calls) throws IOException {
        var lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            var keys = Json.read(line);
            var reply = new LinkedHashMap<String, Object>();
            reply.put("id", keys.remove("id"));
            try {
                reply.put("ok", calls.made((String) keys.remove("call"), keys));
            } catch (NotSupported what) {
                reply.put("not_supported", what.getMessage());
            } catch (Exception error) {
                reply.put("error", shown(error));
            }
            System.out.println(Json.write(reply));
        }
    }

    static Map<String, Object> shown(Exception error) {
        var shown = new HashMap<String, Object>();
        shown.put("name", NAMES.get(String.valueOf(error.getMessage())));
        shown.put("code", null);
        shown.put("call", null);
        shown.put("message", error.toString());
        return shown;
    }
}
