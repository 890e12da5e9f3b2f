// Command preview shows what a tenant would do with its identity profiles: it
// reads the configuration and the account files of a folder and runs them.
//
//	preview run [FOLDER]           run all accounts, say what comes out
//	preview lint FOLDER|FILE...    check configurations
//	preview eval FILE...           run transform vectors
//	preview generate -n N FOLDER   write a made-up tenant of any size
//	preview bench FOLDER           measure where a configuration spends its time
//	preview correlate FOLDER       tell why accounts have their identities, or none
//
// Exit codes: 0 done, 1 a check failed, 2 could not run. What is printed for
// machines (--json, --identities FILE.jsonl) is stable: members may be added,
// never renamed or removed.
package main
