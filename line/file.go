package line

import "os"

// NewFile is an empty file in dir, open for reading and writing, for what a call leaves
// behind: a document, a capture. It has no name, so that nothing remains of it when it is
// closed, or the program ends. dir empty: os.TempDir.
func NewFile(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, "fax-*")
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
