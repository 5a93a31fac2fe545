//! What asks about topics, offsets and groups, and changes them.

use crate::frame::{base, block_on, wait, Answer, Failure, Operation, Request};
use crate::{consumer_config, offsets_list};
use rdkafka::admin::{AdminClient, AdminOptions, AlterConfig, NewPartitions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{json, Map, Value};

pub fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "hello" => |_| asker("asker")?.fetch_metadata(None, wait()).map(|_| json!({})).map_err(Failure::from),
        "committed" => committed,
        "setOffsets" => set_offsets,
        "offsetsForTimes" => offsets_for_times,
        "listOffsets" => list_offsets,
        "createTopics" => create_topics,
        "listTopics" => list_topics,
        "describeTopic" => describe_topic,
        "createPartitions" => create_partitions,
        "deleteTopics" => delete_topics,
        "describeConfigs" => describe_configs,
        "alterConfigs" => alter_configs,
        "incrementalAlterConfigs" => |_| Err(Failure::Absent("no such call")),
        "deleteRecords" => delete_records,
        "listGroups" => list_groups,
        "describeGroup" => describe_group,
        "deleteGroups" => delete_groups,
        "describeCluster" => |_| Err(Failure::Absent("its metadata does not tell the controller")),
        _ => return None,
    })
}

type Admin = AdminClient<DefaultClientContext>;

fn admin() -> Result<Admin, Failure> {
    Ok(base().create()?)
}

fn options() -> AdminOptions {
    AdminOptions::new().request_timeout(Some(wait())).operation_timeout(Some(wait()))
}

/// Each of a call's results is a name, or a name and an error.
fn every<T, E: std::fmt::Display>(results: Vec<Result<T, (T, E)>>) -> Answer {
    for each in results {
        each.map_err(|(_, error)| Failure::Said(error.to_string()))?;
    }
    Ok(json!({}))
}

fn asker(group: &str) -> Result<BaseConsumer, Failure> {
    Ok(consumer_config(group).create()?)
}

fn committed(request: &Request) -> Answer {
    let mut list = TopicPartitionList::new();
    for each in request.list("partitions") {
        list.add_partition(request.text("topic"), each.as_i64().unwrap() as i32);
    }
    let found = asker(request.text("group"))?.committed_offsets(list, wait())?;
    let mut answer = Map::new();
    for each in found.elements() {
        let offset = if let Offset::Offset(offset) = each.offset() { offset } else { -1 };
        answer.insert(each.partition().to_string(), json!({ "offset": offset, "metadata": each.metadata() }));
    }
    Ok(Value::Object(answer))
}

fn set_offsets(request: &Request) -> Answer {
    let list = offsets_list(request.text("topic"), &request.0["offsets"])?;
    asker(request.text("group"))?.commit(&list, CommitMode::Sync)?;
    Ok(json!({}))
}

fn offsets_for_times(request: &Request) -> Answer {
    let found = asker("asker")?.offsets_for_times(offsets_list(request.text("topic"), &request.0["times"])?, wait())?;
    let mut answer = Map::new();
    for each in found.elements() {
        let offset = if let Offset::Offset(offset) = each.offset() { json!(offset) } else { Value::Null };
        answer.insert(each.partition().to_string(), offset);
    }
    Ok(Value::Object(answer))
}

fn list_offsets(request: &Request) -> Answer {
    let consumer = asker("asker")?;
    let mut answer = Map::new();
    for each in request.list("partitions") {
        let (low, high) = consumer.fetch_watermarks(request.text("topic"), each.as_i64().unwrap() as i32, wait())?;
        answer.insert(each.to_string(), json!(if request.text("at") == "earliest" { low } else { high }));
    }
    Ok(Value::Object(answer))
}

fn create_topics(request: &Request) -> Answer {
    let topics = request.list("topics").iter().map(|each| {
        let partitions = each["partitions"].as_i64().unwrap() as i32;
        let topic = NewTopic::new(each["topic"].as_str().unwrap(), partitions, TopicReplication::Fixed(1));
        each["configs"].as_object().unwrap().iter().fold(topic, |topic, (name, value)| topic.set(name, value.as_str().unwrap()))
    });
    let topics: Vec<NewTopic> = topics.collect();
    every(block_on(admin()?.create_topics(&topics, &options()))?)
}

fn list_topics(_request: &Request) -> Answer {
    let found = asker("asker")?.fetch_metadata(None, wait())?;
    Ok(found.topics().iter().map(|each| each.name().to_owned()).collect())
}

fn describe_topic(request: &Request) -> Answer {
    let found = asker("asker")?.fetch_metadata(Some(request.text("topic")), wait())?;
    Ok(json!({ "partitions": found.topics()[0].partitions().len() }))
}

fn create_partitions(request: &Request) -> Answer {
    let wanted = NewPartitions::new(request.text("topic"), request.number("total") as usize);
    every(block_on(admin()?.create_partitions(&[wanted], &options()))?)
}

fn names<'a>(request: &'a Request, field: &str) -> Vec<&'a str> {
    request.list(field).iter().map(|each| each.as_str().unwrap()).collect()
}

fn delete_topics(request: &Request) -> Answer {
    every(block_on(admin()?.delete_topics(&names(request, "topics"), &options()))?)
}

fn describe_configs(request: &Request) -> Answer {
    let topic = ResourceSpecifier::Topic(request.text("topic"));
    let found = block_on(admin()?.describe_configs(&[topic], &options()))?.remove(0);
    let found = found.map_err(|error| Failure::Said(error.to_string()))?;
    Ok(found.entries.into_iter().map(|each| (each.name, json!(each.value))).collect())
}

fn alter_configs(request: &Request) -> Answer {
    let topic = AlterConfig::new(ResourceSpecifier::Topic(request.text("topic")));
    let configs = request.0["configs"].as_object().unwrap();
    let change = configs.iter().fold(topic, |change, (name, value)| change.set(name, value.as_str().unwrap()));
    every(block_on(admin()?.alter_configs(&[change], &options()))?)
}

fn delete_records(request: &Request) -> Answer {
    let before = offsets_list(request.text("topic"), &request.0["offsets"])?;
    for each in block_on(admin()?.delete_records(&before, &options()))?.elements() {
        each.error()?;
    }
    Ok(json!({}))
}

fn list_groups(_request: &Request) -> Answer {
    let found = asker("asker")?.fetch_group_list(None, wait())?;
    Ok(found.groups().iter().map(|each| each.name().to_owned()).collect())
}

fn describe_group(request: &Request) -> Answer {
    let found = asker("asker")?.fetch_group_list(Some(request.text("group")), wait())?;
    let group = found.groups().first().ok_or(Failure::Said("no such group".to_owned()))?;
    Ok(json!({ "state": group.state(), "members": group.members().len() }))
}

fn delete_groups(request: &Request) -> Answer {
    every(block_on(admin()?.delete_groups(&names(request, "groups"), &options()))?)
}
