package main

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/faxgate/faxgate/blob"
	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
)

// What is made in the data folder: the master key, and the bytes of documents.
const (
	masterKeyFile   = "master.key"
	documentsFolder = "documents"
)

// data is what a server or a command works on.
type data struct {
	db  *store.DB
	key *seal.Key
}

// open opens the database and the master key, and makes both where they are
// missing and may be made: in the data folder.
func (s *storageSettings) open(ctx context.Context, log *slog.Logger) (data, error) {
	if s.DatabaseURL == "" {
		// Of a folder that exists the mode stays; all files in it are made private.
		if err := os.MkdirAll(s.Data, 0o700); err != nil {
			return data{}, fault.New(fault.Unavailable, "data_unusable", "path", s.Data, "cause", cause(err))
		}
	}
	key, err := s.masterKey()
	if err != nil {
		return data{}, err
	}
	db, err := store.Open(ctx, store.Config{URL: s.DatabaseURL, DataDir: s.Data, Log: log})
	if err != nil {
		return data{}, fault.New(fault.Unavailable, "database_unusable", "where", s.where(), "cause", err.Error())
	}
	return data{db, key}, nil
}

// documents opens the folder of the documents' bytes, and makes it where it is missing.
func (s *storageSettings) documents(key *seal.Key) (*blob.Folder, error) {
	folder, err := blob.OpenFolder(filepath.Join(s.Data, documentsFolder), key)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "data_unusable", "path", s.Data, "cause", cause(err))
	}
	return folder, nil
}

// where names the place of the data, without a password.
func (s *storageSettings) where() string {
	if s.DatabaseURL != "" {
		return masked(s.DatabaseURL)
	}
	if path, err := filepath.Abs(s.Data); err == nil {
		return path
	}
	return s.Data
}

// masterKey reads the key's file, or the one in the data folder, which is made at
// the first start.
func (s *storageSettings) masterKey() (*seal.Key, error) {
	if s.MasterKeyFile != "" {
		key, err := seal.Load(s.MasterKeyFile)
		if err != nil {
			return nil, fault.New(fault.Invalid, "master_key_unusable", "cause", err.Error())
		}
		return key, nil
	}
	path := filepath.Join(s.Data, masterKeyFile)
	key, err := seal.Load(path)
	if errors.Is(err, fs.ErrNotExist) {
		key, err = seal.Create(path)
	}
	if errors.Is(err, fs.ErrExist) { // another process was faster
		key, err = seal.Load(path)
	}
	if err != nil {
		return nil, fault.New(fault.Invalid, "master_key_unusable", "cause", err.Error())
	}
	return key, nil
}

// cause is an error about a file without the file's name, for a sentence that
// names it already.
func cause(err error) string {
	if pathErr := new(fs.PathError); errors.As(err, &pathErr) {
		err = pathErr.Err
	}
	return err.Error()
}
