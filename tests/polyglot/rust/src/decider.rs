//! A caller of the decider, as short as it should be.

// docs: begin imports
use std::error::Error as _;
use std::iter::successors;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout_at};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Error, Identity};
use tonic::{Code, Request, Status, TimeoutExpired};
use tonic_types::{FieldViolation, StatusExt};

pub mod v1 {
    tonic::include_proto!("decider.v1");
}

use v1::decider_service_client::DeciderServiceClient;
use v1::{DecideTopicCreationRequest, DecideTopicCreationResponse, Verdict};
// docs: end imports

// docs: begin connect
/// Opens the one channel that the process shares; clones of it are cheap.
pub fn connect(address: &str, tls: Option<ClientTlsConfig>) -> Result<Channel, Error> {
    let endpoint = match tls {
        None => Endpoint::from_shared(format!("http://{address}"))?, // plaintext
        Some(tls) => Endpoint::from_shared(format!("https://{address}"))?.tls_config(tls)?,
    };
    Ok(endpoint
        .http2_keep_alive_interval(Duration::from_secs(10))
        .keep_alive_timeout(Duration::from_secs(2))
        .keep_alive_while_idle(true)
        .connect_lazy())
}
// docs: end connect

// docs: begin tls
/// Trusts the deciders' CA and shows a certificate of the caller's own; without one it is plain TLS.
pub fn mutual_tls(ca: Vec<u8>, own: Option<(Vec<u8>, Vec<u8>)>) -> ClientTlsConfig {
    let config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(ca));
    match own {
        None => config,
        Some((cert, key)) => config.identity(Identity::from_pem(cert, key)),
    }
}
// docs: end tls

// docs: begin call
/// The decision. A status says that there is none: what then is the caller's choice.
///
/// tonic reads no service config, so this asks again by itself, within the timeout.
pub async fn decide(
    client: &DeciderServiceClient<Channel>,
    request: &DecideTopicCreationRequest,
    timeout: Duration,
) -> Result<DecideTopicCreationResponse, Status> {
    let deadline = Instant::now() + timeout;
    let mut pauses = [50, 100].into_iter().map(Duration::from_millis);
    loop {
        let mut attempt = Request::new(request.clone());
        attempt.set_timeout(deadline - Instant::now()); // what the decider is told
        let answer = timeout_at(deadline, client.clone().decide_topic_creation(attempt)).await;
        match answer.unwrap_or_else(|_| Err(Status::deadline_exceeded("no answer in time"))).map_err(as_elsewhere) {
            Ok(response) => return Ok(response.into_inner()),
            Err(status) if status.code() == Code::Unavailable => match pauses.next() {
                Some(pause) if Instant::now() + pause < deadline => sleep(pause).await,
                _ => return Err(status),
            },
            Err(status) => return Err(status),
        }
    }
}

/// What tonic itself has to say (it has a source, a decider's status has none) in the words that gRPC has for it:
/// tonic calls a broken connection UNKNOWN or CANCELLED, and a timeout of its own CANCELLED.
pub fn as_elsewhere(status: Status) -> Status {
    let late = successors(status.source(), |&cause| cause.source()).any(|cause| cause.is::<TimeoutExpired>());
    match (status.code(), status.source()) {
        (Code::Cancelled, Some(_)) if late => Status::deadline_exceeded(status.message()),
        (Code::Cancelled | Code::Unknown, Some(_)) => Status::unavailable(status.message()),
        _ => status,
    }
}

/// The fields that make a request an INVALID_ARGUMENT.
pub fn violations(status: &Status) -> Vec<FieldViolation> {
    status.get_details_bad_request().map(|bad| bad.field_violations).unwrap_or_default()
}
// docs: end call

// docs: begin ask
pub async fn ask(client: &DeciderServiceClient<Channel>, topic: &str, request_id: &str) -> String {
    let request = DecideTopicCreationRequest {
        app_id: 1400000000,
        operator_user_id: "user_42".into(),
        topic_name: topic.into(),
        request_id: request_id.into(), // your own id of the event: the same when you ask again
        ..Default::default()
    };
    match decide(client, &request, Duration::from_millis(500)).await {
        Ok(decision) => match decision.verdict() {
            Verdict::Allow => "allowed".into(),
            Verdict::Refuse => format!("refused: {} {}", decision.code, decision.message),
            // One that this program does not know is Unspecified here, too.
            Verdict::Unspecified => format!("could not decide: verdict {}", decision.verdict),
        },
        Err(status) => {
            let mut line = format!("could not decide: {:?}", status.code());
            for bad in violations(&status) {
                line += &format!(", {} {}", bad.field, bad.description);
            }
            line
        }
    }
}
// docs: end ask
