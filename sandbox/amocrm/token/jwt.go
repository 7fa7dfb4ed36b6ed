// Package token makes and reads what the local amoCRM hands out: access tokens, refresh tokens, codes and random ids.
//
// Whether a token is still good is not its matter: that is state.
package token

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/sidecard/sidecard/sandbox/amocrm/world"
)

// AccessOf finds the access token of a request among the issued ones.
func AccessOf(w *world.World, r *http.Request) (*world.Access, bool) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	jti, ok := tokenID(w.SigningKey, strings.TrimSpace(token))
	if !ok {
		return nil, false
	}
	g := w.Access[jti]
	return g, g != nil
}

// Claims are what amoCRM puts into an access token (amocrm.md §1.7).
type Claims struct {
	Aud        string   `json:"aud"`
	JTI        string   `json:"jti"`
	IAT        int64    `json:"iat"`
	NBF        int64    `json:"nbf"`
	Exp        int64    `json:"exp"`
	Sub        string   `json:"sub"`
	GrantType  string   `json:"grant_type"`
	AccountID  int64    `json:"account_id"`
	BaseDomain string   `json:"base_domain"`
	Version    int      `json:"version"`
	Scopes     []string `json:"scopes"`
	HashUUID   string   `json:"hash_uuid"`
	APIDomain  string   `json:"api_domain"`
}

// Sign makes a JWT. amoCRM signs with RS256 and publishes no key, so a client can't tell HS256 from it by
// checking.
func Sign(key []byte, c Claims) string {
	body, err := json.Marshal(c)
	if err != nil {
		panic("encode claims: " + err.Error()) // texts and numbers: they can be encoded
	}
	encode := base64.RawURLEncoding.EncodeToString
	unsigned := encode([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "." + encode(body)
	return unsigned + "." + encode(MAC(key, unsigned))
}

// tokenID is the jti of a token that this server signed. Life and revocation are not looked at: they are state.
func tokenID(key []byte, token string) (jti string, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return "", false
	}
	sig, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(sig, MAC(key, parts[0]+"."+parts[1])) {
		return "", false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	var c Claims
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return "", false
	}
	return c.JTI, c.JTI != ""
}

// MAC returns the HMAC-SHA256 of a message.
func MAC(key []byte, msg string) []byte {
	m := hmac.New(sha256.New, key)
	m.Write([]byte(msg))
	return m.Sum(nil)
}

// Hex is 2n hex digits.
func Hex(n int) string {
	raw := make([]byte, n)
	rand.Read(raw) // never fails: crypto/rand crashes the program instead
	return hex.EncodeToString(raw)
}

// UUID is a version 4 UUID.
func UUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails, as above
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// Opaque is a code or refresh token: as long as the real ones, which are encrypted blobs in hex.
func Opaque() string { return "def50200" + Hex(340) }
