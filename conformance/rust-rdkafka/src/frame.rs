//! The driver's frame: requests from stdin, each in a thread of its own, answers and events to stdout.

use base64::prelude::{Engine, BASE64_STANDARD};
use rdkafka::config::ClientConfig;
use rdkafka::error::KafkaError;
use serde_json::{json, Value};
use std::future::Future;
use std::io::{BufRead, Write};
use std::sync::OnceLock;
use std::thread;
use std::time::Duration;

pub enum Failure {
    /// The client has no such operation.
    Absent(&'static str),
    Said(String),
}

impl From<KafkaError> for Failure {
    fn from(error: KafkaError) -> Self {
        Failure::Said(error.to_string())
    }
}

impl From<futures::channel::oneshot::Canceled> for Failure {
    fn from(_: futures::channel::oneshot::Canceled) -> Self {
        Failure::Said("canceled".to_owned())
    }
}

pub type Answer = Result<Value, Failure>;
pub type Operation = fn(&Request) -> Answer;

pub struct Request(pub Value);

impl Request {
    pub fn text(&self, name: &str) -> &str {
        self.0[name].as_str().unwrap_or_else(|| panic!("{name} is not a text"))
    }

    pub fn optional(&self, name: &str) -> Option<&str> {
        self.0[name].as_str()
    }

    pub fn number(&self, name: &str) -> i64 {
        self.0[name].as_i64().unwrap_or_else(|| panic!("{name} is not a number"))
    }

    pub fn list(&self, name: &str) -> &[Value] {
        self.0[name].as_array().unwrap_or_else(|| panic!("{name} is not a list"))
    }
}

/// How long an operation may take before it counts as hung.
pub fn wait() -> Duration {
    Duration::from_secs(60)
}

pub fn base() -> ClientConfig {
    let mut config = ClientConfig::new();
    config.set("bootstrap.servers", std::env::var("BOOTSTRAP").unwrap()).set("reconnect.backoff.max.ms", "500");
    config
}

pub fn bytes(value: &Value) -> Option<Vec<u8>> {
    value.as_str().map(|text| BASE64_STANDARD.decode(text).unwrap())
}

pub fn text64(bytes: Option<&[u8]>) -> Option<String> {
    bytes.map(|each| BASE64_STANDARD.encode(each))
}

fn write(message: &Value) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{message}").unwrap();
    out.flush().unwrap();
}

pub fn emit(event: &str, mut fields: Value) {
    fields["event"] = json!(event);
    write(&fields);
}

pub fn outcome(mut fields: Value, result: Result<(), String>) {
    match result {
        Ok(()) => emit("acked", fields),
        Err(error) => {
            fields["error"] = json!(error);
            emit("failed", fields);
        }
    }
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().unwrap())
}

pub fn spawn(future: impl Future<Output = ()> + Send + 'static) {
    runtime().spawn(future);
}

pub fn block_on<T>(future: impl Future<Output = T>) -> T {
    runtime().block_on(future)
}

pub fn run_all(operation: fn(&str) -> Option<Operation>) {
    // Producers of futures look for a runtime where they are made.
    let _inside = runtime().enter();
    for line in std::io::stdin().lock().lines() {
        let request = Request(serde_json::from_str(&line.unwrap()).unwrap());
        thread::spawn(move || {
            let _inside = runtime().enter();
            let found = operation(request.text("op"));
            let result = found.map_or(Err(Failure::Absent("the driver has no such operation")), |run| run(&request));
            let id = &request.0["id"];
            write(&match result {
                Ok(value) => json!({ "id": id, "ok": value }),
                Err(Failure::Absent(why)) => json!({ "id": id, "absent": why }),
                Err(Failure::Said(error)) => json!({ "id": id, "error": error }),
            });
        });
    }
    std::process::exit(0);
}
