// Package dashboard is the front for people: HTML that works without a script, in
// English and Japanese. It holds the pages of the gate (set-up, sign-in, consent,
// Integrations, members, security), those of faxes, and no rule: those are in auth,
// oauth and fax.
//
// The way of a request:
//
//	cross-origin check ──► route table ──► person(…)  a session, or the sign-in page
//	                                  └──► anybody(…)
//	                       handler ──► rules ──► a page, a 303 after a POST, or an error
//	                       error ──► the form again, where the person can mend it; else an error page
package dashboard

import (
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/fax"
	"github.com/faxgate/faxgate/notify"
	"github.com/faxgate/faxgate/oauth"
)

// Server serves every page.
type Server struct {
	Accounts       *auth.Accounts
	SignIn         *auth.SignIn
	Sessions       *auth.Sessions
	Tokens         *auth.Tokens
	Organizations  *auth.Organizations
	Clients        *oauth.Clients
	Authorizations *oauth.Authorizations
	Mail           auth.Mailer
	Outbox         *fax.Outbox
	Faxes          *fax.Faxes
	Traces         *fax.Traces
	Uploads        *fax.Uploads
	Numbers        *fax.Numbers
	Trunks         *fax.Trunks
	TrunkBoard     fax.TrunkBoard // of this node; nil: no faxes are sent here
	Hooks          *notify.Hooks
	Board          *fax.Board // of the calls of this node; nil: none are shown
	Reports        Reports    // nil: none can be drawn
	// HookEvent is an event of a fax as webhooks hear of it.
	HookEvent func(fax.Event) notify.Event
	// API are the calls that tokens open, for the page of a new token.
	API []auth.Route
	// PublicURL is where browsers reach the server, without a slash at the end.
	// With https the cookies are Secure and carry the prefix __Host-.
	PublicURL string
	Setup     auth.SetupCode
	TimeZone  string // of a new organization, before the browser says; empty: UTC
	Country   string // of a new organization, ISO 3166-1 alpha-2; empty: by the language
	Now       func() time.Time
	Version   string
	// Simulated says that no T.30 engine is there, so that the test line copies pages.
	Simulated bool
	// Look is how often a stream looks for what the Board does not tell. Zero: 1 s.
	Look time.Duration

	streams   streams
	owned     atomic.Bool // the server has an owner; this never becomes false again
	templates templates
}

// route is one line of the table: what answers, and whether it needs a session.
type route struct {
	pattern string
	serve   func(v *visit) error
	public  bool
}

// anybody makes a route that needs no session.
func anybody(pattern string, h func(v *visit) error) route {
	return route{pattern: pattern, serve: h, public: true}
}

// person makes a route that needs a session. Its handler gets the caller.
func person(pattern string, h func(v *visit, c auth.Caller) error) route {
	return route{pattern: pattern, serve: func(v *visit) error {
		c, err := v.require()
		if err != nil {
			return err
		}
		return h(v, c)
	}}
}

func (s *Server) routes() []route {
	return append(s.faxRoutes(), []route{
		anybody("GET /setup", s.setupPage),
		anybody("POST /setup", s.setUp),
		anybody("GET /login", s.login),
		anybody("POST /login", s.signIn),
		anybody("GET /oauth/authorize", s.login),
		anybody("POST /oauth/authorize", s.signIn),
		anybody("GET /forgot", s.forgotPage),
		anybody("POST /forgot", s.forgot),
		anybody("GET /reset/{secret}", s.resetPage),
		anybody("POST /reset/{secret}", s.reset),
		anybody("GET /email/{secret}", s.emailPage),
		anybody("POST /email/{secret}", s.confirmEmail),
		anybody("GET /invitation/{secret}", s.invitationPage),
		anybody("POST /invitation/{secret}", s.acceptInvitation),
		anybody("POST /language", s.chooseLanguage),
		anybody("POST /logout", s.signOut),
		anybody("GET /static/{file}", s.static),

		person("POST /consent", s.decide),
		person("GET /confirm", s.confirmPage),
		person("POST /confirm", s.confirm),

		person("GET /{$}", s.home),
		person("GET /send", s.sendPage),
		person("POST /send", s.send),
		person("GET /first-fax", s.firstFaxPage),
		person("POST /first-fax/token", s.makeFirstToken),
		person("POST /first-fax/run", s.runFirstFax),
		person("GET /first-fax/{id}", s.firstRunPage),
		person("GET /first-fax/{id}/progress", s.followFirstRun),
		person("GET /profile", s.profilePage),
		person("POST /profile", s.saveProfile),
		person("POST /profile/email", s.changeEmail),
		person("POST /profile/appearance", s.chooseAppearance),
		person("GET /profile/security", s.securityPage),
		person("POST /profile/security/password", s.changePassword),
		person("POST /profile/security/sessions/{id}/end", s.endSession),
		person("POST /profile/security/sessions/end", s.endOtherSessions),

		person("GET /profile/integrations", s.integrations),
		person("POST /profile/integrations/activate", s.activate),
		person("GET /profile/integrations/tokens", s.tokens),
		person("GET /profile/integrations/tokens/new", s.newTokenPage),
		person("POST /profile/integrations/tokens/new", s.generateToken),
		person("POST /profile/integrations/tokens/{id}/revoke", s.revokeToken),
		person("GET /profile/integrations/apps/new", s.newAppPage),
		person("POST /profile/integrations/apps/new", s.registerApp),
		person("GET /profile/integrations/apps/{id}", s.appPage),
		person("POST /profile/integrations/apps/{id}", s.saveApp),
		person("POST /profile/integrations/apps/{id}/redirect-uris", s.saveRedirectURIs),
		person("POST /profile/integrations/apps/{id}/secret", s.replaceSecret),
		person("GET /profile/integrations/apps/{id}/delete", s.deleteAppPage),
		person("POST /profile/integrations/apps/{id}/delete", s.deleteApp),
		person("GET /profile/integrations/webhooks", s.hooks),
		person("POST /profile/integrations/webhooks", s.createHook),
		person("GET /profile/integrations/webhooks/{id}", s.hook),
		person("POST /profile/integrations/webhooks/{id}/enable", s.enableHook),
		person("POST /profile/integrations/webhooks/{id}/replay", s.replayHook),
		person("GET /profile/integrations/webhooks/{id}/delete", s.deleteHookPage),
		person("POST /profile/integrations/webhooks/{id}/delete", s.deleteHook),
		person("GET /profile/apps", s.connectedApps),
		person("POST /profile/apps/{id}/revoke", s.revokeConsent),

		person("GET /members", s.members),
		person("POST /members", s.invite),
		person("GET /members/{id}", s.memberPage),
		person("POST /members/{id}/role", s.setRole),
		person("POST /members/{id}/disable", s.disableMember),
		person("POST /members/{id}/enable", s.enableMember),
		person("POST /members/{id}/invite", s.inviteAgain),
		person("POST /members/{id}/withdraw", s.withdrawInvitation),
		person("GET /numbers", s.numbers),
		person("POST /numbers/assign", s.assignNumber),
		person("POST /numbers/revoke", s.revokeNumber),
		person("GET /trunks/new", s.newTrunkPage),
		person("POST /trunks/new", s.addTrunk),
		person("GET /trunks/{id}", s.trunk),
		person("POST /trunks/{id}", s.saveTrunk),
		person("POST /trunks/{id}/check", s.checkTrunk),
		person("GET /trunks/{id}/delete", s.deleteTrunkPage),
		person("POST /trunks/{id}/delete", s.deleteTrunk),
		person("GET /security", s.controlsPage),
		person("POST /security", s.switchControls),
		person("POST /security/query-parameters", s.switchQueryParameters),
		person("POST /security/retention", s.setRetention),
		person("GET /audit", s.audit),
	}...)
}

// faxRoutes are the pages about faxes, one's own and those of another account.
func (s *Server) faxRoutes() []route {
	return slices.Concat(
		s.of("GET", "", s.faxList),
		s.of("GET", "/{id}", s.faxPageOf),
		s.of("GET", "/{id}/progress", whole(s.followJob)),
		s.of("GET", "/{id}/pages/{page}", s.faxPicture),
		s.of("GET", "/{id}/files/{file}", s.faxFile),
		s.of("GET", "/{id}/attempts/{n}/capture", s.faxCapture),
		s.of("POST", "/{id}/mark", whole(s.markFax)),
		s.of("POST", "/{id}/comment", whole(s.commentFax)),
		s.of("POST", "/{id}/cancel", whole(s.cancelFax)),
		s.of("GET", "/{id}/delete", whole(s.deleteFaxPage)),
		s.of("POST", "/{id}/delete", whole(s.deleteFax)),
	)
}

// Route is a line of the table as others may know it.
type Route struct {
	Pattern string // method and path, as in http.ServeMux
	Public  bool   // needs no session
}

// Routes lists all pages.
func (s *Server) Routes() []Route {
	var out []Route
	for _, x := range s.routes() {
		out = append(out, Route{x.pattern, x.public})
	}
	return out
}

// Register adds the pages to the mux, and with them the answer to every path that
// nobody else claims.
func (s *Server) Register(mux *http.ServeMux) {
	pages := http.NewServeMux()
	for _, x := range s.routes() {
		pages.Handle(x.pattern, s.handle(x.serve))
	}
	mux.Handle("/", s.sameOrigin(s.orNotFound(pages)))
}

// handle runs a handler and turns its error into a page.
func (s *Server) handle(h func(v *visit) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v := s.visit(w, r)
		if err := h(v); err != nil {
			v.fail(err)
		}
	})
}

// sameOrigin refuses what another site's page makes a browser send: cookies ride
// along, so that where a request comes from decides. A request that does not say is
// no browser's.
func (s *Server) sameOrigin(next http.Handler) http.Handler {
	p := http.NewCrossOriginProtection()
	if err := p.AddTrustedOrigin(originOf(s.PublicURL)); err != nil {
		panic("dashboard: public URL: " + err.Error()) // main has checked it
	}
	p.SetDenyHandler(s.handle(refuseOrigin))
	return p.Handler(next)
}

// orNotFound answers unknown paths and methods with a page. A path that is no text
// leads nowhere: the ids in it go to the database, and PostgreSQL takes neither NUL
// nor what is not UTF-8.
func (s *Server) orNotFound(pages *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !utf8.ValidString(r.URL.Path) || strings.ContainsRune(r.URL.Path, 0) {
			s.handle(func(v *visit) error { return v.unknown("") }).ServeHTTP(w, r)
			return
		}
		if h, pattern := pages.Handler(r); pattern == "" {
			allow := allowed(h, r)
			s.handle(func(v *visit) error { return v.unknown(allow) }).ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}
