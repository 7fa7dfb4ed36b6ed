// Package blocks holds the contract between the service and its blocks.
package blocks
