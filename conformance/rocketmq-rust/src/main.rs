//! Drives the crate rocketmq; ../lib/rocketmq.mjs says what the operations are.
use base64::{engine::general_purpose::STANDARD, Engine};
use rocketmq::conf::{ClientOption, ProducerOption, SimpleConsumerOption};
use rocketmq::model::common::{FilterExpression, FilterType};
use rocketmq::model::message::{MessageBuilder, MessageView};
use rocketmq::model::transaction::{Transaction, TransactionResolution};
use rocketmq::{Producer, SimpleConsumer};
use serde_json::{json, Map, Value};
use std::collections::HashMap;
use std::io::{BufRead, Write};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;

enum Failure {
    Absent(&'static str),
    Error(String),
}

type Answer = Result<Value, Failure>;

fn failed(error: impl std::fmt::Debug) -> Failure {
    Failure::Error(format!("{error:?}"))
}

struct Consumer {
    simple: SimpleConsumer,
    topic: String,
    expression: FilterExpression,
    received: Mutex<Vec<MessageView>>,
}

#[derive(Default)]
struct Driver {
    producer: Mutex<Option<Arc<Producer>>>,
    transactional: Mutex<Option<Arc<Producer>>>,
    consumers: Mutex<HashMap<String, Arc<Consumer>>>,
}

fn client(await_ms: u64) -> ClientOption {
    let mut option = ClientOption::default();
    let variable = |name: &str| std::env::var(name).expect(name);
    option.set_access_url(variable("ROCKETMQ"));
    option.set_access_key(variable("ROCKETMQ_ACCESS_KEY"));
    option.set_secret_key(variable("ROCKETMQ_SECRET"));
    option.set_enable_tls(false);
    option.set_long_polling_timeout(Duration::from_millis(await_ms));
    option
}

fn text<'a>(args: &'a Value, name: &str) -> &'a str {
    args[name].as_str().unwrap_or_default()
}

fn body(args: &Value) -> Vec<u8> {
    STANDARD.decode(text(args, "body")).expect("base64")
}

fn shown(message: &MessageView) -> Value {
    json!({
        "body": STANDARD.encode(message.body()),
        "tag": message.tag(),
        "keys": message.keys(),
        "group": message.message_group(),
        "id": message.message_id(),
        "attempt": message.delivery_attempt(),
        "properties": message.properties(),
    })
}

impl Driver {
    async fn producer(&self, topic: &str) -> Result<Arc<Producer>, Failure> {
        let mut slot = self.producer.lock().await;
        if let Some(made) = slot.as_ref() {
            return Ok(made.clone());
        }
        let mut option = ProducerOption::default();
        option.set_topics(vec![topic]);
        let mut made = Producer::new(option, client(5000)).map_err(failed)?;
        made.start().await.map_err(failed)?;
        let made = Arc::new(made);
        *slot = Some(made.clone());
        Ok(made)
    }

    /// Says commit of whatever it is asked.
    async fn transactional(&self, topic: &str) -> Result<Arc<Producer>, Failure> {
        let mut slot = self.transactional.lock().await;
        if let Some(made) = slot.as_ref() {
            return Ok(made.clone());
        }
        let mut option = ProducerOption::default();
        option.set_topics(vec![topic]);
        let check = Box::new(|_id, _message| TransactionResolution::COMMIT);
        let mut made = Producer::new_transaction_producer(option, client(5000), check).map_err(failed)?;
        made.start().await.map_err(failed)?;
        let made = Arc::new(made);
        *slot = Some(made.clone());
        Ok(made)
    }

    async fn send(&self, args: &Value) -> Answer {
        let topic = text(args, "topic");
        let producer = self.producer(topic).await?;
        let mut receipts = Vec::new();
        for given in args["messages"].as_array().into_iter().flatten() {
            if given["priority"].is_number() {
                return Err(Failure::Absent("5.0.0 has no priorities"));
            }
            let mut builder = MessageBuilder::builder().set_topic(topic).set_body(body(given));
            if given["tag"].is_string() {
                builder = builder.set_tag(text(given, "tag"));
            }
            if let Some(keys) = given["keys"].as_array() {
                builder = builder.set_keys(keys.iter().filter_map(Value::as_str).collect());
            }
            if given["group"].is_string() {
                builder = builder.set_message_group(text(given, "group"));
            }
            if let Some(at_ms) = given["deliverAtMs"].as_i64() {
                // The client has whole seconds.
                builder = builder.set_delivery_timestamp((at_ms + 999) / 1000);
            }
            if let Some(properties) = given["properties"].as_object() {
                let entries = properties.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_string()));
                builder = builder.set_properties(entries.collect::<HashMap<_, _>>());
            }
            let message = builder.build().map_err(failed)?;
            let receipt = producer.send(message).await.map_err(failed)?;
            receipts.push(json!({ "id": receipt.message_id(), "recallHandle": Value::Null }));
        }
        Ok(Value::Array(receipts))
    }

    async fn transact(&self, args: &Value) -> Answer {
        let topic = text(args, "topic");
        let producer = self.transactional(topic).await?;
        let message = MessageBuilder::transaction_message_builder(topic, body(args)).build().map_err(failed)?;
        let transaction = producer.send_transaction_message(message).await.map_err(failed)?;
        match text(args, "end") {
            "commit" => transaction.commit().await.map_err(failed)?,
            "rollback" => transaction.rollback().await.map_err(failed)?,
            _ => {}
        }
        Ok(json!({}))
    }

    async fn simple(&self, args: &Value) -> Answer {
        let topic = text(args, "topic");
        let mut option = SimpleConsumerOption::default();
        option.set_topics(vec![topic]);
        option.set_consumer_group(text(args, "group"));
        let mut simple = SimpleConsumer::new(option, client(args["awaitMs"].as_u64().unwrap_or(5000))).map_err(failed)?;
        simple.start().await.map_err(failed)?;
        let kind = if text(args, "type") == "SQL" { FilterType::Sql } else { FilterType::Tag };
        let consumer = Consumer {
            simple,
            topic: topic.to_string(),
            expression: FilterExpression::new(kind, text(args, "expression")),
            received: Mutex::default(),
        };
        self.consumers.lock().await.insert(text(args, "name").to_string(), Arc::new(consumer));
        Ok(json!({}))
    }

    async fn named(&self, args: &Value) -> Result<Arc<Consumer>, Failure> {
        let consumers = self.consumers.lock().await;
        consumers.get(text(args, "name")).cloned().ok_or_else(|| failed("no such consumer"))
    }

    async fn receive(&self, args: &Value) -> Answer {
        let consumer = self.named(args).await?;
        let max = args["max"].as_i64().unwrap_or(1) as i32;
        let invisible = Duration::from_millis(args["invisibleMs"].as_u64().unwrap_or(10_000));
        let messages = consumer
            .simple
            .receive_with(&consumer.topic, &consumer.expression, max, invisible)
            .await
            .map_err(failed)?;
        let mut received = consumer.received.lock().await;
        let mut answer = Vec::new();
        for message in messages {
            let mut one = shown(&message);
            one["index"] = json!(received.len());
            answer.push(one);
            received.push(message);
        }
        Ok(Value::Array(answer))
    }

    async fn ack(&self, args: &Value) -> Answer {
        let consumer = self.named(args).await?;
        let received = consumer.received.lock().await;
        let message = &received[args["index"].as_u64().unwrap_or(0) as usize];
        consumer.simple.ack(message).await.map_err(failed)?;
        Ok(json!({}))
    }

    async fn close(&self, args: &Value) -> Answer {
        let closed = self.consumers.lock().await.remove(text(args, "name"));
        if let Some(consumer) = closed.and_then(Arc::into_inner) {
            consumer.simple.shutdown().await.map_err(failed)?;
        }
        Ok(json!({}))
    }

    async fn run(&self, args: &Value) -> Answer {
        match text(args, "op") {
            "hello" => Ok(json!({})),
            "send" => self.send(args).await,
            "transact" => self.transact(args).await,
            "simple" => self.simple(args).await,
            "receive" => self.receive(args).await,
            "ack" => self.ack(args).await,
            "close" => self.close(args).await,
            "push" => Err(Failure::Absent("5.0.0 has no push consumer")),
            "extend" => Err(Failure::Absent("5.0.0 can't change how long a message is invisible")),
            "recall" => Err(Failure::Absent("5.0.0 can't recall")),
            "lite" => Err(Failure::Absent("5.0.0 has no lite topics")),
            op => Err(Failure::Error(format!("no operation {op}"))),
        }
    }
}

#[tokio::main]
async fn main() {
    let driver = Arc::new(Driver::default());
    let (requests, mut lines) = tokio::sync::mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if requests.send(line).is_err() {
                return;
            }
        }
    });
    while let Some(line) = lines.recv().await {
        let driver = driver.clone();
        tokio::spawn(async move {
            let args: Value = serde_json::from_str(&line).expect("a request");
            let mut answer = Map::new();
            answer.insert("id".into(), args["id"].clone());
            match driver.run(&args).await {
                Ok(value) => answer.insert("ok".into(), value),
                Err(Failure::Absent(why)) => answer.insert("absent".into(), json!(why)),
                Err(Failure::Error(error)) => answer.insert("error".into(), json!(error)),
            };
            let mut out = std::io::stdout().lock();
            let _ = writeln!(out, "{}", Value::Object(answer));
        });
    }
}
