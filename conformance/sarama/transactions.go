package main

import (
	"context"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"polylog/conformance/driver"
)

var producers sync.Map

func named(name string) sarama.SyncProducer {
	found, _ := producers.Load(name)
	return found.(sarama.SyncProducer)
}

// open makes the producer, which asks for its id at once.
func open(id string, timeoutMs int) (sarama.SyncProducer, error) {
	settings := config()
	settings.Producer.Idempotent = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Producer.Transaction.ID = id
	settings.Producer.Transaction.Timeout = time.Duration(timeoutMs) * time.Millisecond
	settings.Producer.Transaction.Retry.Max = 200
	settings.Producer.Transaction.Retry.Backoff = 100 * time.Millisecond
	settings.Net.MaxOpenRequests = 1
	return sarama.NewSyncProducer(addresses, settings)
}

func end(producer sarama.SyncProducer, commit bool) error {
	if commit {
		return producer.CommitTxn()
	}
	return producer.AbortTxn()
}

func addTransactions(operations map[string]driver.Operation) {
	operations["txnOpen"] = driver.Op(func(request driver.Txn) (any, error) {
		producer, err := open(request.TransactionalID, request.TimeoutMs)
		if err == nil {
			producers.Store(request.Name, producer)
		}
		return nil, err
	})
	operations["txnBegin"] = driver.Op(func(request driver.Txn) (any, error) {
		return nil, named(request.Name).BeginTxn()
	})
	operations["txnSend"] = driver.Op(func(request driver.Txn) (any, error) {
		messages := make([]*sarama.ProducerMessage, len(request.Messages))
		for i, each := range request.Messages {
			messages[i] = outgoing(request.Topic, each)
		}
		return nil, named(request.Name).SendMessages(messages)
	})
	operations["txnOffsets"] = driver.Op(func(request driver.GroupOffsets) (any, error) {
		at := []*sarama.PartitionOffsetMetadata{}
		request.Offsets.Each(func(p int32, offset int64) {
			at = append(at, &sarama.PartitionOffsetMetadata{Partition: p, Offset: offset})
		})
		return nil, named(request.Name).AddOffsetsToTxn(map[string][]*sarama.PartitionOffsetMetadata{request.Topic: at}, request.Group)
	})
	operations["txnEnd"] = driver.Op(func(request driver.Txn) (any, error) {
		return nil, end(named(request.Name), request.Commit)
	})
	operations["txnClose"] = driver.Op(func(request driver.Txn) (any, error) {
		producer, _ := producers.LoadAndDelete(request.Name)
		return nil, producer.(sarama.SyncProducer).Close()
	})
	operations["copy"], operations["stopCopy"] = driver.CopyOperations(attempt)
}

type copier struct {
	driver.Copy
	producer sarama.SyncProducer
	lock     sync.Mutex // the producer has one transaction at a time; the claims take turns
	number   int
	failed   error
}

func attempt(copy driver.Copy, stopped <-chan struct{}) error {
	producer, err := open(copy.TransactionalID, 60_000)
	if err != nil {
		return err
	}
	defer producer.Close()
	settings := groupConfig(copy.SessionTimeoutMs)
	settings.Consumer.IsolationLevel = sarama.ReadCommitted
	settings.Consumer.Return.Errors = false
	group, err := sarama.NewConsumerGroup(addresses, copy.Group, settings)
	if err != nil {
		return err
	}
	defer group.Close()
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-stopped:
			cancel()
		case <-ctx.Done():
		}
	}()
	one := &copier{Copy: copy, producer: producer}
	claim := func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
		err := one.follow(session, claim)
		if err != nil {
			one.failed = err
			cancel()
		}
		return err
	}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{copy.Input}, handler{claim: claim}); err != nil {
			return err
		}
	}
	return one.failed
}

// follow copies what comes of one claim, ten messages or what is there at a time.
func (c *copier) follow(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	for first := range claim.Messages() {
		batch := []*sarama.ConsumerMessage{first}
		for more := true; more && len(batch) < c.Batch; {
			select {
			case message, open := <-claim.Messages():
				if more = open; open {
					batch = append(batch, message)
				}
			default:
				more = false
			}
		}
		if session.Context().Err() != nil {
			return nil
		}
		if err := c.copy(session, batch); err != nil {
			return err
		}
	}
	return nil
}

func (c *copier) copy(session sarama.ConsumerGroupSession, batch []*sarama.ConsumerMessage) error {
	c.lock.Lock()
	defer c.lock.Unlock()
	c.number++
	if c.number%c.AbortEvery == 0 {
		if err := c.write(session, batch, "aborted-", driver.FarAhead); err != nil {
			return err
		}
		if err := end(c.producer, false); err != nil {
			return err
		}
	}
	if err := c.write(session, batch, "", 0); err != nil {
		return err
	}
	if err := end(c.producer, true); err != nil {
		return err
	}
	driver.Emit("copied", map[string]any{"count": len(batch)})
	return nil
}

func (c *copier) write(session sarama.ConsumerGroupSession, batch []*sarama.ConsumerMessage, prefix string, ahead int64) error {
	if err := c.producer.BeginTxn(); err != nil {
		return err
	}
	messages := make([]*sarama.ProducerMessage, len(batch))
	for i, each := range batch {
		value := append([]byte(prefix), each.Value...)
		messages[i] = &sarama.ProducerMessage{Topic: c.Output, Partition: each.Partition, Value: sarama.ByteEncoder(value)}
	}
	if err := c.producer.SendMessages(messages); err != nil {
		return err
	}
	last := batch[len(batch)-1]
	at := []*sarama.PartitionOffsetMetadata{{Partition: last.Partition, Offset: last.Offset + 1 + ahead}}
	member := &sarama.ConsumerGroupMetadata{GroupID: c.Group, GenerationID: session.GenerationID(), MemberID: session.MemberID()}
	return c.producer.AddOffsetsToTxnWithGroupMetadata(map[string][]*sarama.PartitionOffsetMetadata{last.Topic: at}, member)
}
