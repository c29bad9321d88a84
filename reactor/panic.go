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
	if v := recover(); v != nil {
		*into = r.panicked(what, v)
	}
}

// recoverPanic is the same for what belongs to a connection.
func (c *conn) recoverPanic(what string, into *error) {
	if v := recover(); v != nil {
		*into = c.r.panicked(what, v, c.fields()...)
	}
}

func (r *Reactor) panicked(what string, v any, more ...zap.Field) error {
	p := &PanicError{Value: v, Stack: debug.Stack()}
	fields := []zap.Field{zap.String(FieldCallback, what), zap.Any(FieldPanic, v), zap.ByteString(FieldStack, p.Stack)}
	r.log.Error("panic in callback", append(fields, more...)...)
	return p
}

// protect calls f; a panic in it is logged and answered as a *PanicError. Goroutine: any.
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

// call is protect for a callback on the reactor goroutine.
func (r *Reactor) call(what string, f func()) (panicked error) {
	r.watch.doing(callbackNamed(what), nil, 0)
	return r.protect(what, f)
}

// callFunction is call for what CallLater or CallFromThread was given.
func (r *Reactor) callFunction(what *callback, f func()) {
	r.watch.doing(what, nil, entry(f))
	_ = r.protect(what.name, f)
}

// call is protect for a callback that belongs to a connection.
func (c *conn) call(what string, f func()) (panicked error) {
	c.r.watch.doing(callbackNamed(what), c, 0)
	defer c.recoverPanic(what, &panicked)
	f()
	return nil
}

// factoryKey identifies a factory that wants to be told of its first and last use; others need no counting.
func factoryKey(f Factory) (key any, counted bool) {
	if g, ok := f.(*groupFactory); ok {
		return g.s, g.s != nil
	}
	_, starter := f.(Starter)
	_, stopper := f.(Stopper)
	if !starter && !stopper || !reflect.ValueOf(f).Comparable() {
		return nil, false
	}
	return f, true
}
