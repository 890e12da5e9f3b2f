#!/usr/bin/env bash
# What: scim-patch 0.8.3 of npm, which SCIM services apply PATCH requests with. Attribute names and the canonical values of
# type count with their case, though RFC 7643 2.1 and 2.4 say they do not: "USERNAME" makes a second attribute beside userName, and a
# replace of emails[type eq "WORK"].value makes a third address beside the one of type work. A filter that nothing meets is no error
# (RFC 7644 3.5.2.3: noTarget). Adding a primary address leaves the flag of the one before (3.5.2), so that two are primary.
# Guess before: userName changes, the work address changes, noTarget, one primary.
# A feed that takes "the work address" or "the primary one" from such a service has two to choose from.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts scim-patch@0.8.3 >/dev/null
cat > main.js <<'JS'
const { scimPatch } = require("scim-patch");
const user = () => ({ schemas: [], meta: {}, userName: "ann", emails: [{ type: "work", value: "a@example.org", primary: true }] });
const patched = (op, path, value) => scimPatch(user(), [{ op, path, value }]);
const named = patched("replace", "USERNAME", "bob");
const typed = patched("replace", 'emails[type eq "WORK"].value', "b@example.org");
const primary = patched("add", "emails", [{ type: "home", value: "c@example.org", primary: true }]);
console.log(JSON.stringify([named.userName, named.USERNAME, typed.emails.map((e) => e.type), primary.emails.filter((e) => e.primary).length]));
JS
got=$(node main.js)
echo "$got"
[ "$got" = '["ann","bob",["work","WORK"],2]' ]
