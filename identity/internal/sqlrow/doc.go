// Package sqlrow is what the stores in databases share: transactions that are tried
// again when another one was in the way, and checksums of rows.
package sqlrow
