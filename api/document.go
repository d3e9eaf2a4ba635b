package api

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"detente/control"
)

// sentences says in one line each what a call does.
//
//go:embed verbs.txt
var sentences string

// document writes the OpenAPI 3.1 description of the interface.
func document(version string) ([]byte, error) {
	said := map[string]string{}
	for line := range strings.Lines(sentences) {
		if name, sentence, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			said[name] = sentence
		}
	}
	s := &shapes{components: schema{}, names: map[reflect.Type]string{}}
	failed := schema{"description": "The call was not done; the sentence says why, and the hint what to do.",
		"content": schema{"application/json": schema{"schema": s.of(reflect.TypeFor[failure](), false)}}}
	paths := schema{}
	for _, v := range control.Verbs() {
		sentence, ok := said[v.Name]
		if !ok {
			return nil, fmt.Errorf("api: verbs.txt says nothing of %s", v.Name)
		}
		delete(said, v.Name)
		paths[Prefix+"v1/"+v.Name] = schema{"post": operation(s, v, sentence, failed)}
	}
	for name := range said {
		return nil, fmt.Errorf("api: verbs.txt names %s, which is no call", name)
	}
	return json.MarshalIndent(schema{
		"openapi": "3.1.0",
		"info": schema{
			"title": "détente: the interface of a node for programs of the same house", "version": version,
			"license":     schema{"name": "Apache-2.0", "identifier": "Apache-2.0"},
			"description": "Each call is what a command or a page does, with the same rules. Contents are in the languages of their authors; sentences are English.",
		},
		"servers": []any{schema{"url": "/"}},
		"paths":   paths,
		"components": schema{
			"schemas":         s.components,
			"responses":       schema{"failed": failed},
			"securitySchemes": schema{"token": schema{"type": "http", "scheme": "bearer", "description": "The token of a program, or of a session that the call sign-in began."}},
		},
	}, "", " ")
}

func operation(s *shapes, v control.Verb, sentence string, failed schema) schema {
	who := "For officers who signed in; no token of a program reaches so far."
	if control.Anybody(v.Name) {
		who = "For anybody: it begins a session or ends one."
	} else if v.Scope != "" {
		who = fmt.Sprintf("For officers who signed in, and programs with the scope %q.", v.Scope)
	}
	op := schema{"operationId": v.Name, "summary": sentence, "description": who, "tags": []string{tag(v)},
		"security": []any{schema{"token": []string{}}}}
	if control.Anybody(v.Name) {
		op["security"] = []any{}
	}
	args := s.of(v.Args, true)
	parameters := []any{}
	file := schema{"application/octet-stream": schema{}}
	if v.Stream == control.ReadsIn {
		op["requestBody"] = schema{"required": true, "content": file}
		parameters = append(parameters, schema{"name": "args", "in": "query", "description": "The arguments.",
			"content": schema{"application/json": schema{"schema": args}}})
	} else {
		op["requestBody"] = schema{"content": schema{"application/json": schema{"schema": args}}}
		if v.Named {
			parameters = append(parameters, schema{"name": "Idempotency-Key", "in": "header",
				"description": "A name for the call: sent again within two days with the same arguments, it is done once and answers alike.",
				"schema":      schema{"type": "string", "minLength": 1, "maxLength": 128}})
		}
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	done := schema{"description": "Done."}
	switch {
	case v.Stream == control.WritesUp:
		done["content"] = file
	case v.Answer != nil:
		done["content"] = schema{"application/json": schema{"schema": s.of(v.Answer, false)}}
	default:
		done["content"] = schema{"application/json": schema{"schema": schema{}}}
	}
	op["responses"] = schema{"200": done, "4XX": schema{"$ref": "#/components/responses/failed"}, "503": schema{"$ref": "#/components/responses/failed"}}
	return op
}

// tag sorts calls by the scope that they need.
func tag(v control.Verb) string {
	if v.Scope == "" {
		return "people"
	}
	return string(v.Scope)
}
