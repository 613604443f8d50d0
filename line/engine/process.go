package engine

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"

	"github.com/faxgate/faxgate/child"
)

// saidMost is what is kept of faxmodem's standard error, in bytes: what a crash was.
const saidMost = 2 << 10

// process is a running faxmodem.
type process struct {
	cmd  *exec.Cmd
	in   *os.File   // its standard input
	out  *os.File   // its standard output
	said child.Head // its standard error

	once sync.Once
	err  error // how it ended
}

// startProcess starts faxmodem with nothing but the pipe, the document as descriptor 3
// and somewhere to complain to. It inherits no environment, and closes what other
// descriptors this program may itself have inherited.
func startProcess(path string, document *os.File) (*process, error) {
	inRead, inWrite, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer inRead.Close()
	outRead, outWrite, err := os.Pipe()
	if err != nil {
		inWrite.Close()
		return nil, err
	}
	defer outWrite.Close()
	p := &process{cmd: exec.Command(path, "call"), in: inWrite, out: outRead, said: child.Head{Most: saidMost}} //nolint:noctx // the call's end is Session.Close
	p.cmd.Env = []string{}
	p.cmd.Dir = "/"
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = inRead, outWrite, &p.said
	p.cmd.ExtraFiles = []*os.File{document}
	if err := p.cmd.Start(); err != nil {
		inWrite.Close()
		outRead.Close()
		return nil, err
	}
	return p, nil
}

// deadline sets when reading and writing give up.
func (p *process) deadline(t time.Time) error {
	if err := p.in.SetWriteDeadline(t); err != nil {
		return err
	}
	return p.out.SetReadDeadline(t)
}

// end waits so long for the process to end by itself, then kills it, and says how it
// ended; nil: well. Further calls say the same.
func (p *process) end(patience time.Duration) error {
	p.once.Do(func() {
		p.in.Close()                                                            // faxmodem takes this for a hang-up
		killer := time.AfterFunc(patience, func() { _ = p.cmd.Process.Kill() }) // or it has just ended
		p.err = p.cmd.Wait()
		killer.Stop()
		p.out.Close()
		if said := p.said.String(); p.err != nil && said != "" {
			p.err = fmt.Errorf("%w: %s", p.err, said)
		}
	})
	return p.err
}
