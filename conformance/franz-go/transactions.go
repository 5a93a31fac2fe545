package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"polylog/conformance/driver"
)

var producers sync.Map

func named(name string) *kgo.Client {
	found, _ := producers.Load(name)
	return found.(*kgo.Client)
}

func addTransactions(operations map[string]driver.Operation) {
	operations["txnOpen"] = driver.Op(func(request driver.Txn) (any, error) {
		cl, err := client(kgo.TransactionalID(request.TransactionalID), kgo.RecordPartitioner(kgo.ManualPartitioner()),
			kgo.TransactionTimeout(time.Duration(request.TimeoutMs)*time.Millisecond))
		if err != nil {
			return nil, err
		}
		ctx, cancel := patience()
		defer cancel()
		// The id is asked for with the first record; asking now fences an older producer, and aborts what it left open.
		if _, _, err := cl.ProducerID(ctx); err != nil {
			return nil, err
		}
		producers.Store(request.Name, cl)
		return nil, nil
	})
	operations["txnBegin"] = driver.Op(func(request driver.Txn) (any, error) {
		return nil, named(request.Name).BeginTransaction()
	})
	operations["txnSend"] = driver.Op(func(request driver.Txn) (any, error) {
		ctx, cancel := patience()
		defer cancel()
		records := make([]*kgo.Record, len(request.Messages))
		for i, each := range request.Messages {
			records[i] = record(request.Topic, each)
		}
		return nil, named(request.Name).ProduceSync(ctx, records...).FirstErr()
	})
	operations["txnOffsets"] = driver.Missing("only a GroupTransactSession commits offsets in a transaction")
	operations["txnEnd"] = driver.Op(func(request driver.Txn) (any, error) {
		ctx, cancel := patience()
		defer cancel()
		return nil, named(request.Name).EndTransaction(ctx, kgo.TransactionEndTry(request.Commit))
	})
	operations["txnClose"] = driver.Op(func(request driver.Txn) (any, error) {
		cl, _ := producers.LoadAndDelete(request.Name)
		cl.(*kgo.Client).Close()
		return nil, nil
	})
	operations["copy"], operations["stopCopy"] = driver.CopyOperations(attempt)
}

// attempt copies with a GroupTransactSession. What it aborts it reads again: the session goes back by itself.
func attempt(copy driver.Copy, stopped <-chan struct{}) error {
	session, err := kgo.NewGroupTransactSession(append(groupOptions(copy.Group, copy.Input),
		kgo.SeedBrokers(driver.Bootstrap), kgo.MetadataMinAge(100*time.Millisecond),
		kgo.TransactionalID(copy.TransactionalID), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.RequireStableFetchOffsets(), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.SessionTimeout(time.Duration(copy.SessionTimeoutMs)*time.Millisecond),
		kgo.HeartbeatInterval(500*time.Millisecond), kgo.FetchMaxWait(200*time.Millisecond))...)
	if err != nil {
		return err
	}
	defer session.Close()
	for number := 1; ; number++ {
		select {
		case <-stopped:
			return nil
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		fetches := session.PollRecords(ctx, copy.Batch)
		cancel()
		if fetches.NumRecords() == 0 {
			continue
		}
		aborting := number%copy.AbortEvery == 0
		if err := once(session, copy.Output, fetches, aborting); err != nil {
			return err
		}
	}
}

func once(session *kgo.GroupTransactSession, output string, fetches kgo.Fetches, aborting bool) error {
	if err := session.Begin(); err != nil {
		return err
	}
	prefix := ""
	if aborting {
		prefix = "aborted-"
	}
	records := []*kgo.Record{}
	fetches.EachRecord(func(each *kgo.Record) {
		value := append([]byte(prefix), each.Value...)
		records = append(records, &kgo.Record{Topic: output, Partition: each.Partition, Value: value})
	})
	ctx, cancel := patience()
	defer cancel()
	failure := session.ProduceSync(ctx, records...).FirstErr()
	committed, err := session.End(ctx, kgo.TransactionEndTry(!aborting && failure == nil))
	if committed {
		driver.Emit("copied", map[string]any{"count": len(records)})
	}
	return errors.Join(failure, err)
}
