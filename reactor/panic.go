package reactor

import (
	"cmp"
	"reflect"
	"runtime/debug"

	"go.uber.org/zap"
)

// recoverPanic is deferred around every call into user code. It logs the panic with its stack and leaves it in into
// as a *PanicError.
func (r *Reactor) recoverPanic(what string, into *error) {
	v := recover()
	if v == nil {
		return
	}
	p := &PanicError{Value: v, Stack: debug.Stack()}
	r.log.Error("panic in callback", zap.String("callback", what), zap.Any("panic", v), zap.ByteString("stack", p.Stack))
	*into = p
}

// protect calls f; a panic in it is logged and answered as a *PanicError.
func (r *Reactor) protect(what string, f func()) (panicked error) {
	defer r.recoverPanic(what, &panicked)
	f()
	return nil
}

// guarded is a function that changes a socket, whose panic is its error: the socket is closed, as after any other.
func (r *Reactor) guarded(control func(fd uintptr) error) func(fd uintptr) error {
	if control == nil {
		return nil
	}
	return func(fd uintptr) (err error) {
		panicked := r.protect("Control", func() { err = control(fd) })
		return cmp.Or(panicked, err)
	}
}

// factoryKey identifies a factory that wants to be told of its first and last use; others need no counting.
func factoryKey(f Factory) (key any, counted bool) {
	_, starter := f.(Starter)
	_, stopper := f.(Stopper)
	if !starter && !stopper || !reflect.ValueOf(f).Comparable() {
		return nil, false
	}
	return f, true
}
