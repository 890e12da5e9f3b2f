#!/usr/bin/env bash
# What: sailpoint-api-client 1.4.15 (the vendor's TypeScript SDK), Paginator. The limit that one passes to paginate is no
# limit: pages always have 250 items (or the increment), and what the last page brought too many stays, so that a limit of
# 10 gives 250 accounts. And both functions write into the caller's object and leave it so: the offset of the last page stays
# in the parameters, searchAfter in the query. The same call made again with the same object, as in a loop or a
# retry, gives the last page alone and no error.
# Guess before: 10 accounts, and the same list twice.
# Whoever compares a tenant before and after a change with one query object sees nearly everybody vanish.
# Source: dist/paginator.js of the package.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm init -y >/dev/null; npm install --silent --no-audit --no-fund --ignore-scripts sailpoint-api-client@1.4.15 >/dev/null
cat > main.js <<'JS'
const http = require("http");
const { Configuration, AccountsApi, SearchApi, Paginator } = require("sailpoint-api-client");
console.log = () => {}; // the paginator prints each page
const all = Array.from({ length: 600 }, (_, i) => ({ id: String(i).padStart(4, "0") }));
const server = http.createServer((req, res) => {
  let text = "";
  req.on("data", (d) => (text += d)).on("end", () => {
    const q = new URL(req.url, "http://localhost").searchParams;
    const from = Number(q.get("offset") ?? 0), limit = Number(q.get("limit") ?? 250);
    const after = text ? JSON.parse(text).searchAfter : undefined;
    const list = after ? all.filter((a) => a.id > after[0]) : all.slice(from);
    res.setHeader("content-type", "application/json");
    res.end(JSON.stringify(list.slice(0, limit)));
  });
});
server.listen(0, async () => {
  const config = new Configuration({ baseurl: `http://127.0.0.1:${server.address().port}`, accessToken: "none" });
  const accounts = new AccountsApi(config), search = new SearchApi(config);
  const list = async (args) => (await Paginator.paginate(accounts, accounts.listAccounts, args)).data.length;
  const find = async (query) => (await Paginator.paginateSearchApi(search, query)).data.length;
  const args = {}, query = { indices: ["identities"], query: { query: "*" }, sort: ["id"] };
  const seen = [await list({ limit: 10 }), await list(args), await list(args), await find(query), await find(query)];
  process.stdout.write(seen.join(" ") + "\n");
  server.close();
});
JS
got=$(node main.js)
echo "limit 10, all, all again, search, search again: $got"
[ "$got" = "250 600 100 600 100" ]
