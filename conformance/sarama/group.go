package main

import (
	"context"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/IBM/sarama"
	"polylog/conformance/driver"
)

// handler gives a session's claims to a function of the driver.
type handler struct {
	setup func(sarama.ConsumerGroupSession)
	claim func(sarama.ConsumerGroupSession, sarama.ConsumerGroupClaim) error
}

func (h handler) Setup(session sarama.ConsumerGroupSession) error {
	if h.setup != nil {
		h.setup(session)
	}
	return nil
}

func (h handler) Cleanup(sarama.ConsumerGroupSession) error { return nil }

func (h handler) ConsumeClaim(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
	return h.claim(session, claim)
}

func groupConfig(sessionTimeoutMs int) *sarama.Config {
	settings := config()
	settings.Consumer.Group.Session.Timeout = time.Duration(sessionTimeoutMs) * time.Millisecond
	settings.Consumer.Group.Heartbeat.Interval = 500 * time.Millisecond
	return settings
}

func consume(request driver.Consume) (any, error) {
	group, err := sarama.NewConsumerGroup(addresses, request.Group, groupConfig(10_000))
	if err != nil {
		return nil, err
	}
	defer group.Close()
	ctx, cancel := context.WithTimeout(context.Background(), driver.Wait)
	defer cancel()
	messages := []driver.Message{}
	var lock sync.Mutex
	take := func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
		for message := range claim.Messages() {
			lock.Lock()
			if len(messages) < request.Count {
				messages = append(messages, received(message))
				if len(messages) == request.Count {
					session.MarkOffset(request.Topic, message.Partition, message.Offset+1, request.Metadata)
					session.Commit()
					cancel()
				}
			}
			lock.Unlock()
		}
		return nil
	}
	for ctx.Err() == nil {
		if err := group.Consume(ctx, []string{request.Topic}, handler{claim: take}); err != nil {
			return nil, err
		}
	}
	if len(messages) < request.Count {
		return nil, fmt.Errorf("%d of %d messages in %v", len(messages), request.Count, driver.Wait)
	}
	select {
	case err := <-group.Errors():
		return nil, err
	default:
		return driver.Messages(messages), nil
	}
}

var membership struct {
	cancel context.CancelFunc
	left   chan struct{}
}

func member(request driver.Member) (any, error) {
	group, err := sarama.NewConsumerGroup(addresses, request.Group, groupConfig(request.SessionTimeoutMs))
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	membership.cancel = cancel
	membership.left = make(chan struct{})
	setup := func(session sarama.ConsumerGroupSession) {
		partitions := session.Claims()[request.Topic]
		if partitions == nil {
			partitions = []int32{}
		}
		driver.Emit("assigned", map[string]any{"partitions": partitions})
	}
	var lock sync.Mutex
	claim := func(session sarama.ConsumerGroupSession, claim sarama.ConsumerGroupClaim) error {
		for message := range claim.Messages() {
			driver.Emit("message", map[string]any{"partition": message.Partition, "offset": message.Offset})
			session.MarkMessage(message, "")
			if len(claim.Messages()) > 0 && message.Offset%10 != 9 {
				continue
			}
			// Commit gives no answer: what went wrong comes by the group's channel. One commit at a time, to tell whose.
			lock.Lock()
			session.Commit()
			if session.Context().Err() == nil && accepted(group) {
				offsets := map[string]int64{driver.Name(message.Partition): message.Offset + 1}
				driver.Emit("committed", map[string]any{"offsets": offsets})
			}
			lock.Unlock()
		}
		return nil
	}
	go func() {
		defer close(membership.left)
		for ctx.Err() == nil {
			if err := group.Consume(ctx, []string{request.Topic}, handler{setup, claim}); err != nil {
				fmt.Fprintln(os.Stderr, "consume", err)
			}
		}
		group.Close()
	}()
	return nil, nil
}

func accepted(group sarama.ConsumerGroup) bool {
	for good := true; ; good = false {
		select {
		case err := <-group.Errors():
			// A rebalance refuses the commit: whoever owns the partition next reads those messages again.
			fmt.Fprintln(os.Stderr, "refused", err)
		default:
			return good
		}
	}
}

func leave(driver.None) (any, error) {
	membership.cancel()
	select {
	case <-membership.left:
		return nil, nil
	case <-time.After(driver.Wait):
		return nil, fmt.Errorf("closing took more than %v", driver.Wait)
	}
}
