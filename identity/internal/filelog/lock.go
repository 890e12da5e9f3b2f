package filelog

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// noteName is the name of the note beside a file.
func noteName(path string) string { return path + ".lock" }

const noteText = "process "

// writeNote names this process. It may fail, as in a folder that cannot be written to;
// and it touches nothing that is no such note.
func (l *lock) writeNote(path string) {
	name := noteName(path)
	if old, err := os.ReadFile(name); err == nil && len(old) > 0 && noteOf(old) == 0 {
		return
	}
	text := noteText + strconv.Itoa(os.Getpid()) + "\n"
	if os.WriteFile(name, []byte(text), 0o600) == nil {
		l.note = name
	}
}

// noteOf reads the number of the process from a note; 0 when it is none.
func noteOf(text []byte) int {
	number, ok := strings.CutPrefix(strings.TrimSuffix(string(text), "\n"), noteText)
	n, err := strconv.Atoi(number)
	if !ok || err != nil {
		return 0
	}
	return n
}

// forget removes the note, while the lock is still held.
func (l *lock) forget() {
	if l.note != "" {
		_ = os.Remove(l.note) // only a note
		l.note = ""
	}
}

// inUse says who holds the lock of a file.
func inUse(path string) error {
	who := "another program"
	if text, err := os.ReadFile(noteName(path)); err == nil {
		switch n := noteOf(text); n {
		case 0:
		case os.Getpid():
			who = fmt.Sprintf("this process (%d)", n)
		default:
			who = fmt.Sprintf("process %d", n)
		}
	}

	return fmt.Errorf("%w by %s", ErrInUse, who)
}
