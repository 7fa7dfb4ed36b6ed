package rules

import (
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/sidecard/sidecard/blocks/rules/jobs"
	"github.com/sidecard/sidecard/internal/ledger"
	"github.com/sidecard/sidecard/internal/runes"
)

// MaxExport is how many rows an export has at most.
const MaxExport = 10_000

var exportHead = []string{"id", "state", "created", "updated", "ticket", "client", "contact", "deal", "deal url", "attempts", "reason"}

// Export writes a query's jobs as CSV, newest first, as they are read. Beyond 10,000 a last row says that there are more.
// Times are RFC 3339 in UTC. A cell that a spreadsheet would take for a formula starts with an apostrophe.
func (s Records) Export(ctx context.Context, tenantID string, q Query, to io.Writer) error {
	w, rows, n := csv.NewWriter(to), [][]string{exportHead}, 0
	q.Limit = ledger.MaxPage
	for {
		p, err := s.Inbox(ctx, tenantID, q)
		if err != nil {
			return err
		}
		for _, e := range p.Jobs[:min(len(p.Jobs), MaxExport-n)] {
			if q.Present != nil {
				e.Steps.LeadURL = q.Present(e.Steps.LeadURL)
			}
			rows = append(rows, exportRow(e, q.reason(e)))
		}
		n += len(p.Jobs)
		full := n >= MaxExport && p.Next != ""
		if full {
			row := make([]string, len(exportHead))
			row[len(row)-1] = "only the newest 10,000 are listed: narrow the search"
			rows = append(rows, row)
		}
		if err := w.WriteAll(rows); err != nil {
			return fmt.Errorf("export jobs: %w", err)
		}
		if full || p.Next == "" {
			return nil
		}
		rows, q.Before = nil, p.Next
	}
}

func exportRow(e jobs.Job, reason string) []string {
	id := func(n int64) string {
		if n == 0 {
			return ""
		}
		return strconv.FormatInt(n, 10)
	}
	at := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	row := []string{e.ID, string(e.State), at(e.CreatedAt), at(e.UpdatedAt), id(e.Request.TicketID), id(e.Steps.ClientID),
		id(e.Steps.ContactID), id(e.Steps.LeadID), e.Steps.LeadURL, strconv.Itoa(e.Attempts), reason}
	for i, cell := range row {
		row[i] = plainCell(cell)
	}
	return row
}

// plainCell keeps a spreadsheet from running what people wrote (OWASP, CSV injection). Some take wide signs for plain ones
// and look behind spaces.
func plainCell(s string) string {
	if strings.ContainsAny(runes.First(s, 1), "\t\r\n") || strings.ContainsAny(runes.First(strings.TrimSpace(s), 1), "=+-@＝＋－＠") {
		return "'" + s
	}
	return s
}
