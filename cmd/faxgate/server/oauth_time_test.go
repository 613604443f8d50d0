package server_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/cmd/faxgate/server"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/seal"
	"github.com/faxgate/faxgate/store"
	"github.com/faxgate/faxgate/store/storetest"
)

const day = 24 * time.Hour

// RFC 6749 4.1.2, RFC 9700: a code lives 60 seconds.
func TestRFC6749_4_1_2_ACodeLivesAMinute(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		in, late := a.allow(t), a.allow(t)
		a.clock.Advance(time.Minute - time.Millisecond)
		must(t)(a.exchange(in))
		a.clock.Advance(time.Millisecond)
		refused(t, "expired")(a.exchange(late))
		refused(t, "expired")(a.exchange(late)) // and it was not used up
	})
}

// RFC 6749 10.5, whenever the second use comes.
func TestRFC6749_10_5_AReplayAfterTheMinuteEndsTheGrantToo(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		code := a.allow(t)
		bought := must(t)(a.exchange(code))
		a.clock.Advance(5 * time.Minute)
		a.works(t, bought.Access, 200)
		refused(t, "used before")(a.exchange(code))
		a.works(t, bought.Access, 401)
		refused(t, "used twice")(a.refresh(bought.Refresh))
		if !a.audited(t, "grant.code_replayed") {
			t.Error("there is no record of it")
		}
	})
}

// RFC 6749 4.1.2, OAuth 2.1 4.1.3: one access token for a code, however many ask.
func TestRFC6749_4_1_2_OfFiftyParallelRequestsOneRedeemsTheCode(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		code := a.allow(t)
		got := parallel(t, 50, func() (grant, error) { return a.exchange(code) })
		bought := 0
		for _, g := range got {
			if g.Access != "" {
				bought++
			} else if g.Error != "invalid_grant" {
				t.Errorf("%s %s", g.Error, g.Description)
			}
		}
		if bought != 1 {
			t.Errorf("%d requests got tokens", bought)
		}
		for _, g := range got { // the others were replays
			if g.Access != "" {
				a.works(t, g.Access, 401)
			}
		}
	})
}

// parallel runs f so many times at once.
func parallel(t *testing.T, n int, f func() (grant, error)) []grant {
	t.Helper()
	got := make([]grant, n)
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range got {
		all.Go(func() {
			<-start
			var err error
			if got[i], err = f(); err != nil {
				t.Error(err)
			}
		})
	}
	close(start)
	all.Wait()
	return got
}

func TestAnAccessTokenLivesAnHour(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		bought := must(t)(a.exchange(a.allow(t)))
		a.clock.Advance(time.Hour - time.Millisecond)
		a.works(t, bought.Access, 200)
		a.clock.Advance(time.Millisecond)
		a.works(t, bought.Access, 401)
		a.works(t, must(t)(a.refresh(bought.Refresh)).Access, 200)
	})
}

func TestAConfidentialClientsRefreshTokenStaysForEver(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		bought := must(t)(a.exchange(a.allow(t)))
		for range 5 {
			a.clock.Advance(400 * day)
			again := must(t)(a.refresh(bought.Refresh))
			if again.Refresh != bought.Refresh || again.RefreshLeft != 0 {
				t.Errorf("it is another, or ends in %d s", again.RefreshLeft)
			}
			a.works(t, again.Access, 200)
		}
	})
}

// RFC 9700 4.14.2: a public client gets a new refresh token each time. An answer that
// got lost may be asked for again for a while.
func TestRFC9700_4_14_2_WithinTheGraceAnOldTokenYieldsTheSameSuccessor(t *testing.T) {
	eachApp(t, true, func(t *testing.T, a *app) {
		first := must(t)(a.exchange(a.allow(t)))
		second := must(t)(a.refresh(first.Refresh))
		if second.Refresh == first.Refresh {
			t.Fatal("it was not rotated")
		}
		a.clock.Advance(oauth.RotationGrace - time.Millisecond)
		again := must(t)(a.refresh(first.Refresh))
		if again.Refresh != second.Refresh {
			t.Error("the family has two heads")
		}
		for _, token := range []string{first.Access, second.Access, again.Access} {
			a.works(t, token, 200)
		}
		third := must(t)(a.refresh(second.Refresh))
		if third.Refresh == second.Refresh || third.Refresh == first.Refresh {
			t.Error("the successor was not rotated")
		}
	})
}

// RFC 9700 4.14.2: later it means that two parties hold the token.
func TestRFC9700_4_14_2_AfterTheGraceAnOldTokenEndsTheGrant(t *testing.T) {
	eachApp(t, true, func(t *testing.T, a *app) {
		bystander := must(t)(a.exchange(a.allow(t))) // another grant of the same client and account
		first := must(t)(a.exchange(a.allow(t)))
		second := must(t)(a.refresh(first.Refresh))
		a.clock.Advance(oauth.RotationGrace)
		if a.audited(t, "grant.refresh_replayed") {
			t.Error("it is recorded before it happened")
		}
		refused(t, "replaced by a newer one")(a.refresh(first.Refresh))
		a.works(t, second.Access, 401)
		refused(t, "was used again")(a.refresh(second.Refresh))
		if !a.audited(t, "grant.refresh_replayed") {
			t.Error("there is no record of it")
		}
		a.works(t, bystander.Access, 200)
		must(t)(a.refresh(bystander.Refresh))
	})
}

// RFC 6749 10.4: even within the grace the token is its client's alone, and a
// stranger who presents it ends nothing.
func TestRFC6749_10_4_AnotherClientHasNoGrace(t *testing.T) {
	eachApp(t, true, func(t *testing.T, a *app) {
		first := must(t)(a.exchange(a.allow(t)))
		second := must(t)(a.refresh(first.Refresh))
		stranger := *a
		var err error
		stranger.client, _, err = a.Clients.Register(t.Context(), a.owner, oauth.Registration{RedirectURIs: []string{"https://other.example/cb"}, Public: true})
		if err != nil {
			t.Fatal(err)
		}
		refused(t, "another client")(stranger.refresh(first.Refresh))
		a.clock.Advance(time.Hour)
		refused(t, "another client")(stranger.refresh(first.Refresh))
		must(t)(a.refresh(second.Refresh))
	})
}

// Parallel refreshes of one token: every one of them ends with tokens that work, and
// the family has one head.
func TestParallelRefreshesDoNotKillEachOther(t *testing.T) {
	for name, public := range map[string]bool{"public": true, "confidential": false} {
		t.Run(name, func(t *testing.T) {
			eachApp(t, public, func(t *testing.T, a *app) {
				first := must(t)(a.exchange(a.allow(t)))
				for _, n := range []int{2, 50} {
					got := parallel(t, n, func() (grant, error) { return a.refresh(first.Refresh) })
					heads := map[string]bool{}
					for _, g := range got {
						heads[must(t)(g, nil).Refresh] = true
						a.works(t, g.Access, 200)
					}
					if len(heads) != 1 {
						t.Fatalf("%d refreshes gave %d refresh tokens", n, len(heads))
					}
					first = got[0]
				}
			})
		})
	}
}

// switchControls is the owner, who has just typed the password.
func (a *app) switchControls(t *testing.T, on bool) {
	t.Helper()
	a.owner.Session.AuthenticatedAt = a.clock.Now()
	if err := a.Organizations.SwitchAdvancedSecurity(t.Context(), a.owner, on); err != nil {
		t.Fatal(err)
	}
}

func TestAdvancedSecurityEndsRefreshTokensOf30Days(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		old := must(t)(a.exchange(a.allow(t)))
		a.clock.Advance(20 * day)
		young := must(t)(a.exchange(a.allow(t)))
		a.clock.Advance(11 * day)
		a.switchControls(t, true) // and it reaches what was issued before
		refused(t, "issued on "+a.began.UTC().Format(time.DateTime)+" UTC")(a.refresh(old.Refresh))
		refused(t, "Send the person through the authorization page again")(a.refresh(old.Refresh))
		if g := must(t)(a.refresh(young.Refresh)); g.RefreshLeft != int(19*day/time.Second) {
			t.Errorf("%d s are left of 19 days", g.RefreshLeft)
		}
		if g := must(t)(a.exchange(a.allow(t))); g.RefreshLeft != int(30*day/time.Second) {
			t.Errorf("%d s are left of 30 days", g.RefreshLeft)
		}
		a.clock.Advance(19*day + time.Second)
		refused(t, "Advanced Security Controls end refresh tokens 30 days after their issue")(a.refresh(young.Refresh))

		a.switchControls(t, false) // which revives nobody
		refused(t, "issued on")(a.refresh(old.Refresh))
		refused(t, "issued on")(a.refresh(young.Refresh))
		if g := must(t)(a.exchange(a.allow(t))); g.RefreshLeft != 0 {
			t.Errorf("%d s are left of no end", g.RefreshLeft)
		}
	})
}

func TestAdvancedSecurityCountsFromTheAuthorizationAndNotFromTheRotation(t *testing.T) {
	eachApp(t, true, func(t *testing.T, a *app) {
		a.switchControls(t, true)
		head := must(t)(a.exchange(a.allow(t)))
		for range 29 {
			a.clock.Advance(day)
			head = must(t)(a.refresh(head.Refresh))
		}
		if head.RefreshLeft != int(day/time.Second) {
			t.Errorf("%d s are left of a day", head.RefreshLeft)
		}
		a.clock.Advance(day + time.Second)
		refused(t, "Advanced Security Controls")(a.refresh(head.Refresh))
	})
}

func TestThePreviewOfAdvancedSecurityIsWhatHappens(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		var all []grant
		for range 4 {
			all = append(all, must(t)(a.exchange(a.allow(t))))
			a.clock.Advance(10 * day)
		}
		impact, err := a.Organizations.Preview(t.Context(), a.owner)
		if err != nil || impact.Grants != 4 || impact.Ending != 1 { // of 40, 30, 20 and 10 days
			t.Fatalf("Preview = %+v, %v", impact, err)
		}
		a.switchControls(t, true)
		ended := 0
		for _, g := range all {
			if again, err := a.refresh(g.Refresh); err != nil || again.Access == "" {
				ended++
			}
		}
		if ended != impact.Ending {
			t.Errorf("%d ended, %d were announced", ended, impact.Ending)
		}
	})
}

// What ends is ended at once on the node that hears of it, and within a second on
// every other.
func TestWhatEndsIsEndedEverywhereWithinASecond(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		end  func(t *testing.T, a *app, g grant)
		say  string // what a refresh is told
	}{
		{"a disabled account", func(t *testing.T, a *app, _ grant) {
			check(t, a.Accounts.Disable(t.Context(), a.owner, a.member.Account.ID))
		}, "disabled"},
		{"a withdrawn consent", func(t *testing.T, a *app, _ grant) {
			check(t, a.Authorizations.Withdraw(t.Context(), a.member, a.client.ID))
		}, "took the consent back"},
		{"a deleted client", func(t *testing.T, a *app, _ grant) {
			check(t, a.Clients.Delete(t.Context(), a.owner, a.client.ID))
		}, ""},
		{"a revoked refresh token", func(t *testing.T, a *app, g grant) {
			answer, err := http.PostForm(a.url+"/oauth/revoke", url.Values{"token": {g.Refresh}, "client_id": {a.client.ID}, "client_secret": {a.secret}})
			check(t, err)
			check(t, answer.Body.Close())
		}, "the client revoked it"},
		{"tokens ended by their owner", func(t *testing.T, a *app, _ grant) {
			check(t, a.Sessions.EndOthers(t.Context(), a.member, true))
		}, "the account's owner ended it"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			storetest.EachConfig(t, func(t *testing.T, c store.Config) {
				a := newApp(t, newGate(t, c), false)
				other := a.secondNode(t, c)
				g := must(t)(a.exchange(a.allow(t)))
				for range 3 { // now both remember the token
					a.works(t, g.Access, 200)
					a.within(t, other, g.Access, 200)
				}
				tt.end(t, a, g)
				a.works(t, g.Access, 401)
				a.within(t, other, g.Access, 401)
				if tt.say != "" {
					refused(t, tt.say)(a.refresh(g.Refresh))
				} else if again, err := a.refresh(g.Refresh); err != nil || again.Error != "invalid_client" {
					t.Errorf("a refresh is told %s, %v", again.Error, err)
				}
			})
		})
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// secondNode serves the same database from another socket.
func (a *app) secondNode(t *testing.T, c store.Config) (url string) {
	t.Helper()
	key, err := seal.Create(filepath.Join(t.TempDir(), "master.key"))
	check(t, err)
	node := server.New(storetest.Open(t, c), server.Config{Base: server.Base{PublicURL: "http://fax.example", Key: key, Now: a.clock.Now}})
	url, _, _ = gate{Server: node}.start(t)
	return url
}

func TestAnAccountThatIsEnabledAgainHasItsTokensBack(t *testing.T) {
	eachApp(t, false, func(t *testing.T, a *app) {
		g := must(t)(a.exchange(a.allow(t)))
		check(t, a.Accounts.Disable(t.Context(), a.owner, a.member.Account.ID))
		a.works(t, g.Access, 401)
		refused(t, "disabled")(a.exchange(a.allow(t)))
		check(t, a.Accounts.Enable(t.Context(), a.owner, a.member.Account.ID))
		a.works(t, g.Access, 200)
		must(t)(a.refresh(g.Refresh))
	})
}

// What cannot be a token never reaches the database, however much of it comes.
func TestGarbageAsksNoDatabase(t *testing.T) {
	t.Parallel()
	storetest.EachConfig(t, func(t *testing.T, c store.Config) {
		g := newGate(t, c)
		before := g.db.Statements()
		for i := range 300 {
			token := []byte(auth.NewSecret(auth.AccessToken))
			token[4+i%49] ^= 1 // another character, seldom another digit's
			for _, text := range []string{string(token), string(token[:i%53]), "Bearer", auth.NewSecret(auth.RefreshToken)} {
				if status := g.status(text); status != 401 {
					t.Fatalf("status %d", status)
				}
			}
		}
		if n := g.db.Statements() - before; n != 0 {
			t.Errorf("%d statements, want none", n)
		}
		if g.status(auth.NewSecret(auth.AccessToken)); g.db.Statements() == before {
			t.Error("a well formed token asks nobody either: the count counts nothing")
		}
	})
}
