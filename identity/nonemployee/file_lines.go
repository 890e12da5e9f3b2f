package nonemployee

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// readLines reads a file from before files had a mark of their own: a line
// "checksum json" for each commit. The first line shows whether it is such a file.
func (s *File) readLines(content string) (end int64, err error) {
	for rest := content; rest != ""; {
		line, after, whole := strings.Cut(rest, "\n")
		body, ok := checkedLine(line)
		if whole && ok {
			if err := s.readLine(body); err != nil {
				return 0, fmt.Errorf("%w: at byte %d: %w", ErrDamaged, end, err)
			}
			end += int64(len(line) + 1)
			rest = after
			continue
		}

		// An interrupted write leaves the beginning of a line, or zeros. Anything else
		// had been a line.
		switch {
		case end == 0:
			return 0, ErrForeign
		case after != "" || whole && !strings.Contains(line, "\x00") || ok:
			return 0, fmt.Errorf("%w: at byte %d: the checksum of the line does not fit", ErrDamaged, end)
		}

		return end, nil
	}

	return end, nil
}

// checkedLine returns the JSON of a line whose checksum fits.
func checkedLine(line string) (body string, ok bool) {
	sum, body, found := strings.Cut(line, " ")
	want, err := strconv.ParseUint(sum, 16, 32)
	return body, found && err == nil && uint32(want) == crc32.ChecksumIEEE([]byte(body))
}

// readLine takes in the changes of a commit.
func (s *File) readLine(body string) error {
	var in []fileChange
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		return err
	}
	changes := make([]Change, len(in))
	for i := range in {
		var err error
		if changes[i], err = in[i].change(); err != nil {
			return err
		}
		s.count(changes[i], len(body)/len(in))
	}

	s.t.apply(changes)
	return nil
}
