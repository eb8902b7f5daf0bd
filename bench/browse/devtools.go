//go:build linux

package browse

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
)

// page is a debugger's connection to one page. It turns nothing on: commands go
// out, answers come in, there are no events.
type page struct {
	conn *websocket.Conn
	last int
}

// dial connects to the first page of a browser's debugger.
func dial(ctx context.Context, address string) (*page, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/json/list", nil)
	if err != nil {
		return nil, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	var targets []struct {
		Type    string `json:"type"`
		Address string `json:"webSocketDebuggerUrl"`
	}
	if err := json.NewDecoder(res.Body).Decode(&targets); err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	for _, t := range targets {
		if t.Type != "page" {
			continue
		}
		conn, _, err := websocket.Dial(ctx, t.Address, nil) //nolint:bodyclose // closed by Dial
		if err != nil {
			return nil, fmt.Errorf("debugger: %w", err)
		}
		conn.SetReadLimit(1 << 20) // answers are small
		return &page{conn: conn}, nil
	}
	return nil, errors.New("browser without a page")
}

func (p *page) close() { _ = p.conn.Close(websocket.StatusNormalClosure, "") }

// call sends a command and waits for its answer.
func (p *page) call(ctx context.Context, method string, params, result any) error {
	p.last++
	err := wsjson.Write(ctx, p.conn, map[string]any{"id": p.last, "method": method, "params": params})
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	for {
		var answer struct {
			ID     int             `json:"id"`
			Result json.RawMessage `json:"result"`
			Error  *struct {
				Message string `json:"message"`
			} `json:"error"`
		}
		if err := wsjson.Read(ctx, p.conn, &answer); err != nil {
			return fmt.Errorf("%s: %w", method, err)
		}
		switch {
		case answer.ID != p.last:
			continue
		case answer.Error != nil:
			return fmt.Errorf("%s: %s", method, answer.Error.Message)
		case result == nil:
			return nil
		default:
			return json.Unmarshal(answer.Result, result)
		}
	}
}

// eval evaluates an expression into v.
func (p *page) eval(ctx context.Context, js string, v any) error {
	var r struct {
		Result struct {
			Value json.RawMessage `json:"value"`
		} `json:"result"`
		Exception *struct {
			Text string `json:"text"`
		} `json:"exceptionDetails"`
	}
	err := p.call(ctx, "Runtime.evaluate", map[string]any{"expression": js, "returnByValue": true, "awaitPromise": true}, &r)
	if err != nil {
		return err
	}
	if r.Exception != nil {
		return fmt.Errorf("evaluate: %s", r.Exception.Text)
	}
	return json.Unmarshal(r.Result.Value, v)
}
