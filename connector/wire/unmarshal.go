package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strconv"
)

// Unread is an element of a list that was left out, since what it is decoded into can't hold it.
type Unread struct {
	Path string // "notes.3", from the root of what was decoded
	Err  error  // its text may quote the value
}

// values are what an error of decoding may quote: texts, and numbers long enough to be somebody's.
var values = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|[0-9]{3,}`)

// Reason is what was wrong, without the value: it may be somebody's name or number.
func (u Unread) Reason() string { return values.ReplaceAllString(u.Err.Error(), "…") }

// Unmarshal is json.Unmarshal, save that an element of a list that can't be decoded costs that element and not the whole
// answer. It fails when something outside of lists can't be decoded, and when that leaves nothing of a list that is not
// inside another one: then it is not an element that is wrong, but what is known of the list. Lists are arrays, and
// objects keyed by index. out must be a pointer.
func Unmarshal(raw []byte, out any) ([]Unread, error) {
	err := json.Unmarshal(raw, out)
	if err == nil {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var tree any
	if dec.Decode(&tree) != nil {
		return nil, err
	}
	p := &pruner{into: reflect.TypeOf(out).Elem()}
	if p.decode(emptied(tree)) != nil {
		return nil, err
	}
	tree, pruneErr := p.prune(tree, "", 0, func(x any) any { return x })
	if pruneErr != nil {
		return nil, errors.Join(pruneErr, err)
	}
	reflect.ValueOf(out).Elem().SetZero()
	pruned, err := json.Marshal(tree)
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(pruned, out); err != nil {
		return nil, err
	}
	return p.unread, nil
}

type pruner struct {
	into   reflect.Type
	unread []Unread
}

// decode tries whether a tree can be decoded.
func (p *pruner) decode(tree any) error {
	raw, err := json.Marshal(tree)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, reflect.New(p.into).Interface())
}

// prune returns node without the elements that can't be decoded. whole builds the smallest tree that has something else in
// the place of node: all lists that are not on the way to it are empty. depth counts the lists around node.
func (p *pruner) prune(node any, path string, depth int, whole func(any) any) (any, error) {
	switch n := node.(type) {
	case []any:
		kept := make([]any, 0, len(n))
		for i, e := range n {
			e, ok, err := p.element(e, join(path, strconv.Itoa(i)), depth, func(x any) any { return whole([]any{x}) })
			if err != nil {
				return nil, err
			}
			if ok {
				kept = append(kept, e)
			}
		}
		return kept, p.judge(path, depth, len(n), len(kept))
	case map[string]any:
		_, indexed := indexes(n)
		kept := map[string]any{}
		for _, k := range slices.Sorted(maps.Keys(n)) {
			if indexed {
				e, ok, err := p.element(n[k], join(path, k), depth, func(x any) any { return whole(map[string]any{k: x}) })
				if err != nil {
					return nil, err
				}
				if ok {
					kept[k] = e
				}
				continue
			}
			e, err := p.prune(n[k], join(path, k), depth, func(x any) any {
				around, _ := emptied(n).(map[string]any)
				around[k] = x
				return whole(around)
			})
			if err != nil {
				return nil, err
			}
			kept[k] = e
		}
		if indexed {
			return kept, p.judge(path, depth, len(n), len(kept))
		}
		return kept, nil
	}
	return node, nil
}

// element prunes an element of a list; ok is false when it has to be left out itself.
func (p *pruner) element(e any, path string, depth int, whole func(any) any) (pruned any, ok bool, err error) {
	if p.decode(whole(e)) == nil {
		return e, true, nil
	}
	if err := p.decode(whole(emptied(e))); err != nil {
		p.unread = append(p.unread, Unread{path, err})
		return nil, false, nil
	}
	pruned, err = p.prune(e, path, depth+1, whole)
	return pruned, err == nil, err
}

func (p *pruner) judge(path string, depth, had, kept int) error {
	if depth == 0 && had > 0 && kept == 0 {
		return fmt.Errorf("nothing in the list %q can be read", path)
	}
	return nil
}

// emptied is a tree without the elements of its lists.
func emptied(node any) any {
	switch n := node.(type) {
	case []any:
		return []any{}
	case map[string]any:
		out := map[string]any{}
		if _, indexed := indexes(n); indexed {
			return out
		}
		for k, v := range n {
			out[k] = emptied(v)
		}
		return out
	}
	return node
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
