// A SCIM service with its users in memory: node server.mjs PORT USERS
import express from "express";
import SCIMMY from "scimmy";
import SCIMMYRouters from "scimmy-routers";

const [port, count] = process.argv.slice(2).map(Number);
const users = new Map();
const clock = { at: Date.parse("2026-01-01T00:00:00Z") };

const stamp = (user, version) => {
  clock.at += 1000;
  const at = new Date(clock.at).toISOString();
  user.meta = { resourceType: "User", created: user.meta?.created ?? at, lastModified: at, version: `W/"${version}"` };
  return user;
};
for (let i = 0; i < count; i++) {
  users.set(`id-${i}`, stamp({
    id: `id-${i}`, userName: `user${i}`, active: i % 50 !== 0,
    name: { givenName: `Given${i}`, familyName: `Family${i}` },
    emails: [{ value: `private${i}@home.example`, type: "home" }, { value: `user${i}@acme.example`, type: "work", primary: true }],
  }, 1));
}

SCIMMY.Resources.declare(SCIMMY.Resources.User)
  .ingress(async (resource, data) => {
    const id = resource.id ?? `id-new-${users.size}`;
    const before = users.get(id);
    const version = Number(before?.meta.version.match(/\d+/)?.[0] ?? 0) + 1;
    const user = stamp({ ...JSON.parse(JSON.stringify(data)), id, meta: before?.meta }, version);
    users.set(id, user);
    return user;
  })
  .egress(async (resource) => {
    if (!resource.id) return [...users.values()];
    const user = users.get(resource.id);
    if (!user) throw new SCIMMY.Types.Error(404, null, "no such user");
    return user;
  })
  .degress(async (resource) => { users.delete(resource.id); });

const app = express();
app.use("/scim", new SCIMMYRouters({
  type: "bearer",
  handler: (request) => {
    if (request.header("Authorization") !== "Bearer token-of-the-test") throw new Error("who is this?");
    return "tester";
  },
}));
app.listen(port, "127.0.0.1", () => console.log("listening"));
