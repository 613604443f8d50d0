package main

import (
	"encoding/base64"
	"time"

	"github.com/faxgate/faxgate/auth"
)

// bench is one case: what is sent, and the ratio to the empty handler that is to be
// reached.
type bench struct {
	name   string
	want   string // status
	target float64
	source func() (source, error) // made anew for each round
}

// bearerCases need nothing but reads.
func (s *seeded) bearerCases() []bench {
	used := 1000 // of the tokens: those before are kept in every cache
	return []bench{
		{"GET /v3/accounts/self, token in the cache", "200", 0.60, func() (source, error) {
			return rotating(requests(s.personal[:1000], bearer)), nil
		}},
		{"GET /v3/accounts/self, every token new to the node", "200", 0.30, func() (source, error) {
			share := min(len(s.personal)-used, (len(s.personal)-1000)/3)
			fresh := s.personal[used : used+share]
			used += share
			return once(fresh, bearer), nil
		}},
		{"POST /oauth/introspect", "200", 0.40, func() (source, error) {
			return rotating(requests(s.access[:min(1000, len(s.access))], func(token string) []byte {
				return post("/oauth/introspect", s.basic(), "token="+token)
			})), nil
		}},
		{"a flood of tokens with bad checksums", "401", 0.70, func() (source, error) {
			bad := make([]string, 1000)
			for i := range bad {
				text := []byte(auth.NewSecret(auth.PersonalAccessToken))
				text[len(text)-1] ^= 1
				bad[i] = string(text)
			}
			return rotating(requests(bad, bearer)), nil
		}},
	}
}

// tokenCases write.
func (s *seeded) tokenCases(codes func() ([]string, error)) []bench {
	return []bench{
		{"POST /token, refresh", "200", 0.09, func() (source, error) {
			return rotating(requests(s.refresh, func(token string) []byte {
				return post("/token", s.basic(), "grant_type=refresh_token&refresh_token="+token)
			})), nil
		}},
		{"POST /token, code", "200", 0.06, func() (source, error) {
			all, err := codes()
			return once(all, func(code string) []byte {
				return post("/token", s.basic(), "grant_type=authorization_code&redirect_uri=https%3A%2F%2Fapp.example.com%2Fcallback&code="+code)
			}), err
		}},
	}
}

func (s *seeded) basic() string {
	return "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(s.clientID+":"+s.clientSecret)) + "\r\n"
}

func bearer(token string) []byte {
	return get("/v3/accounts/self", "Authorization: Bearer "+token+"\r\n")
}

func requests(texts []string, build func(string) []byte) [][]byte {
	out := make([][]byte, len(texts))
	for i, text := range texts {
		out[i] = build(text)
	}
	return out
}

// rotating sends the same requests again and again.
func rotating(all [][]byte) source {
	return func(worker, n int) []byte { return all[(worker*7919+n)%len(all)] }
}

// once sends each request once, and nil when there is none left.
func once(texts []string, build func(string) []byte) source {
	const most = 16 // workers at most
	return func(worker, n int) []byte {
		i := n*most + worker
		if i >= len(texts) {
			return nil
		}
		return build(texts[i])
	}
}

// paced is how long the latency is measured.
const paced = 3 * time.Second
