// Package join finds equal keys of two large sets by a partitioned hash join:
// both sides are hashed and scattered into partitions that fit into the cache of
// one core, then each partition is joined on its own.
//
// Results do not depend on the number of workers: blocks of rows have a fixed
// size and every result has a place of its own. Keys with equal hashes are
// compared byte by byte.
package join
