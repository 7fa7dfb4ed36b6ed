// Package plan works a rule's request out for a ticket and an account: names become ids, templates are filled, and values that the
// account does not take are left out with a remark. It is pure: it reads and writes nothing.
//
// It refuses to know how tickets and vocabularies are read and how deals are sent.
package plan
