//! A member of a group, which reports what it is assigned, what it gets and what it has committed.

use crate::consumer_config;
use crate::frame::{emit, wait, Answer, Failure, Request};
use rdkafka::client::ClientContext;
use rdkafka::consumer::{BaseConsumer, CommitMode, Consumer, ConsumerContext, Rebalance};
use rdkafka::message::Message;
use serde_json::json;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{mpsc, Mutex};
use std::thread;
use std::time::Duration;

/// The partitions that the member has. Changes come one by one in the consumer protocol, all at once in the classic one.
#[derive(Default)]
struct Assignments(Mutex<BTreeSet<i32>>);

impl ClientContext for Assignments {}

impl ConsumerContext for Assignments {
    fn post_rebalance(&self, _consumer: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        let mut partitions = self.0.lock().unwrap();
        match rebalance {
            Rebalance::Assign(list) => partitions.extend(list.elements().iter().map(|each| each.partition())),
            Rebalance::Revoke(list) => partitions.retain(|p| list.elements().iter().all(|each| each.partition() != *p)),
            Rebalance::Error(error) => return eprintln!("rebalance {error}"),
        }
        emit("assigned", json!({ "partitions": *partitions }));
    }
}

static LEAVING: AtomicBool = AtomicBool::new(false);
static LEFT: Mutex<Option<mpsc::Receiver<()>>> = Mutex::new(None);

pub fn member(request: &Request) -> Answer {
    let mut config = consumer_config(request.text("group"));
    if request.optional("protocol") == Some("consumer") {
        config.set("group.protocol", "consumer");
    } else {
        config.set("session.timeout.ms", request.number("sessionTimeoutMs").to_string()).set("heartbeat.interval.ms", "500");
    }
    let consumer: BaseConsumer<Assignments> = config.set("fetch.wait.max.ms", "200").create_with_context(Assignments::default())?;
    consumer.subscribe(&[request.text("topic")])?;
    let (left, receiver) = mpsc::channel();
    *LEFT.lock().unwrap() = Some(receiver);
    thread::spawn(move || {
        while !LEAVING.load(Ordering::SeqCst) {
            follow(&consumer);
        }
        drop(consumer);
        left.send(()).ok();
    });
    Ok(json!({}))
}

fn follow(consumer: &BaseConsumer<Assignments>) {
    let message = match consumer.poll(Duration::from_millis(100)) {
        Some(Ok(message)) => message,
        Some(Err(error)) => return eprintln!("poll {error}"),
        None => return,
    };
    emit("message", json!({ "partition": message.partition(), "offset": message.offset() }));
    match consumer.commit_message(&message, CommitMode::Sync) {
        Ok(()) => {
            let partition = message.partition().to_string();
            emit("committed", json!({ "offsets": { partition: message.offset() + 1 } }));
        }
        // A rebalance refuses the commit: whoever owns the partition next reads this message again.
        Err(error) => eprintln!("commit refused {error}"),
    }
}

pub fn leave(_request: &Request) -> Answer {
    LEAVING.store(true, Ordering::SeqCst);
    let receiver = LEFT.lock().unwrap().take().unwrap();
    match receiver.recv_timeout(wait()) {
        Ok(()) => Ok(json!({})),
        Err(_) => Err(Failure::Said("closing took more than a minute".to_owned())),
    }
}
