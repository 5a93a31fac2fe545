// Drives github.com/apache/rocketmq-clients/golang/v5; ../lib/rocketmq.mjs says what the operations are.
package main

import (
	"context"
	"os"
	"sync"
	"time"

	rmq "github.com/apache/rocketmq-clients/golang/v5"
	"github.com/apache/rocketmq-clients/golang/v5/credentials"
	"polylog/conformance/driver"
)

type given struct {
	Body        []byte            `json:"body"`
	Tag         string            `json:"tag"`
	Keys        []string          `json:"keys"`
	Group       string            `json:"group"`
	DeliverAtMs int64             `json:"deliverAtMs"`
	Priority    *int32            `json:"priority"`
	Properties  map[string]string `json:"properties"`
}

type sending struct {
	Topic    string  `json:"topic"`
	Messages []given `json:"messages"`
}

type receipt struct {
	ID           string  `json:"id"`
	RecallHandle *string `json:"recallHandle"`
}

type shown struct {
	Index      int               `json:"index"`
	Body       []byte            `json:"body"`
	Tag        *string           `json:"tag"`
	Keys       []string          `json:"keys"`
	Group      *string           `json:"group"`
	ID         string            `json:"id"`
	Attempt    int32             `json:"attempt"`
	Properties map[string]string `json:"properties"`
}

type consumerArguments struct {
	Name        string `json:"name"`
	Group       string `json:"group"`
	Topic       string `json:"topic"`
	Expression  string `json:"expression"`
	Type        string `json:"type"`
	AwaitMs     int64  `json:"awaitMs"`
	Max         int32  `json:"max"`
	InvisibleMs int64  `json:"invisibleMs"`
	Index       int    `json:"index"`
	Ms          int64  `json:"ms"`
}

type consumer struct {
	simple   rmq.SimpleConsumer
	mutex    sync.Mutex
	received []*rmq.MessageView
}

func (c *consumer) at(index int) *rmq.MessageView {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.received[index]
}

var (
	mutex    sync.Mutex
	producer rmq.Producer
	// Says commit of whatever it is asked.
	transactional rmq.Producer
	consumers     = map[string]*consumer{}
)

func config(group string) *rmq.Config {
	return &rmq.Config{
		Endpoint:      os.Getenv("ROCKETMQ"),
		ConsumerGroup: group,
		Credentials: &credentials.SessionCredentials{
			AccessKey:    os.Getenv("ROCKETMQ_ACCESS_KEY"),
			AccessSecret: os.Getenv("ROCKETMQ_SECRET"),
		},
	}
}

func theProducer(topic string) (rmq.Producer, error) {
	mutex.Lock()
	defer mutex.Unlock()
	if producer != nil {
		return producer, nil
	}
	made, err := rmq.NewProducer(config(""), rmq.WithTopics(topic))
	if err != nil {
		return nil, err
	}
	if err := made.Start(); err != nil {
		return nil, err
	}
	producer = made
	return producer, nil
}

func message(topic string, one given) *rmq.Message {
	made := &rmq.Message{Topic: topic, Body: one.Body}
	if one.Tag != "" {
		made.SetTag(one.Tag)
	}
	if len(one.Keys) > 0 {
		made.SetKeys(one.Keys...)
	}
	if one.Group != "" {
		made.SetMessageGroup(one.Group)
	}
	if one.DeliverAtMs > 0 {
		made.SetDelayTimestamp(time.UnixMilli(one.DeliverAtMs))
	}
	for name, value := range one.Properties {
		made.AddProperty(name, value)
	}
	return made
}

func send(request sending) (any, error) {
	via, err := theProducer(request.Topic)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), driver.Wait)
	defer cancel()
	receipts := []receipt{}
	for _, one := range request.Messages {
		if one.Priority != nil {
			return nil, driver.Absent("5.1.2 has no priorities")
		}
		sent, err := via.Send(ctx, message(request.Topic, one))
		if err != nil {
			return nil, err
		}
		receipts = append(receipts, receipt{ID: sent[0].MessageID})
	}
	return receipts, nil
}

type transacting struct {
	Topic string `json:"topic"`
	Body  []byte `json:"body"`
	End   string `json:"end"`
}

func theTransactional(topic string) (rmq.Producer, error) {
	mutex.Lock()
	defer mutex.Unlock()
	if transactional != nil {
		return transactional, nil
	}
	check := &rmq.TransactionChecker{Check: func(*rmq.MessageView) rmq.TransactionResolution { return rmq.COMMIT }}
	made, err := rmq.NewProducer(config(""), rmq.WithTransactionChecker(check), rmq.WithTopics(topic))
	if err != nil {
		return nil, err
	}
	if err := made.Start(); err != nil {
		return nil, err
	}
	transactional = made
	return transactional, nil
}

func transact(request transacting) (any, error) {
	via, err := theTransactional(request.Topic)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), driver.Wait)
	defer cancel()
	transaction := via.BeginTransaction()
	if _, err := via.SendWithTransaction(ctx, &rmq.Message{Topic: request.Topic, Body: request.Body}, transaction); err != nil {
		return nil, err
	}
	switch request.End {
	case "commit":
		return nil, transaction.Commit()
	case "rollback":
		return nil, transaction.RollBack()
	}
	return nil, nil
}

func simple(request consumerArguments) (any, error) {
	expression := rmq.NewFilterExpression(request.Expression)
	if request.Type == "SQL" {
		expression = rmq.NewFilterExpressionWithType(request.Expression, rmq.SQL92)
	}
	made, err := rmq.NewSimpleConsumer(config(request.Group),
		rmq.WithAwaitDuration(time.Duration(request.AwaitMs)*time.Millisecond),
		rmq.WithSubscriptionExpressions(map[string]*rmq.FilterExpression{request.Topic: expression}))
	if err != nil {
		return nil, err
	}
	if err := made.Start(); err != nil {
		return nil, err
	}
	mutex.Lock()
	defer mutex.Unlock()
	consumers[request.Name] = &consumer{simple: made}
	return nil, nil
}

func named(name string) *consumer {
	mutex.Lock()
	defer mutex.Unlock()
	return consumers[name]
}

func receive(request consumerArguments) (any, error) {
	from := named(request.Name)
	ctx, cancel := context.WithTimeout(context.Background(), driver.Wait)
	defer cancel()
	views, err := from.simple.Receive(ctx, request.Max, time.Duration(request.InvisibleMs)*time.Millisecond)
	if err != nil {
		// The client says in an error that nothing has come.
		if status, ok := rmq.AsErrRpcStatus(err); ok && status.GetCode() == 40401 {
			return []shown{}, nil
		}
		return nil, err
	}
	from.mutex.Lock()
	defer from.mutex.Unlock()
	got := []shown{}
	for _, view := range views {
		from.received = append(from.received, view)
		keys := view.GetKeys()
		if keys == nil {
			keys = []string{}
		}
		got = append(got, shown{
			Index: len(from.received) - 1, Body: view.GetBody(), Tag: view.GetTag(), Keys: keys,
			Group: view.GetMessageGroup(), ID: view.GetMessageId(), Attempt: view.GetDeliveryAttempt(),
			Properties: view.GetProperties(),
		})
	}
	return got, nil
}

func ack(request consumerArguments) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), driver.Wait)
	defer cancel()
	from := named(request.Name)
	return nil, from.simple.Ack(ctx, from.at(request.Index))
}

func extend(request consumerArguments) (any, error) {
	from := named(request.Name)
	return nil, from.simple.ChangeInvisibleDuration(from.at(request.Index), time.Duration(request.Ms)*time.Millisecond)
}

func closeConsumer(request consumerArguments) (any, error) {
	mutex.Lock()
	closing := consumers[request.Name]
	delete(consumers, request.Name)
	mutex.Unlock()
	return nil, closing.simple.GracefulStop()
}

func main() {
	// What the client logs goes elsewhere.
	os.Setenv("mq.consoleAppender.enabled", "false")
	rmq.ResetLogger()
	driver.Serve(map[string]driver.Operation{
		"hello":    driver.Op(func(driver.None) (any, error) { return nil, nil }),
		"send":     driver.Op(send),
		"transact": driver.Op(transact),
		"simple":   driver.Op(simple),
		"receive":  driver.Op(receive),
		"ack":      driver.Op(ack),
		"extend":   driver.Op(extend),
		"close":    driver.Op(closeConsumer),
		"push":     driver.Missing("5.1.2 has no push consumer"),
		"recall":   driver.Missing("5.1.2 can't recall"),
		"lite":     driver.Missing("5.1.2 has no lite topics"),
	})
}
