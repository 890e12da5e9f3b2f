#!/usr/bin/env bash
# What: scimmy 1.3.5 with scimmy-routers 1.3.2, a SCIM service from npm. A page whose startIndex is behind the last
# resource has all resources again, from the first, instead of none: who asks for pages until one is empty (RFC 7644 3.4.2.4)
# never ends, or reads everybody twice. The ETag header of a resource is a hash of the answer and not its meta.version
# (RFC 7644 3.14), so If-None-Match with the version always gets the whole resource.
# Guess before: an empty page, and 304.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts scimmy@1.3.5 scimmy-routers@1.3.2 express@4.21.2 >/dev/null
cat > server.mjs <<'JS'
import express from "express"; import SCIMMY from "scimmy"; import SCIMMYRouters from "scimmy-routers";
const users = [1, 2, 3].map(i => ({ id: `u${i}`, userName: `u${i}`, meta: { version: 'W/"1"' } }));
SCIMMY.Resources.declare(SCIMMY.Resources.User).egress(async r => r.id ? users.find(u => u.id === r.id) : users);
const app = express();
app.use("/scim", new SCIMMYRouters({ type: "bearer", handler: () => "x" }));
const server = app.listen(0, "127.0.0.1", async () => {
  const url = `http://127.0.0.1:${server.address().port}/scim/Users`, headers = { Authorization: "Bearer x" };
  const page = await (await fetch(`${url}?startIndex=4&count=10`, { headers })).json();
  const one = await fetch(`${url}/u1`, { headers: { ...headers, "If-None-Match": 'W/"1"' } });
  const version = (await one.json()).meta.version, etag = one.headers.get("etag");
  console.log("page from 4 of 3:", page.Resources.map(u => u.id).join(" "), "total", page.totalResults);
  console.log("If-None-Match with the version", version + ":", one.status, "ETag", etag);
  process.exit(page.Resources.length === 3 && one.status === 200 && etag !== version ? 0 : 1);
});
JS
node server.mjs
