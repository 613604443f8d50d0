package oauth

// What the tests, which stand outside the package, need of its inside.
var (
	CheckVerifier       = checkVerifier
	WellFormedChallenge = wellFormedChallenge
	Narrow              = narrow
)

const MaxParameters = maxParameters

// ParameterNames are the parameters that a form keeps.
func ParameterNames() []string { return parameters[:] }
