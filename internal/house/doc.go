// Package house holds the rules of the repository itself, as tests: who may import whom, what has to be documented, which
// behaviour has which test, and what must not stand in any file.
package house
