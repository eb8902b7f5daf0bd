// Package words has everything that the endpoint says to the person in front of
// it, in the languages that there are. What is said is named by an ID, which is
// the same in all of them.
package words

import (
	"fmt"
	"os"
	"strings"
)

// ID names one text. IDs are stable.
type ID string

// Language is one of those that there are.
type Language string

// Languages.
const (
	English Language = "en"
	German  Language = "de"
	French  Language = "fr"
)

// Languages lists them; the first is for those whose language there is not.
func Languages() []Language { return []Language{English, German, French} }

// Words says texts in one language. The zero value says them in English.
type Words struct{ lang Language }

// In is the Words of a language.
func In(l Language) Words { return Words{l} }

// Own is the language that the user's environment names.
func Own() Words { return Of(os.Getenv("LC_ALL"), os.Getenv("LC_MESSAGES"), os.Getenv("LANG")) }

// Of is the language of the first locale that is not empty, such as
// "de_AT.UTF-8".
func Of(locales ...string) Words {
	for _, locale := range locales {
		if locale == "" {
			continue
		}
		for _, l := range Languages() {
			if rest, ok := strings.CutPrefix(strings.ToLower(locale), string(l)); ok && (rest == "" || strings.ContainsAny(rest[:1], "_.@-")) {
				return Words{l}
			}
		}
		break
	}
	return Words{English}
}

// Say is a text, with what belongs into it.
func (w Words) Say(id ID, args ...any) string {
	i := 0
	switch w.lang {
	case German:
		i = 1
	case French:
		i = 2
	case English:
	}
	text, known := catalogue(id)
	if !known {
		return string(id)
	}
	if len(args) == 0 {
		return text[i]
	}
	return fmt.Sprintf(text[i], args...)
}
