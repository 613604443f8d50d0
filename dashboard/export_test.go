package dashboard

// What the tests look at from outside.
var (
	LocalPath  = localPath
	FormTarget = formTarget
)
