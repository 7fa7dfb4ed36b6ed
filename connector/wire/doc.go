// Package wire reads what loosely typed systems send: JSON whose numbers come as text, whose lists come as objects and which
// writes nothing in five ways; forms with PHP's names (a[b][]=c); texts that may hold secrets and control characters. It
// owns these readings and the bounds of a form. It knows none of the systems, and nothing of what the values mean.
package wire
