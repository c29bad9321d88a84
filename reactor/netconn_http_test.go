package reactor_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"

	"github.com/tconn/tconn/reactor"
)

// serveHTTP has net/http serve h over a listener of l until the end of the test.
func serveHTTP(t *testing.T, l *loop, h http.HandlerFunc) (s *http.Server, url string, served <-chan netAnswer) {
	t.Helper()
	listener := listenNet(t, l)
	s = &http.Server{Handler: h}
	served = begin(func() (int, error) { return 0, s.Serve(listener) })
	t.Cleanup(func() { _ = s.Close() })
	return s, "http://" + listener.Addr().String() + "/", served
}

// httpClient is a client of net/http whose connections are l's.
func httpClient(t *testing.T, l *loop) *http.Client {
	transport := &http.Transport{DialContext: reactor.NetDialer{Reactor: l.Reactor}.DialContext, MaxIdleConnsPerHost: 2000}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: guard}
}

// get answers the body of a GET, or what went wrong as text.
func get(c *http.Client, url string) string {
	answer, err := c.Get(url)
	if err != nil {
		return err.Error()
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err.Error()
	}
	return string(body)
}

func TestNetHTTP(t *testing.T) {
	t.Run("1,000 connections at once", func(t *testing.T) {
		const many = 1000
		l := start(t)
		var all sync.WaitGroup
		all.Add(many)
		_, url, _ := serveHTTP(t, l, func(w http.ResponseWriter, q *http.Request) {
			if q.URL.RawQuery == "first" {
				all.Done()
				all.Wait() // every connection has its request now
			}
			fmt.Fprint(w, "answer to ", q.URL.Path)
		})
		c := httpClient(t, l)
		var wg sync.WaitGroup
		for i := range many {
			wg.Go(func() {
				path := strconv.Itoa(i)
				for _, query := range []string{"?first", ""} {
					if got, want := get(c, url+path+query), "answer to /"+path; got != want {
						t.Errorf("got %q, want %q", got, want)
					}
				}
			})
		}
		wg.Wait()
	})
	t.Run("Shutdown waits for the request under way", func(t *testing.T) {
		l := start(t)
		inside, proceed := make(chan struct{}), make(chan struct{})
		s, url, served := serveHTTP(t, l, func(w http.ResponseWriter, _ *http.Request) {
			close(inside)
			<-proceed
			fmt.Fprint(w, "done")
		})
		answered := make(chan string, 1)
		go func() { answered <- get(httpClient(t, l), url) }()
		wait(t, inside, "the request")
		down := begin(func() (int, error) { return 0, s.Shutdown(context.Background()) })
		if err := wait(t, served, "Serve").err; !errors.Is(err, http.ErrServerClosed) {
			t.Errorf("Serve answered %v, want %v", err, http.ErrServerClosed)
		}
		close(proceed)
		if got := wait(t, answered, "the answer"); got != "done" {
			t.Errorf("got %q, want %q", got, "done")
		}
		if err := wait(t, down, "Shutdown").err; err != nil {
			t.Errorf("Shutdown answered %v, want nil", err)
		}
	})
	t.Run("a long body in both directions", func(t *testing.T) {
		l := start(t)
		_, url, _ := serveHTTP(t, l, func(w http.ResponseWriter, q *http.Request) {
			_ = http.NewResponseController(w).EnableFullDuplex()
			_, _ = io.Copy(w, q.Body)
		})
		want := pattern(4<<20, 11)
		there, source := io.Pipe()
		go func() {
			_, err := source.Write(want)
			_ = source.CloseWithError(err)
		}()
		answer, err := httpClient(t, l).Post(url, "application/octet-stream", there)
		if err != nil {
			t.Fatal(err)
		}
		defer answer.Body.Close()
		got, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Error(err)
		}
		sameBytes(t, got, want)
	})
	t.Run("R06 the reactor stops: the server ends", func(t *testing.T) {
		l := start(t)
		_, url, served := serveHTTP(t, l, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "up") })
		if got := get(httpClient(t, l), url); got != "up" {
			t.Errorf("got %q, want %q", got, "up")
		}
		l.finish()
		if err := wait(t, served, "Serve").err; err == nil {
			t.Error("Serve answered nil, want an error")
		}
	})
}
