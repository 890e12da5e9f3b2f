package filelog

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
)

// Cut tells what stood behind the last batch that counts: a batch that was being
// written when the program or the machine stopped. Its writer was never told that
// it was stored.
type Cut struct {
	Path  string // of the store
	At    int64  // where the last batch that counts ends, in bytes
	Bytes int64  // what follows
	Whole bool   // all entries of the batch are there, only its commit is missing
	Kept  string // the file that holds the bytes since the next write; before it ""
}

// String says it in a sentence.
func (c *Cut) String() string {
	what := "a batch that was not written to its end"
	if c.Whole {
		what = "a batch that is complete but for its commit"
	}
	kept := "the next write sets it aside beside the file"
	if c.Kept != "" {
		kept = "it is kept in " + c.Kept
	}
	return fmt.Sprintf("%s: the last %d bytes, from byte %d on, are %s and do not count; %s", c.Path,
		c.Bytes, c.At, what,
		kept)
}

// maxKept is how many files of cut bytes may lie beside a store.
const maxKept = 1000

// keepCut copies what is going to be cut to a new file beside the store.
func (l *Log) keepCut() error {
	if l.cut == nil || l.cut.Kept != "" {
		return nil
	}

	// Earlier cuts stay, since nobody may have looked at them yet.
	for n := range maxKept {
		name := l.path + ".cut"
		if n > 0 {
			name += strconv.Itoa(n)
		}
		file, err := l.o.Disk.Open(name, os.O_RDWR|os.O_CREATE|os.O_EXCL)
		if errors.Is(err, fs.ErrExist) {
			continue // an earlier cut
		}
		if err == nil {
			err = l.copyCut(file)
		}
		if err != nil {
			return fmt.Errorf("what is cut off cannot be kept: %w", err)
		}
		l.cut.Kept = name
		return nil
	}

	return fmt.Errorf("there are %d files %s.cut... already", maxKept, l.path)
}

// copyCut fills the file, which is removed when that fails.
func (l *Log) copyCut(to File) error {
	_, err := io.Copy(io.NewOffsetWriter(to, 0), io.NewSectionReader(l.file, l.cut.At, l.cut.Bytes))
	if err == nil {
		err = to.Sync()
	}
	return errors.Join(err, to.Close())
}
