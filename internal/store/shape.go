package store

import (
	"crypto/sha256"
	"encoding"
	"encoding/json"
	"fmt"
	"io"
	"reflect"
	"sync"
)

// shapeSum stands for what a type looks like as JSON.
type shapeSum [8]byte

var shapes sync.Map // reflect.Type to shapeSum

// shape is the version of a cached value: nobody has to raise it, as it changes with the type's fields, their names and
// their kinds. Pointers don't count. A type that writes its JSON itself is known by its name alone.
func shape(t reflect.Type) shapeSum {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if sum, ok := shapes.Load(t); ok {
		return sum.(shapeSum)
	}
	h := sha256.New()
	draw(h, t, map[reflect.Type]bool{})
	sum := shapeSum(h.Sum(nil))
	shapes.Store(t, sum)
	return sum
}

var (
	ownJSON = reflect.TypeFor[json.Marshaler]()
	ownText = reflect.TypeFor[encoding.TextMarshaler]()
)

// draw writes what makes a type's JSON. Around holds the structs that it is inside of.
func draw(w io.Writer, t reflect.Type, around map[reflect.Type]bool) {
	write := func(format string, args ...any) { _, _ = fmt.Fprintf(w, format, args...) } // a hash takes everything
	switch {
	case t == nil:
		write("nil")
		return
	case t.Implements(ownJSON), t.Implements(ownText), reflect.PointerTo(t).Implements(ownJSON), around[t]:
		write("<%s>", t)
		return
	}
	switch t.Kind() {
	case reflect.Pointer:
		draw(w, t.Elem(), around)
	case reflect.Slice, reflect.Array:
		write("[]")
		draw(w, t.Elem(), around)
	case reflect.Map:
		write("map[")
		draw(w, t.Key(), around)
		write("]")
		draw(w, t.Elem(), around)
	case reflect.Struct:
		around[t] = true
		write("{")
		for f := range t.Fields() {
			if f.IsExported() || f.Anonymous {
				write("%s %q ", f.Name, f.Tag.Get("json"))
				draw(w, f.Type, around)
				write(";")
			}
		}
		write("}")
		delete(around, t)
	default:
		write("%s", t.Kind())
	}
}
