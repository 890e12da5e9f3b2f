// Asks VS Code's JSON language service what a user of the schemas sees. Arguments: the
// folder of the schemas, and then FILE=KIND for each file that must be valid. The answers
// go to standard output as JSON; the test beside it compares them.
import fs from 'node:fs'
import path from 'node:path'
import languageService from 'vscode-json-languageservice'

const { ClientCapabilities, getLanguageService, TextDocument } = languageService

const [folder, ...files] = process.argv.slice(2)
const service = getLanguageService({ clientCapabilities: ClientCapabilities.LATEST })
const schema = kind => ({ uri: `schema://${kind}`, fileMatch: [`*.${kind}`], schema: JSON.parse(fs.readFileSync(path.join(folder, `${kind}.schema.json`), 'utf8')) })
const kinds = fs.readdirSync(folder).map(name => name.replace('.schema.json', ''))
service.configure({ validate: true, schemas: kinds.map(schema) })

const open = (kind, text) => {
  const document = TextDocument.create(`file:///it.${kind}`, 'json', 1, text)
  return { document, json: service.parseJSONDocument(document) }
}
// A bar in a text is where the cursor is.
const at = (kind, text) => {
  const offset = text.indexOf('|')
  const { document, json } = open(kind, text.replace('|', ''))
  return { document, json, position: document.positionAt(offset) }
}

const answers = { completion: {}, hover: {}, marked: {}, files: {} }
for (const [name, kind, text] of [
  ['operations', 'transform', '{"type": |}'],
  ['attributes', 'transform', '{"type": "substring", "attributes": {|}}'],
  ['nested operations', 'transform', '{"type": "lower", "attributes": {"input": {"type": |}}}'],
  ['operator', 'transform', '{"type": "dateCompare", "attributes": {"operator": |}}'],
  ['country format', 'transform', '{"type": "iso3166", "attributes": {"format": |}}'],
  ['identity attributes', 'profile', '{"identityAttributeConfig": {"attributeTransforms": [{"identityAttributeName": |}]}}'],
  ['mapping', 'profile', '{"identityAttributeConfig": {"attributeTransforms": [{"identityAttributeName": "uid", "transformDefinition": {"type": |}}]}}'],
  ['operation of a criterion', 'source', '{"correlationConfigDetails": {"attributeAssignments": [{"operation": |}]}}'],
  ['object types', 'export', '{"objects": [{"self": {"type": |}}]}'],
  ['dialect', 'settings', '{"dialect": {|}}'],
  ['kinds of columns', 'settings', '{"linkage": {"columns": {"mail": |}}}'],
  ['codes', 'suppressions', '{"suppress": [{"code": |}]}'],
  ['case', 'test', '{"cases": [{|}]}'],
  ['exceptions', 'gate', '{|}'],
  ['vector', 'vectors', '{"vectors": [{|}]}'],
  ['criterion', 'correlation', '{"attributeAssignments": [{|}]}'],
  ['match mode', 'correlation', '{"attributeAssignments": [{"matchMode": |}]}'],
  ['state of identities', 'state', '{"identityState": |}'],
  ['account schema', 'accountschema', '{|}'],
  ['policy', 'policy', '{"fields": [{"transform": {"type": |}}]}'],
  ['identity attribute', 'attribute', '{|}'],
  ['rule', 'rule', '{|}'],
  ['operations of a plan', 'plan', '{"changes": [{"do": |}]}'],
  ['members of an operation', 'plan', '{"changes": [{"do": "setCorrelation", |}]}']
]) {
  const { document, json, position } = at(kind, text)
  const list = await service.doComplete(document, position, json)
  answers.completion[name] = list.items.map(item => item.label).sort()
  if (name === 'codes') answers.completion[name] = answers.completion[name].filter(label => label.startsWith('"lookup-'))
}
for (const [name, kind, text] of [
  ['operation', 'transform', '{"type": "|substring"}'],
  ['attribute', 'transform', '{"type": "substring", "attributes": {"|begin": 1}}'],
  ['setting', 'settings', '{"|seed": 1}'],
  ['gate', 'gate', '{"|frozen": []}'],
  ['threshold', 'source', '{"|deleteThreshold": 10}'],
  ['criterion', 'correlation', '{"attributeAssignments": [{"|property": "uid"}]}'],
  ['technical name', 'state', '{"|technicalName": "active"}'],
  ['force', 'plan', '{"changes": [{"do": "deleteAttribute", "|force": true}]}']
]) {
  const { document, json, position } = at(kind, text)
  const hover = await service.doHover(document, position, json)
  answers.hover[name] = hover ? hover.contents.map(c => c.value ?? c).join(' ') : ''
}
const problems = async (kind, text) => {
  const { document, json } = open(kind, text)
  return (await service.doValidation(document, json)).map(d => `${document.getText(d.range)}: ${d.message}`)
}
for (const [name, kind, text] of [
  ['attribute of an operation', 'transform', '{"type": "e164phone", "attributes": {"defaultregion": "DE"}}'],
  ['operation', 'transform', '{"type": "concatt", "attributes": {}}'],
  ['operator', 'transform', '{"type": "dateCompare", "attributes": {"firstDate": "now", "secondDate": "now", "operator": "<", "positiveCondition": "a", "negativeCondition": "b"}}'],
  ['in an export', 'export', '{"objects": [{"self": {"type": "TRANSFORM"}, "object": {"name": "T", "type": "e164phone", "attributes": {"defaultregion": "DE"}}}]}'],
  ['setting', 'settings', '{"sources": {"HR": {"delimeter": ";"}}}'],
  ['suppression without a reason', 'settings', '{"suppress": [{"code": "lookup-default"}]}'],
  ['key of a case', 'test', '{"cases": [{"name": "x", "expects": {}}]}'],
  ['limit of a gate', 'gate', '{"maxChange": 1}'],
  ['threshold', 'source', '{"name": "HR", "deleteThreshold": 110}'],
  ['member of a vendor object', 'source', '{"name": "HR", "something": 1}'],
  ['$schema', 'settings', '{"$schema": "schema://settings"}'],
  ['operation of a criterion', 'correlation', '{"name": "c", "attributeAssignments": [{"property": "uid", "value": "id", "operation": "LIKE"}]}'],
  ['member of a correlation', 'correlation', '{"name": "c", "attributeAssignments": [], "something": 1}'],
  ['state of identities', 'state', '{"name": "Active", "identityState": "GONE"}'],
  ['account schema', 'accountschema', '{"attributes": [{"type": "STRING"}]}'],
  ['transform of a policy', 'policy', '{"fields": [{"name": "x", "transform": {"type": "concatt", "attributes": {}}}]}'],
  ['identity attribute', 'attribute', '{"name": "x", "searchable": "yes"}'],
  ['rule', 'rule', '{"type": "BuildMap"}'],
  ['operation of a plan', 'plan', '{"changes": [{"do": "setPriority"}]}'],
  ['missing in a plan', 'plan', '{"changes": [{"do": "removeMapping", "profile": "A"}]}'],
  ['too much in a plan', 'plan', '{"changes": [{"do": "deleteProfile", "profile": "A", "force": true}]}']
]) {
  answers.marked[name] = await problems(kind, text)
}
for (const pair of files) {
  const [file, kind] = pair.split('=')
  answers.files[file] = await problems(kind, fs.readFileSync(file, 'utf8'))
}
console.log(JSON.stringify(answers, null, 2))
