package main

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/segmentio/kafka-go"
	"polylog/conformance/driver"
)

// asked gives an operation of one call its context, and tries again where the call met a pooled connection that a
// restart of the broker had closed: that is left to the client's user.
func asked[T any](run func(context.Context, T) (any, error)) driver.Operation {
	return driver.Op(func(request T) (any, error) {
		ctx, cancel := patience()
		defer cancel()
		answer, err := run(ctx, request)
		for errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
			answer, err = run(ctx, request)
		}
		return answer, err
	})
}

// first gives the call's error, or one of those that its answer has for each name.
func first[K comparable](errors map[K]error, err error) error {
	for _, each := range errors {
		if err == nil {
			err = each
		}
	}
	return err
}

func addAdmin(operations map[string]driver.Operation) {
	operations["createTopics"] = asked(func(ctx context.Context, request driver.CreateTopics) (any, error) {
		topics := []kafka.TopicConfig{}
		for _, each := range request.Topics {
			one := kafka.TopicConfig{Topic: each.Topic, NumPartitions: int(each.Partitions), ReplicationFactor: 1}
			for name, value := range each.Configs {
				one.ConfigEntries = append(one.ConfigEntries, kafka.ConfigEntry{ConfigName: name, ConfigValue: value})
			}
			topics = append(topics, one)
		}
		answer, err := client.CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: topics})
		if err != nil {
			return nil, err
		}
		return nil, first(answer.Errors, nil)
	})
	operations["listTopics"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		found, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, each := range found.Topics {
			names = append(names, each.Name)
		}
		return names, nil
	})
	operations["describeTopic"] = asked(func(ctx context.Context, request driver.Topic) (any, error) {
		found, err := client.Metadata(ctx, &kafka.MetadataRequest{Topics: []string{request.Topic}})
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(found.Topics[0].Partitions)}, found.Topics[0].Error
	})
	operations["createPartitions"] = asked(func(ctx context.Context, request driver.CreatePartitions) (any, error) {
		topics := []kafka.TopicPartitionsConfig{{Name: request.Topic, Count: request.Total}}
		answer, err := client.CreatePartitions(ctx, &kafka.CreatePartitionsRequest{Topics: topics})
		if err != nil {
			return nil, err
		}
		return nil, first(answer.Errors, nil)
	})
	operations["deleteTopics"] = asked(func(ctx context.Context, request driver.Topics) (any, error) {
		answer, err := client.DeleteTopics(ctx, &kafka.DeleteTopicsRequest{Topics: request.Topics})
		if err != nil {
			return nil, err
		}
		return nil, first(answer.Errors, nil)
	})
	operations["describeCluster"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		found, err := client.Metadata(ctx, &kafka.MetadataRequest{})
		if err != nil {
			return nil, err
		}
		brokers := []driver.Broker{}
		for _, each := range found.Brokers {
			brokers = append(brokers, driver.Broker{ID: int32(each.ID), Host: each.Host, Port: int32(each.Port)})
		}
		return map[string]any{"brokers": brokers, "controller": found.Controller.ID, "clusterId": found.ClusterID}, nil
	})
	addConfigs(operations)
	addOffsets(operations)
	addGroups(operations)
}

func addConfigs(operations map[string]driver.Operation) {
	operations["describeConfigs"] = asked(func(ctx context.Context, request driver.Topic) (any, error) {
		topic := kafka.DescribeConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: request.Topic}
		answer, err := client.DescribeConfigs(ctx, &kafka.DescribeConfigsRequest{Resources: []kafka.DescribeConfigRequestResource{topic}})
		if err != nil {
			return nil, err
		}
		configs := map[string]string{}
		for _, each := range answer.Resources[0].ConfigEntries {
			configs[each.ConfigName] = each.ConfigValue
		}
		return configs, answer.Resources[0].Error
	})
	operations["alterConfigs"] = asked(func(ctx context.Context, request driver.AlterConfigs) (any, error) {
		topic := kafka.AlterConfigRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: request.Topic}
		for name, value := range request.Configs {
			topic.Configs = append(topic.Configs, kafka.AlterConfigRequestConfig{Name: name, Value: value})
		}
		answer, err := client.AlterConfigs(ctx, &kafka.AlterConfigsRequest{Resources: []kafka.AlterConfigRequestResource{topic}})
		if err != nil {
			return nil, err
		}
		return nil, first(answer.Errors, nil)
	})
	operations["incrementalAlterConfigs"] = asked(func(ctx context.Context, request driver.AlterConfigs) (any, error) {
		topic := kafka.IncrementalAlterConfigsRequestResource{ResourceType: kafka.ResourceTypeTopic, ResourceName: request.Topic}
		change := func(name, value string, operation kafka.ConfigOperation) {
			one := kafka.IncrementalAlterConfigsRequestConfig{Name: name, Value: value, ConfigOperation: operation}
			topic.Configs = append(topic.Configs, one)
		}
		for name, value := range request.Set {
			change(name, value, kafka.ConfigOperationSet)
		}
		for _, name := range request.Delete {
			change(name, "", kafka.ConfigOperationDelete)
		}
		resources := []kafka.IncrementalAlterConfigsRequestResource{topic}
		answer, err := client.IncrementalAlterConfigs(ctx, &kafka.IncrementalAlterConfigsRequest{Resources: resources})
		if err != nil {
			return nil, err
		}
		return nil, answer.Resources[0].Error
	})
}

func addOffsets(operations map[string]driver.Operation) {
	operations["listOffsets"] = asked(func(ctx context.Context, request driver.ListOffsets) (any, error) {
		asked := []kafka.OffsetRequest{}
		for _, p := range request.Partitions {
			one := kafka.LastOffsetOf(int(p))
			if request.At == "earliest" {
				one = kafka.FirstOffsetOf(int(p))
			}
			asked = append(asked, one)
		}
		answer, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{request.Topic: asked}})
		if err != nil {
			return nil, err
		}
		found := map[string]int64{}
		for _, each := range answer.Topics[request.Topic] {
			if each.Error != nil {
				return nil, each.Error
			}
			found[driver.Name(int32(each.Partition))] = each.LastOffset
			if request.At == "earliest" {
				found[driver.Name(int32(each.Partition))] = each.FirstOffset
			}
		}
		return found, nil
	})
	operations["offsetsForTimes"] = asked(func(ctx context.Context, request driver.Times) (any, error) {
		asked := []kafka.OffsetRequest{}
		request.Times.Each(func(p int32, ms int64) { asked = append(asked, kafka.TimeOffsetOf(int(p), time.UnixMilli(ms))) })
		answer, err := client.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{request.Topic: asked}})
		if err != nil {
			return nil, err
		}
		found := map[string]*int64{}
		for _, each := range answer.Topics[request.Topic] {
			if each.Error != nil {
				return nil, each.Error
			}
			found[driver.Name(int32(each.Partition))] = nil
			for offset := range each.Offsets {
				if offset >= 0 {
					found[driver.Name(int32(each.Partition))] = &offset
				}
			}
		}
		return found, nil
	})
	operations["deleteRecords"] = driver.Missing("its Client has no such call")
}

func addGroups(operations map[string]driver.Operation) {
	operations["committed"] = asked(func(ctx context.Context, request driver.GroupPartitions) (any, error) {
		partitions := []int{}
		for _, p := range request.Partitions {
			partitions = append(partitions, int(p))
		}
		asked := &kafka.OffsetFetchRequest{GroupID: request.Group, Topics: map[string][]int{request.Topic: partitions}}
		answer, err := client.OffsetFetch(ctx, asked)
		if err != nil {
			return nil, err
		}
		found := map[string]driver.Committed{}
		for _, each := range answer.Topics[request.Topic] {
			found[driver.Name(int32(each.Partition))] = driver.Committed{Offset: each.CommittedOffset, Metadata: each.Metadata}
		}
		return found, answer.Error
	})
	operations["setOffsets"] = asked(func(ctx context.Context, request driver.GroupOffsets) (any, error) {
		at := []kafka.OffsetCommit{}
		request.Offsets.Each(func(p int32, offset int64) { at = append(at, kafka.OffsetCommit{Partition: int(p), Offset: offset}) })
		asked := &kafka.OffsetCommitRequest{GroupID: request.Group, GenerationID: -1, Topics: map[string][]kafka.OffsetCommit{request.Topic: at}}
		answer, err := client.OffsetCommit(ctx, asked)
		if err != nil {
			return nil, err
		}
		for _, each := range answer.Topics[request.Topic] {
			if each.Error != nil {
				return nil, each.Error
			}
		}
		return nil, nil
	})
	operations["listGroups"] = asked(func(ctx context.Context, _ driver.None) (any, error) {
		answer, err := client.ListGroups(ctx, &kafka.ListGroupsRequest{})
		if err != nil {
			return nil, err
		}
		names := []string{}
		for _, each := range answer.Groups {
			names = append(names, each.GroupID)
		}
		return names, answer.Error
	})
	operations["describeGroup"] = asked(func(ctx context.Context, request driver.Groups) (any, error) {
		answer, err := client.DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{request.Group}})
		if err != nil {
			return nil, err
		}
		found := answer.Groups[0]
		return map[string]any{"state": found.GroupState, "members": len(found.Members)}, found.Error
	})
	operations["deleteGroups"] = asked(func(ctx context.Context, request driver.Groups) (any, error) {
		answer, err := client.DeleteGroups(ctx, &kafka.DeleteGroupsRequest{GroupIDs: request.Groups})
		if err != nil {
			return nil, err
		}
		return nil, first(answer.Errors, nil)
	})
}
