package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/faxgate/faxgate/auth"
	"github.com/faxgate/faxgate/oauth"
	"github.com/faxgate/faxgate/store"
)

const redirectURI = "https://app.example.com/callback"

// seeded is what a database was filled with.
type seeded struct {
	personal     []string // personal access tokens
	refresh      []string
	access       []string // of the same grants
	clientID     string
	clientSecret string

	organization auth.Organization
	owner        auth.Account
	members      []auth.Account // enough for the limits of one account
	client       oauth.Client
}

// seededMembers have room for half a million grants.
const seededMembers = 5000

// member is whose the token, or the grant, with that number is.
func (s *seeded) member(i int) auth.Account { return s.members[i%len(s.members)] }

// seed fills a new database: one organization, one client, members with many personal
// access tokens, and some grants. Nobody ever signs in, so that no password is hashed.
func seed(ctx context.Context, db *store.DB, tokens, grants int) (*seeded, error) {
	now := time.Now()
	s := &seeded{
		organization: auth.Organization{ID: auth.NewID(), Name: "Bench", Plan: auth.Enterprise, CreatedAt: now},
		personal:     make([]string, tokens),
		members:      make([]auth.Account, max(seededMembers, tokens/auth.MaxTokens+1)),
		refresh:      make([]string, grants),
		access:       make([]string, grants),
		clientSecret: auth.NewSecret(auth.ClientSecret),
	}
	s.owner = auth.Account{
		ID: auth.NewID(), OrganizationID: s.organization.ID, Email: "bench@example.com", Role: auth.Owner,
		Status: auth.Active, Preferences: auth.DefaultPreferences(), CreatedAt: now,
	}
	if err := db.CreateOrganization(ctx, s.organization, s.owner, true, s.audit("organization.create")); err != nil {
		return nil, err
	}
	s.client = oauth.Client{
		ID: auth.NewClientID(), OrganizationID: s.organization.ID, Name: "Bench", RegisteredBy: s.owner.Email,
		ClientHeader: true, RedirectURIs: []string{redirectURI}, CreatedAt: now,
		Secrets: []oauth.Secret{{ID: auth.NewID(), Hash: auth.HashOf(s.clientSecret), Hint: auth.Hint(s.clientSecret), CreatedAt: now}},
	}
	s.clientID = s.client.ID
	if err := db.PutClient(ctx, s.client, 1, s.audit("client.create")); err != nil {
		return nil, err
	}
	if err := inParallel(len(s.members), func(i int) error { return s.putMember(ctx, db, i) }); err != nil {
		return nil, fmt.Errorf("seed members: %w", err)
	}
	if err := inParallel(tokens, func(i int) error { return s.putPersonal(ctx, db, i) }); err != nil {
		return nil, fmt.Errorf("seed tokens: %w", err)
	}
	return s, inParallel(grants, func(i int) error { return s.putGrant(ctx, db, i) })
}

func (s *seeded) putMember(ctx context.Context, db *store.DB, i int) error {
	s.members[i] = s.owner
	s.members[i].ID, s.members[i].Role, s.members[i].Email = auth.NewID(), auth.Member, fmt.Sprintf("member%d@example.com", i)
	return db.PutAccount(ctx, s.members[i], nil, s.audit("account.create"))
}

func (s *seeded) putPersonal(ctx context.Context, db *store.DB, i int) error {
	now := time.Now()
	s.personal[i] = auth.NewSecret(auth.PersonalAccessToken)
	return db.PutToken(ctx, auth.Token{
		ID: auth.NewID(), Hash: auth.HashOf(s.personal[i]), Hint: auth.Hint(s.personal[i]),
		OrganizationID: s.organization.ID, AccountID: s.member(i).ID, Name: fmt.Sprint("bench ", i),
		Scopes: auth.FaxAllEdit, CreatedAt: now, ExpiresAt: now.Add(auth.DefaultTokenAge),
	}, s.audit("token.create"))
}

func (s *seeded) putGrant(ctx context.Context, db *store.DB, i int) error {
	text, code, decision := s.code(i)
	if err := db.PutAuthorization(ctx, code, decision, s.audit("consent.allow")); err != nil {
		return err
	}
	s.refresh[i], s.access[i] = auth.NewSecret(auth.RefreshToken), auth.NewSecret(auth.AccessToken)
	g, now := code.Grant, time.Now()
	return db.RedeemCode(ctx, auth.HashOf(text), now, auth.Token{
		ID: auth.NewID(), Hash: auth.HashOf(s.access[i]), Hint: auth.Hint(s.access[i]),
		OrganizationID: g.OrganizationID, AccountID: g.AccountID, ClientID: g.ClientID, GrantID: g.ID,
		Scopes: g.Scopes, CreatedAt: now, ExpiresAt: now.Add(oauth.AccessTokenAge),
	}, oauth.RefreshToken{Hash: auth.HashOf(s.refresh[i]), Hint: auth.Hint(s.refresh[i]), IssuedAt: now, Grant: g})
}

// putCodes stores codes that a client can exchange. They live longer than real
// ones, so that all of them can be made before the clock runs.
func (s *seeded) putCodes(ctx context.Context, db *store.DB, n int) ([]string, error) {
	codes := make([]string, n)
	return codes, inParallel(n, func(i int) error {
		text, code, decision := s.code(i)
		codes[i] = text
		return db.PutAuthorization(ctx, code, decision, s.audit("consent.allow"))
	})
}

func (s *seeded) code(i int) (string, oauth.AuthorizationCode, *oauth.Consent) {
	text, now := auth.NewSecret(auth.AuthorizationCode), time.Now()
	code := oauth.AuthorizationCode{
		Hash: auth.HashOf(text), RedirectURI: redirectURI, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
		Grant: oauth.Grant{
			ID: auth.NewID(), OrganizationID: s.organization.ID, AccountID: s.member(i).ID, ClientID: s.clientID,
			Scope: "all", Scopes: auth.All, CreatedAt: now,
		},
	}
	return text, code, &oauth.Consent{AccountID: code.Grant.AccountID, ClientID: s.clientID, Scopes: auth.All, GivenAt: now}
}

func (s *seeded) audit(action string) auth.Audit {
	return auth.Audit{ID: auth.NewID(), OrganizationID: s.organization.ID, At: time.Now(), Action: action, Actor: auth.Actor{Name: "bench"}}
}

// inParallel runs f for 0 to n-1 on enough goroutines to fill a group commit.
func inParallel(n int, f func(i int) error) error {
	const workers = 256
	errs := make([]error, workers)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for i := w; i < n && errs[w] == nil; i += workers {
				errs[w] = f(i)
			}
		})
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
