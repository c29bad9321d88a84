// Package policies holds what can be laid over any protocol without its knowing: limits, timeouts, throttles, traces.
//
// A Policy turns a factory into one that keeps the policy. It goes between the reactor and the factory:
//
//	reactor.ListenTCP(143, policies.Wrap(factory, policies.Limit(1000), policies.IdleTimeout(30*time.Minute)))
//	reactor.ConnectTCP(host, 143, policies.WrapClient(factory, policies.Trace(os.Stderr, policies.Client)))
//
// Limit and LimitPerHost turn connections away, IdleTimeout ends silent ones, Throttle slows them down, Trace writes them down as text
// that can be read by people and replayed by tests (Transcript). WrapFactory and ProtocolWrapper are for policies of your own.
//
// Timeout is not laid over a protocol but embedded in it: the protocol itself knows what counts as progress.
//
// A policy's protocol stands in front of the factory's own one and is a reactor.Wrapper: reactor.As finds what is behind.
//
// Source: twisted.protocols.policies.
package policies
