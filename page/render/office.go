package render

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/faxgate/faxgate/fault"
	"github.com/faxgate/faxgate/page"
)

// openOffice has LibreOffice make a PDF of a document. It inherits the limits of this
// process, and dies with it: the server kills the group of both.
func openOffice(r request, data []byte) (page.Source, error) {
	if r.Office == "" {
		return nil, page.Refuse(page.FailedOffice, fault.New(fault.Invalid, "office_missing", "name", r.Name))
	}
	document := filepath.Join(r.Temp, "document")
	if err := os.WriteFile(document, data, 0o600); err != nil {
		return nil, err
	}
	if err := runOffice(r.Office, r.Temp, document); err != nil {
		return nil, r.officeFailed(err)
	}
	made, err := os.ReadFile(document + ".pdf")
	if err != nil {
		return nil, r.officeFailed(errors.New("no PDF came out"))
	}
	return openPDF(r, made)
}

// runOffice converts the file to a PDF beside it, in a profile that lives as long as the
// folder: there are neither settings nor macros that somebody left there.
func runOffice(program, folder, document string) error {
	cmd := exec.Command(program, "-env:UserInstallation=file://"+filepath.Join(folder, "profile"),
		"--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard",
		"--convert-to", "pdf", "--outdir", folder, document)
	cmd.Dir = folder
	cmd.Env = []string{"HOME=" + folder, "TMPDIR=" + folder, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "SAL_USE_VCLPLUGIN=svp"}
	out, err := cmd.CombinedOutput()
	if err != nil {
		const enough = 500 // of what it says
		return fmt.Errorf("%w: %s", err, out[:min(len(out), enough)])
	}
	return nil
}

// officeFailed is the refusal of a document that LibreOffice could not convert.
func (r request) officeFailed(why error) error {
	return page.Refuse(page.FailedOffice, fault.New(fault.Invalid, "office_failed", "name", r.Name).Because(why))
}
