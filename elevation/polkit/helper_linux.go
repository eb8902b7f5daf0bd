package polkit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"regexp"
	"strings"
)

// helpers are where polkit's helper is, by distribution. It asks PAM, and tells polkit
// itself how it went: what it says to us has no rights in it.
var helpers = []string{
	"/usr/lib/polkit-1/polkit-agent-helper-1", "/usr/libexec/polkit-agent-helper-1", "/usr/lib/policykit-1/polkit-agent-helper-1",
	"/usr/libexec/polkit-1/polkit-agent-helper-1",
}

// helper is the one that is here and can ask; empty: none.
func helper() string {
	for _, h := range helpers {
		if setuid(h) {
			return h
		}
	}
	return ""
}

// What the helper says, one a line.
const (
	saysSecret  = "PAM_PROMPT_ECHO_OFF" //nolint:gosec // a word of the protocol
	saysPlain   = "PAM_PROMPT_ECHO_ON"
	saysError   = "PAM_ERROR_MSG"
	saysInfo    = "PAM_TEXT_INFO"
	saysSuccess = "SUCCESS"
	saysFailure = "FAILURE"
)

// locked is what the system's modules say of an account that no password opens. The
// helper has no language but theirs.
var locked = regexp.MustCompile(`(?i)\b(locked|expired|disabled)\b`)

// errSecondQuestion: there is more to it than a password.
var errSecondQuestion = errors.New("the system asks for more than a password")

// authenticate has polkit's helper try a password for a cookie of polkit's.
func authenticate(ctx context.Context, user, cookie string, password []byte) error {
	path := helper()
	if path == "" || strings.HasPrefix(user, "-") || strings.ContainsAny(cookie, "\n\x00") {
		return ErrUnavailable
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, user) //nolint:gosec // a constant list, and a name of the system's own
	cmd.Dir, cmd.Env = "/", []string{"LC_ALL=C"}
	in, err := cmd.StdinPipe()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	err = converse(in, out, cookie, password)
	_ = in.Close()
	cancel()
	_ = cmd.Wait()
	return err
}

// converse answers the helper until it says how it went.
func converse(in io.Writer, out io.Reader, cookie string, password []byte) error {
	if _, err := io.WriteString(in, cookie+"\n"); err != nil {
		return fmt.Errorf("%w: %w", ErrUnavailable, err)
	}
	var said []string
	answered := false
	lines := bufio.NewScanner(io.LimitReader(out, maxSaid))
	for lines.Scan() {
		what, text, _ := strings.Cut(lines.Text(), " ")
		switch what {
		case saysSecret:
			if answered {
				return fmt.Errorf("%w: %w", ErrUnavailable, errSecondQuestion)
			}
			answered = true
			line := append(append(make([]byte, 0, len(password)+1), password...), '\n')
			_, err := in.Write(line)
			clear(line)
			if err != nil {
				return fmt.Errorf("%w: %w", ErrUnavailable, err)
			}
		case saysPlain:
			return fmt.Errorf("%w: %w", ErrUnavailable, errSecondQuestion)
		case saysError, saysInfo:
			said = append(said, text)
		case saysSuccess:
			return nil
		case saysFailure:
			if locked.MatchString(strings.Join(said, "\n")) {
				return ErrLocked
			}
			return ErrCredentials
		}
	}
	return fmt.Errorf("%w: the helper ended", ErrUnavailable)
}
