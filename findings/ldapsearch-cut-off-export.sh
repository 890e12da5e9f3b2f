#!/usr/bin/env bash
# What: ldapsearch of OpenLDAP (2.5 seen) with -LLL, the form that everybody uses for exports. When the server's size
# limit cuts the result, the LDIF on standard output ends with a whole entry and an empty line, like a complete
# export. Only standard error and the exit code 4 tell; in a pipe both are lost. Without -LLL the output ends with "result: 4 Size limit exceeded".
# Guess before: -LLL would leave out comments and the version, not the news that entries are missing.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
[ -x /usr/sbin/slapd ] && command -v ldapsearch >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends 'slapd=2.5.*' 'ldap-utils=2.5.*' >/dev/null; }
dir=$(mktemp -d); mkdir "$dir/data"
trap 'kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
cat > "$dir/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=x
directory $dir/data
sizelimit 40
CONF
{ printf 'dn: dc=x\nobjectClass: dcObject\nobjectClass: organization\ndc: x\no: x\n\n'
  for i in $(seq 100); do printf 'dn: ou=%s,dc=x\nobjectClass: organizationalUnit\nou: %s\n\n' "$i" "$i"; done; } > "$dir/in.ldif"
/usr/sbin/slapadd -q -f "$dir/slapd.conf" -l "$dir/in.ldif"
url="ldapi://$(printf %s "$dir/s" | sed 's#/#%2F#g')"
/usr/sbin/slapd -f "$dir/slapd.conf" -h "$url" -d 0 & pid=$!
for _ in $(seq 50); do ldapsearch -x -H "$url" -b dc=x -s base >/dev/null 2>&1 && break; sleep 0.1; done
/usr/sbin/slapd -VV 2>&1 | head -1

code=0
ldapsearch -x -LLL -H "$url" -b dc=x '(ou=*)' ou > "$dir/out.ldif" 2> "$dir/err" || code=$?
entries=$(grep -c '^dn:' "$dir/out.ldif")
echo "entries $entries of 100, exit code $code; lines that tell: $(grep -ciE 'limit|result|size' "$dir/out.ldif" || true)"
echo "last bytes: $(tail -c 12 "$dir/out.ldif" | od -An -c | tr -d '\n')"
full=$(ldapsearch -x -H "$url" -b dc=x '(ou=*)' ou 2>/dev/null | grep '^result:' || true)
echo "without -LLL: $full"
[ "$code" = 4 ] && [ "$entries" -lt 100 ] && ! grep -qiE 'limit|result|size' "$dir/out.ldif" && [ -z "$(tail -n 1 "$dir/out.ldif")" ] && [ "$full" = "result: 4 Size limit exceeded" ]
