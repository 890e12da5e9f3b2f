#!/usr/bin/env bash
# Apache Velocity 1.7: #set(${x} = 'a') sets no variable x.
#
# Guess: ${x} is the formal spelling of $x everywhere, so both directives below set x.
# Seen (Velocity 1.7): after #set(${x} = 'a') the text $x stays as it is; after #set($x = 'a') it is a.
# Templates of identity transforms often use the formal spelling throughout; on the left of #set it does nothing there.
# Source: Velocity User Guide, "Formal Reference Notation" and "Directives, #set", which show no such exception.
set -euo pipefail
version=1.7-6
dpkg -s velocity 2>/dev/null | grep -q "^Version: $version" || apt-get install -y "velocity=$version" default-jdk-headless >/dev/null
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"

cat > Probe.java <<'JAVA'
import java.io.StringWriter;
import org.apache.velocity.VelocityContext;
import org.apache.velocity.app.VelocityEngine;

public class Probe {
    public static void main(String[] args) {
        VelocityEngine engine = new VelocityEngine();
        engine.setProperty("runtime.log.logsystem.class", "org.apache.velocity.runtime.log.NullLogChute");
        engine.init();
        for (String template : new String[] {"#set(${x} = 'a')[$x]", "#set($x = 'a')[$x]", "#set($x = 'a')[${x}]"}) {
            StringWriter out = new StringWriter();
            engine.evaluate(new VelocityContext(), out, "probe", template);
            System.out.println(template + " -> " + out);
        }
    }
}
JAVA
path=$(ls /usr/share/java/velocity.jar /usr/share/java/commons-collections3.jar /usr/share/java/commons-lang.jar 2>/dev/null | tr '\n' ':')
echo "velocity $version"
got=$(java -cp "$path" Probe.java)
echo "$got"
want='#set(${x} = '"'a'"')[$x] -> [$x]
#set($x = '"'a'"')[$x] -> [a]
#set($x = '"'a'"')[${x}] -> [a]'
[ "$got" = "$want" ] || { echo "this has changed"; exit 1; }
