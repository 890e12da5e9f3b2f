package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// manualCommand prints the manual of all commands, made of the model of the command line.
type manualCommand struct {
	Format string `enum:",man,markdown" default:"" help:"Form of the manual. Default: what the extension of --out says, else markdown."`
	Out    string `short:"o" placeholder:"FILE" help:"Write the manual to a file, such as preview.1."`
}

// Run prints the manual.
func (c *manualCommand) Run(a *app) error {
	k, err := a.parser(&commands{}, func(int) {})
	if err != nil {
		return err
	}
	o := outputFlags{Format: c.Format, Out: c.Out}
	return o.answer(a.unfitted(), func(a *app) error {
		b := bufio.NewWriter(a.out)
		if o.form("markdown", "man") == "man" {
			manPage(b, k.Model)
		} else {
			markdownManual(b, k.Model)
		}

		return b.Flush()
	})
}

// usageOf is the command line of a command, without the flags.
func usageOf(n *kong.Node) string {
	parts := []string{n.Name}
	for _, f := range n.Flags {
		if f.Required {
			parts = append(parts, f.Summary())
		}
	}

	for _, p := range n.Positional {
		parts = append(parts, p.Summary())
	}
	return strings.Join(parts, " ")
}

// flagUsage is a flag with its short form and its value.
func flagUsage(f *kong.Flag) string {
	s := "--" + f.Name
	if !f.IsBool() {
		s += "=" + f.FormatPlaceHolder()
	}
	if f.Short != 0 {
		s = "-" + string(f.Short) + ", " + s
	}
	return s
}

// paragraphs splits the long help of a command.
func paragraphs(s string) []string {
	var list []string
	for p := range strings.SplitSeq(s, "\n\n") {
		list = append(list, strings.Join(strings.Fields(p), " "))
	}
	return list
}

func markdownManual(w io.Writer, m *kong.Application) {
	fmt.Fprintf(w, "# %s\n\n%s This page is printed by `%s manual`.\n\n", m.Name, m.Help, m.Name)
	fmt.Fprint(w, "Flags of every command:\n\n")
	markdownFlags(w, m.Flags)
	for _, n := range visible(m) {
		fmt.Fprintf(w, "\n## %s\n\n    %s %s\n\n%s\n", n.Name, m.Name, usageOf(n), n.Help)
		if n.Detail != "" {
			for _, p := range paragraphs(n.Detail) {
				fmt.Fprintf(w, "\n%s\n", p)
			}
		}

		if len(n.Positional)+len(n.Flags) > 0 {
			fmt.Fprintln(w)
		}
		for _, p := range n.Positional {
			fmt.Fprintf(w, "* `%s`: %s\n", p.Summary(), p.Help)
		}
		markdownFlags(w, n.Flags)
	}
}

func markdownFlags(w io.Writer, flags []*kong.Flag) {
	for _, f := range flags {
		if !f.Hidden {
			fmt.Fprintf(w, "* `%s`: %s\n", flagUsage(f), f.Help)
		}
	}
}

func manPage(w io.Writer, m *kong.Application) {
	name, _, _ := strings.Cut(versionText(), ",")
	fmt.Fprintf(w, ".TH %s 1 \"\" \"%s\"\n.SH NAME\n%s \\- offline preview of identity profiles\n",
		strings.ToUpper(m.Name), roff(name), m.Name)
	fmt.Fprintf(w, ".SH SYNOPSIS\n.B %s\n.I command\n[flags]\n.SH DESCRIPTION\n%s\n.SH FLAGS OF EVERY COMMAND\n",
		m.Name,
		roff(m.Help))
	manFlags(w, m.Flags)
	fmt.Fprint(w, ".SH COMMANDS\n")
	for _, n := range visible(m) {
		fmt.Fprintf(w, ".SS %s\n.B %s %s\n.PP\n%s\n", roff(n.Name), m.Name, roff(usageOf(n)), roff(n.Help))
		if n.Detail != "" {
			for _, p := range paragraphs(n.Detail) {
				fmt.Fprintf(w, ".PP\n%s\n", roff(p))
			}
		}

		for _, p := range n.Positional {
			fmt.Fprintf(w, ".TP\n.I %s\n%s\n", roff(p.Summary()), roff(p.Help))
		}
		manFlags(w, n.Flags)
	}

	fmt.Fprint(w, ".SH EXIT STATUS\n0 done, 1 a check failed, 2 could not run.\n")
	fmt.Fprint(w, ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nset to anything: no colours.\n.TP\n.B COLUMNS\nthe width that help is fitted to.\n")
}

func manFlags(w io.Writer, flags []*kong.Flag) {
	for _, f := range flags {
		if !f.Hidden {
			fmt.Fprintf(w, ".TP\n.B %s\n%s\n", roff(flagUsage(f)), roff(f.Help))
		}
	}
}

// roff is a text that a man page shows as it is.
func roff(s string) string {
	s = strings.NewReplacer(`\`, `\e`, "-", `\-`, "\n", " ").Replace(s)
	if strings.HasPrefix(s, ".") || strings.HasPrefix(s, "'") {
		s = `\&` + s
	}
	return s
}
