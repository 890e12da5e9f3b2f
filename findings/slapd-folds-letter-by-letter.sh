#!/usr/bin/env bash
# What: OpenLDAP slapd from Debian (2.5 seen). Names are compared without case letter by letter: "STRASSE" does not find
# the cn "Straße", and "irem" finds "İrem", while the same name with a combining dot does not. RFC 4518 2.2 maps case by
# table B.2 of RFC 3454, which makes "ss" of ß, and of İ an i with a combining dot.
# Guess before: STRASSE finds Straße, irem does not find İrem.
# Whoever folds DNs as the RFC says takes one entry for another: uid=İrem and uid=irem cannot both be there, Straße and Strasse can.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
[ -x /usr/sbin/slapd ] && command -v ldapsearch >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends 'slapd=2.5.*' 'ldap-utils=2.5.*' >/dev/null; }
version=$(/usr/sbin/slapd -VV 2>&1 | grep -o 'slapd [0-9.]*')
echo "$version"
case $version in "slapd 2.5."*|"slapd 2.6."*) ;; *) echo "another version than those that were seen"; exit 1 ;; esac
dir=$(mktemp -d); mkdir "$dir/data"
trap 'kill "$pid" 2>/dev/null; rm -rf "$dir"' EXIT
cat > "$dir/slapd.conf" <<CONF
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
database mdb
suffix dc=x
rootdn cn=a,dc=x
rootpw p
directory $dir/data
CONF
cat > "$dir/in.ldif" <<LDIF
dn: dc=x
objectClass: domain
dc: x

dn: uid=İrem,dc=x
objectClass: inetOrgPerson
uid: İrem
cn: Straße
sn: x
LDIF
/usr/sbin/slapadd -q -f "$dir/slapd.conf" -l "$dir/in.ldif"
url="ldapi://$(printf %s "$dir/s" | sed 's#/#%2F#g')"
/usr/sbin/slapd -f "$dir/slapd.conf" -h "$url" -d 0 & pid=$!
for _ in $(seq 100); do ldapsearch -x -H "$url" -b dc=x -s base >/dev/null 2>&1 && break; sleep 0.1; done
found() { ldapsearch -x -LLL -H "$url" -b dc=x "$1" 1.1 | grep -c '^dn:' || true; }

folded="$(found '(cn=STRASSE)') $(found '(cn=STRAßE)') $(found '(uid=irem)') $(found "(uid=$(printf 'i\xcc\x87')rem)")"
echo "STRASSE, STRAßE, irem, i with a dot and rem: $folded"
second=0
printf 'dn: uid=irem,dc=x\nchangetype: add\nobjectClass: inetOrgPerson\nuid: irem\ncn: x\nsn: x\n' |
  ldapmodify -x -H "$url" -D cn=a,dc=x -w p >/dev/null 2>"$dir/err" || second=$?
echo "adding uid=irem beside uid=İrem ends with $second"
[ "$folded" = "0 1 1 0" ] && [ "$second" = 68 ]
