// Package acceptance drives the built program from outside, the way its users do:
// a real browser, curl, and OAuth clients that other people wrote. It has tests
// only; nothing in it imports a package of this module.
//
// What they need beside Go comes with `scripts/install.sh test`: Debian's
// Chromium, curl and Python clients, and the npm packages of package-lock.json.
// Screenshots are left in artefacts/.
package acceptance
