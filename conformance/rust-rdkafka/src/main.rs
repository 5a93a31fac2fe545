//! The driver of rdkafka, the Rust crate (../../lib/driver.mjs describes what it speaks).

mod admin;
mod frame;
mod group;
mod transactions;

use frame::{base, bytes, run_all, text64, wait, Answer, Failure, Request};
use rdkafka::config::ClientConfig;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer};
use rdkafka::message::{BorrowedMessage, Header, Headers, Message, OwnedHeaders};
use rdkafka::producer::{FutureProducer, FutureRecord, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{json, Value};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

/// Sends messages in their order, and waits until all are acknowledged.
pub fn send_all(producer: &FutureProducer, topic: &str, messages: &[Value]) -> Result<Vec<i64>, Failure> {
    let mut sent = Vec::new();
    for each in messages {
        let (key, value) = (bytes(&each["key"]), bytes(&each["value"]));
        let mut headers = OwnedHeaders::new();
        for pair in each["headers"].as_array().into_iter().flatten() {
            let content = bytes(&pair[1]);
            headers = headers.insert(Header { key: pair[0].as_str().unwrap(), value: content.as_ref() });
        }
        let mut record: FutureRecord<Vec<u8>, Vec<u8>> =
            FutureRecord::to(topic).partition(each["partition"].as_i64().unwrap() as i32).headers(headers);
        if let Some(key) = &key {
            record = record.key(key);
        }
        if let Some(value) = &value {
            record = record.payload(value);
        }
        if let Some(ms) = each["timestamp"].as_i64() {
            record = record.timestamp(ms);
        }
        sent.push(producer.send_result(record).map_err(|(error, _)| error)?);
    }
    let mut offsets = Vec::new();
    for each in sent {
        let delivery = futures::executor::block_on(each)?.map_err(|(error, _)| error)?;
        offsets.push(delivery.offset);
    }
    Ok(offsets)
}

fn produce(request: &Request) -> Answer {
    let acks = request.number("acks");
    let producer: FutureProducer = base()
        .set("acks", acks.to_string())
        .set("compression.type", request.text("compression"))
        .set("linger.ms", "5")
        .create()?;
    let offsets = send_all(&producer, request.text("topic"), request.list("messages"))?;
    producer.flush(wait())?;
    Ok(if acks == 0 { json!({}) } else { json!({ "offsets": offsets }) })
}

fn received(message: &BorrowedMessage) -> Value {
    let headers: Vec<Value> = message
        .headers()
        .map(|all| all.iter().map(|each| json!([each.key, text64(each.value)])).collect())
        .unwrap_or_default();
    json!({
        "partition": message.partition(),
        "offset": message.offset(),
        "key": text64(message.key()),
        "value": text64(message.payload()),
        "headers": headers,
        "timestamp": message.timestamp().to_millis(),
    })
}

fn take(consumer: &BaseConsumer, count: usize) -> Result<Vec<Value>, Failure> {
    let mut messages = Vec::new();
    let start = Instant::now();
    while messages.len() < count {
        match consumer.poll(Duration::from_millis(100)) {
            Some(Ok(message)) => messages.push(received(&message)),
            Some(Err(error)) => eprintln!("poll {error}"),
            None if start.elapsed() > wait() => {
                return Err(Failure::Said(format!("{} of {count} messages in {:?}", messages.len(), wait())))
            }
            None => {}
        }
    }
    Ok(messages)
}

pub fn consumer_config(group: &str) -> ClientConfig {
    let mut config = base();
    config.set("group.id", group).set("enable.auto.commit", "false").set("auto.offset.reset", "earliest");
    config
}

pub fn offsets_list(topic: &str, offsets: &Value) -> Result<TopicPartitionList, Failure> {
    let mut list = TopicPartitionList::new();
    for (partition, offset) in offsets.as_object().unwrap() {
        if let Some(offset) = offset.as_i64() {
            list.add_partition_offset(topic, partition.parse().unwrap(), Offset::Offset(offset))?;
        }
    }
    Ok(list)
}

fn read(request: &Request) -> Answer {
    let isolation = request.optional("isolation").unwrap_or("read_uncommitted");
    let consumer: BaseConsumer = consumer_config("read").set("isolation.level", isolation).create()?;
    consumer.assign(&offsets_list(request.text("topic"), &request.0["from"])?)?;
    Ok(Value::Array(take(&consumer, request.number("count") as usize)?))
}

fn consume(request: &Request) -> Answer {
    let topic = request.text("topic");
    let consumer: BaseConsumer = consumer_config(request.text("group")).create()?;
    consumer.subscribe(&[topic])?;
    let messages = take(&consumer, request.number("count") as usize)?;
    let last = messages.last().unwrap();
    let mut list = TopicPartitionList::new();
    let mut at = list.add_partition(topic, last["partition"].as_i64().unwrap() as i32);
    at.set_offset(Offset::Offset(last["offset"].as_i64().unwrap() + 1))?;
    at.set_metadata(request.text("metadata"));
    consumer.commit(&list, CommitMode::Sync)?;
    Ok(Value::Array(messages))
}

static STOPPING: AtomicBool = AtomicBool::new(false);
static OPEN: AtomicUsize = AtomicUsize::new(0);

/// About 600 messages a second, "PARTITION-SEQUENCE" as value; each outcome is an event.
fn start_load(request: &Request) -> Answer {
    let producer: FutureProducer = base()
        .set("enable.idempotence", "true")
        .set("linger.ms", "2")
        .set("message.timeout.ms", "120000")
        .create()?;
    let producer = Arc::new(producer);
    let topic = request.text("topic").to_owned();
    let partitions = request.number("partitions") as i32;
    thread::spawn(move || {
        let mut sequence = 0;
        while !STOPPING.load(Ordering::SeqCst) {
            thread::sleep(Duration::from_millis(5));
            if OPEN.load(Ordering::SeqCst) >= 600 {
                continue;
            }
            for partition in 0..partitions {
                let value = format!("{partition}-{sequence}");
                let record: FutureRecord<Vec<u8>, String> = FutureRecord::to(&topic).partition(partition).payload(&value);
                OPEN.fetch_add(1, Ordering::SeqCst);
                let fields = json!({ "partition": partition, "sequences": [sequence] });
                match producer.send_result(record) {
                    Ok(future) => frame::spawn(async move {
                        frame::outcome(fields, future.await.map_err(|_| "canceled".to_owned()).and_then(|each| {
                            each.map(|_| ()).map_err(|(error, _)| error.to_string())
                        }));
                        OPEN.fetch_sub(1, Ordering::SeqCst);
                    }),
                    Err((error, _)) => {
                        frame::outcome(fields, Err(error.to_string()));
                        OPEN.fetch_sub(1, Ordering::SeqCst);
                    }
                }
            }
            sequence += 1;
        }
    });
    Ok(json!({}))
}

fn stop_load(_request: &Request) -> Answer {
    STOPPING.store(true, Ordering::SeqCst);
    let start = Instant::now();
    while OPEN.load(Ordering::SeqCst) > 0 && start.elapsed() < wait() {
        thread::sleep(Duration::from_millis(20));
    }
    Ok(json!({}))
}

fn main() {
    run_all(|name| {
        Some(match name {
            "produce" => produce,
            "read" => read,
            "consume" => consume,
            "startLoad" => start_load,
            "stopLoad" => stop_load,
            "member" => group::member,
            "leave" => group::leave,
            other => return admin::operation(other).or_else(|| transactions::operation(other)),
        })
    });
}
