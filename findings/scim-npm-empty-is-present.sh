#!/usr/bin/env bash
# What: two npm packages that SCIM services are built with. scim2-parse-filter 0.2.10: "pr" (present) holds for a null, an empty text and
# an empty list, which RFC 7644 3.4.2.2 calls not present, so that "mail pr" finds everybody who has the attribute without a value; times are
# compared as texts, so that 09:00Z is not later than 10:00+02:00. scim-patch 0.8.3: "replace" of a multi-valued attribute with one
# object, which RFC 7644 3.5.2.3 makes its only value, puts that object in the place of every value: two addresses become two equal ones.
# Guess before: nothing is present in a null or an empty list, times are instants, one address is left.
# A delta read by such a filter, or accounts behind such a service, have people too many, too few, and values twice.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts scim2-parse-filter@0.2.10 scim-patch@0.8.3 >/dev/null
cat > main.js <<'JS'
const { parse, filter } = require("scim2-parse-filter");
const { scimPatch } = require("scim-patch");
const user = {
  title: "", tags: [], nickName: null, meta: { lastModified: "2026-01-15T09:00:00Z" },
  emails: [{ type: "work", value: "a@example.org" }, { type: "home", value: "b@example.org" }],
};
const found = ["title pr", "tags pr", "nickName pr", "other pr", 'meta.lastModified gt "2026-01-15T10:00:00+02:00"']
  .map((f) => filter(parse(f))(user));
const patched = scimPatch(structuredClone(user), [{ op: "replace", path: "emails", value: { type: "work", value: "c@example.org" } }]);
console.log(JSON.stringify([...found, patched.emails.map((e) => e.value)]));
JS
got=$(node main.js)
echo "$got"
[ "$got" = '[true,true,true,false,false,["c@example.org","c@example.org"]]' ]
