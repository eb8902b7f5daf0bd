//go:build linux || windows

package tray

import (
	"log/slog"
	"sync"
	"time"

	"fyne.io/systray"

	"github.com/alongside-remote/alongside/tray/internal/words"
)

// openIcon makes the icon; host says whether there is a tray that shows it.
func openIcon(o Options, clicked func(words.ID)) (ic icon, host bool) {
	if o.NoIcon {
		return newIconless(), false
	}
	host, possible := trayHost(o.Log)
	if !possible {
		return newIconless(), false
	}
	return &systrayIcon{log: o.Log, clicked: clicked, stop: make(chan struct{})}, host
}

// systrayIcon is the icon by fyne.io/systray, which is a process-wide singleton.
type systrayIcon struct {
	log     *slog.Logger
	clicked func(words.ID)
	stop    chan struct{}
	owned   sync.WaitGroup

	mu     sync.Mutex
	over   bool // nothing more is told to the library
	last   menu
	shown  *menu
	ready  bool
	status *systray.MenuItem
	items  [len(menu{}.items)]*systray.MenuItem
}

func (i *systrayIcon) loop() {
	defer func() {
		// The package closes a bus connection at its end that it may not have got.
		if r := recover(); r != nil {
			i.log.Warn("tray icon", "err", r)
		}
		<-i.stop
		i.owned.Wait()
	}()
	systray.Run(i.build, nil)
}

// build makes the menu; it is called once the tray is ready.
func (i *systrayIcon) build() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.status = systray.AddMenuItem("Alongside", "")
	i.status.Disable()
	systray.AddSeparator()
	for n := range i.items {
		if n == len(i.items)-1 {
			systray.AddSeparator()
		}
		i.items[n] = systray.AddMenuItem("", "")
	}
	i.ready = true
	i.tell(i.apply)
	i.owned.Go(i.listen)
	i.owned.Go(i.settle)
}

// settleAfter is when the library has surely registered its icon.
const settleAfter = 2 * time.Second

// settle sets the icon once more. The library loses one that is set between its
// reading of the first and its registering with the tray.
func (i *systrayIcon) settle() {
	t := time.NewTimer(settleAfter)
	defer t.Stop()
	select {
	case <-t.C:
		i.mu.Lock()
		defer i.mu.Unlock()
		i.tell(func() { systray.SetIcon(iconFile(i.last.state)) })
	case <-i.stop:
	}
}

func (i *systrayIcon) listen() {
	for {
		n := -1
		select {
		case <-i.items[0].ClickedCh:
			n = 0
		case <-i.items[1].ClickedCh:
			n = 1
		case <-i.items[2].ClickedCh:
			n = 2
		case <-i.items[3].ClickedCh:
			n = 3
		case <-i.items[4].ClickedCh:
			n = 4
		case <-i.stop:
			return
		}
		i.mu.Lock()
		id := i.last.items[n].id
		i.mu.Unlock()
		i.clicked(id)
	}
}

func (i *systrayIcon) set(m menu) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.last = m
	if i.ready {
		i.tell(i.apply)
	}
}

// tell changes what the library shows, with i.mu held. The library panics when
// the bus has gone away meanwhile; the icon has gone with it.
func (i *systrayIcon) tell(f func()) {
	if i.over {
		return
	}
	defer func() {
		if r := recover(); r != nil {
			i.over = true
			i.log.Warn("tray icon", "err", r)
		}
	}()
	f()
}

// apply tells the tray what has changed.
func (i *systrayIcon) apply() {
	if i.shown != nil && *i.shown == i.last {
		return
	}
	m := i.last
	if i.shown == nil || i.shown.state != m.state {
		systray.SetIcon(iconFile(m.state))
	}
	systray.SetTitle("Alongside")
	systray.SetTooltip("Alongside: " + m.status)
	i.status.SetTitle(literal(m.status))
	for n, it := range m.items {
		i.items[n].SetTitle(access(it.label))
		if it.usable {
			i.items[n].Enable()
		} else {
			i.items[n].Disable()
		}
		if it.there {
			i.items[n].Show()
		} else {
			i.items[n].Hide()
		}
	}
	i.shown = &m
}

func (i *systrayIcon) quit() {
	i.mu.Lock()
	i.over = true
	i.mu.Unlock()
	close(i.stop)
	systray.Quit()
}
