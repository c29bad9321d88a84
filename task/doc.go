// Package task runs functions again and again, later, or in small pieces, on the goroutine of a reactor.
//
// A LoopingCall repeats a function at an interval, DeferLater calls one after a delay, Cooperate takes long work step by step so
// that the connections of the reactor get their turns in between. All of them live by a Clock: a *reactor.Reactor, or in tests
// the reactor of a reactortest.Clock. Nothing here has a goroutine that waits; everything happens where the clock calls.
//
// Sources: twisted.internet.task (LoopingCall, deferLater, cooperate). Its react is reactor.React.
package task
