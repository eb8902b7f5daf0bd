package helper

import (
	"image"
	"sync"
	"time"

	"github.com/alongside-remote/alongside/capture"
	"github.com/alongside-remote/alongside/internal/indicator"
	"github.com/alongside-remote/alongside/internal/ipc/ipcpb"
)

// Why the banner is not seen, for the rep.
const (
	notCaptured = "there is no picture of the desktop in which the banner could be seen"
	notInside   = "the banner is not to be seen in the picture of the desktop, or covered"
)

// sight looks for the banner in what the screen shows, and tells the service. It looks
// when something has changed where the banner is, when another is looked for, and when
// time alone decides; else nothing runs.
//
// Its methods may be called from any goroutine. The shadow is that of the screen: what it
// has is what viewers are sent.
type sight struct {
	shadow *capture.Shadow
	tell   func(*ipcpb.Looked)

	mu       sync.Mutex
	serial   uint32
	seeking  bool              // something is looked for, though it may be absurd
	banner   *indicator.Banner // nil: none
	watch    indicator.Watch
	monitors []image.Rectangle // of the picture; nil: there is none
	told     *ipcpb.Looked     // nil: nothing since the serial
	turn     *time.Timer
}

func newSight(shadow *capture.Shadow, tell func(*ipcpb.Looked)) *sight {
	s := &sight{shadow: shadow, tell: tell}
	s.turn = time.AfterFunc(time.Hour, s.late)
	s.turn.Stop()
	return s
}

func (s *sight) close() { s.turn.Stop() }

// seek takes what is to be looked for.
func (s *sight) seek(l *ipcpb.Look) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial, s.told, s.seeking, s.banner = l.Serial, nil, l.Banner != nil, nil
	if !s.seeking {
		s.watch.Seek(nil, time.Now())
		s.turn.Stop()
		return
	}
	b, err := indicator.Read(l.Banner)
	if err != nil {
		s.watch.Seek(nil, time.Now())
		s.say(false, err.Error())
		return
	}
	s.banner = b
	s.watch.Seek(b, time.Now())
	s.judge(false)
}

// seeks says whether something is looked for, for which the screen is captured.
func (s *sight) seeks() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seeking
}

// clear says whether a viewer may see what the screen shows: the banner is in that
// picture, or is not looked for.
func (s *sight) clear() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !s.seeking || s.monitors != nil && s.told.GetSeen()
}

// look takes a frame, which the shadow has, and the monitors at it.
func (s *sight) look(f *capture.Frame, monitors []capture.Monitor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fresh := f.Layout || s.monitors == nil
	if fresh {
		s.monitors = make([]image.Rectangle, 0, len(monitors))
		for _, m := range monitors {
			s.monitors = append(s.monitors, m.Rect)
		}
	}
	if s.banner != nil && (fresh || s.touched(f)) {
		s.judge(false)
	}
}

// touched says whether a frame changes something where the banner is, or was a moment ago.
func (s *sight) touched(f *capture.Frame) bool {
	for _, m := range s.monitors {
		for _, d := range f.Damage {
			if s.watch.Touches(d, m) {
				return true
			}
		}
		for _, d := range f.Moves {
			if s.watch.Touches(image.Rectangle{Max: d.Src.Size()}.Add(d.To), m) {
				return true
			}
		}
	}
	return false
}

// dark says that there is no picture any more: what is shown next is to be looked at
// before anybody sees it.
func (s *sight) dark() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.monitors = nil; s.banner != nil {
		s.judge(true)
	}
}

// late is when time alone decides.
func (s *sight) late() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.banner != nil {
		s.judge(s.monitors == nil)
	}
}

// judge says what has changed. Blind: there is no picture, and there has been time for it.
func (s *sight) judge(blind bool) {
	now, verdict := time.Now(), indicator.Unknown
	switch {
	case blind:
		verdict = s.watch.Judge(nil, now)
	case s.monitors != nil:
		verdict = s.watch.Judge(s.shows, now)
	}
	switch {
	case verdict == indicator.Seen && s.watch.Newest():
		s.say(true, "")
	case verdict == indicator.Lost && s.monitors == nil:
		s.say(false, notCaptured)
	case verdict == indicator.Lost:
		s.say(false, notInside)
	}
	if at := s.watch.Next(); at.IsZero() {
		s.turn.Stop()
	} else {
		s.turn.Reset(max(at.Sub(now), 0))
	}
}

// shows reports whether all monitors show a banner.
func (s *sight) shows(b *indicator.Banner) bool {
	s.shadow.RLock()
	defer s.shadow.RUnlock()
	for _, m := range s.monitors {
		if !b.On(s.shadow, m) {
			return false
		}
	}
	return len(s.monitors) > 0
}

func (s *sight) say(seen bool, why string) {
	if s.told != nil && s.told.Seen == seen && s.told.Detail == why {
		return
	}
	s.told = &ipcpb.Looked{Serial: s.serial, Seen: seen, Detail: why}
	s.tell(s.told)
}
