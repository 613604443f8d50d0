package oauth

import "github.com/faxgate/faxgate/auth"

// Metadata describes the server to clients (RFC 8414 2, RFC 9207 3).
type Metadata struct {
	Issuer                        string   `json:"issuer"`
	AuthorizationEndpoint         string   `json:"authorization_endpoint"`
	TokenEndpoint                 string   `json:"token_endpoint"`
	RevocationEndpoint            string   `json:"revocation_endpoint"`
	IntrospectionEndpoint         string   `json:"introspection_endpoint"`
	ScopesSupported               []string `json:"scopes_supported"`
	ResponseTypesSupported        []string `json:"response_types_supported"`
	ResponseModesSupported        []string `json:"response_modes_supported"`
	GrantTypesSupported           []string `json:"grant_types_supported"`
	TokenAuthMethods              []string `json:"token_endpoint_auth_methods_supported"`
	RevocationAuthMethods         []string `json:"revocation_endpoint_auth_methods_supported"`
	IntrospectionAuthMethods      []string `json:"introspection_endpoint_auth_methods_supported"`
	CodeChallengeMethodsSupported []string `json:"code_challenge_methods_supported"`
	IssParameterSupported         bool     `json:"authorization_response_iss_parameter_supported"`
	ServiceDocumentation          string   `json:"service_documentation"`
}

// NewMetadata describes the server that people reach under that URL.
func NewMetadata(issuer string) Metadata {
	confidential := []string{"client_secret_basic", "client_secret_post"}
	all := append(confidential[:2:2], "none")
	return Metadata{
		Issuer:                        issuer,
		AuthorizationEndpoint:         issuer + "/login",
		TokenEndpoint:                 issuer + "/token",
		RevocationEndpoint:            issuer + "/oauth/revoke",
		IntrospectionEndpoint:         issuer + "/oauth/introspect",
		ScopesSupported:               auth.OfferedScopes(),
		ResponseTypesSupported:        []string{"code"},
		ResponseModesSupported:        []string{"query"},
		GrantTypesSupported:           []string{"authorization_code", "refresh_token"},
		TokenAuthMethods:              all,
		RevocationAuthMethods:         all,
		IntrospectionAuthMethods:      confidential,
		CodeChallengeMethodsSupported: []string{"S256"},
		IssParameterSupported:         true,
		ServiceDocumentation:          issuer + "/openapi.json",
	}
}
