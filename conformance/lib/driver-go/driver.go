// Package driver is the driver's side for clients of Go: what driver-node.mjs is for Node.
//
// Serve answers the requests on stdin, each in a goroutine of its own, so that a member can take "leave" while it
// consumes. Bytes travel in base64, which is what encoding/json makes of []byte, with null for nil.
package driver

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// Wait is how long an operation may take before it counts as hung.
const Wait = 60 * time.Second

// FarAhead is how far ahead an aborted transaction's offsets are: one that came true would be missed messages.
const FarAhead = 1000

// Bootstrap is the broker's address.
var Bootstrap = os.Getenv("BOOTSTRAP")

// Absent is answered where the client has no such operation.
type Absent string

func (a Absent) Error() string { return string(a) }

// Message is a message on its way to or from the client. Headers are pairs of a name and bytes.
type Message struct {
	Partition int32    `json:"partition"`
	Offset    int64    `json:"offset"`
	Key       []byte   `json:"key"`
	Value     []byte   `json:"value"`
	Headers   []Header `json:"headers"`
	Timestamp int64    `json:"timestamp,omitempty"`
}

// Header is one header; it travels as a list of two.
type Header struct {
	Name  string
	Value []byte
}

func (h Header) MarshalJSON() ([]byte, error) { return json.Marshal([]any{h.Name, h.Value}) }

func (h *Header) UnmarshalJSON(text []byte) error {
	pair := []any{&h.Name, &h.Value}
	return json.Unmarshal(text, &pair)
}

// Offsets are offsets by partition; the JSON has numbers as text for names, and null where there is none.
type Offsets map[string]*int64

// Each calls with every partition that has an offset.
func (o Offsets) Each(call func(partition int32, offset int64)) {
	for name, offset := range o {
		if offset != nil {
			call(number(name), *offset)
		}
	}
}

// Committed is the answer of the operation of that name for one partition.
type Committed struct {
	Offset   int64  `json:"offset"`
	Metadata string `json:"metadata"`
}

// NewTopic is a topic to create.
type NewTopic struct {
	Topic      string            `json:"topic"`
	Partitions int32             `json:"partitions"`
	Configs    map[string]string `json:"configs"`
}

// Broker is a broker in the answer of describeCluster.
type Broker struct {
	ID   int32  `json:"id"`
	Host string `json:"host"`
	Port int32  `json:"port"`
}

// The arguments of the operations.
type (
	Topic struct {
		Topic string `json:"topic"`
	}
	Produce struct {
		Topic       string    `json:"topic"`
		Acks        int       `json:"acks"`
		Compression string    `json:"compression"`
		Messages    []Message `json:"messages"`
	}
	Read struct {
		Topic     string  `json:"topic"`
		From      Offsets `json:"from"`
		Count     int     `json:"count"`
		Isolation string  `json:"isolation"`
	}
	Consume struct {
		Group    string `json:"group"`
		Topic    string `json:"topic"`
		Count    int    `json:"count"`
		Metadata string `json:"metadata"`
	}
	GroupPartitions struct {
		Group      string  `json:"group"`
		Topic      string  `json:"topic"`
		Partitions []int32 `json:"partitions"`
	}
	GroupOffsets struct {
		Name    string  `json:"name"`
		Group   string  `json:"group"`
		Topic   string  `json:"topic"`
		Offsets Offsets `json:"offsets"`
	}
	Member struct {
		Group            string `json:"group"`
		Topic            string `json:"topic"`
		SessionTimeoutMs int    `json:"sessionTimeoutMs"`
		Protocol         string `json:"protocol"`
	}
	Load struct {
		Topic      string `json:"topic"`
		Partitions int32  `json:"partitions"`
	}
	Times struct {
		Topic string  `json:"topic"`
		Times Offsets `json:"times"`
	}
	ListOffsets struct {
		Topic      string  `json:"topic"`
		Partitions []int32 `json:"partitions"`
		At         string  `json:"at"`
	}
	CreateTopics struct {
		Topics []NewTopic `json:"topics"`
	}
	CreatePartitions struct {
		Topic string `json:"topic"`
		Total int32  `json:"total"`
	}
	Topics struct {
		Topics []string `json:"topics"`
	}
	AlterConfigs struct {
		Topic   string            `json:"topic"`
		Configs map[string]string `json:"configs"`
		Set     map[string]string `json:"set"`
		Delete  []string          `json:"delete"`
	}
	Groups struct {
		Group  string   `json:"group"`
		Groups []string `json:"groups"`
	}
	Txn struct {
		Name            string    `json:"name"`
		TransactionalID string    `json:"transactionalId"`
		TimeoutMs       int       `json:"timeoutMs"`
		Topic           string    `json:"topic"`
		Messages        []Message `json:"messages"`
		Commit          bool      `json:"commit"`
	}
	Copy struct {
		Group            string `json:"group"`
		Input            string `json:"input"`
		Output           string `json:"output"`
		TransactionalID  string `json:"transactionalId"`
		Batch            int    `json:"batch"`
		AbortEvery       int    `json:"abortEvery"`
		SessionTimeoutMs int    `json:"sessionTimeoutMs"`
	}
	None struct{}
)

// Operation takes a request's JSON and gives what is answered.
type Operation func(json.RawMessage) (any, error)

// Op makes an operation of a function with arguments of its own type.
func Op[T any](run func(T) (any, error)) Operation {
	return func(text json.RawMessage) (any, error) {
		var arguments T
		if err := json.Unmarshal(text, &arguments); err != nil {
			return nil, err
		}
		return run(arguments)
	}
}

// Missing is an operation that the client does not have.
func Missing(why string) Operation {
	return func(json.RawMessage) (any, error) { return nil, Absent(why) }
}

var out sync.Mutex

func write(message map[string]any) {
	text, err := json.Marshal(message)
	if err != nil {
		panic(err)
	}
	out.Lock()
	defer out.Unlock()
	os.Stdout.Write(append(text, '\n'))
}

// Emit reports an event.
func Emit(event string, fields map[string]any) {
	message := map[string]any{"event": event}
	for name, value := range fields {
		message[name] = value
	}
	write(message)
}

// Serve answers requests until stdin ends.
func Serve(operations map[string]Operation) {
	input := bufio.NewReaderSize(os.Stdin, 1<<20)
	for {
		line, err := input.ReadBytes('\n')
		if err != nil {
			os.Exit(0)
		}
		go answer(operations, line)
	}
}

func answer(operations map[string]Operation, line []byte) {
	var head struct {
		ID int    `json:"id"`
		Op string `json:"op"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		panic(err)
	}
	operation, known := operations[head.Op]
	if !known {
		write(map[string]any{"id": head.ID, "absent": "the driver has no operation " + head.Op})
		return
	}
	result, err := operation(line)
	var absent Absent
	switch {
	case errors.As(err, &absent):
		write(map[string]any{"id": head.ID, "absent": string(absent)})
	case err != nil:
		write(map[string]any{"id": head.ID, "error": err.Error()})
	case result == nil:
		write(map[string]any{"id": head.ID, "ok": map[string]any{}})
	default:
		write(map[string]any{"id": head.ID, "ok": result})
	}
}

func number(text string) int32 {
	value, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		panic(err)
	}
	return int32(value)
}

// Name is a partition's number as a name in an answer.
func Name(partition int32) string { return strconv.Itoa(int(partition)) }

// Messages answers an empty list as [], not as null.
func Messages(list []Message) []Message {
	for i := range list {
		if list[i].Headers == nil {
			list[i].Headers = []Header{}
		}
	}
	return list
}

// Produced is the answer of produce: an offset for each message, in their order; none where nothing is acknowledged.
func Produced[T any](request Produce, sent []T, offset func(T) int64) any {
	if request.Acks == 0 {
		return nil
	}
	offsets := make([]int64, len(sent))
	for i, each := range sent {
		offsets[i] = offset(each)
	}
	return map[string]any{"offsets": offsets}
}

// Send sends a message of the load, and reports the outcome to done, later and from any goroutine.
type Send func(partition int32, value []byte, done func(error))

// LoadOperations are startLoad and stopLoad, which ends when everything sent has its outcome: the paced load of the restart
// test, about 600 messages a second with "PARTITION-SEQUENCE" as value. connect makes its producer.
func LoadOperations(connect func(Load) (Send, error)) (start, stop Operation) {
	stopping := make(chan struct{})
	ended := make(chan struct{})
	start = Op(func(load Load) (any, error) {
		send, err := connect(load)
		if err == nil {
			go runLoad(load.Partitions, send, stopping, ended)
		}
		return nil, err
	})
	stop = Op(func(None) (any, error) {
		close(stopping)
		<-ended
		return nil, nil
	})
	return start, stop
}

func runLoad(partitions int32, send Send, stopping <-chan struct{}, ended chan<- struct{}) {
	defer close(ended)
	var open atomic.Int64
	var waiting sync.WaitGroup
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for sequence := 0; ; {
		select {
		case <-stopping:
			waiting.Wait()
			return
		case <-ticker.C:
		}
		if open.Load() >= 600 {
			continue
		}
		for p := int32(0); p < partitions; p++ {
			fields := map[string]any{"partition": p, "sequences": []int{sequence}}
			open.Add(1)
			waiting.Add(1)
			send(p, fmt.Appendf(nil, "%d-%d", p, sequence), func(err error) {
				if err == nil {
					Emit("acked", fields)
				} else {
					fields["error"] = err.Error()
					Emit("failed", fields)
				}
				open.Add(-1)
				waiting.Done()
			})
		}
		sequence++
	}
}

// CopyOperations are copy and stopCopy: attempt copies until stopped is closed. After any failure it is called again,
// and makes the producer and the consumer anew, as after a crash.
func CopyOperations(attempt func(copy Copy, stopped <-chan struct{}) error) (start, stop Operation) {
	stopping := make(chan struct{})
	ended := make(chan struct{})
	run := func(copy Copy) {
		defer close(ended)
		for {
			err := attempt(copy, stopping)
			select {
			case <-stopping:
				return
			default:
			}
			if err != nil {
				fmt.Fprintln(os.Stderr, "copy:", err)
				Emit("copyFailed", map[string]any{"error": err.Error()})
			}
			time.Sleep(100 * time.Millisecond) // no endless spinning while the broker is away
		}
	}
	start = Op(func(copy Copy) (any, error) {
		go run(copy)
		return nil, nil
	})
	stop = Op(func(None) (any, error) {
		close(stopping)
		<-ended
		return nil, nil
	})
	return start, stop
}
