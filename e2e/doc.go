// Package e2e tests the whole program from the outside: the real binary on free ports, a real redis-server, the local
// amoCRM and Usedesk over real HTTP, and a real headless Chromium. Nothing of ours is imported. A missing redis-server
// or Chromium fails the suite; it is never skipped.
package e2e
