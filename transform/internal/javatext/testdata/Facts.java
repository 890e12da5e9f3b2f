import java.io.PrintStream;
import java.text.Normalizer;
import java.util.Locale;

/** Prints what the running JDK knows of every code point: java Facts.java > unicode13.txt (JDK 17, Unicode 13). */
public class Facts {
    static String hex(String s) {
        StringBuilder b = new StringBuilder();
        s.codePoints().forEach(c -> b.append(b.length() > 0 ? "+" : "").append(Integer.toHexString(c)));
        return b.length() == 0 ? "-" : b.toString();
    }

    /** The classes that the word rules of BreakIterator tell apart, with * for cased. */
    static String category(int c) {
        int t = Character.getType(c);
        // The data that BreakIterator was built with differ here, as its answers show.
        if (c >= 0x10000 && t == Character.FORMAT && Character.getType(c + 1) != t || c == 0xffff) {
            return "control";
        }
        if (t == Character.UNASSIGNED && (c >= 0x18cd6 && c <= 0x18cff || c >= 0x2a6de && c <= 0x2a6ff || c >= 0x2b735 && c <= 0x2b73f
            || c >= 0x2b81e && c <= 0x2b81f || c >= 0x2cea2 && c <= 0x2ceaf || c >= 0x2fa1e && c <= 0x2ffff)) {
            return "letter";
        }
        String s = switch (t) {
            case Character.UPPERCASE_LETTER, Character.LOWERCASE_LETTER, Character.TITLECASE_LETTER,
                Character.MODIFIER_LETTER, Character.OTHER_LETTER, Character.COMBINING_SPACING_MARK -> "letter";
            case Character.NON_SPACING_MARK, Character.ENCLOSING_MARK -> "enclosing";
            case Character.DECIMAL_DIGIT_NUMBER, Character.LETTER_NUMBER, Character.OTHER_NUMBER -> "digit";
            case Character.FORMAT -> "ignore";
            case Character.DASH_PUNCTUATION, Character.CONNECTOR_PUNCTUATION -> "dash";
            case Character.CURRENCY_SYMBOL -> "currency";
            case Character.SPACE_SEPARATOR -> "space";
            case Character.CONTROL, Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR -> "control";
            case Character.UNASSIGNED -> "unassigned";
            default -> "other";
        };
        boolean cased = t == Character.UPPERCASE_LETTER || t == Character.LOWERCASE_LETTER || t == Character.TITLECASE_LETTER
            || c >= 0x2b0 && c <= 0x2b8 || c == 0x2c0 || c == 0x2c1 || c >= 0x2e0 && c <= 0x2e4 || c == 0x345 || c == 0x37a
            || c >= 0x1d2c && c <= 0x1d61 || c >= 0x2160 && c <= 0x217f || c >= 0x24b6 && c <= 0x24e9;
        return cased ? s + "*" : s;
    }

    public static void main(String[] args) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "US-ASCII");
        out.println("# JDK " + Runtime.version().feature() + ", printed by testdata/Facts.java");
        out.println("# class FIRST NAME: the class from FIRST up to the next line; * means cased");
        String last = "";
        for (int c = 0; c < 0x110000; c++) {
            String s = category(c);
            if (!s.equals(last)) {
                out.printf("class %x %s%n", c, s);
            }
            last = s;
        }
        out.println("# case CODE SIMPLE-UPPER SIMPLE-LOWER TITLE UPPER LOWER");
        for (int c = 0; c < 0x110000; c++) {
            if (c >= 0xd800 && c < 0xe000) {
                continue;
            }
            String s = Character.toString(c), u = s.toUpperCase(Locale.ROOT), l = s.toLowerCase(Locale.ROOT);
            int su = Character.toUpperCase(c), sl = Character.toLowerCase(c), st = Character.toTitleCase(c);
            if (!u.equals(s) || !l.equals(s) || su != c || sl != c || st != c) {
                out.printf("case %x %x %x %x %s %s%n", c, su, sl, st, hex(u), hex(l));
            }
        }
        out.println("# plain CODE TEXT: compatibility decomposition without U+0300 to U+036F, for common letters");
        for (int c = 0xa0; c < 0x1f00; c = c == 0x482 ? 0x1e00 : c + 1) {
            String s = Character.toString(c);
            String d = Normalizer.normalize(s, Normalizer.Form.NFKD).replaceAll("[\\u0300-\\u036f]", "");
            if (!d.equals(s)) {
                out.printf("plain %x %s%n", c, hex(d));
            }
        }
    }
}
