package transcript

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
)

// Kind is what happens in a Step.
type Kind uint8

// The kinds of steps.
const (
	Client Kind = iota // the client sends Data
	Server             // the server sends Data
	Wait               // time passes
	Lose               // the peer closes cleanly
	Abort              // the connection is reset by the peer
	Closed             // the side under test must have closed the connection
)

// Step is one line of a Script that does something.
type Step struct {
	Kind Kind
	Line int           // counted from 1
	Data []byte        // of Client and Server, with its CRLF
	Wait time.Duration // of Wait
}

// Script is a conversation.
type Script struct {
	Name  string
	Steps []Step
}

// ParseError says which line of a script cannot be read. Its text is "transcript: NAME:LINE: cause".
type ParseError struct {
	Name string
	Line int // counted from 1
	Err  error
}

// Error shows the place and the cause.
func (e *ParseError) Error() string {
	return fmt.Sprintf("transcript: %s:%d: %v", e.Name, e.Line, e.Err)
}

// Unwrap is the cause.
func (e *ParseError) Unwrap() error { return e.Err }

// Parse reads a script; name is for messages. Fails with: *ParseError, also for an error of r.
func Parse(name string, r io.Reader) (*Script, error) {
	s := &Script{Name: name}
	in := bufio.NewReader(r)
	for number := 1; ; number++ {
		line, err := in.ReadString('\n')
		if err != nil && err != io.EOF {
			return nil, &ParseError{Name: name, Line: number, Err: err}
		}
		if err := s.add(number, strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r")); err != nil {
			return nil, &ParseError{Name: name, Line: number, Err: err}
		}
		if err == io.EOF {
			return s, nil
		}
	}
}

// add takes in one line.
func (s *Script) add(number int, line string) error {
	if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
		return nil
	}
	step, err := parseLine(line)
	if err != nil {
		return err
	}
	if s.ended() && step.Kind != Wait {
		return errors.New("the connection has ended above")
	}
	step.Line = number
	s.Steps = append(s.Steps, step)
	return nil
}

// ended tells whether a step so far has ended the connection.
func (s *Script) ended() bool {
	for _, step := range s.Steps {
		if step.Kind == Lose || step.Kind == Abort {
			return true
		}
	}
	return false
}

func parseLine(line string) (Step, error) {
	if directive, ok := strings.CutPrefix(line, "--"); ok {
		return parseDirective(strings.Fields(directive))
	}
	if len(line) < 2 {
		return Step{}, errUnknown(line)
	}
	var step Step
	switch line[0] {
	case 'C':
		step.Kind = Client
	case 'S':
		step.Kind = Server
	default:
		return Step{}, errUnknown(line)
	}
	switch rest := line[2:]; line[1] {
	case ':':
		step.Data = []byte(strings.TrimPrefix(rest, " ") + "\r\n")
	case '=':
		raw, err := strconv.Unquote(strings.TrimSpace(rest))
		if err != nil {
			return Step{}, fmt.Errorf("not a quoted Go string: %s", strings.TrimSpace(rest))
		}
		step.Data = []byte(raw)
	default:
		return Step{}, errUnknown(line)
	}
	return step, nil
}

func parseDirective(words []string) (Step, error) {
	if len(words) == 2 && words[0] == "wait" {
		d, err := time.ParseDuration(words[1])
		if err == nil && d < 0 {
			err = errors.New("time does not go back: " + words[1])
		}
		return Step{Kind: Wait, Wait: d}, err
	}
	if len(words) == 1 {
		switch words[0] {
		case "lose":
			return Step{Kind: Lose}, nil
		case "abort":
			return Step{Kind: Abort}, nil
		case "closed":
			return Step{Kind: Closed}, nil
		}
	}
	return Step{}, errUnknown("-- " + strings.Join(words, " "))
}

func errUnknown(line string) error {
	return fmt.Errorf("want C:, S:, C=, S=, -- wait, -- lose, -- abort, -- closed or #, got %q", line)
}
