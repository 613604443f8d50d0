package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"path/filepath"

	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
)

func main() {
	go http.ListenAndServe("127.0.0.1:16060", nil)
	if os.Args[1] != "serve" { panic("serve") }
	db, err := store.Open(context.Background(), store.Config{DataDir: os.Getenv("FAXGATE_DATA"), URL: os.Getenv("FAXGATE_DATABASE_URL")})
	if err != nil { panic(err) }
	k := filepath.Join(os.TempDir(), "k"+filepath.Base(os.Getenv("FAXGATE_DATA"))+os.Getenv("FAXGATE_LISTEN"))
	key, err := seal.Create(k)
	if err != nil { panic(err) }
	f, _ := os.Create("/tmp/zzprof.log")
	log := slog.New(slog.NewJSONHandler(&bw{f: f}, nil))
	s := server.New(db, server.Config{Base: server.Base{PublicURL: "http://127.0.0.1", Key: key, Log: log}})
	l, err := net.Listen("tcp", os.Getenv("FAXGATE_LISTEN"))
	if err != nil { panic(err) }
	s.Serve(context.Background(), l)
}

type bw struct { f *os.File; b []byte }
func (w *bw) Write(p []byte) (int, error) { w.b = append(w.b, p...); if len(w.b) > 65536 { w.f.Write(w.b); w.b = w.b[:0] }; return len(p), nil }
