package join

import (
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Group runs functions on goroutines of their own. A panic in one of them, where
// nobody could recover, is raised again by Wait as a [*Panic]. The zero Group is
// ready to use.
type Group struct {
	wait   sync.WaitGroup
	failed atomic.Pointer[Panic]
}

// Panic is the value and the stack of a panic on another goroutine.
type Panic struct {
	Value any
	Stack []byte
}

// Go calls f on a goroutine.
func (g *Group) Go(f func()) {
	g.wait.Go(func() {
		defer func() {
			if v := recover(); v != nil {
				g.failed.CompareAndSwap(nil, &Panic{Value: v, Stack: debug.Stack()})
			}
		}()
		f()
	})
}

// Wait waits for all functions.
func (g *Group) Wait() {
	g.wait.Wait()
	if p := g.failed.Load(); p != nil {
		panic(p)
	}
}
