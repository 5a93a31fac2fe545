// The driver of segmentio/kafka-go (../lib/driver.mjs describes what it speaks).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/segmentio/kafka-go"
	"polylog/conformance/driver"
)

var codecs = map[string]kafka.Compression{
	"none": 0, "gzip": kafka.Gzip, "snappy": kafka.Snappy, "lz4": kafka.Lz4, "zstd": kafka.Zstd,
}

var client = &kafka.Client{Addr: kafka.TCP(driver.Bootstrap), Timeout: driver.Wait}

func patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), driver.Wait)
}

// produce: the place of a message is carried beside it, as the writer reports its messages batch by batch.
func produce(request driver.Produce) (any, error) {
	offsets := make([]int64, len(request.Messages))
	writer := &kafka.Writer{
		Addr: kafka.TCP(driver.Bootstrap), Topic: request.Topic, Compression: codecs[request.Compression],
		RequiredAcks: kafka.RequiredAcks(request.Acks), BatchTimeout: 5 * time.Millisecond, MaxAttempts: 20,
		Balancer: kafka.BalancerFunc(func(message kafka.Message, _ ...int) int {
			return int(request.Messages[message.WriterData.(int)].Partition)
		}),
		Completion: func(messages []kafka.Message, err error) {
			for _, each := range messages {
				offsets[each.WriterData.(int)] = each.Offset
			}
		},
	}
	messages := make([]kafka.Message, len(request.Messages))
	for i, each := range request.Messages {
		messages[i] = kafka.Message{Key: each.Key, Value: each.Value, WriterData: i}
		if each.Timestamp != 0 {
			messages[i].Time = time.UnixMilli(each.Timestamp)
		}
		for _, header := range each.Headers {
			messages[i].Headers = append(messages[i].Headers, kafka.Header{Key: header.Name, Value: header.Value})
		}
	}
	ctx, cancel := patience()
	defer cancel()
	err := writer.WriteMessages(ctx, messages...)
	// Close waits for the reports too.
	if closing := writer.Close(); err == nil {
		err = closing
	}
	if err != nil || request.Acks == 0 {
		return nil, err
	}
	return map[string]any{"offsets": offsets}, nil
}

func received(message kafka.Message) driver.Message {
	one := driver.Message{
		Partition: int32(message.Partition), Offset: message.Offset, Key: message.Key, Value: message.Value,
		Timestamp: message.Time.UnixMilli(),
	}
	for _, each := range message.Headers {
		one.Headers = append(one.Headers, driver.Header{Name: each.Key, Value: each.Value})
	}
	return one
}

func reader(topic string, partition int, offset int64) (*kafka.Reader, error) {
	one := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{driver.Bootstrap}, Topic: topic, Partition: partition, MaxWait: 200 * time.Millisecond,
		ReadBackoffMax: 200 * time.Millisecond,
	})
	return one, one.SetOffset(offset)
}

// read has a reader for each partition: it reads one, or all of a topic as a member of a group.
func read(request driver.Read) (any, error) {
	ctx, cancel := patience()
	defer cancel()
	all := make(chan kafka.Message)
	failed := make(chan error, len(request.From))
	var failure error
	request.From.Each(func(partition int32, offset int64) {
		one, err := reader(request.Topic, int(partition), offset)
		if err != nil {
			failure = err
			return
		}
		go func() {
			defer one.Close()
			for {
				message, err := one.ReadMessage(ctx)
				if err != nil {
					failed <- err
					return
				}
				select {
				case all <- message:
				case <-ctx.Done():
					return
				}
			}
		}()
	})
	if failure != nil {
		return nil, failure
	}
	messages := []driver.Message{}
	for len(messages) < request.Count {
		select {
		case message := <-all:
			messages = append(messages, received(message))
		case err := <-failed:
			return nil, fmt.Errorf("%d of %d messages: %w", len(messages), request.Count, err)
		}
	}
	return driver.Messages(messages), nil
}

func consume(request driver.Consume) (any, error) {
	one := kafka.NewReader(kafka.ReaderConfig{
		Brokers: []string{driver.Bootstrap}, GroupID: request.Group, Topic: request.Topic,
		StartOffset: kafka.FirstOffset, MaxWait: 200 * time.Millisecond, JoinGroupBackoff: 200 * time.Millisecond,
	})
	defer one.Close()
	ctx, cancel := patience()
	defer cancel()
	messages := []driver.Message{}
	for len(messages) < request.Count {
		message, err := one.FetchMessage(ctx)
		var refused kafka.Error
		if errors.As(err, &refused) && refused.Temporary() {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("%d of %d messages: %w", len(messages), request.Count, err)
		}
		messages = append(messages, received(message))
		if len(messages) == request.Count {
			if err := one.CommitMessages(ctx, message); err != nil {
				return nil, err
			}
		}
	}
	return driver.Messages(messages), nil
}

var membership struct {
	group *kafka.ConsumerGroup
	left  chan struct{}
}

func member(request driver.Member) (any, error) {
	group, err := kafka.NewConsumerGroup(kafka.ConsumerGroupConfig{
		ID: request.Group, Brokers: []string{driver.Bootstrap}, Topics: []string{request.Topic},
		StartOffset: kafka.FirstOffset, HeartbeatInterval: 500 * time.Millisecond,
		SessionTimeout: time.Duration(request.SessionTimeoutMs) * time.Millisecond, JoinGroupBackoff: 200 * time.Millisecond,
	})
	if err != nil {
		return nil, err
	}
	membership.group = group
	membership.left = make(chan struct{})
	go func() {
		defer close(membership.left)
		for {
			generation, err := group.Next(context.Background())
			if err == kafka.ErrGroupClosed {
				return
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "next", err)
				continue
			}
			partitions := []int{}
			for _, each := range generation.Assignments[request.Topic] {
				partitions = append(partitions, each.ID)
			}
			driver.Emit("assigned", map[string]any{"partitions": partitions})
			for _, each := range generation.Assignments[request.Topic] {
				generation.Start(func(ctx context.Context) { follow(ctx, generation, request.Topic, each) })
			}
		}
	}()
	return nil, nil
}

// follow reads one partition of a generation, and commits each message.
func follow(ctx context.Context, generation *kafka.Generation, topic string, assigned kafka.PartitionAssignment) {
	one, err := reader(topic, assigned.ID, assigned.Offset)
	if err != nil {
		fmt.Fprintln(os.Stderr, "reader", err)
		return
	}
	defer one.Close()
	for {
		message, err := one.ReadMessage(ctx)
		if err != nil {
			return
		}
		driver.Emit("message", map[string]any{"partition": message.Partition, "offset": message.Offset})
		behind := message.Offset + 1
		if err := generation.CommitOffsets(map[string]map[int]int64{topic: {message.Partition: behind}}); err != nil {
			// A rebalance refuses the commit: whoever owns the partition next reads this message again.
			fmt.Fprintln(os.Stderr, "commit refused", err)
			continue
		}
		driver.Emit("committed", map[string]any{"offsets": map[string]int64{driver.Name(int32(message.Partition)): behind}})
	}
}

func leave(driver.None) (any, error) {
	if err := membership.group.Close(); err != nil {
		return nil, err
	}
	select {
	case <-membership.left:
		return nil, nil
	case <-time.After(driver.Wait):
		return nil, fmt.Errorf("closing took more than %v", driver.Wait)
	}
}

func main() {
	operations := map[string]driver.Operation{
		"hello": asked(func(ctx context.Context, _ driver.None) (any, error) {
			_, err := client.Metadata(ctx, &kafka.MetadataRequest{})
			return nil, err
		}),
		"produce":   driver.Op(produce),
		"read":      driver.Op(read),
		"consume":   driver.Op(consume),
		"member":    driver.Op(member),
		"leave":     driver.Op(leave),
		"startLoad": driver.Missing("its Writer is not idempotent"),
		"txnOpen":   driver.Missing("its Writer is not transactional"),
	}
	addAdmin(operations)
	driver.Serve(operations)
}
