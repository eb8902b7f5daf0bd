package policy

import "testing"

// TestFloorNamesAProxy, and nothing that is none or that would make a secret of the floor.
func TestFloorNamesAProxy(t *testing.T) {
	if u := NoFloor().ProxyURL(); u != nil {
		t.Errorf("no floor has the proxy %v", u)
	}
	f, err := ParseBundled([]byte(`proxy = "http://proxy.example:3128"`))
	if err != nil || f.ProxyURL().Host != "proxy.example:3128" {
		t.Fatalf("%v, %v", f.ProxyURL(), err)
	}
	if s := Stricter(NoFloor(), f); s != f {
		t.Errorf("a user's service has a proxy, and together there is %+v", s)
	}
	other, err := ParseFloor([]byte(`proxy = "http://10.0.0.1"`))
	if err != nil || Stricter(other, f).Proxy != other.Proxy {
		t.Errorf("the machine's proxy does not count: %v, %v", Stricter(other, f).Proxy, err)
	}
	for _, line := range []string{
		`proxy = true`, `proxy = "proxy.example:3128"`, `proxy = "socks5://proxy.example"`, `proxy = "https://proxy.example"`,
		`proxy = "http://u:p@proxy.example"`, `proxy = "http://proxy.example/x"`, `proxy = "http://proxy.example?x"`, `proxy = "http://"`,
	} {
		if f, err := ParseFloor([]byte(line)); err == nil || f != (Floor{}) {
			t.Errorf("%s: %+v, %v", line, f, err)
		}
	}
}
