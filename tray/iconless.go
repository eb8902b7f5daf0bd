package tray

// iconless stands in where there is no tray to be in.
type iconless struct{ ended chan struct{} }

func newIconless() iconless { return iconless{make(chan struct{})} }

func (i iconless) loop()    { <-i.ended }
func (i iconless) set(menu) {}
func (i iconless) quit()    { close(i.ended) }
