import java.text.BreakIterator;
import java.text.Normalizer;
import java.util.Locale;
import java.util.Random;

/** Prints random texts and what the JDK makes of them: java Samples.java COUNT SEED > samples.txt (JDK 17). */
public class Samples {
    static final int[] WORDS = {'a', 'B', 'Σ', 'σ', '1', '2', '-', '_', '.', '\'', '"', ',', '#', '$', '%', '&', ' ', '\t', '\r', '\n',
        0xad, 0x2027, 0x300, 0x20dd, 0x964, 0x3005, 0x4e00, 0x30a1, 0x3041, 0x3099, 0x30fc, 0x200d, 0x200b, 0xa2, 0x66b, 0x2028, 0xfeff,
        0x10400, 0x1f600, 0x1d165, 0xe0001, 0x903, 0x345, 0x2160, 0x24b6, 0x2b0, '(', '@', 1, 0x5d0, 0xd800, 0xdc00, 0x660, 0x37a, 0x387,
        0xb7, 0x2019, 0x203f, 0x20ac, 0x115ff, 0x9fa6, 0xac00, 0xff21, 0x16b, 0x1f88, 0x7f, 0x85, 0x2060, 0x600, 0x1d7ce, 0x110bd, 0x3000};
    static final int[] MARKS = {'a', 'é', 'o', 0x300, 0x301, 0x315, 0x316, 0x31b, 0x327, 0x345, 0x34f, 0x360, 0x5b0, 0x5bc, 0x5d0, 0xfb2c,
        0x64b, 0x651, 0x627, 0xe38, 0xe48, 0x3099, 0x304b, 0x304c, 0xac01, 0x1100, 0x1161, 0x11a8, 0xd83d, 0xdc00, 0x1d15e, 0x1d16e,
        0xfb01, 0x2f00, 0xfdfa, 0x1ea5, 0x212b, 0x390, 0x451, 0x1f600, 0x1e08d, 0x10780, 0xa7f2, 0x1ac1, 0x1e130, 0x93c, 0x20d0, 0x302a};
    static final int[] FOLDS = {'a', 'A', 'b', 'Z', '_', '1', 'ß', 'ẞ', 'é', 'É', 'ÿ', 'Ÿ', 'µ', 'μ', 'Μ', 'İ', 'ı', 'i', 'I', 'K', 'K', 'Σ', 'ς',
        'ǅ', 'ǆ', 0x10400, 0x10428, 0x10401, 0x1f600, 0x1f601, 0xd801, 0xdc00, 0xdc28, 0xd83d, 0x13a0, 0xab70, 0xffff, 0x3000, 0x4e00};
    static final Random RANDOM = new Random();

    static String hex(String s) {
        StringBuilder b = new StringBuilder();
        for (char c : s.toCharArray()) {
            b.append(String.format("%04x", (int) c));
        }
        return b.toString();
    }

    static String pick(int[] from, int max) {
        StringBuilder b = new StringBuilder();
        int near = RANDOM.nextInt(3) == 0 ? Math.min(24, from.length) : from.length;
        for (int n = RANDOM.nextInt(max + 1); n > 0; n--) {
            b.appendCodePoint(from[RANDOM.nextInt(RANDOM.nextInt(4) == 0 ? 4 : near)]);
        }
        return b.toString();
    }

    static String vary(String s) {
        StringBuilder b = new StringBuilder();
        s.codePoints().forEach(c -> {
            switch (RANDOM.nextInt(4)) {
                case 0 -> b.appendCodePoint(Character.toUpperCase(c));
                case 1 -> b.appendCodePoint(Character.toLowerCase(c));
                default -> b.appendCodePoint(c);
            }
        });
        return RANDOM.nextInt(3) == 0 ? b.append(pick(FOLDS, 2)).toString() : b.toString();
    }

    public static void main(String[] args) {
        RANDOM.setSeed(Long.parseLong(args[1]));
        StringBuilder out = new StringBuilder();
        for (int i = Integer.parseInt(args[0]); i > 0; i--) {
            String s = pick(WORDS, 8);
            BreakIterator words = BreakIterator.getWordInstance(Locale.ROOT);
            words.setText(s);
            out.append("word ").append(hex(s)).append(' ').append(hex(s.toLowerCase(Locale.ROOT))).append(' ').append(hex(s.toUpperCase(Locale.ROOT)));
            for (int p = words.first(); p != BreakIterator.DONE; p = words.next()) {
                out.append(' ').append(p);
            }
            s = pick(MARKS, i % 50 == 0 ? 50 : 7);
            String plain = Normalizer.normalize(s, Normalizer.Form.NFKD).replaceAll("[\\p{InCombiningDiacriticalMarks}]", "");
            out.append("\nplain ").append(hex(s)).append(' ').append(hex(plain));
            String a = pick(FOLDS, 5), b = vary(a);
            out.append("\nfold ").append(hex(a)).append(' ').append(hex(b)).append(' ').append(a.equalsIgnoreCase(b));
            out.append(' ').append(a.compareTo(b)).append(' ').append(a.compareToIgnoreCase(b)).append('\n');
        }
        System.out.print(out);
    }
}
