// The driver of franz-go (../lib/driver.mjs describes what it speaks).
package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"polylog/conformance/driver"
)

var codecs = map[string]kgo.CompressionCodec{
	"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(),
	"lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
}

var acks = map[int]kgo.Acks{0: kgo.NoAck(), 1: kgo.LeaderAck(), -1: kgo.AllISRAcks()}

func patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), driver.Wait)
}

func client(options ...kgo.Opt) (*kgo.Client, error) {
	all := []kgo.Opt{kgo.SeedBrokers(driver.Bootstrap), kgo.MetadataMinAge(100 * time.Millisecond)}
	return kgo.NewClient(append(all, options...)...)
}

func record(topic string, message driver.Message) *kgo.Record {
	one := &kgo.Record{Topic: topic, Partition: message.Partition, Key: message.Key, Value: message.Value}
	if message.Timestamp != 0 {
		one.Timestamp = time.UnixMilli(message.Timestamp)
	}
	for _, each := range message.Headers {
		one.Headers = append(one.Headers, kgo.RecordHeader{Key: each.Name, Value: each.Value})
	}
	return one
}

func produce(request driver.Produce) (any, error) {
	options := []kgo.Opt{
		kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.RequiredAcks(acks[request.Acks]),
		kgo.ProducerBatchCompression(codecs[request.Compression]), kgo.ProducerLinger(5 * time.Millisecond),
	}
	if request.Acks != -1 {
		options = append(options, kgo.DisableIdempotentWrite())
	}
	cl, err := client(options...)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	ctx, cancel := patience()
	defer cancel()
	records := make([]*kgo.Record, len(request.Messages))
	for i, each := range request.Messages {
		records[i] = record(request.Topic, each)
	}
	if err := cl.ProduceSync(ctx, records...).FirstErr(); err != nil {
		return nil, err
	}
	return driver.Produced(request, records, func(each *kgo.Record) int64 { return each.Offset }), nil
}

func received(record *kgo.Record) driver.Message {
	one := driver.Message{
		Partition: record.Partition, Offset: record.Offset, Key: record.Key, Value: record.Value,
		Timestamp: record.Timestamp.UnixMilli(),
	}
	for _, each := range record.Headers {
		one.Headers = append(one.Headers, driver.Header{Name: each.Key, Value: each.Value})
	}
	return one
}

func take(cl *kgo.Client, count int) ([]driver.Message, error) {
	ctx, cancel := patience()
	defer cancel()
	messages := []driver.Message{}
	for len(messages) < count {
		fetches := cl.PollRecords(ctx, count-len(messages))
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("%d of %d messages: %w", len(messages), count, err)
		}
		fetches.EachError(func(topic string, partition int32, err error) { fmt.Fprintln(os.Stderr, topic, partition, err) })
		fetches.EachRecord(func(record *kgo.Record) { messages = append(messages, received(record)) })
	}
	return driver.Messages(messages), nil
}

var isolation = map[string]kgo.IsolationLevel{
	"": kgo.ReadUncommitted(), "read_uncommitted": kgo.ReadUncommitted(), "read_committed": kgo.ReadCommitted(),
}

func read(request driver.Read) (any, error) {
	from := map[int32]kgo.Offset{}
	request.From.Each(func(partition int32, offset int64) { from[partition] = kgo.NewOffset().At(offset) })
	cl, err := client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{request.Topic: from}),
		kgo.FetchIsolationLevel(isolation[request.Isolation]))
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	return take(cl, request.Count)
}

func groupOptions(group, topic string) []kgo.Opt {
	return []kgo.Opt{
		kgo.ConsumerGroup(group), kgo.ConsumeTopics(topic), kgo.DisableAutoCommit(),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
	}
}

func consume(request driver.Consume) (any, error) {
	cl, err := client(groupOptions(request.Group, request.Topic)...)
	if err != nil {
		return nil, err
	}
	defer cl.Close()
	messages, err := take(cl, request.Count)
	if err != nil {
		return nil, err
	}
	ctx, cancel := patience()
	defer cancel()
	// A commit within the group takes no metadata from its caller, but the metadata of the context does.
	last := messages[len(messages)-1]
	committing := kgo.PreCommitFnContext(ctx, metadata(request.Metadata))
	at := map[string]map[int32]kgo.EpochOffset{request.Topic: {last.Partition: {Epoch: -1, Offset: last.Offset + 1}}}
	if err := commitNow(committing, cl, at); err != nil {
		return nil, err
	}
	return messages, nil
}

func committed(request driver.GroupPartitions) (any, error) {
	ctx, cancel := patience()
	defer cancel()
	found, err := admin.FetchOffsetsForTopics(ctx, request.Group, request.Topic)
	if err != nil {
		return nil, err
	}
	answer := map[string]driver.Committed{}
	for _, p := range request.Partitions {
		at, known := found.Lookup(request.Topic, p)
		if at.Err != nil {
			return nil, at.Err
		}
		if !known {
			at.At = -1
		}
		answer[driver.Name(p)] = driver.Committed{Offset: at.At, Metadata: at.Metadata}
	}
	return answer, nil
}

func setOffsets(request driver.GroupOffsets) (any, error) {
	ctx, cancel := patience()
	defer cancel()
	at := kadm.Offsets{}
	request.Offsets.Each(func(partition int32, offset int64) { at.AddOffset(request.Topic, partition, offset, -1) })
	return nil, admin.CommitAllOffsets(ctx, request.Group, at)
}

func load(request driver.Load) (driver.Send, error) {
	cl, err := client(kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.ProducerLinger(2*time.Millisecond))
	if err != nil {
		return nil, err
	}
	return func(partition int32, value []byte, done func(error)) {
		one := &kgo.Record{Topic: request.Topic, Partition: partition, Value: value}
		cl.Produce(context.Background(), one, func(_ *kgo.Record, err error) { done(err) })
	}, nil
}

var admin *kadm.Client

func main() {
	cl, err := client()
	if err != nil {
		panic(err)
	}
	admin = kadm.NewClient(cl)
	operations := map[string]driver.Operation{
		"hello":     driver.Op(hello),
		"produce":   driver.Op(produce),
		"read":      driver.Op(read),
		"consume":   driver.Op(consume),
		"committed": driver.Op(committed), "setOffsets": driver.Op(setOffsets),
		"member": driver.Op(member), "leave": driver.Op(leave),
	}
	operations["startLoad"], operations["stopLoad"] = driver.LoadOperations(load)
	addAdmin(operations)
	addTransactions(operations)
	driver.Serve(operations)
}

func hello(driver.None) (any, error) {
	ctx, cancel := patience()
	defer cancel()
	_, err := admin.BrokerMetadata(ctx)
	return nil, err
}
