package dashboard

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
)

// signInForm is the sign-in page. Its form posts to the page's own address, so that
// what brought the person here travels in the query alone.
type signInForm struct {
	frame
	App    string // the program that wants to be let in; empty: the person wants to
	Mailed bool   // a forgotten password can be mailed a link
}

// login is the sign-in page and, with the parameters of RFC 6749 4.1.1, the
// authorization endpoint.
func (s *Server) login(v *visit) error {
	if asksAuthorization(v.r) {
		return s.authorize(v)
	}
	_, found, err := v.identify()
	if err != nil {
		return err
	}
	if found {
		return v.seeOther(localPath(v.r.URL.Query().Get("return_to")))
	}
	owned, err := s.hasOwner(v.r.Context())
	if err != nil {
		return err
	}
	if !owned {
		return s.noOwner(v)
	}
	return s.showSignIn(v, nil, nil)
}

// asksAuthorization tells the two uses of the path apart. A flood of parameters is
// an authorization request that gets refused.
func asksAuthorization(r *http.Request) bool {
	if r.URL.Path != "/login" || strings.Count(r.URL.RawQuery, "&") > 100 {
		return true
	}
	q := r.URL.Query()
	return q.Has("client_id") || q.Has("response_type")
}

// showSignIn shows the form. request is nil for a person who came alone.
func (s *Server) showSignIn(v *visit, request *oauth.AuthorizationRequest, p *problem) error {
	page := &signInForm{frame: v.page(v.t("sign_in.title", nil), ""), Mailed: s.Mail.Configured()}
	page.with(p)
	if request != nil {
		page.App = request.Client.Name
		page.formTarget = formTarget(request.RedirectURI)
	}
	return v.show("sign_in", page)
}

// signIn checks e-mail and password. It answers with a redirect to where the person
// wanted to go, which for an authorization request is the same address again.
func (s *Server) signIn(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	next := localPath(v.r.URL.Query().Get("return_to"))
	var request *oauth.AuthorizationRequest
	if asksAuthorization(v.r) {
		r, err := s.Authorizations.Request(v.r.Context(), v.r.URL.RawQuery)
		if err != nil {
			return v.redirected(err)
		}
		request, next = &r, v.r.URL.RequestURI()
	}
	secret, _, err := s.SignIn.Password(v.r.Context(), form.Get("email"), form.Get("password"), v.from(), v.cookie(sessionCookie))
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showSignIn(v, request, p) })
	}
	v.signedIn(secret)
	return v.seeOther(next)
}

// redirected answers an authorization request that ends at the client, be it with a
// code or an error. Any other error is given back.
func (v *visit) redirected(err error) error {
	var r *oauth.Redirect
	if !errors.As(err, &r) {
		return err
	}
	return v.redirect(r)
}

// redirect sends the browser back to the client. No page in between may see where
// it came from (RFC 9700 4.2.4, 4.12).
func (v *visit) redirect(r *oauth.Redirect) error {
	v.headers(noReferrer, formTarget(r.RedirectURI))
	v.w.Header().Set("Location", r.Location())
	v.w.WriteHeader(http.StatusSeeOther)
	return nil
}

// signInPath is the sign-in page that leads back to the path.
func signInPath(path string) string {
	if path = localPath(path); path == "/" {
		return "/login"
	}
	return "/login?return_to=" + url.QueryEscape(path)
}

// signOut ends the session, if there is one, and goes to the sign-in page or, for a
// person who changes accounts, back to where that was asked.
func (s *Server) signOut(v *visit) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	c, found, err := v.identify()
	if err != nil {
		return err
	}
	if found {
		if err := s.Sessions.SignOut(v.r.Context(), c); err != nil {
			return err
		}
	}
	v.setCookie(sessionCookie, "", 0)
	if next := localPath(form.Get("return_to")); next != "/" {
		return v.seeOther(next)
	}
	return v.done("/login", "signed_out")
}

// confirmPath is the page that asks for the password again and leads back to the path.
func confirmPath(back string) string { return "/confirm?return_to=" + url.QueryEscape(back) }

// confirmPage asks for the password again before a change that needs it.
func (s *Server) confirmPage(v *visit, _ auth.Caller) error { return s.showConfirm(v, nil) }

func (s *Server) showConfirm(v *visit, p *problem) error {
	page := v.page(v.t("confirm.title", nil), "-")
	page.with(p)
	return v.show("confirm", &page)
}

// confirm checks the password and gives the browser a new session: a change of
// privilege gets a new secret.
func (s *Server) confirm(v *visit, c auth.Caller) error {
	form, err := v.read()
	if err != nil {
		return err
	}
	secret, err := s.SignIn.Confirm(v.r.Context(), c, form.Get("password"), v.from(), v.cookie(sessionCookie))
	if err != nil {
		return v.showAgain(err, func(p *problem) error { return s.showConfirm(v, p) })
	}
	v.signedIn(secret)
	return v.seeOther(localPath(v.r.URL.Query().Get("return_to")))
}

// hasOwner reports whether the server is set up.
func (s *Server) hasOwner(ctx context.Context) (bool, error) {
	if s.owned.Load() {
		return true, nil
	}
	owned, err := s.Accounts.HasOwner(ctx)
	if owned {
		s.owned.Store(true)
	}
	return owned, err
}
