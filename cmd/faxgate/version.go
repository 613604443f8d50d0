package main

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// version is set by the linker (-X main.version=…).
var version = "dev"

// versionCommand is `faxgate version`.
type versionCommand struct {
	JSON bool `name:"json"`
}

// build is what this program was made of.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit,omitempty"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func thisBuild() build {
	return build{Version: version, Commit: commit(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
}

// commit is the revision that the program was built from, with a plus sign when
// the work tree had changes. It is empty where the build did not know.
func commit() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	revision, modified := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value
		case s.Key == "vcs.modified" && s.Value == "true":
			modified = "+"
		}
	}
	if revision == "" {
		return ""
	}
	return revision + modified
}

// String is the build on one line.
func (b build) String() string {
	parts := []string{"faxgate " + b.Version}
	if b.Commit != "" {
		parts = append(parts, "commit "+b.Commit[:min(len(b.Commit), 12)])
	}
	return strings.Join(append(parts, b.Go, b.OS+"/"+b.Arch), ", ")
}

func (c *versionCommand) run(_ context.Context, in *invocation) error {
	if c.JSON {
		return in.printJSON(thisBuild())
	}
	_, err := fmt.Fprintln(in.stdout, thisBuild())
	return err
}
