package notify

import (
	"fmt"
	"slices"
	"strings"

	"github.com/faxgate/faxgate/locale"
)

// content is what is written in a mail.
type content struct {
	Language locale.Language
	Subject  string
	Text     string
	Attached []Attachment `json:",omitempty"`
}

// write fills the message's texts from the catalogue: "mail.<kind>.subject",
// "mail.<kind>.text" and "mail.footer".
func write(msg Message) (content, error) {
	if !slices.Contains(Kinds(), msg.Kind) {
		return content{}, fmt.Errorf("mail: unknown kind %q", msg.Kind)
	}
	id, params := "mail."+string(msg.Kind), oneLine(msg.Params)
	text := locale.Text(msg.Language, id+".text", params)
	footer := locale.Text(msg.Language, "mail.footer", nil)
	return content{
		Language: msg.Language,
		Subject:  locale.Text(msg.Language, id+".subject", params),
		Text:     text + "\n\n-- \n" + footer + "\n", // RFC 3676 4.3
		Attached: msg.Attached,
	}, nil
}

// oneLine takes the line breaks out of what others wrote: nobody's name adds a
// header or a paragraph of its own.
func oneLine(params map[string]any) map[string]any {
	out := make(map[string]any, len(params))
	for k, v := range params {
		if s, ok := v.(string); ok {
			v = strings.Join(strings.Fields(s), " ")
		}
		out[k] = v
	}
	return out
}
