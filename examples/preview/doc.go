// Command preview shows what a tenant would do with its identity profiles: it
// reads the configuration and the account files of a folder and runs them.
//
//	preview init [FOLDER]            say what a folder lacks, write settings and a first test
//	preview run [FOLDER]             run all accounts, say what comes out
//	preview try TRANSFORM [FOLDER]   evaluate one transform or mapping
//	preview explain [FOLDER]         every step of one person's values
//	preview print [NAME] [FOLDER]    transforms and mappings in a short form
//	preview where NAME [FOLDER]      who uses what
//	preview data [FOLDER]            what is in the accounts, and why attributes are null
//	preview docs [FOLDER]            the data dictionary, with lineage
//	preview diff BEFORE [AFTER]      what a change does to everybody
//	preview timeline [FOLDER]        who changes on which day
//	preview apply PLAN [FOLDER]      carry a change to the files
//	preview state FILE               what a state holds, and what the last runs changed
//	preview serve [FOLDER]           all of it in a browser
//
// preview --help lists the others; docs/COMMANDS.md has all with their flags.
//
// Exit codes: 0 done, 1 a check failed, 2 could not run. What is printed for
// machines (--json, --identities FILE.jsonl) is stable: members may be added,
// never renamed or removed.
package main
