package main

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"os"

	"github.com/faxgate/faxgate/store/storetest"
)

// makeKey writes a master key: with PostgreSQL there is no data directory that
// could hold one.
func makeKey(path string) error {
	var key [32]byte
	rand.Read(key[:])
	return os.WriteFile(path, []byte(base64.StdEncoding.EncodeToString(key[:])+"\n"), 0o600)
}

// startPostgres runs a PostgreSQL on the server's core, with the settings that it
// comes with, and over TCP as other machines would reach it.
func startPostgres(ctx context.Context) (*storetest.Server, error) {
	address, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	return storetest.StartServer(storetest.ServerOptions{Address: address, Core: serverCore})
}
