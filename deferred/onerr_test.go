package deferred_test

import (
	"fmt"
	"io"
	"io/fs"
	"net"
	"testing"

	"github.com/tconn/tconn/deferred"
)

func TestOnErr(t *testing.T) {
	path := &fs.PathError{Op: "open", Path: "mbox", Err: io.EOF}
	t.Run("an error of the type is taken", func(t *testing.T) {
		d := deferred.Fail[int](fmt.Errorf("wrapped: %w", path))
		got := deferred.OnErr(d, func(e *fs.PathError) (int, error) {
			if e != path {
				t.Errorf("error: got %v, want %v", e, path)
			}
			return 5, nil
		})
		if got != d {
			t.Errorf("OnErr: got %v, want the Deferred itself", got)
		}
		wantValue(t, d, 5)
	})
	t.Run("another error and a value pass", func(t *testing.T) {
		never := func(*fs.PathError) (int, error) { t.Error("called"); return 0, nil }
		wantError(t, deferred.OnErr(deferred.Fail[int](errA), never), errA)
		wantValue(t, deferred.OnErr(deferred.Succeed(3), never), 3)
	})
	t.Run("an interface", func(t *testing.T) {
		d := deferred.Fail[int](&net.DNSError{IsTimeout: true})
		wantValue(t, deferred.OnErr(d, func(e net.Error) (int, error) {
			if !e.Timeout() {
				t.Errorf("Timeout of %v: got false, want true", e)
			}
			return 1, nil
		}), 1)
	})
	t.Run("its answers", func(t *testing.T) {
		inner := deferred.New[int]()
		chains := deferred.OnErr(deferred.Fail[int](path), func(*fs.PathError) (int, error) { return deferred.Chain(inner) })
		inner.Callback(6)
		wantValue(t, chains, 6)
		wantError(t, deferred.OnErr(deferred.Fail[int](path), func(*fs.PathError) (int, error) { return 0, errB }), errB)
		panics := deferred.OnErr(deferred.Fail[int](path), func(*fs.PathError) (int, error) { panic(errA) })
		wantError(t, panics, errA)
	})
	t.Run("an error that passed keeps its origin", func(t *testing.T) {
		r := collect(t)
		buildAlone(func() {
			d := deferred.Succeed(1).AddCallback(namedCallback)
			deferred.OnErr(d, func(*fs.PathError) (int, error) { return 0, nil })
		})
		deferred.ReportUnhandled()
		u := r.want(t, errOrigin, 1)[0]
		if want := "(deferred_test.namedCallback)"; len(u.Origin) < len(want) || u.Origin[len(u.Origin)-len(want):] != want {
			t.Errorf("origin: got %q, want it to end in %q", u.Origin, want)
		}
	})
	t.Run("nil is refused", func(t *testing.T) {
		if p := recovered(func() { deferred.OnErr(deferred.New[int](), (func(*fs.PathError) (int, error))(nil)) }); p == nil {
			t.Error("nil function: got no panic, want one")
		}
		if p := recovered(func() { deferred.OnErr(nil, func(*fs.PathError) (int, error) { return 0, nil }) }); p == nil {
			t.Error("nil Deferred: got no panic, want one")
		}
	})
}
