// Idp is an OpenID Connect provider of somebody else's, zitadel/oidc, for the tests:
// over TLS on loopback, with one client and two people. It prints its issuer, writes
// its certificate to the file that -ca names, and ends with its standard input.
package main

import (
	"context"
	"crypto/tls"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http/httptest"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// groups are what the provider says of its people, by their ids.
var groups = map[string][]string{"id1": {"staff", "helpdesk"}, "id2": {"staff"}}

// people is the provider's own storage, which knows groups as well.
type people struct{ *storage.Storage }

func (p people) SetUserinfoFromToken(ctx context.Context, u *oidc.UserInfo, tokenID, subject, origin string) error {
	if err := p.Storage.SetUserinfoFromToken(ctx, u, tokenID, subject, origin); err != nil {
		return err
	}
	u.AppendClaims("groups", groups[u.Subject])
	return nil
}

var _ op.Storage = people{}

func main() {
	redirect := flag.String("redirect", "", "where the client's people come back to")
	client := flag.String("client", "alongside", "the client's id")
	secret := flag.String("secret-file", "", "file with the client's secret")
	ca := flag.String("ca", "", "file for the certificate")
	flag.Parse()
	if err := serve(*redirect, *client, *secret, *ca); err != nil {
		fmt.Fprintln(os.Stderr, "idp:", err)
		os.Exit(1)
	}
}

func serve(redirect, client, secretFile, caFile string) error {
	secret, err := os.ReadFile(secretFile)
	if err != nil {
		return err
	}
	storage.RegisterClients(storage.WebClient(client, string(secret), redirect))
	s := httptest.NewUnstartedServer(nil)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS12}
	issuer := "https://" + s.Listener.Addr().String()
	s.Config.Handler = exampleop.SetupServer(issuer, people{storage.NewStorage(storage.NewUserStore(issuer))}, slog.New(slog.DiscardHandler), false)
	s.StartTLS()
	defer s.Close()
	cert := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
	if err := os.WriteFile(caFile, cert, 0o600); err != nil {
		return err
	}
	fmt.Println(issuer)
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}
