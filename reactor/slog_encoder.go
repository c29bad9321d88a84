package reactor

import (
	"log/slog"
	"time"

	"go.uber.org/zap/zapcore"
)

// slogEncoder is a zapcore.ObjectEncoder that collects attributes.
type slogEncoder struct {
	attrs []slog.Attr
	name  string       // of the namespace that inner is
	inner *slogEncoder // takes everything once a namespace was opened
}

func (e *slogEncoder) add(a slog.Attr) {
	if e.inner != nil {
		e.inner.add(a)
		return
	}
	e.attrs = append(e.attrs, a)
}

// result is what was collected, the namespaces as groups.
func (e *slogEncoder) result() []slog.Attr {
	if e.inner == nil {
		return e.attrs
	}
	return append(e.attrs, slog.Attr{Key: e.name, Value: slog.GroupValue(e.inner.result()...)})
}

// OpenNamespace makes a group of what comes from now on.
func (e *slogEncoder) OpenNamespace(key string) {
	if e.inner != nil {
		e.inner.OpenNamespace(key)
		return
	}
	e.name, e.inner = key, &slogEncoder{}
}

// AddObject makes a group of what the object tells.
func (e *slogEncoder) AddObject(key string, m zapcore.ObjectMarshaler) error {
	var object slogEncoder
	err := m.MarshalLogObject(&object)
	e.add(slog.Attr{Key: key, Value: slog.GroupValue(object.result()...)})
	return err
}

// AddArray makes a slice of what the array tells; objects in it become maps.
func (e *slogEncoder) AddArray(key string, m zapcore.ArrayMarshaler) error {
	array := zapcore.NewMapObjectEncoder()
	err := array.AddArray(key, m)
	e.add(slog.Any(key, array.Fields[key]))
	return err
}

// AddReflected keeps the value as it is.
func (e *slogEncoder) AddReflected(key string, v any) error {
	e.add(slog.Any(key, v))
	return nil
}

func (e *slogEncoder) AddBinary(key string, v []byte)          { e.add(slog.Any(key, v)) }
func (e *slogEncoder) AddByteString(key string, v []byte)      { e.add(slog.String(key, string(v))) }
func (e *slogEncoder) AddBool(key string, v bool)              { e.add(slog.Bool(key, v)) }
func (e *slogEncoder) AddComplex128(key string, v complex128)  { e.add(slog.Any(key, v)) }
func (e *slogEncoder) AddComplex64(key string, v complex64)    { e.add(slog.Any(key, v)) }
func (e *slogEncoder) AddDuration(key string, v time.Duration) { e.add(slog.Duration(key, v)) }
func (e *slogEncoder) AddFloat64(key string, v float64)        { e.add(slog.Float64(key, v)) }
func (e *slogEncoder) AddFloat32(key string, v float32)        { e.add(slog.Float64(key, float64(v))) }
func (e *slogEncoder) AddInt(key string, v int)                { e.add(slog.Int(key, v)) }
func (e *slogEncoder) AddInt64(key string, v int64)            { e.add(slog.Int64(key, v)) }
func (e *slogEncoder) AddInt32(key string, v int32)            { e.add(slog.Int64(key, int64(v))) }
func (e *slogEncoder) AddInt16(key string, v int16)            { e.add(slog.Int64(key, int64(v))) }
func (e *slogEncoder) AddInt8(key string, v int8)              { e.add(slog.Int64(key, int64(v))) }
func (e *slogEncoder) AddString(key, v string)                 { e.add(slog.String(key, v)) }
func (e *slogEncoder) AddTime(key string, v time.Time)         { e.add(slog.Time(key, v)) }
func (e *slogEncoder) AddUint(key string, v uint)              { e.add(slog.Uint64(key, uint64(v))) }
func (e *slogEncoder) AddUint64(key string, v uint64)          { e.add(slog.Uint64(key, v)) }
func (e *slogEncoder) AddUint32(key string, v uint32)          { e.add(slog.Uint64(key, uint64(v))) }
func (e *slogEncoder) AddUint16(key string, v uint16)          { e.add(slog.Uint64(key, uint64(v))) }
func (e *slogEncoder) AddUint8(key string, v uint8)            { e.add(slog.Uint64(key, uint64(v))) }
func (e *slogEncoder) AddUintptr(key string, v uintptr)        { e.add(slog.Uint64(key, uint64(v))) }
