package auth

// Route is one line of the authorization policy: what a call needs.
type Route struct {
	Pattern string // method and path, as in http.ServeMux
	Scopes  Scopes // any of these suffices; zero: any live token
	Needs   Scopes // the narrowest of them, which the refusal names
}
