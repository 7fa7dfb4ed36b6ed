package main

import (
	"github.com/sidecard/sidecard/blocks"
	"github.com/sidecard/sidecard/blocks/amocrm"
	rules "github.com/sidecard/sidecard/blocks/rules/block"
	"github.com/sidecard/sidecard/blocks/rules/pages"
)

// newBlocks returns THE list of blocks, and that of rules, which commands work on, once more.
func newBlocks(desks *deskConfig) (blocks.Set, *rules.Block) {
	r := rules.New(desks)
	return blocks.Set{
		amocrm.NewBlock(desks, r, pages.Links),
		r,
	}, r
}
