package sqlrow

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
)

// ErrDamaged is returned when a row is not what was written, or belongs to another key.
var ErrDamaged = errors.New("the row is damaged")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// sum is the checksum of data under a key of several parts.
func sum(data []byte, key []string) uint32 {
	var b []byte
	for _, part := range key {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	return crc32.Update(crc32.Checksum(b, castagnoli), castagnoli, data)
}

// mark begins bytes with a checksum. It is a number that no encoder writes so, so that bytes
// from before there were checksums never begin with it.
const mark = "\x80\x00"

const sealSize = len(mark) + 4

// Seal returns the data with a checksum of the data and of the key that it is stored
// under.
func Seal(data []byte, key ...string) []byte {
	b := make([]byte, 0, sealSize+len(data))
	b = binary.LittleEndian.AppendUint32(append(b, mark...), sum(data, key))
	return append(b, data...)
}

// Open returns what [Seal] was given. Bytes from before there were checksums are
// returned as they are; sealed tells the difference.
//
// Error: [ErrDamaged].
func Open(row []byte, key ...string) (data []byte, sealed bool, err error) {
	if len(row) < sealSize || string(row[:len(mark)]) != mark {
		return row, false, nil
	}
	data = row[sealSize:]
	if sum(data, key) != binary.LittleEndian.Uint32(row[len(mark):]) {
		return nil, true, ErrDamaged
	}
	return data, true, nil
}

// SealText is [Seal] for a JSON text: eight digits and a blank before it.
func SealText(text string, key ...string) string {
	return fmt.Sprintf("%08x %s", sum([]byte(text), key), text)
}

// OpenText returns what [SealText] was given, and JSON texts from before there were
// checksums as they are.
//
// Error: [ErrDamaged].
func OpenText(row string, key ...string) (string, error) {
	if strings.HasPrefix(row, "{") || strings.HasPrefix(row, "[") || row == "null" {
		return row, nil
	}
	digits, text, _ := strings.Cut(row, " ")
	if digits != fmt.Sprintf("%08x", sum([]byte(text), key)) {
		return "", ErrDamaged
	}
	return text, nil
}
