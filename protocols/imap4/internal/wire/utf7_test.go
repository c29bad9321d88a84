package wire

import (
	"errors"
	"testing"
)

func TestUTF7(t *testing.T) {
	tests := []struct{ name, wire string }{
		{"", ""},
		{"INBOX.Drafts ~(%*\"\\", "INBOX.Drafts ~(%*\"\\"},
		{"&", "&-"},
		{"a&b", "a&-b"},
		{"&&", "&-&-"},
		{"~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"}, // RFC 3501 section 5.1.3
		{"Entwürfe", "Entw&APw-rfe"},
		{"é&é", "&AOk-&-&AOk-"},
		{"ééé", "&AOkA6QDp-"},
		{"é-", "&AOk--"},
		{"\x00\r\n\x7f", "&AAAADQAKAH8-"},
		{"\U0001F600", "&2D3eAA-"},
		{"\uffff\ufffd", "&,,,,,Q-"},
	}
	for _, tt := range tests {
		t.Run(tt.wire, func(t *testing.T) {
			if got, err := EncodeUTF7(tt.name); got != tt.wire || err != nil {
				t.Errorf("encode %q: got %q, %v, want %q", tt.name, got, err, tt.wire)
			}
			if got, err := DecodeUTF7(tt.wire); got != tt.name || err != nil {
				t.Errorf("decode %q: got %q, %v, want %q", tt.wire, got, err, tt.name)
			}
		})
	}
}

func TestUTF7Refused(t *testing.T) {
	for name, wire := range map[string]string{
		"end missing":                     "A&B&AOk",
		"end missing at once":             "a&",
		"raw UTF-8":                       "Tést",
		"control":                         "a\tb",
		"DEL":                             "a\x7f",
		"printable ASCII in base64":       "&AGE-",
		"ampersand in base64":             "&ACY-",
		"no 16 bits":                      "&AO-",
		"24 bits":                         "&AOkA-",
		"one character":                   "&A-",
		"bits left over":                  "&AOl-",
		"slash of the other base64":       "&U/BTFw-",
		"padding":                         "&AOk=-",
		"line end in base64":              "&AO\r\nk-",
		"two parts that should be one":    "&AOk-&AOk-",
		"high surrogate alone":            "&2D0-",
		"high surrogate before a letter":  "&2D0AYQ-",
		"low surrogate alone":             "&3gA-",
		"surrogates in the wrong order":   "&3gDYPQ-",
		"high surrogate before character": "&2D0A6Q-",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := DecodeUTF7(wire); !errors.Is(err, ErrUTF7) || got != "" {
				t.Errorf("decode %q: got %q, %v, want ErrUTF7", wire, got, err)
			}
		})
	}
	for _, name := range []string{"\xff", "a\xc3", "\xed\xa0\x80"} {
		var bad *ArgumentError
		if got, err := EncodeUTF7(name); got != "" || !errors.As(err, &bad) {
			t.Errorf("encode %q: got %q, %v, want *ArgumentError", name, got, err)
		}
	}
}
