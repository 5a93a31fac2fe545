// Load on RocketMQ's gRPC protocol with its official Go client, over plaintext. Prints one line of JSON, or fails with what went
// wrong. It takes a fraction of the CPU of the Java client (drivers/rocketmq), whose figures it stands beside.
//
//	ENDPOINT send TOPIC TOPICS BYTES THREADS WARM_S SECONDS   over TOPIC, or TOPIC0 … when TOPICS is more than 1
//	ENDPOINT fill TOPIC BYTES COUNT                  messages to be received; as fast as they are taken
//	ENDPOINT receive TOPIC GROUP COUNT               COUNT messages, each acknowledged by a call of its own, by 16 simple receivers
//	ENDPOINT transactions TOPIC BYTES THREADS WARM_S SECONDS   half message and commit
//	ENDPOINT delay TOPIC GROUP COUNT DELAY_MS THREADS          how late messages come that THREADS have sent as fast as they could
//	ENDPOINT first TOPIC                             when the first message is acknowledged of a client that starts when somebody listens
//
// Failed calls are counted, and not sent again by the client. Logs go to $HOME/logs, as the client has it.
package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"net"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	rmq "github.com/apache/rocketmq-clients/golang/v5"
	"github.com/apache/rocketmq-clients/golang/v5/credentials"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
)

const (
	receivers     = 16
	receiveAtOnce = 32
	invisible     = 30 * time.Second
	await         = 5 * time.Second
	timeout       = 10 * time.Second
	nothingThere  = 40401
	rounds        = 3
)

var (
	endpoint string
	failed   atomic.Int64
	failure  atomic.Value
)

func main() {
	// Before the package's own init would be better: it logs at INFO until here.
	os.Setenv("rocketmq.client.logLevel", "error")
	rmq.ResetLogger()
	make := rmq.NewRpcClient
	plain := rmq.WithRpcClientConnOption(rmq.WithDialOptions(grpc.WithTransportCredentials(insecure.NewCredentials())))
	rmq.NewRpcClient = func(target string, options ...rmq.RpcClientOption) (rmq.RpcClient, error) {
		return make(target, append(options, plain)...)
	}
	endpoint = os.Args[1]
	args := os.Args[3:]
	switch os.Args[2] {
	case "send":
		send(args)
	case "fill":
		fill(args[0], number(args[1]), number(args[2]))
	case "receive":
		receive(args[0], args[1], number(args[2]))
	case "transactions":
		transactions(args)
	case "delay":
		delay(args[0], args[1], number(args[2]), number(args[3]), number(args[4]))
	case "first":
		first(args[0])
	default:
		panic("unknown: " + os.Args[2])
	}
	// Clients take seconds to say goodbye, and nobody measures that.
	os.Exit(0)
}

func number(text string) int {
	value, err := strconv.Atoi(text)
	check(err)
	return value
}

func seconds(text string) time.Duration {
	value, err := strconv.ParseFloat(text, 64)
	check(err)
	return time.Duration(value * float64(time.Second))
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func fail(err error) {
	failed.Add(1)
	failure.CompareAndSwap(nil, err.Error())
}

func config(group string) *rmq.Config {
	return &rmq.Config{Endpoint: endpoint, ConsumerGroup: group, Credentials: &credentials.SessionCredentials{}}
}

// RocketMQ's proxy may hear of a topic some time after it was made: what it didn't find it keeps so for a while.
func producer(options ...rmq.ProducerOption) rmq.Producer {
	for tries := 1; ; tries++ {
		made, err := rmq.NewProducer(config(""), append(options, rmq.WithMaxAttempts(1))...)
		check(err)
		err = made.Start()
		if err == nil {
			return made
		}
		if tries == 90 {
			check(err)
		}
		time.Sleep(500 * time.Millisecond)
	}
}

func within() (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), timeout)
}

// What threads have done, and how long each took.
type tally struct {
	mutex sync.Mutex
	took  []time.Duration
}

func (t *tally) note(took time.Duration) {
	t.mutex.Lock()
	t.took = append(t.took, took)
	t.mutex.Unlock()
}

func (t *tally) count() int {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	return len(t.took)
}

// Runs a step again and again in many threads, and tells what was done in some time after one of warming up.
func measure(threads int, warm, span time.Duration, step func() error) {
	done := &tally{}
	for range threads {
		go func() {
			for {
				start := time.Now()
				if err := step(); err != nil {
					fail(err)
					continue
				}
				done.note(time.Since(start))
			}
		}()
	}
	time.Sleep(warm)
	from, start := done.count(), time.Now()
	time.Sleep(span)
	to, took := done.count(), time.Since(start)
	done.mutex.Lock()
	tell(to, float64(to-from)/took.Seconds(), append([]time.Duration{}, done.took[from:to]...))
}

func tell(messages int, perSecond float64, times []time.Duration) {
	sort.Slice(times, func(i, j int) bool { return times[i] < times[j] })
	if failed.Load() > 0 {
		fmt.Fprintf(os.Stderr, "%d failed, the first: %v\n", failed.Load(), failure.Load())
	}
	fmt.Printf("{\"messages\":%d,\"per_s\":%.2f,\"failed\":%d,\"p50_ms\":%.3f,\"p99_ms\":%.3f,\"max_ms\":%.3f}\n",
		messages, perSecond, failed.Load(), at(times, 0.5), at(times, 0.99), at(times, 1))
}

// A quantile of sorted times by nearest rank, in ms.
func at(sorted []time.Duration, quantile float64) float64 {
	if len(sorted) == 0 {
		return 0
	}
	rank := int(quantile*float64(len(sorted)) + 0.999999)
	return float64(sorted[max(0, rank-1)].Microseconds()) / 1000
}

func send(args []string) {
	count := number(args[1])
	topics := []string{args[0]}
	if count > 1 {
		topics = topics[:0]
		for i := range count {
			topics = append(topics, args[0]+strconv.Itoa(i))
		}
	}
	via := producer(rmq.WithTopics(topics...))
	body := make([]byte, number(args[2]))
	var next atomic.Int64
	measure(number(args[3]), seconds(args[4]), seconds(args[5]), func() error {
		ctx, cancel := within()
		defer cancel()
		topic := topics[int(next.Add(1))%len(topics)]
		_, err := via.Send(ctx, &rmq.Message{Topic: topic, Body: body})
		return err
	})
}

func first(topic string) {
	for {
		connection, err := net.Dial("tcp", endpoint)
		if err == nil {
			connection.Close()
			made, err := rmq.NewProducer(config(""), rmq.WithTopics(topic), rmq.WithMaxAttempts(1))
			check(err)
			if made.Start() == nil {
				ctx, cancel := within()
				_, err = made.Send(ctx, &rmq.Message{Topic: topic, Body: []byte{1}})
				cancel()
				if err == nil {
					fmt.Printf("{\"epoch_ms\":%d}\n", time.Now().UnixMilli())
					return
				}
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
}

func fill(topic string, bytes, count int) {
	via := producer(rmq.WithTopics(topic))
	body := make([]byte, bytes)
	var left atomic.Int64
	left.Store(int64(count))
	start := time.Now()
	var all sync.WaitGroup
	for range 256 {
		all.Add(1)
		go func() {
			defer all.Done()
			for left.Add(-1) >= 0 {
				ctx, cancel := within()
				if _, err := via.Send(ctx, &rmq.Message{Topic: topic, Body: body}); err != nil {
					fail(err)
					left.Add(1)
				}
				cancel()
			}
		}()
	}
	all.Wait()
	tell(count, float64(count)/time.Since(start).Seconds(), nil)
}

func consumer(topic, group string) rmq.SimpleConsumer {
	all := map[string]*rmq.FilterExpression{topic: rmq.SUB_ALL}
	made, err := rmq.NewSimpleConsumer(config(group), rmq.WithAwaitDuration(await), rmq.WithSubscriptionExpressions(all))
	check(err)
	check(made.Start())
	return made
}

// Hands on what the receivers get, forever.
func receiveAll(from rmq.SimpleConsumer, take func([]*rmq.MessageView)) {
	for range receivers {
		go func() {
			for {
				views, err := from.Receive(context.Background(), receiveAtOnce, invisible)
				if err == nil {
					take(views)
				} else if status, ok := rmq.AsErrRpcStatus(err); !ok || status.GetCode() != nothingThere {
					fail(err)
				}
			}
		}()
	}
}

func ack(from rmq.SimpleConsumer, view *rmq.MessageView) {
	if err := from.Ack(context.Background(), view); err != nil {
		fail(err)
	}
}

// The rate counts from a fifth of the messages on, as with the Java client.
func receive(topic, group string, count int) {
	from := consumer(topic, group)
	var done atomic.Int64
	var warm time.Time
	end := make(chan time.Time, 1)
	receiveAll(from, func(views []*rmq.MessageView) {
		var acks sync.WaitGroup
		for _, view := range views {
			acks.Add(1)
			go func() {
				defer acks.Done()
				ack(from, view)
				switch done.Add(1) {
				case int64(count / 5):
					warm = time.Now()
				case int64(count):
					end <- time.Now()
				}
			}()
		}
		acks.Wait()
	})
	select {
	case at := <-end:
		tell(count, float64(count-count/5)/at.Sub(warm).Seconds(), nil)
	case <-time.After(240 * time.Second):
		check(fmt.Errorf("received %d of %d; %d failed: %v", done.Load(), count, failed.Load(), failure.Load()))
	}
}

func transactions(args []string) {
	commits := &rmq.TransactionChecker{Check: func(*rmq.MessageView) rmq.TransactionResolution { return rmq.COMMIT }}
	via := producer(rmq.WithTransactionChecker(commits), rmq.WithTopics(args[0]))
	body := make([]byte, number(args[1]))
	measure(number(args[2]), seconds(args[3]), seconds(args[4]), func() error {
		ctx, cancel := within()
		defer cancel()
		transaction := via.BeginTransaction()
		if _, err := via.SendWithTransaction(ctx, &rmq.Message{Topic: args[0], Body: body}, transaction); err != nil {
			return err
		}
		return transaction.Commit()
	})
}

// Two rounds warm broker and client up, the third counts. What is late is the return of the receive call that brings the message;
// acknowledged is all of a round after it.
func delay(topic, group string, count, delayMs, threads int) {
	from := consumer(topic, group)
	lates := make(chan time.Duration, count)
	var mutex sync.Mutex
	var got []*rmq.MessageView
	receiveAll(from, func(views []*rmq.MessageView) {
		now := time.Now().UnixMicro()
		mutex.Lock()
		got = append(got, views...)
		mutex.Unlock()
		for _, view := range views {
			dueMs := int64(binary.BigEndian.Uint64(view.GetBody()))
			lates <- time.Duration(now-dueMs*1000) * time.Microsecond
		}
	})
	via := producer(rmq.WithTopics(topic))
	// The receivers are to wait already when the first is due.
	time.Sleep(2 * time.Second)
	var times []time.Duration
	for range rounds {
		times = times[:0]
		sendDelayed(via, topic, count, delayMs, threads)
		limit := time.After(time.Duration(delayMs)*time.Millisecond + time.Minute)
		for len(times) < count {
			select {
			case late := <-lates:
				if late < 0 {
					check(fmt.Errorf("a message came %v early", -late))
				}
				times = append(times, late)
			case <-limit:
				check(fmt.Errorf("%d of %d did not come within a minute of their time; %d failed: %v",
					count-len(times), count, failed.Load(), failure.Load()))
			}
		}
		mutex.Lock()
		held := got
		got = nil
		mutex.Unlock()
		for _, view := range held {
			ack(from, view)
		}
	}
	tell(count, 0, times)
}

func sendDelayed(via rmq.Producer, topic string, count, delayMs, threads int) {
	var left atomic.Int64
	left.Store(int64(count))
	var all sync.WaitGroup
	for range threads {
		all.Add(1)
		go func() {
			defer all.Done()
			for left.Add(-1) >= 0 {
				due := time.Now().Add(time.Duration(delayMs) * time.Millisecond).Truncate(time.Millisecond)
				body := make([]byte, 128)
				binary.BigEndian.PutUint64(body, uint64(due.UnixMilli()))
				message := &rmq.Message{Topic: topic, Body: body}
				message.SetDelayTimestamp(due)
				ctx, cancel := within()
				if _, err := via.Send(ctx, message); err != nil {
					fail(err)
				}
				cancel()
			}
		}()
	}
	all.Wait()
}
