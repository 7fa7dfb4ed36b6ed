package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

// storedKey is one key of Redis as it was left. Only what lives long is kept: no lock, no slot of a limiter, no hint.
type storedKey struct {
	Key    string
	Type   string
	Values []string // of a hash names and values in turn, of a sorted set members and scores
}

// longLived returns the keys that are kept for longer than an hour, less what is only cached.
func longLived(t *testing.T, db *redis.Client) (out []storedKey) {
	ctx := t.Context()
	names, err := db.Keys(ctx, "*").Result()
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	for _, name := range names {
		life, err := db.PTTL(ctx, name).Result()
		if err != nil {
			t.Fatal(err)
		}
		if life >= 0 && life < time.Hour || strings.Contains(name, ":cache:") {
			continue
		}
		k := storedKey{Key: name, Type: db.Type(ctx, name).Val()}
		if k.Type == "zset" {
			members, err := db.ZRangeWithScores(ctx, name, 0, -1).Result()
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range members {
				k.Values = append(k.Values, fmt.Sprint(m.Member), strconv.FormatFloat(m.Score, 'f', -1, 64))
			}
		} else if k.Values, err = content(ctx, db, name); err != nil && !errors.Is(err, redis.Nil) {
			t.Fatal(err)
		}
		out = append(out, k)
	}
	return out
}

// loadKeys puts the stored keys into db. Scores that are times are as long ago as they were then.
func loadKeys(t *testing.T, db *redis.Client, made time.Time, shift time.Duration) {
	var keys []storedKey
	readJSON(t, filepath.Join(storedState, "redis.json"), &keys)
	ctx := t.Context()
	_, err := db.Pipelined(ctx, func(p redis.Pipeliner) error {
		for _, k := range keys {
			values := make([]any, len(k.Values))
			for i, v := range k.Values {
				values[i] = v
			}
			switch k.Type {
			case "string":
				p.Set(ctx, k.Key, k.Values[0], 0)
			case "hash":
				p.HSet(ctx, k.Key, values...)
			case "set":
				p.SAdd(ctx, k.Key, values...)
			case "list":
				p.RPush(ctx, k.Key, values...)
			case "zset":
				for i := 0; i < len(k.Values); i += 2 {
					score, err := strconv.ParseFloat(k.Values[i+1], 64)
					if err != nil {
						return err
					}
					p.ZAdd(ctx, k.Key, redis.Z{Member: k.Values[i], Score: later(score, made, shift)})
				}
			default:
				return fmt.Errorf("%s is a %s", k.Key, k.Type)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// later is a time in seconds, milliseconds or microseconds moved by shift; another number stays.
func later(n float64, made time.Time, shift time.Duration) float64 {
	const year = 366 * 24 * 3600
	for _, unit := range []float64{1, 1e3, 1e6} {
		if apart := n/unit - float64(made.Unix()); -year < apart && apart < year {
			return n + shift.Seconds()*unit
		}
	}
	return n
}

var seconds = regexp.MustCompile(`[:,\[ ]1[0-9]{9}\b`)

// shifted moves the times in a sandbox's file, in seconds, by shift.
func shifted(raw []byte, made time.Time, shift time.Duration) []byte {
	return seconds.ReplaceAllFunc(raw, func(text []byte) []byte {
		n, err := strconv.ParseFloat(string(text[1:]), 64)
		if err != nil {
			return text
		}
		return fmt.Appendf(nil, "%c%.0f", text[0], later(n, made, shift))
	})
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(raw, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func writeJSON(t *testing.T, path string, v any) {
	t.Helper()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	err := enc.Encode(v)
	if err == nil {
		err = os.WriteFile(path, b.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
