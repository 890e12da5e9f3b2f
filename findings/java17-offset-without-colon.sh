#!/usr/bin/env bash
# Java 17, OffsetDateTime.parse: the offset +01 is read, +01:00 is read, +0100 is an error.
#
# Guess: +0100 is the older and more common short form, so if one of the short forms is read, both are.
# Seen (OpenJDK 17): "+01" is an offset of one hour; "+0100" is refused after its third character.
# Date texts of HR exports (strftime %z, many databases) have +0100: date comparisons of transforms that run on Java raise on them.
# Source: java.time.format.DateTimeFormatter.ISO_OFFSET_DATE_TIME, "The offset ID", and appendOffsetId, pattern +HH:MM:ss.
set -euo pipefail
command -v javac >/dev/null && java -version 2>&1 | grep -q '"17\.' || apt-get install -y openjdk-17-jdk-headless=17.* >/dev/null
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat > Probe.java <<'JAVA'
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;

public class Probe {
    public static void main(String[] args) {
        for (String offset : new String[] {"+01:00", "+01", "+0100"}) {
            String text = "2026-01-15T09:00:00" + offset;
            try {
                System.out.println(text + " -> " + OffsetDateTime.parse(text));
            } catch (DateTimeParseException e) {
                System.out.println(text + " -> refused at " + e.getErrorIndex());
            }
        }
    }
}
JAVA
java -version 2>&1 | head -n 1
got=$(java Probe.java)
echo "$got"
want='2026-01-15T09:00:00+01:00 -> 2026-01-15T09:00+01:00
2026-01-15T09:00:00+01 -> 2026-01-15T09:00+01:00
2026-01-15T09:00:00+0100 -> refused at 22'
[ "$got" = "$want" ] || { echo "this has changed"; exit 1; }
