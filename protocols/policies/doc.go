// Package policies holds what can be laid over any protocol without its knowing.
//
// Transcript writes a session down as text, both directions marked, in a form that can be read by people and replayed by tests.
package policies
