package broker

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"connectrpc.com/connect"

	"github.com/alongside-remote/alongside/broker/api/apipb"
	"github.com/alongside-remote/alongside/broker/desk"
	"github.com/alongside-remote/alongside/broker/store"
	"github.com/alongside-remote/alongside/wire"
	"github.com/alongside-remote/alongside/wire/wirepb"
)

// Twenty customers with the same key at once: one session, and it is its rep's.
func TestX11_AKeyStartsOneSession(t *testing.T) {
	n, _, _ := newPortal(t)
	rob := n.rep("rob")
	k := rob.newKey(t, time.Hour)
	if !strings.HasSuffix(k.Link, "/portal#"+k.Code) || len(k.Code) != 9 {
		t.Fatalf("%v", k)
	}
	const tries = 20
	var started sync.WaitGroup
	codes := make([]wirepb.ErrorCode, tries)
	for i := range tries {
		started.Go(func() {
			_, err := n.visitor().portal().BeginChat(t.Context(), connect.NewRequest(withKey(k.Code)))
			if codes[i] = 0; err != nil {
				codes[i] = code(err)
			}
		})
	}
	started.Wait()
	won := 0
	for _, c := range codes {
		switch c {
		case 0:
			won++
		case wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID, wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED:
		default:
			t.Errorf("refused with %v", c)
		}
	}
	s := rob.waits(t)
	if won != 1 || len(n.records(action("session.visit"))) == 0 || s.RepName != "Rob Rep" || s.WaitsIn != "" || s.Path != "key" || s.Visit.GetName() != "Cora Customer" {
		t.Fatalf("%d started: %v", won, s)
	}
	// Nobody else has it in a queue.
	if _, err := n.rep("ria").resume(t, s.Id); code(err) != wirepb.ErrorCode_ERROR_CODE_FORBIDDEN {
		t.Fatal(err)
	}
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	n.phase(rob, s.Id, chatting)
	if left := must[apipb.ListSessionKeysResponse](t)(rob.desk().ListSessionKeys(t.Context(), connect.NewRequest(&apipb.ListSessionKeysRequest{}))).Keys; len(left) != 0 {
		t.Fatal(left)
	}
}

// What is wrong with a key is nobody's business, and guesses are counted.
func TestX11_WrongKeysAreAnsweredAlikeAndCounted(t *testing.T) {
	n, _, _ := newPortal(t)
	rob := n.rep("rob")
	late, back, used := rob.newKey(t, time.Minute), rob.newKey(t, time.Hour), rob.newKey(t, time.Hour)
	n.begin(withKey(strings.ToLower(strings.ReplaceAll(used.Code, "-", " ")))) // as people write it
	must[apipb.RevokeSessionKeyResponse](t)(rob.desk().RevokeSessionKey(t.Context(), connect.NewRequest(&apipb.RevokeSessionKeyRequest{Id: back.Key.Id})))
	n.advance(time.Minute)
	var texts []string
	for _, wrong := range []string{late.Code, back.Code, used.Code, "2222-2222", "no code at all", strings.Repeat("A", 1000)} {
		_, err := n.visitor().portal().BeginChat(t.Context(), connect.NewRequest(withKey(wrong)))
		wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_SESSION_KEY_INVALID)
		texts = append(texts, err.Error())
	}
	if len(slices.Compact(texts)) != 1 {
		t.Fatal(texts)
	}
	limited := 0
	for range 10 {
		if _, err := n.visitor().portal().BeginChat(t.Context(), connect.NewRequest(withKey("2222-2223"))); code(err) == wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED {
			limited++
		}
	}
	if limited < 4 {
		t.Fatalf("%d of 10 guesses were too many", limited)
	}
	// A right one is refused as well then: nobody learns from the difference.
	_, err := n.visitor().portal().BeginChat(t.Context(), connect.NewRequest(withKey(rob.newKey(t, time.Hour).Code)))
	wantCode(t, err, wirepb.ErrorCode_ERROR_CODE_RATE_LIMITED)
	for _, r := range n.records(func(store.Record) bool { return true }) {
		if strings.Contains(r.Detail+r.Object+r.ObjectName, used.Code) {
			t.Errorf("a code stands in the audit log: %v", r)
		}
	}
}

// The key's time limits the start only.
func TestX11_ASessionOutlastsItsKey(t *testing.T) {
	n, _, _ := newPortal(t)
	rob := n.rep("rob")
	k := rob.newKey(t, time.Minute)
	n.advance(59 * time.Second)
	p := n.begin(withKey(k.Code))
	s := rob.waits(t)
	n.advance(10 * time.Minute)
	if _, err := rob.resume(t, s.Id); err != nil {
		t.Fatal(err)
	}
	p.phase(chatting)
	n.advance(10 * time.Minute)
	rob.tell(t, s.Id, "still there")
	p.until("it goes on", func() bool { return len(p.said) == 1 })
}

// Strangers fill so many places and no more, however many come at once.
func TestC6_WaitingPlacesAreBounded(t *testing.T) {
	const places, more = 200, 20
	n, queue, _ := newPortal(t)
	codes := make([]wirepb.ErrorCode, places+more)
	var all sync.WaitGroup
	for i := range codes {
		all.Go(func() {
			_, err := n.b.desk.Visit(t.Context(), desk.Visitor{
				Name: "Cora", Queue: store.Queue{Object: store.Object{ID: queue, Name: "first"}}, From: "test", Hash: strconv.Itoa(i),
			})
			var ce *wire.CodeError
			if errors.As(err, &ce) {
				codes[i] = ce.Code
			} else if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	in := 0
	for _, c := range codes {
		switch c {
		case wirepb.ErrorCode_ERROR_CODE_UNSPECIFIED:
			in++
		case wirepb.ErrorCode_ERROR_CODE_BUSY:
		default:
			t.Errorf("refused with %v", c)
		}
	}
	if in != places {
		t.Errorf("%d wait, want %d", in, places)
	}
}
