//! Runs conformance cases against a live decider and prints what it saw, one JSON object a line.

mod decider;

use std::collections::HashMap;
use std::time::{Duration, Instant};
use std::{env, error::Error, fs};

use decider::v1::decider_service_client::DeciderServiceClient;
use prost::Message;
use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor, SerializeOptions};
use serde::Deserialize;
use serde_json::{Value, json};
use tonic::transport::Channel;
use tonic::{Request, Status};
use tonic_health::pb::{HealthCheckRequest, health_client::HealthClient};

type Failure = Box<dyn Error>;

static FILES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/decider.bin"));

#[derive(Deserialize)]
struct Plan {
    channels: HashMap<String, Address>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Address {
    address: String,
    ca: Option<String>,
    cert: Option<String>,
    key: Option<String>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    channel: String,
    method: String,
    request: Value,
    deadline_ms: i64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = env::args().collect();
    match &arguments[1..] {
        [ask, address, _, topics @ ..] if ask == "ask" => show(address, topics).await,
        [plan] => run(plan).await,
        _ => Err("one argument: a plan".into()),
    }
}

/// Prints what the example in the documentation makes of topics.
async fn show(address: &str, topics: &[String]) -> Result<(), Failure> {
    let client = DeciderServiceClient::new(decider::connect(address, None)?);
    for topic in topics {
        println!("{}", decider::ask(&client, topic, "ask").await);
    }
    Ok(())
}

async fn run(file: &str) -> Result<(), Failure> {
    let plan: Plan = serde_json::from_slice(&fs::read(file)?)?;
    let json = Json(DescriptorPool::decode(FILES)?);
    let mut channels = HashMap::new();
    for (name, each) in &plan.channels {
        channels.insert(name, open(each)?);
    }
    for case in &plan.cases {
        let start = Instant::now();
        let mut seen = match call(&json, channels[&case.channel].clone(), case).await {
            Ok(response) => json!({"status": "OK", "response": response}),
            Err(failure) => describe(decider::as_elsewhere(*failure.downcast::<Status>()?)),
        };
        seen["case"] = json!(case.name);
        seen["milliseconds"] = json!(start.elapsed().as_millis() as u64);
        println!("{seen}");
    }
    Ok(())
}

fn open(each: &Address) -> Result<Channel, Failure> {
    let Some(ca) = &each.ca else {
        return Ok(decider::connect(&each.address, None)?);
    };
    let own = match (&each.cert, &each.key) {
        (Some(cert), Some(key)) => Some((fs::read(cert)?, fs::read(key)?)),
        _ => None,
    };
    Ok(decider::connect(&each.address, Some(decider::mutual_tls(fs::read(ca)?, own)))?)
}

async fn call(json: &Json, channel: Channel, case: &Case) -> Result<Value, Failure> {
    let client = DeciderServiceClient::new(channel.clone());
    let timeout = Duration::from_millis(case.deadline_ms.max(0) as u64);
    match case.method.as_str() {
        "DecideTopicCreation" => {
            let request = json.read("DecideTopicCreationRequest", &case.request)?;
            json.write("DecideTopicCreationResponse", &decider::decide(&client, &request, timeout).await?)
        }
        "BatchDecideTopicCreation" => {
            let request = timed(json.read("BatchDecideTopicCreationRequest", &case.request)?, timeout);
            let response = client.clone().batch_decide_topic_creation(request).await?;
            json.write("BatchDecideTopicCreationResponse", response.get_ref())
        }
        "GetPolicy" => {
            let request = timed(json.read("GetPolicyRequest", &case.request)?, timeout);
            json.write("GetPolicyResponse", client.clone().get_policy(request).await?.get_ref())
        }
        "Check" => {
            let service = case.request["service"].as_str().unwrap_or_default().to_string();
            let response = HealthClient::new(channel).check(timed(HealthCheckRequest { service }, timeout)).await?;
            Ok(json!({"status": response.get_ref().status().as_str_name()}))
        }
        other => Err(format!("{other}: no such method").into()),
    }
}

fn timed<M>(message: M, timeout: Duration) -> Request<M> {
    let mut request = Request::new(message);
    request.set_timeout(timeout);
    request
}

fn describe(status: Status) -> Value {
    let bad: Vec<Value> = decider::violations(&status)
        .into_iter()
        .map(|each| json!({"field": each.field, "description": each.description}))
        .collect();
    json!({"status": code_name(&status), "message": status.message(), "violations": bad})
}

fn code_name(status: &Status) -> String {
    let camel = format!("{:?}", status.code()); // InvalidArgument
    let mut name = String::new();
    for (index, letter) in camel.char_indices() {
        if index > 0 && letter.is_uppercase() {
            name.push('_');
        }
        name.extend(letter.to_uppercase());
    }
    name
}

/// Messages from and to protobuf's JSON, by their descriptors.
struct Json(DescriptorPool);

impl Json {
    fn read<M: Message + Default>(&self, name: &str, value: &Value) -> Result<M, Failure> {
        Ok(DynamicMessage::deserialize(self.kind(name)?, value)?.transcode_to()?)
    }

    fn write<M: Message>(&self, name: &str, message: &M) -> Result<Value, Failure> {
        let mut dynamic = DynamicMessage::new(self.kind(name)?);
        dynamic.transcode_from(message)?;
        let options = SerializeOptions::new().use_proto_field_name(true);
        Ok(dynamic.serialize_with_options(serde_json::value::Serializer, &options)?)
    }

    fn kind(&self, name: &str) -> Result<MessageDescriptor, Failure> {
        Ok(self.0.get_message_by_name(&format!("decider.v1.{name}")).ok_or("no such message")?)
    }
}
