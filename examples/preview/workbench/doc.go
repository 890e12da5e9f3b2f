// Package workbench serves a local page on which one edits a configuration and sees
// what it does, to one person and to everybody, while typing.
//
// The page is static and holds no data; everything it shows comes from the JSON
// interface below, which answers only to the machine it runs on, under its own
// name and with the token of the printed address (see guard.go). Objects may get
// further members; none is renamed or removed.
//
//	GET  /api/state                      {ready, stage, done, total, error, folder, version, write, now, people, changedOnDisk}
//	GET  /api/overview                   {profiles, sources, exceptions, errors, managers, lifecycle, findings, assumptions, charts}
//	GET  /api/people?q=&filter=...       {total, offset, people: [{id, name, alias, email, profile, state, exceptions, errors}]}
//	GET  /api/person/ID?at=DATE          {id, name, profile, profiles, attributes: [{name, value, previous, error, step}], accounts, managers, ...}
//	GET  /api/ahead?id=                  {points: [{date, states}], people: [{id, name, date, from, to}]}
//	GET  /api/account?source=&id=        why an account has its identity, or none
//	GET  /api/objects                    {objects: [{key, kind, name, group, file, line}]}
//	GET  /api/object?key=                {key, file, line, text, base}
//	GET  /api/words                      what can be completed
//	POST /api/check    {drafts, key, people, attributes}  {findings, elsewhere, people: [{id, name, attributes}]}
//	POST /api/effect   {drafts, gate, recompute}          JSON lines: {progress} ..., then {report, id}
//	POST /api/export   {drafts, as, effect}               files as zip, a patch, or Markdown
//	POST /api/save     {drafts}                           {saved: [files]}; 409 when a file has changed meanwhile
//
// Errors are {"error": text, "code": word} with the status that HTTP has for them.
package workbench
