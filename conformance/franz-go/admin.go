package main

import (
	"context"
	"fmt"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"polylog/conformance/driver"
)

func errorOf(code int16) error { return kerr.ErrorForCode(code) }

// asked gives an operation of one call its context.
func asked[T any](run func(context.Context, T) (any, error)) driver.Operation {
	return driver.Op(func(request T) (any, error) {
		ctx, cancel := patience()
		defer cancel()
		return run(ctx, request)
	})
}

func said(err error, message string) error {
	if err == nil || message == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, message)
}

func addAdmin(operations map[string]driver.Operation) {
	operations["createTopics"] = asked(func(ctx context.Context, request driver.CreateTopics) (any, error) {
		for _, each := range request.Topics {
			configs := map[string]*string{}
			for name, value := range each.Configs {
				configs[name] = &value
			}
			answer, err := admin.CreateTopic(ctx, each.Partitions, 1, configs, each.Topic)
			if err != nil {
				return nil, said(err, answer.ErrMessage)
			}
		}
		return nil, nil
	})
	operations["listTopics"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		topics, err := admin.ListTopics(ctx)
		return topics.Names(), err
	})
	operations["describeTopic"] = asked(func(ctx context.Context, request driver.Topic) (any, error) {
		topics, err := admin.ListTopics(ctx, request.Topic)
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(topics[request.Topic].Partitions)}, topics[request.Topic].Err
	})
	operations["createPartitions"] = asked(func(ctx context.Context, request driver.CreatePartitions) (any, error) {
		answer, err := admin.UpdatePartitions(ctx, int(request.Total), request.Topic)
		if err != nil {
			return nil, err
		}
		return nil, said(answer[request.Topic].Err, answer[request.Topic].ErrMessage)
	})
	operations["deleteTopics"] = asked(func(ctx context.Context, request driver.Topics) (any, error) {
		answer, err := admin.DeleteTopics(ctx, request.Topics...)
		if err != nil {
			return nil, err
		}
		return nil, answer.Error()
	})
	operations["describeConfigs"] = asked(func(ctx context.Context, request driver.Topic) (any, error) {
		answer, err := admin.DescribeTopicConfigs(ctx, request.Topic)
		if err != nil {
			return nil, err
		}
		configs := map[string]*string{}
		found, err := answer.On(request.Topic, nil)
		for _, each := range found.Configs {
			configs[each.Key] = each.Value
		}
		return configs, err
	})
	operations["alterConfigs"] = asked(func(ctx context.Context, request driver.AlterConfigs) (any, error) {
		answer, err := admin.AlterTopicConfigsState(ctx, changes(kadm.SetConfig, request.Configs), request.Topic)
		return nil, altered(answer, err)
	})
	operations["incrementalAlterConfigs"] = asked(func(ctx context.Context, request driver.AlterConfigs) (any, error) {
		list := changes(kadm.SetConfig, request.Set)
		for _, name := range request.Delete {
			list = append(list, kadm.AlterConfig{Op: kadm.DeleteConfig, Name: name})
		}
		answer, err := admin.AlterTopicConfigs(ctx, list, request.Topic)
		return nil, altered(answer, err)
	})
	addOffsetsAndGroups(operations)
}

func changes(op kadm.IncrementalOp, values map[string]string) []kadm.AlterConfig {
	list := []kadm.AlterConfig{}
	for name, value := range values {
		list = append(list, kadm.AlterConfig{Op: op, Name: name, Value: &value})
	}
	return list
}

func altered(answer kadm.AlterConfigsResponses, err error) error {
	for _, each := range answer {
		if each.Err != nil {
			return said(each.Err, each.ErrMessage)
		}
	}
	return err
}

func addOffsetsAndGroups(operations map[string]driver.Operation) {
	operations["deleteRecords"] = asked(func(ctx context.Context, request driver.GroupOffsets) (any, error) {
		before := kadm.Offsets{}
		request.Offsets.Each(func(p int32, offset int64) { before.AddOffset(request.Topic, p, offset, -1) })
		answer, err := admin.DeleteRecords(ctx, before)
		if err != nil {
			return nil, err
		}
		return nil, answer.Error()
	})
	operations["listOffsets"] = asked(func(ctx context.Context, request driver.ListOffsets) (any, error) {
		ask := admin.ListEndOffsets
		if request.At == "earliest" {
			ask = admin.ListStartOffsets
		}
		found, err := ask(ctx, request.Topic)
		if err != nil {
			return nil, err
		}
		answer := map[string]int64{}
		for _, p := range request.Partitions {
			at, known := found.Lookup(request.Topic, p)
			if !known || at.Err != nil {
				return nil, fmt.Errorf("partition %d: %v", p, at.Err)
			}
			answer[driver.Name(p)] = at.Offset
		}
		return answer, nil
	})
	operations["offsetsForTimes"] = asked(func(ctx context.Context, request driver.Times) (any, error) {
		// One time for all partitions of a topic: one call each.
		answer := map[string]*int64{}
		var failure error
		request.Times.Each(func(p int32, ms int64) {
			found, err := admin.ListOffsetsAfterMilli(ctx, ms, request.Topic)
			at, _ := found.Lookup(request.Topic, p)
			if err != nil || at.Err != nil {
				failure = fmt.Errorf("partition %d: %v %v", p, err, at.Err)
			}
			// Where nothing is that young, kadm answers the end offset, and no timestamp.
			answer[driver.Name(p)] = &at.Offset
		})
		return answer, failure
	})
	operations["listGroups"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		groups, err := admin.ListGroups(ctx)
		return groups.Groups(), err
	})
	operations["describeGroup"] = asked(func(ctx context.Context, request driver.Groups) (any, error) {
		answer, err := admin.DescribeGroups(ctx, request.Group)
		if err != nil {
			return nil, err
		}
		found, err := answer.On(request.Group, nil)
		return map[string]any{"state": found.State, "members": len(found.Members)}, err
	})
	operations["deleteGroups"] = asked(func(ctx context.Context, request driver.Groups) (any, error) {
		answer, err := admin.DeleteGroups(ctx, request.Groups...)
		if err != nil {
			return nil, err
		}
		return nil, answer.Error()
	})
	operations["describeCluster"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		found, err := admin.BrokerMetadata(ctx)
		brokers := []driver.Broker{}
		for _, each := range found.Brokers {
			brokers = append(brokers, driver.Broker{ID: each.NodeID, Host: each.Host, Port: each.Port})
		}
		return map[string]any{"brokers": brokers, "controller": found.Controller, "clusterId": found.Cluster}, err
	})
}
