// Plays the vendor's public client against a local tenant: every served area, in the
// three generations of the API that the client has. Environment: BASE_URL, CLIENT_ID,
// CLIENT_SECRET. Prints the number of calls; any difference ends it.
import assert from "node:assert/strict";
import { createRequire } from "node:module";

const sdk = createRequire(import.meta.url)("sailpoint-api-client");
const { BASE_URL: baseurl, CLIENT_ID: clientId, CLIENT_SECRET: clientSecret } = process.env;

const configuration = new sdk.Configuration({ baseurl, tokenUrl: baseurl + "/oauth/token", clientId, clientSecret });
configuration.experimental = true;
configuration.retriesConfig = { retries: 0 };

let calls = 0;
const areas = new Map();

// api makes a client whose calls are counted.
function api(name) {
  const target = new sdk[name](configuration);
  return new Proxy(target, {
    get(_, call) {
      if (typeof target[call] !== "function") return target[call];
      return async (parameters) => {
        calls++;
        areas.set(name, (areas.get(name) ?? 0) + 1);
        if (process.env.TRACE) console.log(name, call);
        try {
          return await target[call](parameters);
        } catch (e) {
          if (!e.response) throw e;
          const { status, data } = e.response;
          throw Object.assign(new Error(`${name}.${call}: ${status} ${JSON.stringify(data)}`), { response: { status, data } });
        }
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

const patch = (path, value, op = "replace") => [{ op, path, value }];
const upper = { type: "upper", attributes: {} };

async function transforms() {
  for (const [suffix, body] of [["", "transform"], ["Beta", "transform"], ["V2024", "transformV2024"]]) {
    const t = api(`Transforms${suffix}Api`);
    const parameters = (v) => ({ [body]: v, transformBeta: v, transformV2024: v, transform: v });
    const made = await t.createTransform(parameters({ name: "SDK " + suffix, ...upper }));
    assert.equal(made.status, 201);
    assert.equal(made.data.internal, false);
    const id = made.data.id;
    await refused(t.createTransform(parameters({ name: "SDK " + suffix, ...upper })), 400, "400.1.409 Reference conflict");
    assert.equal((await t.getTransform({ id })).data.name, "SDK " + suffix);
    const changed = await t.updateTransform({ id, ...parameters({ name: "SDK " + suffix, type: "upper", attributes: { input: { type: "static", attributes: { value: "x" } } } }) });
    assert.equal(changed.data.attributes.input.type, "static");
    const list = await t.listTransforms({ filters: `name sw "SDK"`, count: true });
    assert.equal(list.headers["x-total-count"], "1");
    assert.equal((await t.deleteTransform({ id })).status, 204);
    await refused(t.getTransform({ id }), 404, "404 Not found");
  }
}

async function profiles(person) {
  const p = api("IdentityProfilesApi"), states = api("LifecycleStatesApi"), v2024 = api("IdentityProfilesV2024Api");
  const list = (await p.listIdentityProfiles({ sorters: "priority", count: true })).data;
  const id = list[0].id;
  assert.equal((await p.getIdentityProfile({ identityProfileId: id })).data.name, list[0].name);
  const before = (await p.exportIdentityProfiles({ filters: `id eq "${id}"` })).data;
  assert.equal(before.length, 1);
  const described = await p.updateIdentityProfile({ identityProfileId: id, jsonPatchOperation: patch("/description", "by the SDK") });
  assert.equal(described.data.description, "by the SDK");
  await refused(p.updateIdentityProfile({ identityProfileId: id, jsonPatchOperation: patch("/created", "x") }), 400, "400.1.1 Illegal update attempt");
  assert.ok((await p.getDefaultIdentityAttributeConfig({ identityProfileId: id })).data.attributeTransforms.length > 0);
  const body = { identityId: person, identityAttributeConfig: { enabled: true, attributeTransforms: [
    { identityAttributeName: "uid", transformDefinition: { type: "static", attributes: { value: "previewed" } } }] } };
  for (const rows of [
    (await v2024.generateIdentityPreview({ identityPreviewRequestV2024: body })).data.previewAttributes,
    (await p.showIdentityPreview({ identityPreviewRequest: body })).data.previewAttributes,
  ]) assert.deepEqual([rows[0].name, rows[0].value, rows[0].errorMessages], ["uid", "previewed", null]);
  const imported = await p.importIdentityProfiles({ identityProfileExportedObject: before });
  assert.deepEqual(imported.data.errors, []);
  assert.equal((await p.syncIdentityProfile({ identityProfileId: id })).status, 202);

  const state = (await states.createLifecycleState({ identityProfileId: id, lifecycleState: { name: "Sabbatical", technicalName: "sabbatical", enabled: true } })).data;
  assert.equal((await states.getLifecycleState({ identityProfileId: id, lifecycleStateId: state.id })).data.technicalName, "sabbatical");
  assert.equal((await states.updateLifecycleStates({ identityProfileId: id, lifecycleStateId: state.id, jsonPatchOperation: patch("/enabled", false) })).data.enabled, false);
  assert.ok((await states.getLifecycleStates({ identityProfileId: id, sorters: "name" })).data.some((s) => s.id === state.id));
  assert.equal((await states.deleteLifecycleState({ identityProfileId: id, lifecycleStateId: state.id })).status, 202);
}

async function attributes() {
  const a = api("IdentityAttributesV2024Api"), beta = api("IdentityAttributesBetaApi");
  const body = { name: "sdkColour", displayName: "Colour", type: "string", multi: false, searchable: false, sources: [] };
  assert.equal((await a.createIdentityAttribute({ identityAttributeV2024: body })).status, 201);
  assert.equal((await a.getIdentityAttribute({ name: "sdkColour" })).data.displayName, "Colour");
  assert.equal((await beta.putIdentityAttribute({ name: "sdkColour", identityAttributeBeta: { ...body, displayName: "Hue" } })).data.displayName, "Hue");
  assert.ok((await beta.listIdentityAttributes({ count: true })).data.some((x) => x.name === "sdkColour"));
  assert.equal((await a.deleteIdentityAttribute({ name: "sdkColour" })).status, 204);
  await beta.createIdentityAttribute({ identityAttributeBeta: body });
  await beta.deleteIdentityAttributesInBulk({ identityAttributeNamesBeta: { ids: ["sdkColour"] } });
  await refused(a.getIdentityAttribute({ name: "sdkColour" }), 404);
}

async function sources() {
  const s = api("SourcesApi"), v2024 = api("SourcesV2024Api"), tasks = api("TaskManagementV2024Api");
  const owner = { type: "IDENTITY", id: "local", name: "local" };
  const made = (await s.createSource({ source: { name: "SDK People", owner, connector: "delimited-file-angularsc" }, provisionAsCsv: true })).data;
  const sourceId = made.id;
  const schema = (await s.importAccountsSchema({ id: sourceId, file: new File(["id,first,mail\n"], "schema.csv") })).data;
  assert.deepEqual(schema.attributes.map((a) => a.name), ["id", "first", "mail"]);
  assert.equal((await s.getAccountsSchema({ id: sourceId })).data.trim(), "id,first,mail");
  assert.equal((await s.getSourceSchemas({ sourceId })).data.length, 1);
  assert.equal((await s.getSourceSchema({ sourceId, schemaId: schema.id })).data.name, "account");
  const display = await s.updateSourceSchema({ sourceId, schemaId: schema.id, jsonPatchOperation: patch("/displayAttribute", "first") });
  assert.equal(display.data.displayAttribute, "first");
  await s.putSourceSchema({ sourceId, schemaId: schema.id, schema: display.data });
  assert.equal((await s.getSource({ id: sourceId })).data.name, "SDK People");
  assert.equal((await s.updateSource({ id: sourceId, jsonPatchOperation: patch("/description", "made") })).data.description, "made");
  const whole = (await s.getSource({ id: sourceId })).data;
  assert.equal((await s.putSource({ id: sourceId, source: { ...whole, description: "put" } })).data.description, "put");
  await refused(s.updateSource({ id: sourceId, jsonPatchOperation: patch("/type", "x") }), 400, "400.1.1 Illegal update attempt");

  const policy = { name: "Account", usageType: "CREATE", fields: [{ name: "id", type: "string", isRequired: true, isMultiValued: false, attributes: {}, transform: {} }] };
  assert.equal((await s.createProvisioningPolicy({ sourceId, provisioningPolicyDto: policy })).status, 201);
  assert.equal((await s.getProvisioningPolicy({ sourceId, usageType: "CREATE" })).data.name, "Account");
  assert.equal((await s.updateProvisioningPolicy({ sourceId, usageType: "CREATE", jsonPatchOperation: patch("/name", "Made") })).data.name, "Made");
  await s.putProvisioningPolicy({ sourceId, usageType: "CREATE", provisioningPolicyDto: policy });
  assert.equal((await s.updateProvisioningPoliciesInBulk({ sourceId, provisioningPolicyDto: [policy] })).data.length, 1);
  assert.equal((await s.listProvisioningPolicies({ sourceId })).data.length, 1);
  assert.equal((await s.deleteProvisioningPolicy({ sourceId, usageType: "CREATE" })).status, 204);

  const rules = { attributeAssignments: [{ property: "email", value: "mail", operation: "EQ", complex: false, ignoreCase: true, matchMode: "ANYWHERE" }] };
  await v2024.putCorrelationConfig({ id: sourceId, correlationConfigV2024: rules });
  assert.equal((await v2024.getCorrelationConfig({ id: sourceId })).data.attributeAssignments.length, 1);
  const load = await v2024.importAccounts({ id: sourceId, file: new File(["id,first,mail\n1,Ann,ann@x\n2,Bob,bob@x\n"], "people.csv"), disableOptimization: "true" });
  assert.equal(load.data.success, true);
  let status;
  do {
    status = (await tasks.getTaskStatus({ id: load.data.task.id })).data;
    assert.ok("completionStatus" in status);
  } while (status.completionStatus === null);
  assert.equal(status.completionStatus, "SUCCESS");
  assert.ok((await tasks.getTaskStatusList({ filters: `sourceId eq "${sourceId}"`, sorters: "-created" })).data.length > 0);
  await tasks.getPendingTasks();
  // The client has no way to name the source here: it asks for the path "{sourceId}".
  await refused(s.getSourceConnections({ id: sourceId, sourceId }), 404);

  await accounts(sourceId, tasks);
  assert.equal((await v2024.deleteAccountsAsync({ id: sourceId })).status, 202);
  assert.equal((await s.deleteSource({ id: sourceId })).status, 202);
  await refused(s.getSource({ id: sourceId }), 404);
}

async function accounts(sourceId, tasks) {
  const a = api("AccountsApi");
  const wait = async (id) => {
    while ((await tasks.getTaskStatus({ id })).data.completionStatus === null);
  };
  const of = { filters: `sourceId eq "${sourceId}"`, sorters: "name", count: true };
  const list = (await a.listAccounts(of)).data;
  assert.deepEqual(list.map((x) => x.name), ["Ann", "Bob"]);
  assert.equal((await a.getAccount({ id: list[0].id })).data.uncorrelated, true);
  const added = await a.createAccount({ accountAttributesCreate: { attributes: { sourceId, id: "3", first: "Cem", mail: "cem@x" } } });
  await wait(added.data.id);
  const cem = (await a.listAccounts({ filters: `sourceId eq "${sourceId}" and nativeIdentity eq "3"` })).data[0];
  await wait((await a.putAccount({ id: cem.id, accountAttributes: { attributes: { id: "3", first: "Cemal", mail: "cem@x" } } })).data.id);
  assert.equal((await a.getAccount({ id: cem.id })).data.name, "Cemal");
  assert.equal((await a.updateAccount({ id: cem.id, requestBody: patch("/manuallyCorrelated", true) })).status, 202);
  await wait((await a.submitReloadAccount({ id: list[0].id })).data.id);
  await wait((await a.deleteAccount({ id: list[1].id })).data.id);
  await refused(a.getAccount({ id: list[1].id }), 404);
  for (const [call, body, disabled] of [["disableAccount", "accountToggleRequest", true], ["enableAccount", "accountToggleRequest", false], ["unlockAccount", "accountUnlockRequest", false]]) {
    await wait((await a[call]({ id: cem.id, [body]: { forceProvisioning: true } })).data.id);
    const after = (await a.getAccount({ id: cem.id })).data;
    assert.deepEqual([after.disabled, after.locked, after.attributes.first], [disabled, false, "Cemal"]);
  }
}

async function identities() {
  const i = api("IdentitiesV2024Api"), beta = api("IdentitiesBetaApi"), search = api("SearchApi"), pub = api("PublicIdentitiesApi");
  const list = (await i.listIdentities({ limit: 2, sorters: "name", count: true })).data;
  assert.equal(list.length, 2);
  const id = list[0].id;
  assert.equal((await i.getIdentity({ id })).data.alias, list[0].alias);
  assert.equal((await beta.listIdentities({ filters: `alias eq "${list[1].alias}"` })).data[0].id, list[1].id);
  assert.equal((await i.startIdentityProcessing({ processIdentitiesRequestV2024: { identityIds: [id] } })).status, 202);
  assert.equal((await pub.getPublicIdentities({ filters: `id eq "${id}"`, sorters: "name", limit: 1, count: true })).data[0].id, id);
  const query = { indices: ["identities"], query: { query: `id:${id}` }, sort: ["id"] };
  const found = (await search.searchPost({ search: query })).data;
  assert.equal(found[0]._type, "identity");
  assert.equal((await search.searchCount({ search: query })).headers["x-total-count"], "1");
  assert.equal((await search.searchGet({ index: "identities", id })).data.id, id);
  const all = await sdk.Paginator.paginateSearchApi(new sdk.SearchApi(configuration), { indices: ["identities"], query: { query: "*" }, sort: ["id"] }, 50, 100000);
  assert.equal(new Set(all.data.map((x) => x.id)).size, all.data.length);
  calls++;
  return found[0].id;
}

async function configurations() {
  for (const suffix of ["Beta", "V2024"]) {
    const c = api(`SPConfig${suffix}Api`);
    const job = (await c.exportSpConfig({ [`exportPayload${suffix}`]: { description: "sdk", includeTypes: ["TRANSFORM", "SOURCE"] } })).data;
    assert.equal((await c.getSpConfigExportStatus({ id: job.jobId })).data.status, "COMPLETE");
    const all = (await c.getSpConfigExport({ id: job.jobId })).data;
    assert.ok(all.objects.length > 0);
    const again = (await c.importSpConfig({ data: new Blob([JSON.stringify(all)], { type: "application/json" }), preview: false })).data;
    assert.equal((await c.getSpConfigImportStatus({ id: again.jobId })).data.status, "COMPLETE");
    assert.deepEqual((await c.getSpConfigImport({ id: again.jobId })).data.results.TRANSFORM.errors, []);
    assert.ok((await c.listSpConfigObjects()).data.length > 0);
  }
}

// The people who are not employees: a source, an attribute, a record that becomes an
// account, a request that is approved, and all of it gone again.
async function nonEmployees(person) {
  const tasks = api("TaskManagementV2024Api"), accounts = api("AccountsApi");
  const settled = async () => {
    while ((await tasks.getPendingTasks()).data.length > 0);
  };
  for (const suffix of ["", "V2024"]) {
    const n = api(`NonEmployeeLifecycleManagement${suffix}Api`);
    const body = (name, v) => ({ [name + suffix]: v });
    const ref = { type: "IDENTITY", id: person };
    const source = (await n.createNonEmployeeSource(body("nonEmployeeSourceRequestBody", {
      name: "SDK Guests", description: "made by the SDK", owner: ref, accountManagers: [ref], approvers: [ref] }))).data;
    assert.equal(source.name, "SDK Guests");
    const { id: sourceId } = source;
    assert.ok((await n.listNonEmployeeSources({})).data.some((s) => s.id === sourceId));
    assert.equal((await n.getNonEmployeeSource({ sourceId })).data.id, sourceId);
    const badge = (await n.createNonEmployeeSourceSchemaAttributes({ sourceId, ...body("nonEmployeeSchemaAttributeBody", {
      type: "TEXT", label: "Badge", technicalName: "badge", helpText: "number", placeholder: "7", required: false }) })).data;
    assert.equal((await n.getNonEmployeeSchemaAttribute({ sourceId, attributeId: badge.id })).data.technicalName, "badge");
    assert.ok((await n.getNonEmployeeSourceSchemaAttributes({ sourceId })).data.length > 7);
    const guest = (accountName) => ({ accountName, firstName: "Gus", lastName: "Guest", email: accountName + "@guests.example", phone: "1",
      manager: "nobody", sourceId, startDate: "2026-01-01T00:00:00Z", endDate: "2027-01-01T00:00:00Z", data: { badge: "7" } });
    const manager = (await api("IdentitiesV2024Api").getIdentity({ id: person })).data.attributes.uid;
    const made = (await n.createNonEmployeeRecord(body("nonEmployeeRequestBody", { ...guest("gus"), manager }))).data;
    assert.equal((await n.getNonEmployeeRecord({ id: made.id })).data.data.badge, "7");
    await settled();
    const account = (await accounts.listAccounts({ filters: `source.name eq "SDK Guests"` })).data;
    assert.deepEqual(account.map((a) => [a.nativeIdentity, a.attributes.badge]), [["gus", "7"]]);
    const changed = (await n.patchNonEmployeeRecord({ id: made.id, ...body("jsonPatchOperation", patch("/phone", "2")) })).data;
    assert.equal(changed.phone, "2");
    assert.equal((await n.listNonEmployeeRecords({ count: true })).headers["x-total-count"], "1");
    await n.deleteNonEmployeeRecord({ id: made.id });
    assert.equal((await n.deleteNonEmployeeSource({ sourceId })).status, 204);
    await settled();
    assert.equal((await accounts.listAccounts({ filters: `source.name eq "SDK Guests"` })).data.length, 0);
  }
}

await transforms();
const person = await identities();
await profiles(person);
await attributes();
await sources();
await nonEmployees(person);
await configurations();
console.log(`${calls} calls in ${areas.size} areas`);
assert.ok(calls >= 60);
