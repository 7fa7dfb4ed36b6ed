package ui

import (
	"html/template"
	"reflect"

	"github.com/sidecard/sidecard/internal/phone"
)

// Plain is a text of a view model that every reader may see as it is: an address, id or token of ours, a number with its
// unit, what the reader has typed. Every other string counts as words of people, which may hold a phone.
type Plain string

// asIs are the types of strings that are not masked.
var asIs = map[reflect.Type]bool{
	reflect.TypeFor[Plain](): true, reflect.TypeFor[template.HTML](): true, reflect.TypeFor[template.URL](): true,
}

// Masked returns a view model as the reader may see it: where phones are masked, a copy with those in its strings masked.
func Masked(d phone.Display, model any) any {
	if !d.Masked || model == nil {
		return model
	}
	shown := reflect.ValueOf(&model).Elem()
	mask(d, shown)
	return shown.Interface()
}

// Shown returns a text of a view model, a string or Plain, for a place in which it can't be told apart from others.
func Shown(d phone.Display, text any) Plain {
	if plain, ok := text.(Plain); ok {
		return plain
	}
	words, _ := text.(string)
	return Plain(d.Words(words))
}

// mask changes an addressable value. What it refers to is copied first: a cache may hand out one answer to many.
func mask(d phone.Display, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface, reflect.Slice, reflect.Map:
		if v.IsNil() {
			return
		}
	}
	switch v.Kind() {
	case reflect.String:
		if !asIs[v.Type()] {
			v.SetString(d.Words(v.String()))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if f := v.Type().Field(i); f.IsExported() || f.Anonymous && f.Type.Kind() == reflect.Struct {
				mask(d, v.Field(i))
			}
		}
	case reflect.Pointer, reflect.Interface:
		own := reflect.New(v.Elem().Type())
		own.Elem().Set(v.Elem())
		mask(d, own.Elem())
		if v.Kind() == reflect.Interface {
			own = own.Elem()
		}
		v.Set(own)
	case reflect.Slice:
		own := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(own, v)
		for i := range v.Len() {
			mask(d, own.Index(i))
		}
		v.Set(own)
	case reflect.Array:
		for i := range v.Len() {
			mask(d, v.Index(i))
		}
	case reflect.Map:
		own := reflect.MakeMapWithSize(v.Type(), v.Len())
		for it := v.MapRange(); it.Next(); {
			value := reflect.New(v.Type().Elem()).Elem()
			value.Set(it.Value())
			mask(d, value)
			own.SetMapIndex(it.Key(), value)
		}
		v.Set(own)
	}
}
