import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** As much JSON as the protocol has; the JDK brings none. */
class Json {
    static final String TEXT = "\"(?:[^\"\\\\]|\\\\.)*\"";
    static final String VALUE = TEXT + "|\\[(?:\\s*" + TEXT + "\\s*,?)*\\s*\\]|[^,}\\s]+";
    static final Pattern PAIR = Pattern.compile("(" + TEXT + ")\\s*:\\s*(" + VALUE + ")");
    static final Pattern ESCAPE = Pattern.compile("\\\\(?:u([0-9a-fA-F]{4})|(.))");

    /** An object whose values are texts, whole numbers, true, false, null, or lists of texts. */
    static Map<String, Object> read(String line) {
        var keys = new HashMap<String, Object>();
        for (var pair = PAIR.matcher(line); pair.find(); ) keys.put(text(pair.group(1)), value(pair.group(2)));
        return keys;
    }

    static Object value(String json) {
        switch (json.charAt(0)) {
            case '"': return text(json);
            case 't': return true;
            case 'f': return false;
            case 'n': return null;
            case '[': break;
            default: return Long.valueOf(json);
        }
        List<String> texts = new ArrayList<>();
        for (var each = Pattern.compile(TEXT).matcher(json); each.find(); ) texts.add(text(each.group()));
        return texts;
    }

    static String text(String quoted) {
        String inside = quoted.substring(1, quoted.length() - 1);
        return ESCAPE.matcher(inside).replaceAll(found -> {
            if (found.group(1) != null) return quote((char) Integer.parseInt(found.group(1), 16));
            char letter = found.group(2).charAt(0);
            int control = "nrtbf".indexOf(letter);
            return quote(control < 0 ? letter : "\n\r\t\b\f".charAt(control));
        });
    }

    private static String quote(char letter) {
        return Matcher.quoteReplacement(String.valueOf(letter));
    }

    static String write(Object value) {
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                .map(pair -> write(pair.getKey()) + ":" + write(pair.getValue()))
                .collect(Collectors.joining(",", "{", "}"));
        }
        if (value instanceof Collection<?> list) {
            return list.stream().map(Json::write).collect(Collectors.joining(",", "[", "]"));
        }
        if (!(value instanceof String text)) return String.valueOf(value);
        var quoted = new StringBuilder("\"");
        text.chars().forEach(letter -> quoted.append(
            letter < ' ' || letter == '"' || letter == '\\' ? String.format("\\u%04x", letter) : (char) letter));
        return quoted.append('"').toString();
    }
}
