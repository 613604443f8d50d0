package acceptance_test

import (
	"net/http"
	"net/url"
	"sync"
	"testing"
)

// many is how many requests come at the same time.
const many = 50

// atOnce posts the same form many times in parallel, at each of the nodes in turn.
func atOnce(t *testing.T, form url.Values, at ...*Program) []Reply {
	t.Helper()
	replies, failed := make([]Reply, many), make([]error, many)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range many {
		all.Go(func() {
			<-start
			replies[i], failed[i] = at[i%len(at)].post("/token", form)
		})
	}
	close(start)
	all.Wait()
	for _, err := range failed {
		if err != nil {
			t.Fatal(err)
		}
	}
	return replies
}

// A code buys tokens once, however many requests bring it at the same time. All the
// others are replays, after which what it bought is revoked.
func TestRFC6749_4_1_2_CodeIsUsedOnceInParallel(t *testing.T) {
	t.Parallel()
	for kind, flags := range map[string][]string{"confidential": nil, "public": {"--public"}} {
		t.Run(kind, func(t *testing.T) {
			onEachDatabase(t, func(t *testing.T, s *Server) {
				p := s.Program(t, webRedirect, flags...)
				wantOneCode(t, p)
			})
		})
	}
}

// wantOneCode redeems a code that the first program is given, in parallel at all.
func wantOneCode(t *testing.T, at ...*Program) {
	t.Helper()
	p := at[0]
	verifier, challenge := pkce()
	code := p.Code(t, p.server.SignedIn(t, p.server.Owner), "code_challenge_method=S256", "code_challenge="+challenge)
	var bought []tokens
	for _, r := range atOnce(t, with(p.Exchange(code), "code_verifier", verifier), at...) {
		if r.Status == http.StatusOK {
			bought = append(bought, granted(t, r))
			continue
		}
		wantOAuthError(t, r, http.StatusBadRequest, "invalid_grant")
	}
	if len(bought) != 1 {
		t.Fatalf("%d of %d parallel requests got tokens, want one", len(bought), many)
	}
	for _, node := range at {
		wantProblem(t, wantSoon(t, func() Reply { return node.Self(t, bought[0].AccessToken) }, refused), http.StatusUnauthorized, "invalid_token")
	}
	wantOAuthError(t, p.Ask(t, p.Refresh(bought[0].RefreshToken)), http.StatusBadRequest, "invalid_grant")
}

// Parallel refreshes of one token, by a program with several tabs or threads, all end
// with tokens that work, and the family has one head.
func TestRFC9700_4_14_2_ParallelRefreshesLeaveOneHead(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *Server) {
		p := s.Program(t, webRedirect, "--public")
		wantOneHead(t, p)
	})
}

// wantOneHead refreshes a token of the first program in parallel at all.
func wantOneHead(t *testing.T, at ...*Program) {
	t.Helper()
	p := at[0]
	first := p.Tokens(t, p.server.SignedIn(t, p.server.Owner))
	heads, access := map[string]bool{}, map[string]bool{}
	for _, r := range atOnce(t, p.Refresh(first.RefreshToken), at...) {
		got := granted(t, r)
		heads[got.RefreshToken], access[got.AccessToken] = true, true
	}
	if len(heads) != 1 || heads[first.RefreshToken] {
		t.Fatalf("%d parallel refreshes led to %d heads, want one new one", many, len(heads))
	}
	if len(access) != many {
		t.Errorf("%d parallel refreshes gave %d access tokens", many, len(access))
	}
	for token := range access {
		wantStatus(t, p.Self(t, token), http.StatusOK)
	}
	for head := range heads { // which is alive, and goes on alone
		next := granted(t, p.Ask(t, p.Refresh(head)))
		if heads[next.RefreshToken] {
			t.Error("the head was not replaced")
		}
	}
}

// Parallel refreshes of a confidential client all get an access token, and nothing
// else changes.
func TestRFC6749_6_ParallelRefreshesOfAConfidentialClient(t *testing.T) {
	t.Parallel()
	onEachDatabase(t, func(t *testing.T, s *Server) {
		p := s.Program(t, webRedirect)
		first := p.Tokens(t, s.SignedIn(t, s.Owner))
		for _, r := range atOnce(t, p.Refresh(first.RefreshToken), p) {
			if got := granted(t, r); got.RefreshToken != first.RefreshToken || p.Self(t, got.AccessToken).Status != http.StatusOK {
				t.Error("want a working access token and the same refresh token")
			}
		}
		granted(t, p.Ask(t, p.Refresh(first.RefreshToken)))
	})
}

// Two nodes on one database are as good as one.
func TestRFC6749_4_1_2_TwoNodesUseACodeOnce(t *testing.T) {
	t.Parallel()
	a, b := twoNodes(t)
	p, public := a.Program(t, webRedirect), a.Program(t, webRedirect, "--public")
	t.Run("code", func(t *testing.T) { wantOneCode(t, p, p.at(b)) })
	t.Run("refresh", func(t *testing.T) { wantOneHead(t, public, public.at(b)) })
}

// One consent ticket is one decision.
func TestRFC6749_10_12_ConsentTicketWorksOnceInParallel(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	p := s.Program(t, webRedirect)
	v := s.SignedIn(t, s.Owner)
	page, form := p.consent(t, v)
	address, body := resolve(t, page.URL, form.Action), form.Fields.Encode()
	codes, failed := make([]Reply, many), make([]error, many)
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() { codes[i], failed[i] = fetch(v.browser, http.MethodPost, address, body, asForm) })
	}
	all.Wait()
	given := 0
	for i, r := range codes {
		if failed[i] != nil {
			t.Fatal(failed[i])
		}
		if r.Status == http.StatusSeeOther {
			given++
		} else {
			wantPage(t, r, http.StatusForbidden)
		}
	}
	if given != 1 {
		t.Errorf("a ticket was good for %d codes, want one", given)
	}
}
