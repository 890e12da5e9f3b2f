package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is set by release builds: -ldflags "-X main.version=v1.2.3".
var version = ""

// helpCommand is there to be listed: help X is read as X --help.
type helpCommand struct {
	Command string `arg:"" optional:"" help:"The command; without one, all are listed."`
}

// asFlag reads the command help as the flag.
func asFlag(args []string) []string {
	if len(args) > 0 && args[0] == "help" {
		return append(args[1:len(args):len(args)], "--help")
	}
	return args
}

// versionCommand prints the version.
type versionCommand struct{}

// Run prints it.
func (versionCommand) Run(a *app) error {
	_, err := fmt.Fprintln(a.out, versionText())
	return err
}

// versionText names the version that was built, and what it was built by and for.
func versionText() string {
	return fmt.Sprintf("preview %s, %s, %s/%s", versionName(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
}

// versionName is that of a release or of the module, else the revision that was checked out.
func versionName() string {
	name := version
	if info, ok := debug.ReadBuildInfo(); ok && name == "" {
		name = info.Main.Version
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && (name == "" || name == "(devel)") {
				name = s.Value
			}
		}
	}

	return cmp.Or(name, "(devel)")
}
