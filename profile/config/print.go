package config

import "github.com/idprofile/engine/transform"

// PrintOptions are those with which [transform.Library.Print] writes the transforms of
// the configuration: sources by their names, in lines of that width; 0: one line.
func (b *Bundle) PrintOptions(width int) transform.PrintOptions {
	return transform.PrintOptions{Width: width, Transforms: b.Referable(), Source: func(ref string) string {
		for _, s := range b.Sources {
			if s.Name == ref || s.ID != "" && s.ID == ref || s.ApplicationName != "" && s.ApplicationName == ref {
				return s.Name
			}
		}

		return ""
	}}
}
