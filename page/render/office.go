package render

import (
	"bytes"
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
	if err := writeProfile(r.Temp, r.Paper); err != nil {
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

// officeSettings forbid a document to run macros and to fetch what it links to.
const officeSettings = `<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="MacroSecurityLevel" oor:op="fuse"><value>3</value></prop></item>
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>2</value></prop></item>
`

// letterSettings are of a country that writes on Letter, for documents that name no paper.
// Without them it is A4.
const letterSettings = `<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>en-US</value></prop></item>
`

// profileFolder has LibreOffice's settings, for as long as the folder lives that it is in.
const profileFolder = "profile"

func writeProfile(folder string, paper page.Paper) error {
	settings := officeSettings
	if paper == page.Letter || paper == page.Legal {
		settings += letterSettings
	}
	settings = `<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
` + settings + "</oor:items>\n"
	user := filepath.Join(folder, profileFolder, "user")
	if err := os.MkdirAll(user, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(user, "registrymodifications.xcu"), []byte(settings), 0o600)
}

// runOffice converts the file to a PDF beside it; without a network, where the kernel
// lets it be taken away.
func runOffice(program, folder, document string) error {
	said, err := office(program, folder, document, withoutNetwork)
	if errors.Is(err, errNotAllowed) {
		said, err = office(program, folder, document, func(*exec.Cmd) {})
	}
	if err != nil {
		const enough = 500 // of what it says
		return fmt.Errorf("%w: %s", err, said[:min(len(said), enough)])
	}
	return nil
}

// errNotAllowed is a kernel, or somebody who guards it, that takes no network away.
var errNotAllowed = errors.New("not allowed")

// office runs LibreOffice, and gives what it says.
func office(program, folder, document string, isolate func(*exec.Cmd)) ([]byte, error) {
	//nolint:noctx // whoever started this process ends its group
	cmd := exec.Command(program, "-env:UserInstallation=file://"+filepath.Join(folder, profileFolder),
		"--headless", "--norestore", "--nolockcheck", "--nodefault", "--nofirststartwizard",
		"--convert-to", "pdf", "--outdir", folder, document)
	cmd.Dir = folder
	cmd.Env = []string{"HOME=" + folder, "TMPDIR=" + folder, "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "SAL_USE_VCLPLUGIN=svp"}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	isolate(cmd)
	if err := cmd.Start(); err != nil {
		if cmd.SysProcAttr != nil {
			err = fmt.Errorf("%w: %w", errNotAllowed, err)
		}
		return nil, err
	}
	err := cmd.Wait()
	return said.Bytes(), err
}

// officeFailed is the refusal of a document that LibreOffice could not convert.
func (r request) officeFailed(why error) error {
	return page.Refuse(page.FailedOffice, fault.New(fault.Invalid, "office_failed", "name", r.Name).Because(why))
}
