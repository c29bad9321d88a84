package mailservers

import "fmt"

// wrong puts the package's name before an error.
func wrong(err error) error { return fmt.Errorf("mailservers: %w", err) }

func wrongf(format string, args ...any) error { return wrong(fmt.Errorf(format, args...)) }
