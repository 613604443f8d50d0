package dashboard

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/locale"
)

// frame is what every page has around its own content. The data of a page embeds
// one.
type frame struct {
	Language string
	Title    string // of the window, and the page's heading
	Plain    bool   // before the door: no navigation
	Wide     bool   // room for more than a form, or for a table
	Nav      []link
	Tabs     []link
	Name     string // of the person who is signed in; empty: nobody is
	Email    string
	Notice   string // what the last POST did
	Problem  *problem
	Values   url.Values // what was typed, to be shown again
	Here     string     // the path to come back to with another language; empty: there is no way back
	Other    other      // the other language
	Scheme   string     // light, dark, or empty: as the device has it
	Version  string
	Live     bool // something on it is under way: it is shown anew every second or two
	// Closed leaves out every form of the frame: such a page shows a secret and
	// sends no referrer, which would make browsers post with "Origin: null".
	Closed bool

	status     int
	referrer   string // empty: same-origin
	formTarget string // where a form's answer may lead, other than to this server
}

// link is an entry of the navigation.
type link struct {
	Path, Text string
	Current    bool
}

// other is the language that a page can be switched to.
type other struct{ Code, Name string }

// framed is the data of any page.
type framed interface{ base() *frame }

func (f *frame) base() *frame { return f }

// page begins the data of a page. where is the path of its entry in the
// navigation; empty: a page before the door.
func (v *visit) page(title, where string) frame {
	f := frame{
		Language: string(v.language), Title: title, Plain: where == "", Version: v.server.Version,
		Other: other{"ja", "日本語"}, Scheme: v.scheme(), Values: v.form, status: http.StatusOK,
	}
	if v.language == locale.Japanese {
		f.Other = other{"en", "English"}
	}
	if v.r.Method == http.MethodGet {
		f.Here = v.r.URL.RequestURI()
	}
	if v.caller != nil && where != "" {
		f.Name, f.Email = v.caller.Account.DisplayName(), v.caller.Account.Email
		f.Nav = v.navigation(*v.caller, where)
		if strings.HasPrefix(where, "/profile") {
			f.Tabs = v.profileTabs(where)
		}
	}
	return f
}

func (v *visit) navigation(c auth.Caller, where string) []link {
	links := []link{
		{Path: "/", Text: v.t("nav.home", nil)},
		{Path: faxesPath, Text: v.t("nav.faxes", nil)},
		{Path: sendPath, Text: v.t("send.title", nil)},
		{Path: "/profile", Text: v.t("nav.profile", nil)},
	}
	numbers := link{Path: numbersPath, Text: v.t("numbers.title_own", nil)}
	if c.Administers() {
		links = append(links, link{Path: "/members", Text: v.t("nav.members", nil)})
		numbers.Text = v.t("numbers.title", nil)
	}
	links = append(links, numbers)
	if c.Owns() {
		links = append(links, link{Path: "/security", Text: v.t("nav.advanced_security", nil)})
	}
	if c.Administers() {
		links = append(links, link{Path: "/audit", Text: v.t("nav.audit", nil)})
	}
	for i := range links {
		path := links[i].Path
		links[i].Current = where == path || path != "/" && strings.HasPrefix(where, path+"/")
	}
	return links
}

func (v *visit) profileTabs(where string) []link {
	tabs := []link{
		{Path: "/profile", Text: v.t("tab.details", nil)},
		{Path: "/profile/security", Text: v.t("tab.security", nil)},
		{Path: "/profile/integrations", Text: v.t("tab.integrations", nil)},
		{Path: "/profile/apps", Text: v.t("tab.apps", nil)},
	}
	for i := range tabs {
		path := tabs[i].Path
		tabs[i].Current = where == path || path != "/profile" && strings.HasPrefix(where, path+"/")
	}
	return tabs
}

func (v *visit) scheme() string {
	switch s := v.cookie(schemeCookie); s {
	case "light", "dark":
		return s
	}
	return ""
}

// show sends a page.
func (v *visit) show(name string, data framed) error {
	f := data.base()
	if notice := v.cookie(noticeCookie); notice != "" {
		if id := "notice." + notice; locale.Has(locale.English, id) {
			f.Notice = v.t(id, nil)
		}
		v.setCookie(noticeCookie, "", 0)
	}
	body, err := v.server.templates.render(v.language, name, data)
	if err != nil {
		return err
	}
	referrer := f.referrer
	if referrer == "" {
		referrer = sameOriginReferrer
	}
	v.headers(referrer, f.formTarget)
	h := v.w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(v.language))
	h.Set("Content-Length", strconv.Itoa(len(body)))
	v.w.WriteHeader(f.status)
	if v.r.Method != http.MethodHead {
		_, _ = v.w.Write(body) // a browser that went away needs no answer
	}
	return nil
}
