package reactortest

import "time"

// SettleWithin makes tests that leak on purpose quick.
func SettleWithin(d time.Duration) (restore func()) {
	before := settleWithin
	settleWithin = d
	return func() { settleWithin = before }
}
