package render

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"

	pdfium "github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/faxgate/faxgate/page/sheet"
)

// wasmPages is the memory that pdfium may have, in pages of 64 KiB: 512 MiB. A page of a
// fax takes a twentieth of it; what takes more is a document that means harm, or one whose
// pictures no fax machine would show.
const wasmPages = 512 << 20 >> 16

// compile fills the folder with pdfium's machine code. That takes seconds, once for a
// processor and a version of this program.
func compile(folder string) error {
	engine, err := openPDFium(context.Background(), folder)
	if err != nil {
		return err
	}
	return engine.Close()
}

// openPDFium starts pdfium. cache is the folder with its machine code; empty: it is
// compiled anew, which takes seconds. It sees no file but our fonts, where it looks for
// those that a document names and does not bring: Japanese ones, most often.
func openPDFium(ctx context.Context, cache string) (pdfium.Pdfium, error) {
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling).
		WithMemoryLimitPages(wasmPages)
	if cache != "" {
		folder, err := wazero.NewCompilationCacheWithDir(cache)
		if err != nil {
			return nil, fmt.Errorf("pdfium's machine code: %w", err)
		}
		config = config.WithCompilationCache(folder)
	}
	pool, err := webassembly.Init(webassembly.Config{
		Context:  withReservedMemory(ctx),
		MaxTotal: 1, MaxIdle: 1,
		RuntimeConfig: config,
		FSConfig:      wazero.NewFSConfig().WithFSMount(fontTree{sheet.Fonts()}, "/"),
		Stdout:        io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return nil, fmt.Errorf("pdfium: %w", err)
	}
	instance, err := pool.GetInstance(time.Minute)
	if err != nil {
		return nil, fmt.Errorf("pdfium: %w", err)
	}
	return instance, nil
}

// fontFolder is where pdfium looks for fonts.
const fontFolder = "usr/share/fonts"

// fontTree is all that pdfium sees of a file system: our fonts in their folder, and the
// folders above, for it stops looking where it cannot see the one above.
type fontTree struct{ fonts fs.FS }

// Open opens a font or a folder.
func (t fontTree) Open(name string) (fs.File, error) {
	if inside, ok := strings.CutPrefix(name, fontFolder); ok {
		return t.fonts.Open(path.Clean("." + inside))
	}
	if name == "." || strings.HasPrefix(fontFolder, name+"/") {
		return t.fonts.Open(".") // a folder; nobody looks what is in it
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}
