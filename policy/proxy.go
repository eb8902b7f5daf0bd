package policy

import "net/url"

// maxProxy bounds the URL of a proxy.
const maxProxy = 300

// takeProxy takes one line, or says what is wrong with it. A name and a password are
// refused: everybody on the machine may read a floor.
func (f *Floor) takeProxy(p pair) (wrong string) {
	v, ok := p.value.(string)
	to, err := url.Parse(v)
	if !ok || v != "" && (err != nil || len(v) > maxProxy || to.Scheme != "http" || to.Hostname() == "" || to.User != nil || to.Path != "" && to.Path != "/" || to.RawQuery != "" || to.Fragment != "") {
		return "proxy is http://HOST:PORT, of a proxy that asks for no name"
	}
	f.Proxy = v
	return ""
}

// ProxyURL is Proxy to use; nil: there is none.
func (f Floor) ProxyURL() *url.URL {
	if f.Proxy == "" {
		return nil
	}
	u, _ := url.Parse(f.Proxy) // as it was taken
	return u
}
