// The driver of sarama (../lib/driver.mjs describes what it speaks).
package main

import (
	"fmt"
	"time"

	"github.com/IBM/sarama"
	"polylog/conformance/driver"
)

var codecs = map[string]sarama.CompressionCodec{
	"none": sarama.CompressionNone, "gzip": sarama.CompressionGZIP, "snappy": sarama.CompressionSnappy,
	"lz4": sarama.CompressionLZ4, "zstd": sarama.CompressionZSTD,
}

var addresses = []string{driver.Bootstrap}

func config() *sarama.Config {
	one := sarama.NewConfig()
	one.Version = sarama.MaxVersion
	one.ClientID = "conformance"
	one.Metadata.Retry.Max = 100
	one.Metadata.Retry.Backoff = 200 * time.Millisecond
	one.Producer.Partitioner = sarama.NewManualPartitioner
	one.Producer.Return.Successes = true
	one.Producer.Retry.Max = 200
	one.Producer.Retry.Backoff = 100 * time.Millisecond
	one.Consumer.Offsets.Initial = sarama.OffsetOldest
	one.Consumer.Offsets.AutoCommit.Enable = false
	one.Consumer.Return.Errors = true
	one.Consumer.MaxWaitTime = 200 * time.Millisecond
	one.Consumer.Retry.Backoff = 200 * time.Millisecond
	return one
}

func encoder(value []byte) sarama.Encoder {
	if value == nil {
		return nil
	}
	return sarama.ByteEncoder(value)
}

func outgoing(topic string, message driver.Message) *sarama.ProducerMessage {
	one := &sarama.ProducerMessage{
		Topic: topic, Partition: message.Partition, Key: encoder(message.Key), Value: encoder(message.Value),
	}
	if message.Timestamp != 0 {
		one.Timestamp = time.UnixMilli(message.Timestamp)
	}
	for _, each := range message.Headers {
		one.Headers = append(one.Headers, sarama.RecordHeader{Key: []byte(each.Name), Value: each.Value})
	}
	return one
}

func produce(request driver.Produce) (any, error) {
	settings := config()
	settings.Producer.RequiredAcks = sarama.RequiredAcks(request.Acks)
	settings.Producer.Compression = codecs[request.Compression]
	settings.Producer.Flush.Frequency = 5 * time.Millisecond
	settings.Net.MaxOpenRequests = 1
	producer, err := sarama.NewSyncProducer(addresses, settings)
	if err != nil {
		return nil, err
	}
	defer producer.Close()
	messages := make([]*sarama.ProducerMessage, len(request.Messages))
	for i, each := range request.Messages {
		messages[i] = outgoing(request.Topic, each)
	}
	if err := producer.SendMessages(messages); err != nil {
		return nil, err
	}
	return driver.Produced(request, messages, func(each *sarama.ProducerMessage) int64 { return each.Offset }), nil
}

func received(message *sarama.ConsumerMessage) driver.Message {
	one := driver.Message{
		Partition: message.Partition, Offset: message.Offset, Key: message.Key, Value: message.Value,
		Timestamp: message.Timestamp.UnixMilli(),
	}
	for _, each := range message.Headers {
		one.Headers = append(one.Headers, driver.Header{Name: string(each.Key), Value: each.Value})
	}
	return one
}

func read(request driver.Read) (any, error) {
	settings := config()
	settings.Consumer.Return.Errors = false
	if request.Isolation == "read_committed" {
		settings.Consumer.IsolationLevel = sarama.ReadCommitted
	}
	consumer, err := sarama.NewConsumer(addresses, settings)
	if err != nil {
		return nil, err
	}
	defer consumer.Close()
	all := make(chan *sarama.ConsumerMessage)
	done := make(chan struct{})
	defer close(done)
	var failure error
	request.From.Each(func(partition int32, offset int64) {
		one, err := consumer.ConsumePartition(request.Topic, partition, offset)
		if err != nil {
			failure = err
			return
		}
		go func() {
			defer one.AsyncClose()
			for {
				select {
				case message := <-one.Messages():
					select {
					case all <- message:
					case <-done:
						return
					}
				case <-done:
					return
				}
			}
		}()
	})
	if failure != nil {
		return nil, failure
	}
	messages := []driver.Message{}
	timeout := time.After(driver.Wait)
	for len(messages) < request.Count {
		select {
		case message := <-all:
			messages = append(messages, received(message))
		case <-timeout:
			return nil, fmt.Errorf("%d of %d messages in %v", len(messages), request.Count, driver.Wait)
		}
	}
	return driver.Messages(messages), nil
}

func load(request driver.Load) (driver.Send, error) {
	settings := config()
	settings.Producer.Idempotent = true
	settings.Producer.RequiredAcks = sarama.WaitForAll
	settings.Producer.Flush.Frequency = 2 * time.Millisecond
	settings.Net.MaxOpenRequests = 1
	producer, err := sarama.NewAsyncProducer(addresses, settings)
	if err != nil {
		return nil, err
	}
	go func() {
		for message := range producer.Successes() {
			message.Metadata.(func(error))(nil)
		}
	}()
	go func() {
		for failed := range producer.Errors() {
			failed.Msg.Metadata.(func(error))(failed.Err)
		}
	}()
	return func(partition int32, value []byte, done func(error)) {
		producer.Input() <- &sarama.ProducerMessage{
			Topic: request.Topic, Partition: partition, Value: sarama.ByteEncoder(value), Metadata: done,
		}
	}, nil
}

func main() {
	operations := map[string]driver.Operation{
		"hello": driver.Op(func(driver.None) (any, error) {
			return withAdmin(func(admin sarama.ClusterAdmin) (any, error) {
				_, _, err := admin.DescribeCluster()
				return nil, err
			})
		}),
		"produce": driver.Op(produce),
		"read":    driver.Op(read),
		"consume": driver.Op(consume),
		"member":  driver.Op(member),
		"leave":   driver.Op(leave),
	}
	operations["startLoad"], operations["stopLoad"] = driver.LoadOperations(load)
	addAdmin(operations)
	addTransactions(operations)
	driver.Serve(operations)
}
