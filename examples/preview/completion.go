package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand prints what a shell needs to complete command lines. It is made of
// the model of the command line, so it knows every command, flag and closed set of values.
type completionCommand struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"bash, zsh or fish."`
}

// Help says where the script belongs.
func (*completionCommand) Help() string {
	return `bash: put source <(preview completion bash) into ~/.bashrc.

zsh: preview completion zsh >"${fpath[1]}/_preview", before compinit runs.

fish: preview completion fish >~/.config/fish/completions/preview.fish.`
}

// Run prints the script.
func (c *completionCommand) Run(a *app) error {
	k, err := a.parser(&commands{}, func(int) {})
	if err != nil {
		return err
	}
	b := bufio.NewWriter(a.unfitted().out)
	map[string]func(io.Writer, *kong.Application){"bash": bashCompletion, "zsh": zshCompletion,
		"fish": fishCompletion}[c.Shell](b, k.Model)
	return b.Flush()
}

// visible are the commands that help lists.
func visible(m *kong.Application) []*kong.Node {
	var list []*kong.Node
	for _, n := range m.Children {
		if !n.Hidden {
			list = append(list, n)
		}
	}

	return list
}

// flagsOf are the flags of a command and those of all commands.
func flagsOf(n *kong.Node) []*kong.Flag {
	var list []*kong.Flag
	for _, group := range n.AllFlags(true) {
		list = append(list, group...)
	}
	return list
}

// words are the ways to write a flag.
func words(f *kong.Flag) []string {
	list := []string{"--" + f.Name}
	if f.Short != 0 {
		list = append(list, "-"+string(f.Short))
	}
	return list
}

// choices are the values that an argument of a command may have, when it is one of a few;
// those of help are the commands.
func choices(m *kong.Application, n *kong.Node) []string {
	if n.Name == "help" {
		var names []string
		for _, c := range visible(m) {
			names = append(names, c.Name)
		}
		return names
	}

	for _, p := range n.Positional {
		if p.Enum != "" {
			return values(p)
		}
	}

	return nil
}

// firstSentence is a help text in short.
func firstSentence(s string) string {
	short, _, _ := strings.Cut(s, ". ")
	return strings.TrimSuffix(strings.ReplaceAll(short, "\n", " "), ".")
}

func bashCompletion(w io.Writer, m *kong.Application) {
	var names []string
	fmt.Fprintf(w, `# bash completion of %[1]s
_%[1]s() {
	local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} command= i
	# --flag=value comes as three words
	[[ $cur == = ]] && cur=
	[[ $prev == = ]] && prev=${COMP_WORDS[COMP_CWORD-2]}
	for ((i = 1; i < COMP_CWORD; i++)); do
		[[ ${COMP_WORDS[i]} != -* ]] && { command=${COMP_WORDS[i]}; break; }
	done
	local flags= words= value=
	case $command in
`, m.Name)

	for _, n := range visible(m) {
		names = append(names, n.Name)
		var flags []string
		fmt.Fprintf(w, "\t%s)\n\t\tcase $prev in\n", n.Name)
		for _, f := range flagsOf(n) {
			// A switch has no value to complete.
			flags = append(flags, words(f)...)
			if f.IsBool() {
				continue
			}
			fmt.Fprintf(w, "\t\t%s) value=1 words=%q ;;\n", strings.Join(words(f), "|"),
				strings.Join(values(f.Value), " "))
		}

		fmt.Fprintf(w, "\t\t*) words=%q flags=%q ;;\n\t\tesac\n\t\t;;\n", strings.Join(choices(m, n), " "),
			strings.Join(flags, " "))
	}

	fmt.Fprintf(w, `	*) words=%[2]q flags=%[3]q ;;
	esac
	[[ -z $value && $cur == -* ]] && words=$flags
	COMPREPLY=($(compgen -W "$words" -- "$cur"))
	# without words, the shell completes the names of files
}
complete -o bashdefault -o default -F _%[1]s %[1]s
`, m.Name, strings.Join(names, " "), strings.Join(globalFlags(m), " "))
}

// globalFlags are the flags that stand before a command.
func globalFlags(m *kong.Application) []string {
	var list []string
	for _, f := range flagsOf(m.Node) {
		list = append(list, words(f)...)
	}
	return list
}

func zshCompletion(w io.Writer, m *kong.Application) {
	fmt.Fprintf(w, "#compdef %[1]s\n_%[1]s() {\n\tlocal context state state_descr line\n\ttypeset -A opt_args\n\t_arguments -C \\\n", m.Name)
	for _, f := range flagsOf(m.Node) {
		zshFlag(w, "\t\t", f)
	}
	fmt.Fprintf(w, "\t\t'1: :->command' \\\n\t\t'*:: :->rest'\n\tcase $state in\n\tcommand)\n\t\tlocal -a commands=(\n")
	for _, n := range visible(m) {
		fmt.Fprintf(w, "\t\t\t%s\n", zshQuote(n.Name+":"+firstSentence(n.Help)))
	}
	fmt.Fprint(w, "\t\t)\n\t\t_describe command commands\n\t\t;;\n\trest)\n\t\tcase $line[1] in\n")
	for _, n := range visible(m) {
		fmt.Fprintf(w, "\t\t%s)\n\t\t\t_arguments \\\n", n.Name)
		for _, f := range flagsOf(n) {
			zshFlag(w, "\t\t\t\t", f)
		}
		action := "_files"
		if list := choices(m, n); list != nil {
			action = "(" + strings.Join(list, " ") + ")"
		}
		fmt.Fprintf(w, "\t\t\t\t'*: :%s'\n\t\t\t;;\n", action)
	}

	fmt.Fprintf(w, "\t\tesac\n\t\t;;\n\tesac\n}\ncompdef _%[1]s %[1]s 2>/dev/null || _%[1]s \"$@\"\n", m.Name)
}

// zshFlag writes a flag as _arguments takes it.
func zshFlag(w io.Writer, indent string, f *kong.Flag) {
	text := strings.NewReplacer("[", "(", "]", ")").Replace(firstSentence(f.Help))
	for _, word := range words(f) {
		spec := word
		if !f.IsBool() && strings.HasPrefix(word, "--") {
			spec += "="
		}
		spec += "[" + text + "]"
		if !f.IsBool() {
			action := "_files"
			if list := values(f.Value); list != nil {
				action = "(" + strings.Join(list, " ") + ")"
			}
			spec += ": :" + action
		}

		fmt.Fprintf(w, "%s%s \\\n", indent, zshQuote(spec))
	}
}

func zshQuote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

func fishCompletion(w io.Writer, m *kong.Application) {
	fmt.Fprintf(w, "# fish completion of %s\n", m.Name)
	for _, f := range flagsOf(m.Node) {
		fishFlag(w, m.Name, "__fish_use_subcommand", f)
	}
	for _, n := range visible(m) {
		fmt.Fprintf(w, "complete -c %s -n __fish_use_subcommand -f -a %s -d %s\n", m.Name, n.Name,
			fishQuote(firstSentence(n.Help)))
	}
	for _, n := range visible(m) {
		seen := "'__fish_seen_subcommand_from " + n.Name + "'"
		if list := choices(m, n); list != nil {
			fmt.Fprintf(w, "complete -c %s -n %s -f -a %s\n", m.Name, seen, fishQuote(strings.Join(list, " ")))
		}
		for _, f := range flagsOf(n) {
			fishFlag(w, m.Name, seen, f)
		}
	}
}

func fishFlag(w io.Writer, name, when string, f *kong.Flag) {
	fmt.Fprintf(w, "complete -c %s -n %s -l %s", name, when, f.Name)
	if f.Short != 0 {
		fmt.Fprintf(w, " -s %c", f.Short)
	}
	if list := values(f.Value); list != nil {
		fmt.Fprintf(w, " -x -a %s", fishQuote(strings.Join(list, " ")))
	} else if !f.IsBool() {
		fmt.Fprint(w, " -r")
	}

	fmt.Fprintf(w, " -d %s\n", fishQuote(firstSentence(f.Help)))
}

func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(s) + "'"
}
