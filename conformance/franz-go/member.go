package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"polylog/conformance/driver"
)

var membership struct {
	client  *kgo.Client
	leaving chan struct{}
	left    chan struct{}
}

// member joins with the protocol that is asked for: classic, or the one of KIP-848 (with its balancers, sticky stands
// for uniform). Polling and the callbacks of a rebalance exclude each other, so that a commit is in its generation.
func member(request driver.Member) (any, error) {
	options := groupOptions(request.Group, request.Topic)
	assigned := map[int32]bool{}
	say := func() {
		list := []int32{}
		for p := range assigned {
			list = append(list, p)
		}
		driver.Emit("assigned", map[string]any{"partitions": list})
	}
	change := func(present bool) func(context.Context, *kgo.Client, map[string][]int32) {
		return func(_ context.Context, _ *kgo.Client, changed map[string][]int32) {
			for _, p := range changed[request.Topic] {
				if present {
					assigned[p] = true
				} else {
					delete(assigned, p)
				}
			}
			say()
		}
	}
	options = append(options,
		kgo.SessionTimeout(time.Duration(request.SessionTimeoutMs)*time.Millisecond),
		kgo.HeartbeatInterval(500*time.Millisecond), kgo.FetchMaxWait(200*time.Millisecond),
		kgo.BlockRebalanceOnPoll(), kgo.OnPartitionsAssigned(change(true)),
		kgo.OnPartitionsRevoked(change(false)), kgo.OnPartitionsLost(change(false)))
	if request.Protocol == "consumer" {
		options = append(options, kgo.ServerSideBalancer(), kgo.Balancers(kgo.StickyBalancer()))
	}
	cl, err := client(options...)
	if err != nil {
		return nil, err
	}
	membership.client = cl
	membership.leaving = make(chan struct{})
	membership.left = make(chan struct{})
	go run(cl)
	return nil, nil
}

func run(cl *kgo.Client) {
	defer close(membership.left)
	defer cl.CloseAllowingRebalance()
	for {
		select {
		case <-membership.leaving:
			return
		default:
		}
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		fetches := cl.PollRecords(ctx, 100)
		cancel()
		behind := map[string]map[int32]kgo.EpochOffset{}
		offsets := map[string]int64{}
		fetches.EachRecord(func(record *kgo.Record) {
			driver.Emit("message", map[string]any{"partition": record.Partition, "offset": record.Offset})
			if behind[record.Topic] == nil {
				behind[record.Topic] = map[int32]kgo.EpochOffset{}
			}
			behind[record.Topic][record.Partition] = kgo.EpochOffset{Epoch: record.LeaderEpoch, Offset: record.Offset + 1}
			offsets[driver.Name(record.Partition)] = record.Offset + 1
		})
		if len(behind) > 0 {
			if err := commitNow(context.Background(), cl, behind); err == nil {
				driver.Emit("committed", map[string]any{"offsets": offsets})
			} else {
				// A rebalance refuses the commit: whoever owns the partition next reads those messages again.
				fmt.Fprintln(os.Stderr, "commit refused", err)
			}
		}
		cl.AllowRebalance()
	}
}

func leave(driver.None) (any, error) {
	close(membership.leaving)
	select {
	case <-membership.left:
		return nil, nil
	case <-time.After(driver.Wait):
		return nil, fmt.Errorf("closing took more than %v", driver.Wait)
	}
}

// commitNow commits and waits for the answer.
func commitNow(ctx context.Context, cl *kgo.Client, at map[string]map[int32]kgo.EpochOffset) error {
	var failure error
	cl.CommitOffsetsSync(ctx, at, func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, err error) {
		failure = err
		if err != nil || answer == nil {
			return
		}
		for _, topic := range answer.Topics {
			for _, each := range topic.Partitions {
				if err := errorOf(each.ErrorCode); err != nil {
					failure = err
				}
			}
		}
	})
	return failure
}

// metadata writes the text into each partition of a commit: the client's own calls have no argument for it.
func metadata(text string) func(*kmsg.OffsetCommitRequest) error {
	return func(request *kmsg.OffsetCommitRequest) error {
		for t := range request.Topics {
			for p := range request.Topics[t].Partitions {
				request.Topics[t].Partitions[p].Metadata = &text
			}
		}
		return nil
	}
}
