// Package filelog keeps batches of entries in one file: a batch is there as a whole
// or not at all, whatever stops the program or the machine. The stores of identities
// and of non-employees are built on it.
//
// A file begins with eight bytes that name its kind and version. Frames follow: the
// length of the payload (four bytes, little endian), its CRC-32C, the payload. A payload
// is a row of entries, each a kind (not zero), the length of its body and the body. The
// last frame of a batch ends with a commit: a mark, the place where the batch begins,
// and the place of its own frame. A batch of one frame reaches the disk with one write;
// of a larger one everything is on the disk before the frame with the commit is
// written.
//
// In a log that packs its entries ([Options.Pack]) the payload is the entries as one block,
// behind a byte for its form and its length: packed by S2, or as they are where packing would
// gain nothing or more than 64 times. The commit stands behind it as it is, and checksums
// are over what is on the disk.
//
// So what follows the last commit is either what an interrupted write leaves, which is
// reported and set aside ([Cut]), or damage, which is refused ([ErrDamaged]): a commit that is
// there, or nearly so, vouches for what stands before it.
//
// While a file is open for writing it is locked against everybody else, and
// while it is open for reading, against writers. Opening it changes nothing.
package filelog
