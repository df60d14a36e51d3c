// Program client runs conformance cases against a live decider and prints what it saw, one JSON object a line.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	pb "decider.example/client/gen/decider/v1"
)

type channel struct{ Address, CA, Cert, Key string }

type plan struct {
	ServiceConfig json.RawMessage `json:"service_config"`
	Channels      map[string]channel
	Cases         []testCase
}

type testCase struct {
	Name, Channel, Method string
	Request               json.RawMessage
	DeadlineMS            int64 `json:"deadline_ms"`
}

type violation struct {
	Field       string `json:"field"`
	Description string `json:"description"`
}

type observation struct {
	Case         string          `json:"case"`
	Status       string          `json:"status"`
	Message      string          `json:"message"`
	Violations   []violation     `json:"violations"`
	Response     json.RawMessage `json:"response,omitempty"`
	Milliseconds int64           `json:"milliseconds"`
}

func main() {
	if os.Args[1] == "ask" {
		show(os.Args[2], os.Args[3], os.Args[4:])
		return
	}
	text, err := os.ReadFile(os.Args[1])
	must(err)
	var given plan
	must(json.Unmarshal(text, &given))
	connections := map[string]*grpc.ClientConn{}
	for name, each := range given.Channels {
		connections[name] = open(each, string(given.ServiceConfig))
	}
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for _, each := range given.Cases {
		must(out.Encode(observe(connections[each.Channel], each)))
	}
}

// show prints what the example in the documentation makes of topics.
func show(address, serviceConfig string, topics []string) {
	client := pb.NewDeciderServiceClient(open(channel{Address: address}, serviceConfig))
	for _, topic := range topics {
		fmt.Println(ask(context.Background(), client, topic, "ask"))
	}
}

func open(each channel, serviceConfig string) *grpc.ClientConn {
	creds := credentials.TransportCredentials(insecure.NewCredentials())
	if each.CA != "" {
		var err error
		creds, err = mutualTLS(each.CA, each.Cert, each.Key)
		must(err)
	}
	connection, err := connect(each.Address, creds, serviceConfig)
	must(err)
	return connection
}

func observe(connection *grpc.ClientConn, each testCase) observation {
	start := time.Now()
	response, err := call(connection, each)
	seen := observation{
		Case:         each.Name,
		Status:       code.Code(status.Code(err)).String(),
		Violations:   []violation{},
		Milliseconds: time.Since(start).Milliseconds(),
	}
	if err != nil {
		seen.Message = status.Convert(err).Message()
		for _, bad := range violations(err) {
			seen.Violations = append(seen.Violations, violation{bad.Field, bad.Description})
		}
		return seen
	}
	seen.Response, err = protojson.MarshalOptions{UseProtoNames: true}.Marshal(response)
	must(err)
	return seen
}

func call(connection *grpc.ClientConn, each testCase) (proto.Message, error) {
	client := pb.NewDeciderServiceClient(connection)
	timeout := time.Duration(each.DeadlineMS) * time.Millisecond
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	switch each.Method {
	case "DecideTopicCreation":
		return decide(ctx, client, read(each, &pb.DecideTopicCreationRequest{}), timeout)
	case "BatchDecideTopicCreation":
		return client.BatchDecideTopicCreation(ctx, read(each, &pb.BatchDecideTopicCreationRequest{}))
	case "GetPolicy":
		return client.GetPolicy(ctx, read(each, &pb.GetPolicyRequest{}))
	case "Check":
		health := grpc_health_v1.NewHealthClient(connection)
		return health.Check(ctx, read(each, &grpc_health_v1.HealthCheckRequest{}))
	}
	return nil, fmt.Errorf("%s: no such method", each.Method)
}

func read[M proto.Message](each testCase, message M) M {
	must(protojson.Unmarshal(each.Request, message))
	return message
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
