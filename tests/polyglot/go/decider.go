package main

// docs: begin imports
import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	_ "google.golang.org/grpc/health" // without it there is no health checking
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"

	pb "decider.example/client/gen/decider/v1"
)

// docs: end imports

// docs: begin connect
// connect opens the one connection that the process shares.
func connect(target string, creds credentials.TransportCredentials, serviceConfig string) (*grpc.ClientConn, error) {
	return grpc.NewClient(target,
		grpc.WithTransportCredentials(creds),         // insecure.NewCredentials(): plaintext
		grpc.WithDefaultServiceConfig(serviceConfig), // the JSON above
		grpc.WithKeepaliveParams(keepalive.ClientParameters{
			Time: 10 * time.Second, Timeout: 2 * time.Second, PermitWithoutStream: true,
		}))
}

// docs: end connect

// docs: begin tls
// mutualTLS trusts the deciders' CA and shows a certificate of the caller's own.
func mutualTLS(ca, cert, key string) (credentials.TransportCredentials, error) {
	pem, err := os.ReadFile(ca)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(ca + ": no certificate")
	}
	config := &tls.Config{RootCAs: roots}
	if cert != "" { // without one it is plain TLS
		own, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{own}
	}
	return credentials.NewTLS(config), nil
}

// docs: end tls

// docs: begin call
// decide returns the decision. An error says that there is none: what then is the caller's choice.
func decide(ctx context.Context, client pb.DeciderServiceClient, request *pb.DecideTopicCreationRequest, timeout time.Duration) (*pb.DecideTopicCreationResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, timeout) // the retries are within it
	defer cancel()
	return client.DecideTopicCreation(ctx, request)
}

// violations names the fields that make a request an INVALID_ARGUMENT.
func violations(err error) []*errdetails.BadRequest_FieldViolation {
	for _, detail := range status.Convert(err).Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			return bad.FieldViolations
		}
	}
	return nil
}

// docs: end call

// docs: begin ask
func ask(ctx context.Context, client pb.DeciderServiceClient, topic, requestID string) string {
	decision, err := decide(ctx, client, &pb.DecideTopicCreationRequest{
		AppId:          1400000000,
		OperatorUserId: "user_42",
		TopicName:      topic,
		RequestId:      requestID, // your own id of the event: the same when you ask again
	}, 500*time.Millisecond)
	if err != nil {
		line := fmt.Sprint("could not decide: ", status.Code(err))
		for _, bad := range violations(err) {
			line += fmt.Sprintf(", %s %s", bad.Field, bad.Description)
		}
		return line
	}
	switch decision.Verdict {
	case pb.Verdict_VERDICT_ALLOW:
		return "allowed"
	case pb.Verdict_VERDICT_REFUSE:
		return fmt.Sprintf("refused: %d %s", decision.Code, decision.Message)
	default: // one that this program does not know
		return fmt.Sprintf("could not decide: verdict %d", decision.Verdict)
	}
}

// docs: end ask
