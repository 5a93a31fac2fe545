package main

import (
	"net"
	"strconv"

	"github.com/IBM/sarama"
	"polylog/conformance/driver"
)

// withAdmin makes an admin client for one call.
func withAdmin(run func(sarama.ClusterAdmin) (any, error)) (any, error) {
	admin, err := sarama.NewClusterAdmin(addresses, config())
	if err != nil {
		return nil, err
	}
	defer admin.Close()
	return run(admin)
}

func administer[T any](run func(sarama.ClusterAdmin, T) (any, error)) driver.Operation {
	return driver.Op(func(request T) (any, error) {
		return withAdmin(func(admin sarama.ClusterAdmin) (any, error) { return run(admin, request) })
	})
}

func addAdmin(operations map[string]driver.Operation) {
	operations["createTopics"] = administer(func(admin sarama.ClusterAdmin, request driver.CreateTopics) (any, error) {
		for _, each := range request.Topics {
			detail := &sarama.TopicDetail{NumPartitions: each.Partitions, ReplicationFactor: 1, ConfigEntries: pointers(each.Configs)}
			if err := admin.CreateTopic(each.Topic, detail, false); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	operations["listTopics"] = administer(func(admin sarama.ClusterAdmin, _ driver.None) (any, error) {
		topics, err := admin.ListTopics()
		names := []string{}
		for name := range topics {
			names = append(names, name)
		}
		return names, err
	})
	operations["describeTopic"] = administer(func(admin sarama.ClusterAdmin, request driver.Topic) (any, error) {
		found, err := admin.DescribeTopics([]string{request.Topic})
		if err != nil {
			return nil, err
		}
		return map[string]any{"partitions": len(found[0].Partitions)}, nil
	})
	operations["createPartitions"] = administer(func(admin sarama.ClusterAdmin, request driver.CreatePartitions) (any, error) {
		return nil, admin.CreatePartitions(request.Topic, request.Total, nil, false)
	})
	operations["deleteTopics"] = administer(func(admin sarama.ClusterAdmin, request driver.Topics) (any, error) {
		for _, each := range request.Topics {
			if err := admin.DeleteTopic(each); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	operations["describeConfigs"] = administer(func(admin sarama.ClusterAdmin, request driver.Topic) (any, error) {
		found, err := admin.DescribeConfig(sarama.ConfigResource{Type: sarama.TopicResource, Name: request.Topic})
		configs := map[string]string{}
		for _, each := range found {
			configs[each.Name] = each.Value
		}
		return configs, err
	})
	operations["alterConfigs"] = administer(func(admin sarama.ClusterAdmin, request driver.AlterConfigs) (any, error) {
		return nil, admin.AlterConfig(sarama.TopicResource, request.Topic, pointers(request.Configs), false)
	})
	operations["incrementalAlterConfigs"] = administer(func(admin sarama.ClusterAdmin, request driver.AlterConfigs) (any, error) {
		changes := map[string]sarama.IncrementalAlterConfigsEntry{}
		for name, value := range request.Set {
			changes[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationSet, Value: &value}
		}
		for _, name := range request.Delete {
			changes[name] = sarama.IncrementalAlterConfigsEntry{Operation: sarama.IncrementalAlterConfigsOperationDelete}
		}
		return nil, admin.IncrementalAlterConfig(sarama.TopicResource, request.Topic, changes, false)
	})
	addOffsets(operations)
	addGroups(operations)
}

func pointers(values map[string]string) map[string]*string {
	all := map[string]*string{}
	for name, value := range values {
		all[name] = &value
	}
	return all
}

// look asks for one offset a partition: one of sarama's constants, or the first of a time.
func look(admin sarama.ClusterAdmin, topic string, at map[int32]int64) (map[string]*int64, error) {
	found, err := admin.ListOffsets(map[string]map[int32]int64{topic: at}, nil)
	if err != nil {
		return nil, err
	}
	answer := map[string]*int64{}
	for p, one := range found[topic] {
		// Without an error it is not nil, but the error of that name.
		if one.Err != nil && one.Err != sarama.ErrNoError {
			return nil, one.Err
		}
		answer[driver.Name(p)] = nil
		if one.Offset >= 0 {
			answer[driver.Name(p)] = &one.Offset
		}
	}
	return answer, nil
}

func addOffsets(operations map[string]driver.Operation) {
	operations["listOffsets"] = administer(func(admin sarama.ClusterAdmin, request driver.ListOffsets) (any, error) {
		at := map[int32]int64{}
		for _, p := range request.Partitions {
			at[p] = sarama.OffsetNewest
			if request.At == "earliest" {
				at[p] = sarama.OffsetOldest
			}
		}
		return look(admin, request.Topic, at)
	})
	operations["offsetsForTimes"] = administer(func(admin sarama.ClusterAdmin, request driver.Times) (any, error) {
		at := map[int32]int64{}
		request.Times.Each(func(p int32, ms int64) { at[p] = ms })
		return look(admin, request.Topic, at)
	})
	operations["deleteRecords"] = administer(func(admin sarama.ClusterAdmin, request driver.GroupOffsets) (any, error) {
		before := map[int32]int64{}
		request.Offsets.Each(func(p int32, offset int64) { before[p] = offset })
		return nil, admin.DeleteRecords(request.Topic, before)
	})
	operations["committed"] = administer(func(admin sarama.ClusterAdmin, request driver.GroupPartitions) (any, error) {
		found, err := admin.ListConsumerGroupOffsets(request.Group, map[string][]int32{request.Topic: request.Partitions})
		if err != nil {
			return nil, err
		}
		answer := map[string]driver.Committed{}
		for _, p := range request.Partitions {
			at := found.GetBlock(request.Topic, p)
			answer[driver.Name(p)] = driver.Committed{Offset: at.Offset, Metadata: at.Metadata}
		}
		return answer, nil
	})
	operations["setOffsets"] = administer(func(admin sarama.ClusterAdmin, request driver.GroupOffsets) (any, error) {
		at := map[int32]sarama.OffsetAndMetadata{}
		request.Offsets.Each(func(p int32, offset int64) { at[p] = sarama.OffsetAndMetadata{Offset: offset} })
		answer, err := admin.AlterConsumerGroupOffsets(request.Group, map[string]map[int32]sarama.OffsetAndMetadata{request.Topic: at}, nil)
		if err != nil {
			return nil, err
		}
		for _, partitions := range answer.Errors {
			for _, code := range partitions {
				if code != sarama.ErrNoError {
					return nil, code
				}
			}
		}
		return nil, nil
	})
}

func addGroups(operations map[string]driver.Operation) {
	operations["listGroups"] = administer(func(admin sarama.ClusterAdmin, _ driver.None) (any, error) {
		groups, err := admin.ListConsumerGroups()
		names := []string{}
		for name := range groups {
			names = append(names, name)
		}
		return names, err
	})
	operations["describeGroup"] = administer(func(admin sarama.ClusterAdmin, request driver.Groups) (any, error) {
		found, err := admin.DescribeConsumerGroups([]string{request.Group})
		if err != nil {
			return nil, err
		}
		return map[string]any{"state": found[0].State, "members": len(found[0].Members)}, nil
	})
	operations["deleteGroups"] = administer(func(admin sarama.ClusterAdmin, request driver.Groups) (any, error) {
		for _, each := range request.Groups {
			if err := admin.DeleteConsumerGroup(each); err != nil {
				return nil, err
			}
		}
		return nil, nil
	})
	operations["describeCluster"] = administer(func(admin sarama.ClusterAdmin, _ driver.None) (any, error) {
		found, controller, err := admin.DescribeCluster()
		if err != nil {
			return nil, err
		}
		brokers := []driver.Broker{}
		for _, each := range found {
			host, text, err := net.SplitHostPort(each.Addr())
			if err != nil {
				return nil, err
			}
			port, err := strconv.Atoi(text)
			if err != nil {
				return nil, err
			}
			brokers = append(brokers, driver.Broker{ID: each.ID(), Host: host, Port: int32(port)})
		}
		return map[string]any{"brokers": brokers, "controller": controller}, nil
	})
}
