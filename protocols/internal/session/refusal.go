package session

import (
	"slices"
	"strings"
)

// ForNow are words, in small letters, of a server that cannot say who the user is at the moment, whatever it says besides.
var ForNow = []string{
	"temporar", "try again later", "try later", "unavailable", "internal error", "server error", "system error", "generic failure", "timed out",
	"maintenance", "overload",
}

// WrongUser are words, in small letters, with which servers refuse a user or his password.
var WrongUser = []string{
	"authentication fail", "authenticate fail", "auth fail", "login fail", "logon fail", "invalid login", "invalid user", "invalid password",
	"invalid credentials", "bad login", "bad password", "bad username", "incorrect password", "incorrect username", "incorrect user name", "password incorrect", "login incorrect", "wrong password",
	"password not accepted", "password supplied", "not authorized", "authorization fail", "password error",
}

// RefusesUser tells whether the text of a refusal says that the user or his password is wrong. A server that says why a login is not
// possible now may speak of the password as well.
func RefusesUser(text string) bool {
	text = strings.ToLower(text)
	said := func(word string) bool { return strings.Contains(text, word) }
	return slices.ContainsFunc(WrongUser, said) && !slices.ContainsFunc(ForNow, said)
}
