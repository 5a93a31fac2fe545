//! The driver's transactional producers, and its copier, which reads, writes and commits in transactions.

use crate::frame::{base, emit, text64, wait, Answer, Failure, Operation, Request};
use crate::{consumer_config, offsets_list, send_all};
use rdkafka::consumer::{BaseConsumer, Consumer};
use rdkafka::error::KafkaError;
use rdkafka::message::Message;
use rdkafka::producer::{FutureProducer, Producer};
use rdkafka::topic_partition_list::{Offset, TopicPartitionList};
use serde_json::{json, Value};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Mutex, OnceLock};
use std::thread;
use std::time::{Duration, Instant};

/// An aborted transaction's offsets are this far ahead: one that came true would be missed messages.
const FAR_AHEAD: i64 = 1_000;

pub fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "txnOpen" => |request| {
            let producer = open(request.text("transactionalId"), request.number("timeoutMs"))?;
            producers().lock().unwrap().insert(request.text("name").to_owned(), producer);
            Ok(json!({}))
        },
        "txnBegin" => |request| done(named(request).begin_transaction()),
        "txnSend" => |request| {
            send_all(&named(request), request.text("topic"), request.list("messages"))?;
            Ok(json!({}))
        },
        "txnOffsets" => |request| {
            let consumer: BaseConsumer = consumer_config(request.text("group")).create()?;
            let list = offsets_list(request.text("topic"), &request.0["offsets"])?;
            send_offsets(&named(request), &consumer, &list)?;
            Ok(json!({}))
        },
        "txnEnd" => |request| done(end(&named(request), request.0["commit"] == json!(true))),
        "txnClose" => |request| {
            producers().lock().unwrap().remove(request.text("name"));
            Ok(json!({}))
        },
        "copy" => copy,
        "stopCopy" => stop_copy,
        _ => return None,
    })
}

fn done(result: Result<(), KafkaError>) -> Answer {
    result.map(|()| json!({})).map_err(Failure::from)
}

fn producers() -> &'static Mutex<HashMap<String, FutureProducer>> {
    static PRODUCERS: OnceLock<Mutex<HashMap<String, FutureProducer>>> = OnceLock::new();
    PRODUCERS.get_or_init(Mutex::default)
}

fn named(request: &Request) -> FutureProducer {
    producers().lock().unwrap()[request.text("name")].clone()
}

fn open(id: &str, timeout_ms: i64) -> Result<FutureProducer, Failure> {
    let producer: FutureProducer = base()
        .set("transactional.id", id)
        .set("transaction.timeout.ms", timeout_ms.to_string())
        .set("linger.ms", "2")
        .create()?;
    producer.init_transactions(wait())?;
    Ok(producer)
}

/// A call that is to be tried again as long as its error says so.
fn persist(call: impl Fn() -> Result<(), KafkaError>) -> Result<(), KafkaError> {
    let start = Instant::now();
    loop {
        match call() {
            Err(KafkaError::Transaction(error)) if error.is_retriable() && start.elapsed() < wait() => {}
            result => return result,
        }
    }
}

fn end(producer: &FutureProducer, commit: bool) -> Result<(), KafkaError> {
    persist(|| if commit { producer.commit_transaction(wait()) } else { producer.abort_transaction(wait()) })
}

fn send_offsets(producer: &FutureProducer, consumer: &BaseConsumer, list: &TopicPartitionList) -> Result<(), KafkaError> {
    let member = consumer.group_metadata().expect("a consumer with a group has its metadata");
    persist(|| producer.send_offsets_to_transaction(list, &member, wait()))
}

static STOPPING: AtomicBool = AtomicBool::new(false);
static ENDED: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);

/// After any failure the producer and the consumer are made anew, as after a crash.
fn copy(request: &Request) -> Answer {
    let request = Request(request.0.clone());
    let (ended, receiver) = mpsc::channel();
    *ENDED.lock().unwrap() = Some(receiver);
    thread::spawn(move || {
        while !STOPPING.load(Ordering::SeqCst) {
            if let Err(Failure::Said(error)) = attempt(&request) {
                eprintln!("copy: {error}");
                emit("copyFailed", json!({ "error": error }));
            }
        }
        ended.send(()).ok();
    });
    Ok(json!({}))
}

fn stop_copy(_request: &Request) -> Answer {
    STOPPING.store(true, Ordering::SeqCst);
    let receiver = ENDED.lock().unwrap().take().unwrap();
    receiver.recv_timeout(wait()).map_err(|error| Failure::Said(error.to_string()))?;
    Ok(json!({}))
}

fn attempt(request: &Request) -> Result<(), Failure> {
    let consumer: BaseConsumer = consumer_config(request.text("group"))
        .set("isolation.level", "read_committed")
        .set("session.timeout.ms", request.number("sessionTimeoutMs").to_string())
        .set("heartbeat.interval.ms", "500")
        .create()?;
    let producer = open(request.text("transactionalId"), 60_000)?;
    let output = request.text("output");
    consumer.subscribe(&[request.text("input")])?;
    let mut number = 1;
    while !STOPPING.load(Ordering::SeqCst) {
        let messages = poll(&consumer, request.number("batch") as usize);
        if messages.is_empty() {
            continue;
        }
        if number % request.number("abortEvery") == 0 {
            write(&producer, &consumer, output, &messages, ("aborted-", FAR_AHEAD))?;
            end(&producer, false)?;
        }
        write(&producer, &consumer, output, &messages, ("", 0))?;
        end(&producer, true)?;
        emit("copied", json!({ "count": messages.len() }));
        number += 1;
    }
    Ok(())
}

struct Taken {
    topic: String,
    partition: i32,
    offset: i64,
    value: Vec<u8>,
}

/// The next message and what is there behind it, up to `most`.
fn poll(consumer: &BaseConsumer, most: usize) -> Vec<Taken> {
    let mut taken = Vec::new();
    let mut patience = Duration::from_millis(100);
    while taken.len() < most {
        match consumer.poll(patience) {
            Some(Ok(message)) => taken.push(Taken {
                topic: message.topic().to_owned(),
                partition: message.partition(),
                offset: message.offset(),
                value: message.payload().unwrap_or_default().to_vec(),
            }),
            Some(Err(error)) => eprintln!("poll {error}"),
            None => break,
        }
        patience = Duration::ZERO;
    }
    taken
}

fn write(
    producer: &FutureProducer,
    consumer: &BaseConsumer,
    output: &str,
    messages: &[Taken],
    (prefix, ahead): (&str, i64),
) -> Result<(), Failure> {
    producer.begin_transaction()?;
    let copies: Vec<Value> = messages
        .iter()
        .map(|each| json!({ "partition": each.partition, "value": text64(Some(&[prefix.as_bytes(), &each.value].concat())) }))
        .collect();
    send_all(producer, output, &copies)?;
    let mut last = HashMap::new();
    for each in messages {
        last.insert(each.partition, each);
    }
    let mut list = TopicPartitionList::new();
    for each in last.values() {
        list.add_partition_offset(&each.topic, each.partition, Offset::Offset(each.offset + 1 + ahead))?;
    }
    send_offsets(producer, consumer, &list)?;
    Ok(())
}
