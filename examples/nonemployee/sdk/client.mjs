// Plays every non-employee operation of the vendor's public client against a server.
// Environment: BASE_URL, and the tokens ADA (admin), MIA (account manager), BEN, CHLOE
// and DAI (approvers). Prints one line per API generation; any difference ends it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const sdk = createRequire(import.meta.url)("sailpoint-api-client");
const { BASE_URL: baseurl, ...env } = process.env;

// The three generations of the client, with the names that differ between them.
const generations = [
  { path: "v3", api: sdk.NonEmployeeLifecycleManagementApi },
  { path: "v2024", api: sdk.NonEmployeeLifecycleManagementV2024Api, suffix: "V2024" },
  {
    path: "beta", api: sdk.NonEmployeeLifecycleManagementBetaApi, suffix: "Beta",
    renamed: { deleteNonEmployeeRecordsInBulk: "deleteNonEmployeeRecordInBulk", listNonEmployeeApprovals: "listNonEmployeeApproval" },
    bulk: "deleteNonEmployeeRecordInBulkRequest",
  },
];

// named gives parameters that are bodies the suffix of the generation.
const named = (parameters, suffix = "") => Object.fromEntries(Object.entries(parameters)
  .map(([name, v]) => [typeof v === "object" && !(v instanceof File) ? name + suffix : name, v]));

// signIn makes a client for somebody; calls are counted by their name.
function signIn(generation, calls, parameters) {
  const configuration = new sdk.Configuration({ baseurl, tokenUrl: baseurl + "/oauth/token", ...parameters });
  configuration.experimental = true;
  configuration.retriesConfig = { retries: 0 };
  const api = new generation.api(configuration);
  return new Proxy(api, {
    get(target, name) {
      const real = generation.renamed?.[name] ?? name;
      if (typeof target[real] !== "function") return target[real];
      return async (parameters) => {
        calls.set(real, (calls.get(real) ?? 0) + 1);
        return await target[real](named(parameters, generation.suffix));
      };
    },
  });
}

async function refused(call, status, code) {
  await assert.rejects(call, (e) => {
    assert.equal(e.response?.status, status, e.message);
    if (code) assert.equal(e.response.data.detailCode, code);
    return true;
  });
}

const header = "accountName,firstName,lastName,phone,email,manager,startDate,endDate";
const body = (sourceId, accountName, data = {}) => ({
  sourceId, accountName, firstName: "Will", lastName: "Smith", email: accountName + "@vendor.example", phone: "+1 512 555 0100",
  manager: "mia.moreno", startDate: "2026-03-24T00:00:00-05:00", endDate: "2029-03-25T00:00:00-05:00", data,
});

async function play(generation) {
  const calls = new Map();
  const as = (token) => signIn(generation, calls, { accessToken: token });
  // The admin signs in with client credentials, the others bring a token.
  const ada = signIn(generation, calls, { clientId: "ada.almeida", clientSecret: env.ADA });
  const mia = as(env.MIA);
  const nobody = as("not-a-token");
  const staff = Object.fromEntries((await (await fetch(baseurl + "/identities", { headers: { Authorization: "Bearer " + env.ADA } })).json()).map((p) => [p.alias, p.id]));

  await refused(() => nobody.listNonEmployeeSources({}), 401);
  const state = { generation, calls, ada, mia, staff, approvers: [as(env.BEN), as(env.CHLOE), as(env.DAI)] };
  await sources(state);
  await schema(state);
  await records(state);
  await requests(state);
  await files(state);
  await removal(state);

  const all = Object.getOwnPropertyNames(generation.api.prototype).filter((n) => n !== "constructor").sort();
  assert.deepEqual([...calls.keys()].sort(), all, "every operation of the client is called");
  console.log(`${generation.path}: ${all.length} operations, ${[...calls.values()].reduce((a, b) => a + b)} calls`);
}

async function sources(s) {
  const person = (alias) => ({ id: s.staff[alias] });
  const made = (await s.ada.createNonEmployeeSource({ nonEmployeeSourceRequestBody: {
    name: "Retail " + s.generation.path, description: "shops", owner: person("ada.almeida"), managementWorkgroup: "contractor-desk",
    approvers: ["ben.okafor", "chloe.meyer", "dai.sato"].map(person), accountManagers: [person("mia.moreno")],
  } })).data;
  s.id = made.sourceId;
  assert.ok(made.cloudExternalId);
  assert.deepEqual(made.approvers.map((a) => a.id), ["ben.okafor", "chloe.meyer", "dai.sato"].map((a) => s.staff[a]));
  assert.equal((await s.mia.getNonEmployeeSource({ sourceId: s.id })).data.name, made.name);
  const list = await s.ada.listNonEmployeeSources({ nonEmployeeCount: true, count: true, sorters: "-name", limit: 50 });
  assert.equal(list.data.find((x) => x.sourceId === s.id).nonEmployeeCount, 0);
  assert.equal(Number(list.headers["x-total-count"]), list.data.length);
  const patched = await s.ada.patchNonEmployeeSource({ sourceId: s.id, jsonPatchOperation: [{ op: "replace", path: "/description", value: "all shops" }] });
  assert.equal(patched.data.description, "all shops");
  await refused(() => s.mia.createNonEmployeeSource({ nonEmployeeSourceRequestBody: { name: "Mine", description: "d", owner: person("mia.moreno") } }), 403, "403 Forbidden");
}

async function schema(s) {
  const make = (label, technicalName) => s.ada.createNonEmployeeSourceSchemaAttributes({
    sourceId: s.id, nonEmployeeSchemaAttributeBody: { type: "TEXT", label, technicalName, helpText: "", placeholder: "", required: false } });
  const store = (await make("Store", "store")).data;
  const badge = (await make("Badge", "badge")).data;
  assert.equal((await s.ada.getNonEmployeeSchemaAttribute({ sourceId: s.id, attributeId: store.id })).data.technicalName, "store");
  const patched = await s.ada.patchNonEmployeeSchemaAttribute({ sourceId: s.id, attributeId: store.id, jsonPatchOperation: [{ op: "replace", path: "/label", value: "Store number" }] });
  assert.equal(patched.data.label, "Store number");
  await s.ada.deleteNonEmployeeSchemaAttribute({ sourceId: s.id, attributeId: badge.id });
  const names = (await s.mia.getNonEmployeeSourceSchemaAttributes({ sourceId: s.id })).data.map((a) => a.technicalName);
  assert.deepEqual(names, [...header.split(","), "store"]);
  await refused(() => make("Store", "store"), 400);
}

async function records(s) {
  const one = (await s.ada.createNonEmployeeRecord({ nonEmployeeRequestBody: body(s.id, "will." + s.generation.path, { store: "12" }) })).data;
  assert.equal(one.startDate, "2026-03-24T05:00:00.000Z");
  assert.deepEqual((await s.ada.getNonEmployeeRecord({ id: one.id })).data, one);
  const put = (await s.ada.updateNonEmployeeRecord({ id: one.id, nonEmployeeRequestBody: { ...body(s.id, one.accountName), lastName: "Jones" } })).data;
  assert.equal(put.lastName, "Jones");
  const patch = (await s.mia.patchNonEmployeeRecord({ id: one.id, jsonPatchOperation: [{ op: "replace", path: "/endDate", value: "2030-01-01" }] })).data;
  assert.equal(patch.endDate, "2030-01-01T00:00:00.000Z");
  const found = await s.ada.listNonEmployeeRecords({ filters: `sourceId eq "${s.id}"`, sorters: "accountName", count: true, limit: 10 });
  assert.deepEqual([found.data.length, found.headers["x-total-count"]], [1, "1"]);
  await refused(() => s.ada.createNonEmployeeRecord({ nonEmployeeRequestBody: { ...body(s.id, "bad"), endDate: "tomorrow" } }), 400);
  await s.ada.deleteNonEmployeeRecord({ id: one.id });
  await refused(() => s.ada.getNonEmployeeRecord({ id: one.id }), 404, "404 Not found");
}

async function requests(s) {
  const ask = async (name) => (await s.mia.createNonEmployeeRequest({ nonEmployeeRequestBody: body(s.id, name + s.generation.path, { store: "7" }) })).data;
  const kept = await ask("kept."), turned = await ask("turned."), gone = await ask("gone.");
  assert.equal(kept.approvalStatus, "PENDING");
  assert.equal((await s.mia.getNonEmployeeRequest({ id: kept.id })).data.approvalItems.length, 3);
  for (const approver of s.approvers) {
    const mine = (await approver.listNonEmployeeApprovals({ requestedFor: "me", filters: 'approvalStatus eq "PENDING"' })).data;
    const item = mine.find((a) => a.nonEmployeeRequest.id === kept.id);
    const detail = (await approver.getNonEmployeeApproval({ id: item.id, includeDetail: true })).data;
    assert.equal(detail.nonEmployeeRequest.nonEmployeeSource.sourceId, s.id);
    const done = (await approver.approveNonEmployeeRequest({ id: item.id, nonEmployeeApprovalDecision: { comment: "fine" } })).data;
    assert.equal(done.approvalStatus, "APPROVED");
  }
  const [first] = s.approvers;
  await first.rejectNonEmployeeRequest({ id: turned.approvalItems[0].id, nonEmployeeRejectApprovalDecision: { comment: "not now" } });
  await s.ada.deleteNonEmployeeRequest({ id: gone.id });
  const states = (await s.mia.listNonEmployeeRequests({ requestedFor: "me", filters: `sourceId eq "${s.id}"`, sorters: "created" })).data.map((r) => r.approvalStatus);
  assert.deepEqual(states, ["APPROVED", "REJECTED"]);
  const summary = (await s.mia.getNonEmployeeRequestSummary({ requestedFor: "me" })).data;
  assert.ok(summary.approved >= 1 && summary.rejected >= 1 && summary.nonEmployeeCount >= 1);
  assert.ok((await first.getNonEmployeeApprovalSummary({ requestedFor: "me" })).data.rejected >= 1);
}

async function files(s) {
  const template = (await s.ada.exportNonEmployeeSourceSchemaTemplate({ id: s.id })).data;
  assert.equal(template.trim(), header + ",store");
  const row = (n) => `up${n}.${s.generation.path},Úna,O'Neil,+353 1 555 0100,u${n}@vendor.example,mia.moreno,2026-01-01,2029-01-01,"a, ""b"""\n`;
  const file = (text) => new File([text], "people.csv", { type: "text/csv" });
  await refused(() => s.ada.importNonEmployeeRecordsInBulk({ id: s.id, data: file(template.trim() + "\nx,,,,,,,,\n") }), 400, "400.1 Bad Request Content");
  const job = await s.ada.importNonEmployeeRecordsInBulk({ id: s.id, data: file(template.trim() + "\n" + row(1) + row(2)) });
  assert.deepEqual([job.status, job.data.status], [202, "PENDING"]);
  let status;
  for (let i = 0; i < 200 && status !== "COMPLETED"; i++) {
    await new Promise((r) => setTimeout(r, 20));
    status = (await s.ada.getNonEmployeeBulkUploadStatus({ id: s.id })).data.status;
  }
  assert.equal(status, "COMPLETED");
  const lines = (await s.ada.exportNonEmployeeRecords({ id: s.id })).data.trim().split("\n");
  assert.equal(lines.length, 4, "header, one approved, two uploaded");
  assert.ok(lines.includes(`up1.${s.generation.path},Úna,O'Neil,+353 1 555 0100,u1@vendor.example,mia.moreno,2026-01-01T00:00:00.000Z,2029-01-01T00:00:00.000Z,"a, ""b"""`));
}

async function removal(s) {
  const ids = (await s.ada.listNonEmployeeRecords({ filters: `sourceId eq "${s.id}"` })).data.map((r) => r.id);
  assert.equal(ids.length, 3);
  await s.ada.deleteNonEmployeeRecordsInBulk({ [s.generation.bulk ?? "deleteNonEmployeeRecordsInBulkRequest"]: { ids } });
  await s.ada.deleteNonEmployeeSourceSchemaAttributes({ sourceId: s.id });
  assert.equal((await s.ada.getNonEmployeeSourceSchemaAttributes({ sourceId: s.id })).data.length, 8);
  await s.ada.deleteNonEmployeeSource({ sourceId: s.id });
  await refused(() => s.ada.getNonEmployeeSource({ sourceId: s.id }), 404);
}

try {
  for (const generation of generations) await play(generation);
} catch (e) {
  console.error(e.config?.method ?? "", e.config?.url ?? "", e.response?.status ?? "", JSON.stringify(e.response?.data) ?? "");
  console.error(e.stack);
  process.exitCode = 1;
}
