// Package desktopentry writes values of desktop entries, as the Desktop Entry
// Specification of freedesktop.org has them.
package desktopentry

import "strings"

// Value escapes text for a key of the types string and localestring.
func Value(text string) string { return strings.ReplaceAll(text, `\`, `\\`) }

var quoted = strings.NewReplacer(`"`, `\"`, "`", "\\`", `$`, `\$`, `\`, `\\`, `%`, `%%`)

// Exec is the value of the key Exec for a command: nothing in its words is special, and
// a percent sign is not a field code. What a quoted word escapes is escaped once more,
// as every value is.
func Exec(command []string) string {
	words := make([]string, len(command))
	for i, w := range command {
		words[i] = `"` + quoted.Replace(w) + `"`
	}
	return Value(strings.Join(words, " "))
}
