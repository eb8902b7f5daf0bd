package main

import (
	"errors"
	"fmt"

	"github.com/alongside-remote/alongside/broker"
)

type auditCmd struct {
	Verify auditVerifyCmd `cmd:"" help:"Check the chain against its checkpoints and the endpoints' own summaries against their keys; names the first bad record."`
}

type auditVerifyCmd struct {
	Checkpoints string `help:"File of checkpoints; that of the data folder by default." type:"path"`
}

// Run verifies the audit log.
func (c *auditVerifyCmd) Run(r *run) (err error) {
	b, err := broker.OpenBooks(r.ctx, r.data, r.log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, b.Close()) }()
	last, checkpoints, err := b.VerifyAudit(r.ctx, c.Checkpoints)
	if err != nil {
		return err
	}
	sums, err := b.VerifySummaries(r.ctx)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(r.stdout, "%d records, the chain is whole, last %x, %d checkpoints hold, %d summaries of endpoints are theirs, %d of them do not follow the one before\n",
		last.Seq, last.Hash, checkpoints, sums.Kept, sums.Astray)
	return err
}
