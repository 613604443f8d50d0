// Package acceptance drives the built program from outside, the way its users do:
// a real browser, curl, OAuth clients that other people wrote, and requests that
// nobody ought to send. It has tests only, and imports nothing of this module but
// the helper that starts PostgreSQL.
//
// The files named …_rules_test.go hold the gate's rules: a test is named after the
// paragraph that its rule comes from, and fails when the rule is taken away.
//
// What they need beside Go comes with `scripts/install.sh test`: Debian's
// Chromium, curl and Python clients, and the npm packages of package-lock.json.
// Screenshots are left in artefacts/.
package acceptance
