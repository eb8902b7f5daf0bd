package policy

import (
	"net/url"
	"regexp"
)

// maxMirror bounds the URL of a mirror.
const maxMirror = 500

var (
	updateRoot    = regexp.MustCompile(`^[0-9a-f]{64}$`)
	updateChannel = regexp.MustCompile(`^[a-z0-9-]{1,32}$`)
)

// take takes one line, or says what is wrong with it.
func (u *Updates) take(p pair) (wrong string) {
	v, _ := p.value.(string)
	switch p.key {
	case "update_mirror":
		// What comes is verified, so that how it comes does not matter.
		to, err := url.Parse(v)
		if err != nil || len(v) > maxMirror || to.Scheme != "https" && to.Scheme != "http" || to.Host == "" || to.User != nil || to.RawQuery != "" || to.Fragment != "" {
			return "update_mirror is the https or http URL of a folder"
		}
		u.Mirror = v
	case "update_root":
		if !updateRoot.MatchString(v) {
			return "update_root is the SHA-256 of a root, 64 digits of a to f and 0 to 9"
		}
		u.Root = v
	case "update_channel":
		if !updateChannel.MatchString(v) {
			return "update_channel is a name of letters, digits and hyphens"
		}
		u.Channel = v
	}
	return ""
}
