#!/usr/bin/env bash
# What: OpenLDAP slapd from Debian (2.5 and 2.6 seen). A synchronisation by modifyTimestamp, which RFC 4512 3.4.2
# makes one expect to find everything that changed, misses every entry below a container that was renamed: their DNs
# are others, their modifyTimestamp, entryCSN and entryUUID stay. It also misses the people whose manager was
# renamed: the attribute still has the old DN, which names nobody.
# What the RFC makes one guess: the entries below get a new change time, since their DN is not what it was.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive
[ -x /usr/sbin/slapd ] && command -v ldapsearch >/dev/null || { apt-get update -qq && apt-get install -y -qq --no-install-recommends 'slapd=2.5.*' 'ldap-utils=2.5.*' >/dev/null; }
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
version=$(/usr/sbin/slapd -VV 2>&1 | grep -o 'slapd [0-9.]*')
echo "$version"
case $version in "slapd 2.5."*|"slapd 2.6."*) ;; *) echo "another version than those that were seen"; exit 1 ;; esac
cat > "$dir/in.ldif" <<LDIF
dn: dc=x
objectClass: domain
dc: x

dn: ou=old,dc=x
objectClass: organizationalUnit
ou: old

dn: uid=boss,ou=old,dc=x
objectClass: inetOrgPerson
uid: boss
cn: Boss
sn: Boss

dn: uid=ann,dc=x
objectClass: inetOrgPerson
uid: ann
cn: Ann
sn: Ann
manager: uid=boss,ou=old,dc=x
LDIF
/usr/sbin/slapadd -q -f "$dir/slapd.conf" -l "$dir/in.ldif"
url="ldapi://$(printf %s "$dir/s" | sed 's#/#%2F#g')"
/usr/sbin/slapd -f "$dir/slapd.conf" -h "$url" -d 0 & pid=$!
for _ in $(seq 50); do ldapsearch -x -H "$url" -b dc=x -s base >/dev/null 2>&1 && break; sleep 0.1; done
search() { ldapsearch -x -LLL -o ldif-wrap=no -H "$url" -b dc=x "$@"; }

sleep 1.2 # change times are whole seconds
since=$(date -u +%Y%m%d%H%M%SZ)
printf 'dn: ou=old,dc=x\nchangetype: modrdn\nnewrdn: ou=new\ndeleteoldrdn: 1\n' | ldapmodify -x -H "$url" -D cn=a,dc=x -w p >/dev/null
found=$(search "(modifyTimestamp>=$since)" 1.1 | grep '^dn:')
boss=$(search '(uid=boss)' 1.1 | grep '^dn:')
manager=$(search '(uid=ann)' manager | grep '^manager:')
printf 'changed since the rename: %s\nwhere the person is now:  %s\nher name in a link:       %s\n' "$found" "$boss" "$manager"
[ "$found" = "dn: ou=new,dc=x" ] && [ "$boss" = "dn: uid=boss,ou=new,dc=x" ] && [ "$manager" = "manager: uid=boss,ou=old,dc=x" ]
